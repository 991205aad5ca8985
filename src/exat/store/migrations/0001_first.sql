-- Every time is text in UTC with microseconds ("2026-03-01T09:30:00.000000+00:00"): it sorts as it reads.
-- Every digest is SHA-256 in lower-case hex. Columns that end in _key hold Address.key.

CREATE TABLE letters (
    key         TEXT PRIMARY KEY NOT NULL,
    message_id  TEXT NOT NULL,
    sender      TEXT,
    sender_key  TEXT NOT NULL,
    digest      TEXT NOT NULL,
    received_at TEXT NOT NULL,
    size        INTEGER NOT NULL,
    body_digest TEXT NOT NULL,
    body        BLOB,
    in_segment  INTEGER NOT NULL CHECK (in_segment IN (0, 1)),
    CHECK ((body IS NULL) = (in_segment = 1))
) STRICT;
CREATE INDEX letters_by_message_id ON letters (message_id);
CREATE INDEX letters_by_sender ON letters (sender_key, received_at);

-- What was taken from whom: outlives the letter, so that a replay is known after the letter is gone.
CREATE TABLE taken (
    sender_key TEXT NOT NULL,
    message_id TEXT NOT NULL,
    digest     TEXT NOT NULL,
    key        TEXT NOT NULL,
    PRIMARY KEY (sender_key, message_id)
) STRICT, WITHOUT ROWID;

-- domain is the peer's, empty for a local mailbox.
CREATE TABLE deliveries (
    key           TEXT NOT NULL REFERENCES letters (key),
    recipient_key TEXT NOT NULL,
    recipient     TEXT NOT NULL,
    domain        TEXT NOT NULL,
    state         TEXT NOT NULL
        CHECK (state IN ('queued', 'relayed', 'consigned', 'handed-over', 'refused', 'failed')),
    changed_at    TEXT NOT NULL,
    reply         TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (key, recipient_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE mail (
    mailbox_key  TEXT NOT NULL,
    uid          INTEGER NOT NULL CHECK (uid > 0),
    key          TEXT NOT NULL REFERENCES letters (key),
    consigned_at TEXT NOT NULL,
    read_at      TEXT,
    PRIMARY KEY (mailbox_key, uid),
    UNIQUE (mailbox_key, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE queue (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    key         TEXT NOT NULL REFERENCES letters (key),
    domain      TEXT NOT NULL,
    recipients  TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('waiting', 'done')),
    queued_at   TEXT NOT NULL,
    next_at     TEXT NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    lease_owner TEXT,
    lease_until TEXT,
    last_reply  TEXT NOT NULL DEFAULT '',
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
) STRICT;
CREATE INDEX queue_waiting ON queue (next_at, id) WHERE state = 'waiting';
CREATE INDEX queue_by_key ON queue (key);

CREATE TABLE evidence (
    sequence    INTEGER PRIMARY KEY NOT NULL,
    identifier  TEXT NOT NULL UNIQUE,
    event       TEXT NOT NULL,
    at          TEXT NOT NULL,
    message_key TEXT NOT NULL,
    message_id  TEXT NOT NULL,
    previous    TEXT NOT NULL UNIQUE,
    hash        TEXT NOT NULL UNIQUE,
    content     BLOB NOT NULL,
    cms         BLOB NOT NULL
) STRICT;
CREATE INDEX evidence_by_key ON evidence (message_key);
CREATE INDEX evidence_by_message_id ON evidence (message_id);

CREATE TRIGGER evidence_stands_in_the_chain BEFORE INSERT ON evidence
WHEN new.sequence <> (SELECT coalesce(max(sequence), 0) + 1 FROM evidence)
  OR new.previous <> coalesce(
        (SELECT hash FROM evidence ORDER BY sequence DESC LIMIT 1),
        '0000000000000000000000000000000000000000000000000000000000000000')
BEGIN
    SELECT raise(ABORT, 'evidence must follow the head of the chain');
END;
CREATE TRIGGER evidence_is_not_changed BEFORE UPDATE ON evidence
BEGIN
    SELECT raise(ABORT, 'evidence is never changed');
END;
CREATE TRIGGER evidence_is_not_deleted BEFORE DELETE ON evidence
BEGIN
    SELECT raise(ABORT, 'evidence is never deleted');
END;

CREATE TABLE foreign_evidence (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    domain     TEXT NOT NULL,
    event      TEXT NOT NULL,
    message_id TEXT NOT NULL,
    recipients TEXT NOT NULL,
    taken_at   TEXT NOT NULL,
    digest     TEXT NOT NULL,
    cms        BLOB NOT NULL,
    UNIQUE (domain, digest)
) STRICT;
CREATE INDEX foreign_evidence_by_message_id ON foreign_evidence (message_id);
CREATE TRIGGER foreign_evidence_is_not_changed BEFORE UPDATE ON foreign_evidence
BEGIN
    SELECT raise(ABORT, 'evidence is never changed');
END;
CREATE TRIGGER foreign_evidence_is_not_deleted BEFORE DELETE ON foreign_evidence
BEGIN
    SELECT raise(ABORT, 'evidence is never deleted');
END;

CREATE TABLE users (
    name         TEXT PRIMARY KEY NOT NULL,
    display_name TEXT NOT NULL,
    mailboxes    TEXT NOT NULL,
    disabled     INTEGER NOT NULL CHECK (disabled IN (0, 1)),
    verifier     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE mailboxes (
    mailbox_key TEXT PRIMARY KEY NOT NULL,
    address     TEXT NOT NULL,
    name        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- position 0 is the current certificate.
CREATE TABLE mailbox_certificates (
    mailbox_key TEXT NOT NULL REFERENCES mailboxes (mailbox_key) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    certificate BLOB NOT NULL,
    PRIMARY KEY (mailbox_key, position)
) STRICT;

CREATE TABLE mailbox_signers (
    mailbox_key TEXT NOT NULL REFERENCES mailboxes (mailbox_key) ON DELETE CASCADE,
    position    INTEGER NOT NULL,
    name        TEXT NOT NULL,
    certificate BLOB NOT NULL,
    encryption  BLOB,
    PRIMARY KEY (mailbox_key, position)
) STRICT;

-- One row for each key that the mailbox ever had: letters stay encrypted to the old ones.
-- Not tied to mailboxes: a mailbox may close, its letters stay readable.
CREATE TABLE mailbox_keys (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox_key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    wrapped     BLOB NOT NULL,
    wrapped_at  TEXT NOT NULL,
    UNIQUE (mailbox_key, fingerprint)
) STRICT;

CREATE TABLE bundles (
    domain   TEXT PRIMARY KEY NOT NULL,
    serial   INTEGER NOT NULL,
    taken_at TEXT NOT NULL,
    raw      BLOB NOT NULL
) STRICT;

CREATE TABLE drafts (
    id          TEXT PRIMARY KEY NOT NULL,
    mailbox_key TEXT NOT NULL,
    mailbox     TEXT NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('draft', 'signed', 'sent')),
    created_at  TEXT NOT NULL,
    changed_at  TEXT NOT NULL,
    payload     BLOB NOT NULL
) STRICT;
CREATE INDEX drafts_by_mailbox ON drafts (mailbox_key, created_at);

-- Heads that must never go back: uids of mailboxes, the serial of the own bundle.
CREATE TABLE counters (
    name  TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
