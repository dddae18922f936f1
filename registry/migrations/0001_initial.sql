-- Written for SQLite; the store translates the types for PostgreSQL (store/postgres.rs).
--
-- One table for each kind of thing that is looked up: the columns that a query filters on, then the whole object as one
-- body. `seq` joins rows and never leaves the database; `id` is the UUID of the entryUUID. Times are numbers of the
-- form YYYYMMDDhhmmss. A code is code, U+001F, scheme: XML forbids that character, so no code can forge another.
-- Status: 0 Approved, 1 Deprecated.

CREATE TABLE schema_version (
    version INTEGER NOT NULL
) STRICT;

INSERT INTO schema_version (version) VALUES (0);

-- `survivor` names the patient that this one lives on as, and is never itself merged: one step leads to it.
-- `merged_into` is the one that the merge named, which may have been merged since: what a correction by hand needs.
CREATE TABLE patient (
    seq INTEGER PRIMARY KEY,
    authority TEXT NOT NULL,
    value TEXT NOT NULL,
    survivor INTEGER REFERENCES patient (seq),
    merged_into INTEGER REFERENCES patient (seq)
) STRICT;

CREATE UNIQUE INDEX patient_id ON patient (value, authority);
CREATE INDEX patient_survivor ON patient (survivor) WHERE survivor IS NOT NULL;

-- `kind`: 0 stable, 1 on-demand. `content` is the SHA-256 under which our own repository keeps the octets.
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    patient INTEGER NOT NULL REFERENCES patient (seq),
    status INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    unique_id TEXT NOT NULL,
    repository TEXT NOT NULL,
    hash BLOB,
    size INTEGER,
    mime_type TEXT NOT NULL,
    content BLOB,
    class_code TEXT,
    type_code TEXT,
    format_code TEXT,
    facility_type_code TEXT,
    practice_setting_code TEXT,
    creation_time INTEGER,
    service_start_time INTEGER,
    service_stop_time INTEGER,
    body BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX entry_id ON entry (id);
CREATE INDEX entry_patient ON entry (patient, status);
CREATE INDEX entry_unique_id ON entry (unique_id);
CREATE INDEX entry_content ON entry (content) WHERE content IS NOT NULL;

-- The attributes of an entry that have several values. `attribute`: 0 eventCodeList, 1 confidentialityCode,
-- 2 authorPerson, 3 referenceIdList.
CREATE TABLE entry_value (
    entry INTEGER NOT NULL REFERENCES entry (seq),
    attribute INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (entry, attribute, value)
) STRICT, WITHOUT ROWID;

CREATE TABLE submission_set (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    patient INTEGER NOT NULL REFERENCES patient (seq),
    status INTEGER NOT NULL,
    unique_id TEXT NOT NULL,
    source_id TEXT NOT NULL,
    content_type_code TEXT,
    submission_time INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX submission_set_id ON submission_set (id);
CREATE UNIQUE INDEX submission_set_unique_id ON submission_set (unique_id);
CREATE INDEX submission_set_patient ON submission_set (patient, status);

CREATE TABLE submission_set_author (
    submission_set INTEGER NOT NULL REFERENCES submission_set (seq),
    person TEXT NOT NULL,
    PRIMARY KEY (submission_set, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE folder (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    patient INTEGER NOT NULL REFERENCES patient (seq),
    status INTEGER NOT NULL,
    unique_id TEXT NOT NULL,
    last_update_time INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX folder_id ON folder (id);
CREATE UNIQUE INDEX folder_unique_id ON folder (unique_id);
CREATE INDEX folder_patient ON folder (patient, status);

CREATE TABLE folder_code (
    folder INTEGER NOT NULL REFERENCES folder (seq),
    code TEXT NOT NULL,
    PRIMARY KEY (folder, code)
) STRICT, WITHOUT ROWID;

-- Ends of an association may be of any kind, so they are ids. `kind` follows the order of `AssociationType`:
-- 0 HasMember, 1 RPLC, 2 XFRM, 3 APND, 4 XFRM_RPLC, 5 signs, 6 IsSnapshotOf.
CREATE TABLE association (
    seq INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    source BLOB NOT NULL,
    target BLOB NOT NULL,
    kind INTEGER NOT NULL,
    status INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX association_id ON association (id);
CREATE INDEX association_source ON association (source, kind);
CREATE INDEX association_target ON association (target, kind);
