-- One row: who this database is (it is part of every cursor) and what signs its access tokens.
CREATE TABLE server (
    only     INTEGER PRIMARY KEY CHECK (only = 1),
    identity TEXT NOT NULL,
    secret   BLOB NOT NULL
) STRICT;

CREATE TABLE users (
    -- AUTOINCREMENT: the number of a deleted account is never given again; it is part of its cursors.
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    email    TEXT NOT NULL,
    password TEXT NOT NULL,
    created  INTEGER NOT NULL,
    -- The last place given in this user's commit order.
    position INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX users_by_email ON users (email);

CREATE TABLE records (
    user         INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    collection   TEXT NOT NULL,
    id           TEXT NOT NULL,
    version      INTEGER NOT NULL,
    position     INTEGER NOT NULL,
    edited_at    INTEGER NOT NULL,
    committed_at INTEGER NOT NULL,
    device       TEXT NOT NULL,
    -- NULL: deleted.
    data         TEXT
) STRICT;

CREATE UNIQUE INDEX records_by_id ON records (user, collection, id);
CREATE UNIQUE INDEX records_by_position ON records (user, collection, position);
CREATE INDEX deletions_by_age ON records (committed_at) WHERE data IS NULL;

-- What purged deletions leave behind.
CREATE TABLE purged (
    user       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    collection TEXT NOT NULL,
    -- The highest place and the highest version among them.
    position   INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    PRIMARY KEY (user, collection)
) STRICT, WITHOUT ROWID;

-- The answers given to changes, so that the same change again gets the same answer.
CREATE TABLE answers (
    user        INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    change      TEXT NOT NULL,
    answer      TEXT NOT NULL,
    answered_at INTEGER NOT NULL,
    PRIMARY KEY (user, change)
) STRICT, WITHOUT ROWID;

CREATE INDEX answers_by_age ON answers (answered_at);

CREATE TABLE refresh_tokens (
    hash    BLOB PRIMARY KEY,
    user    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- All tokens that came out of one login; revoked together.
    family  BLOB NOT NULL,
    expires INTEGER NOT NULL,
    is_used INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_by_family ON refresh_tokens (family);
CREATE INDEX refresh_tokens_by_user ON refresh_tokens (user);
