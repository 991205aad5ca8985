-- name: enqueue
INSERT INTO queue (key, domain, recipients, state, queued_at, next_at)
VALUES (:key, :domain, :recipients, 'waiting', :at, :at);

-- name: claim
UPDATE queue SET lease_owner = :owner, lease_until = :until, attempts = attempts + 1
WHERE id IN (
    SELECT id FROM queue
    WHERE state = 'waiting' AND next_at <= :at AND (lease_until IS NULL OR lease_until <= :at)
    ORDER BY next_at, id LIMIT :limit
)
RETURNING id, key, domain, recipients, attempts, queued_at;

-- name: row
SELECT recipients, attempts, state FROM queue WHERE id = :id;

-- name: remaining
UPDATE queue SET recipients = :recipients, last_reply = :reply WHERE id = :id;

-- name: finish
UPDATE queue SET state = 'done', recipients = '[]', lease_owner = NULL, lease_until = NULL, last_reply = :reply
WHERE id = :id;

-- name: retry
UPDATE queue SET next_at = :next_at, lease_owner = NULL, lease_until = NULL, last_reply = :reply WHERE id = :id;

-- name: note_reply
UPDATE deliveries SET reply = :reply WHERE key = :key AND recipient_key = :recipient_key AND state = 'queued';

-- name: delivery
SELECT state FROM deliveries WHERE key = :key AND recipient_key = :recipient_key AND domain = :domain;

-- name: move
UPDATE deliveries SET state = :state, changed_at = :at, reply = :reply
WHERE key = :key AND recipient_key = :recipient_key;

-- name: next_due
SELECT min(max(next_at, coalesce(lease_until, next_at))) FROM queue WHERE state = 'waiting';

-- name: waiting
SELECT id, key, domain, recipients, attempts, queued_at, next_at, lease_owner, lease_until, last_reply
FROM queue WHERE state = 'waiting' ORDER BY next_at, id;
