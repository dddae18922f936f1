-- Written for SQLite; the store translates it for PostgreSQL (store/dialect.rs): types, tables that are partitioned there,
-- and lines that begin with `--pg: `, which only PostgreSQL runs.
--
-- One table for each kind of thing that is looked up: the columns that a query filters on, then the whole object as one
-- packed body (body.rs). `seq` joins rows and never leaves the database; `id` is the UUID of the entryUUID. Times are
-- numbers of the form YYYYMMDDhhmmss. Status: 0 Approved, 1 Deprecated.

-- `compatible` is the oldest program that can work with this schema: it keeps running while the new one is rolled out.
CREATE TABLE schema_version (
    version INTEGER NOT NULL,
    compatible INTEGER NOT NULL
) STRICT;

INSERT INTO schema_version (version, compatible) VALUES (0, 0);

-- Texts that many objects share: codes, authors, media types, repositories, sources. Rows refer to them by number, which
-- is smaller on disk and compared faster. A term is never changed and never removed. A code is code, U+001F, scheme: XML
-- forbids that character, so no code can forge another.
CREATE TABLE term (
    seq INTEGER PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX term_value ON term (value);

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

-- `kind`: 0 stable, 1 on-demand. `logical` is the logicalID where it differs from the entryUUID, `superseded` 1 where a
-- newer version exists. `availability`: 0 online, 1 offline. `content` is the SHA-256 under which our own repository
-- keeps the octets. Documents are the bulk of a registry, so PostgreSQL spreads them over partitions by patient; there
-- the locks of a submission, not an index, keep the ids apart.
--pg: CREATE SEQUENCE entry_seq CACHE 1;
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY /* partitioned */,
    patient INTEGER NOT NULL REFERENCES patient (seq),
    id BLOB NOT NULL,
    logical BLOB,
    version INTEGER NOT NULL,
    superseded INTEGER NOT NULL,
    status INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    availability INTEGER NOT NULL,
    unique_id TEXT NOT NULL,
    repository INTEGER NOT NULL,
    hash BLOB,
    size INTEGER,
    mime_type INTEGER NOT NULL,
    content BLOB,
    class_code INTEGER,
    type_code INTEGER,
    format_code INTEGER,
    facility_type_code INTEGER,
    practice_setting_code INTEGER,
    creation_time INTEGER,
    service_start_time INTEGER,
    service_stop_time INTEGER,
    body BLOB NOT NULL
) STRICT /* partitioned */;

CREATE UNIQUE INDEX entry_id ON entry (id) /* partitioned */;
CREATE INDEX entry_patient ON entry (patient, seq);
CREATE INDEX entry_unique_id ON entry (unique_id);
CREATE INDEX entry_content ON entry (content) WHERE content IS NOT NULL;
CREATE INDEX entry_logical ON entry (logical) WHERE logical IS NOT NULL;

-- The attributes of an entry that have several values, by term. `attribute`: 0 eventCodeList, 1 confidentialityCode,
-- 2 authorPerson.
CREATE TABLE entry_value (
    patient INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    attribute INTEGER NOT NULL,
    term INTEGER NOT NULL,
    PRIMARY KEY (patient, entry, attribute, term)
) STRICT, WITHOUT ROWID /* partitioned */;

-- referenceIdList: hardly two documents share a value.
CREATE TABLE entry_reference (
    patient INTEGER NOT NULL,
    entry INTEGER NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (patient, entry, value)
) STRICT, WITHOUT ROWID /* partitioned */;

--pg: DO $$ BEGIN FOR n IN 0..15 LOOP
--pg:   EXECUTE format('CREATE TABLE entry_p%s PARTITION OF entry FOR VALUES WITH (MODULUS 16, REMAINDER %s)', n, n);
--pg:   EXECUTE format('CREATE TABLE entry_value_p%s PARTITION OF entry_value FOR VALUES WITH (MODULUS 16, REMAINDER %s)', n, n);
--pg:   EXECUTE format('CREATE TABLE entry_reference_p%s PARTITION OF entry_reference FOR VALUES WITH (MODULUS 16, REMAINDER %s)', n, n);
--pg: END LOOP; END $$;

-- `digest` is the SHA-256 of the submission and of what it was sent for: the same again is answered as before.
CREATE TABLE submission_set (
    seq INTEGER PRIMARY KEY,
    patient INTEGER NOT NULL REFERENCES patient (seq),
    id BLOB NOT NULL,
    status INTEGER NOT NULL,
    unique_id TEXT NOT NULL,
    source_id INTEGER NOT NULL,
    content_type_code INTEGER,
    submission_time INTEGER NOT NULL,
    digest BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX submission_set_id ON submission_set (id);
CREATE UNIQUE INDEX submission_set_unique_id ON submission_set (unique_id);
CREATE INDEX submission_set_patient ON submission_set (patient, seq);

CREATE TABLE submission_set_author (
    submission_set INTEGER NOT NULL,
    term INTEGER NOT NULL,
    PRIMARY KEY (submission_set, term)
) STRICT, WITHOUT ROWID;

-- `logical` and `superseded` as in `entry`. Every version of a folder has the uniqueId of the first.
CREATE TABLE folder (
    seq INTEGER PRIMARY KEY,
    patient INTEGER NOT NULL REFERENCES patient (seq),
    id BLOB NOT NULL,
    logical BLOB,
    version INTEGER NOT NULL,
    superseded INTEGER NOT NULL,
    status INTEGER NOT NULL,
    unique_id TEXT NOT NULL,
    last_update_time INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX folder_id ON folder (id);
CREATE UNIQUE INDEX folder_unique_id ON folder (unique_id) WHERE superseded = 0;
CREATE INDEX folder_every_unique_id ON folder (unique_id);
CREATE INDEX folder_patient ON folder (patient, seq);
CREATE INDEX folder_logical ON folder (logical) WHERE logical IS NOT NULL;

CREATE TABLE folder_code (
    folder INTEGER NOT NULL,
    term INTEGER NOT NULL,
    PRIMARY KEY (folder, term)
) STRICT, WITHOUT ROWID;

-- Ends of an association may be of any kind and of two patients, so they are ids. `kind` follows the order of
-- `AssociationType`: 0 HasMember, 1 RPLC, 2 XFRM, 3 APND, 4 XFRM_RPLC, 5 signs, 6 IsSnapshotOf.
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
