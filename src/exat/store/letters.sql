-- name: taken
SELECT digest, key FROM taken WHERE sender_key = :sender_key AND message_id = :message_id;

-- name: take
INSERT INTO taken (sender_key, message_id, digest, key) VALUES (:sender_key, :message_id, :digest, :key);

-- name: keep
INSERT INTO letters (key, message_id, sender, sender_key, digest, received_at, size, body_digest, body, in_segment)
VALUES (:key, :message_id, :sender, :sender_key, :digest, :received_at, :size, :body_digest, :body, :in_segment);

-- name: letter
SELECT key, message_id, sender, digest, received_at, body_digest, body, in_segment FROM letters WHERE key = :key;

-- name: known_recipients
SELECT recipient_key FROM deliveries WHERE key = :key;

-- name: deliver
INSERT INTO deliveries (key, recipient_key, recipient, domain, state, changed_at)
VALUES (:key, :recipient_key, :recipient, :domain, :state, :at)
ON CONFLICT DO NOTHING;

-- name: next_in_counter
INSERT INTO counters (name, value) VALUES (:name, 1)
ON CONFLICT (name) DO UPDATE SET value = value + 1
RETURNING value;

-- name: put_into_mailbox
INSERT INTO mail (mailbox_key, uid, key, consigned_at) VALUES (:mailbox_key, :uid, :key, :at);

-- name: mailbox_entry
SELECT key, read_at FROM mail WHERE mailbox_key = :mailbox_key AND key = :key;

-- name: mark_read
UPDATE mail SET read_at = :at WHERE mailbox_key = :mailbox_key AND key = :key AND read_at IS NULL;

-- name: list_mailbox
SELECT m.uid, m.key, l.message_id, l.sender, l.size, m.consigned_at, m.read_at, d.state
FROM mail m
JOIN letters l ON l.key = m.key
JOIN deliveries d ON d.key = m.key AND d.recipient_key = m.mailbox_key
WHERE m.mailbox_key = :mailbox_key AND m.uid > :after
ORDER BY m.uid LIMIT :limit;

-- name: letters_of_sender
SELECT key, message_id, sender, digest, received_at, size FROM letters
WHERE sender_key = :sender_key ORDER BY received_at, key;

-- name: letters_of_trace
SELECT key, message_id, sender, digest, received_at, size FROM letters
WHERE key = :reference OR message_id = :reference
ORDER BY received_at, key;

-- name: deliveries_of_letter
SELECT key, recipient, domain, state, changed_at, reply FROM deliveries
WHERE key = :key ORDER BY changed_at, recipient_key;
