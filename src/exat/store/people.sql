-- name: add_user
INSERT INTO users (name, display_name, mailboxes, disabled, verifier)
VALUES (:name, :display_name, :mailboxes, :disabled, :verifier)
ON CONFLICT DO NOTHING;

-- name: user
SELECT name, display_name, mailboxes, disabled, verifier FROM users WHERE name = :name;

-- name: users
SELECT name, display_name, mailboxes, disabled, verifier FROM users ORDER BY name;

-- name: disable_user
UPDATE users SET disabled = 1 WHERE name = :name;

-- name: put_mailbox
INSERT INTO mailboxes (mailbox_key, address, name) VALUES (:mailbox_key, :address, :name)
ON CONFLICT (mailbox_key) DO UPDATE SET address = excluded.address, name = excluded.name;

-- name: drop_certificates
DELETE FROM mailbox_certificates WHERE mailbox_key = :mailbox_key;

-- name: drop_signers
DELETE FROM mailbox_signers WHERE mailbox_key = :mailbox_key;

-- name: put_certificate
INSERT INTO mailbox_certificates (mailbox_key, position, certificate)
VALUES (:mailbox_key, :position, :certificate);

-- name: put_signer
INSERT INTO mailbox_signers (mailbox_key, position, name, certificate, encryption)
VALUES (:mailbox_key, :position, :name, :certificate, :encryption);

-- name: put_key
INSERT INTO mailbox_keys (mailbox_key, fingerprint, wrapped, wrapped_at)
VALUES (:mailbox_key, :fingerprint, :wrapped, :at)
ON CONFLICT (mailbox_key, fingerprint) DO UPDATE SET wrapped = excluded.wrapped, wrapped_at = excluded.wrapped_at;

-- name: mailboxes
SELECT mailbox_key, address, name FROM mailboxes ORDER BY mailbox_key;

-- name: certificates
SELECT certificate FROM mailbox_certificates WHERE mailbox_key = :mailbox_key ORDER BY position;

-- name: signers
SELECT name, certificate, encryption FROM mailbox_signers WHERE mailbox_key = :mailbox_key ORDER BY position;

-- name: keys
SELECT fingerprint, wrapped, wrapped_at FROM mailbox_keys WHERE mailbox_key = :mailbox_key ORDER BY id DESC;

-- name: bundle
SELECT domain, serial, taken_at, raw FROM bundles WHERE domain = :domain;

-- name: bundles
SELECT domain, serial, taken_at, raw FROM bundles ORDER BY domain;

-- name: put_bundle
INSERT INTO bundles (domain, serial, taken_at, raw) VALUES (:domain, :serial, :at, :raw)
ON CONFLICT (domain) DO UPDATE SET serial = excluded.serial, taken_at = excluded.taken_at, raw = excluded.raw;

-- name: remove_bundle
DELETE FROM bundles WHERE domain = :domain;

-- name: put_setting
INSERT INTO settings (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: setting
SELECT value FROM settings WHERE name = :name;

-- name: put_draft
INSERT INTO drafts (id, mailbox_key, mailbox, state, created_at, changed_at, payload)
VALUES (:id, :mailbox_key, :mailbox, :state, :at, :at, :payload)
ON CONFLICT (id) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at, payload = excluded.payload
WHERE drafts.state <> 'sent' AND drafts.mailbox_key = excluded.mailbox_key;

-- name: draft
SELECT id, mailbox, state, created_at, changed_at, payload FROM drafts WHERE id = :id;

-- name: drafts
SELECT id, mailbox, state, created_at, changed_at, payload FROM drafts
WHERE mailbox_key = :mailbox_key ORDER BY created_at, id;

-- name: remove_draft
DELETE FROM drafts WHERE id = :id AND state <> 'sent';
