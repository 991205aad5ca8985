-- name: head
SELECT sequence, hash FROM evidence ORDER BY sequence DESC LIMIT 1;

-- name: append
INSERT INTO evidence (sequence, identifier, event, at, message_key, message_id, previous, hash, content, cms)
VALUES (:sequence, :identifier, :event, :at, :message_key, :message_id, :previous, :hash, :content, :cms);

-- name: all
SELECT sequence, identifier, event, at, message_key, message_id, previous, hash, content, cms
FROM evidence WHERE sequence > :after ORDER BY sequence LIMIT :limit;

-- name: of_reference
SELECT sequence, identifier, event, at, message_key, message_id, previous, hash, content, cms
FROM evidence WHERE message_key = :reference OR message_id = :reference ORDER BY sequence;

-- name: take_foreign
INSERT INTO foreign_evidence (domain, event, message_id, recipients, taken_at, digest, cms)
VALUES (:domain, :event, :message_id, :recipients, :at, :digest, :cms)
ON CONFLICT DO NOTHING;

-- name: sent_to_domain
SELECT d.key FROM deliveries d JOIN letters l ON l.key = d.key
WHERE l.message_id = :message_id AND l.body_digest = :letter_digest
  AND d.recipient_key = :recipient_key AND d.domain = :domain;

-- name: foreign_of_message
SELECT domain, event, message_id, recipients, taken_at, cms FROM foreign_evidence
WHERE message_id = :message_id ORDER BY id;
