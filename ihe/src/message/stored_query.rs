//! StoredQuery as `query:AdhocQueryRequest` — ITI TF-2 §3.18.4.1.2.

use super::parameter::{Field, Parameters, Row, missing, parameters};
use super::query::{AllFilter, DocumentFilter, DocumentSelector, Level, Query, ReturnType, SetFilter, StoredQuery};
use crate::ebrim::RawSlot;
use crate::fault::{Fault, Faults, Kind};
use crate::id::{HomeCommunity, PatientId};
use crate::xml::{Cursor, Decode, Encode, Writer, ns};

#[rustfmt::skip]
static DOCUMENT_FILTER: &[Row<DocumentFilter>] = parameters!(DocumentFilter {
    "$XDSDocumentEntryClassCode"                  class_codes;
    "$XDSDocumentEntryTypeCode"                   type_codes;
    "$XDSDocumentEntryPracticeSettingCode"        practice_setting_codes;
    "$XDSDocumentEntryHealthcareFacilityTypeCode" facility_type_codes;
    "$XDSDocumentEntryFormatCode"                 format_codes;
    "$XDSDocumentEntryEventCodeList"              event_codes;
    "$XDSDocumentEntryConfidentialityCode"        confidentiality_codes;
    "$XDSDocumentEntryAuthorPerson"               author_persons;
    "$XDSDocumentEntryCreationTimeFrom"           creation_time.from;
    "$XDSDocumentEntryCreationTimeTo"             creation_time.to;
    "$XDSDocumentEntryServiceStartTimeFrom"       service_start_time.from;
    "$XDSDocumentEntryServiceStartTimeTo"         service_start_time.to;
    "$XDSDocumentEntryServiceStopTimeFrom"        service_stop_time.from;
    "$XDSDocumentEntryServiceStopTimeTo"          service_stop_time.to;
    "$XDSDocumentEntryType"                       kinds;
});

#[rustfmt::skip]
static SET_FILTER: &[Row<SetFilter>] = parameters!(SetFilter {
    "$XDSSubmissionSetSourceId"           source_ids;
    "$XDSSubmissionSetSubmissionTimeFrom" submission_time.from;
    "$XDSSubmissionSetSubmissionTimeTo"   submission_time.to;
    "$XDSSubmissionSetAuthorPerson"       author_person;
    "$XDSSubmissionSetContentType"        content_type_codes;
});

#[rustfmt::skip]
static ALL_FILTER: &[Row<DocumentFilter>] = parameters!(DocumentFilter {
    "$XDSDocumentEntryFormatCode"          format_codes;
    "$XDSDocumentEntryConfidentialityCode" confidentiality_codes;
    "$XDSDocumentEntryType"                kinds;
});

const ENTRY_PATIENT: &str = "$XDSDocumentEntryPatientId";
const ENTRY_STATUS: &str = "$XDSDocumentEntryStatus";
const ENTRY_UUID: &str = "$XDSDocumentEntryEntryUUID";
const ENTRY_UNIQUE_ID: &str = "$XDSDocumentEntryUniqueId";
const SET_PATIENT: &str = "$XDSSubmissionSetPatientId";
const SET_STATUS: &str = "$XDSSubmissionSetStatus";
const FOLDER_STATUS: &str = "$XDSFolderStatus";
const PATIENT: &str = "$patientId";

/// One stored query: its id, its name, and its reader if it is answered here.
struct Definition {
    id: &'static str,
    name: &'static str,
    read: Option<Reader>,
}

type Reader = fn(&Parameters) -> Result<Query, Fault>;

/// The queries of ITI TF-2 §3.18.4.1.2.3.7.
#[rustfmt::skip]
static QUERIES: &[Definition] = &[
    Definition { id: FIND_DOCUMENTS, name: "FindDocuments", read: Some(find_documents) },
    Definition { id: FIND_SUBMISSION_SETS, name: "FindSubmissionSets", read: Some(find_submission_sets) },
    Definition { id: GET_ALL, name: "GetAll", read: Some(get_all) },
    Definition { id: GET_DOCUMENTS, name: "GetDocuments", read: Some(get_documents) },
    Definition { id: "urn:uuid:958f3006-baad-4929-a4de-ff1114824431", name: "FindFolders", read: None },
    Definition { id: "urn:uuid:5737b14c-8a1a-4539-b659-e03a34a5e1e4", name: "GetFolders", read: None },
    Definition { id: "urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155", name: "GetAssociations", read: None },
    Definition { id: "urn:uuid:bab9529a-4a10-40b3-a01f-f68a615d247a", name: "GetDocumentsAndAssociations", read: None },
    Definition { id: "urn:uuid:51224314-5390-4169-9b91-b1980040715a", name: "GetSubmissionSets", read: None },
    Definition { id: "urn:uuid:e8e3cb2c-e39c-46b9-99e4-c12f57260b83", name: "GetSubmissionSetAndContents", read: None },
    Definition { id: "urn:uuid:b909a503-523d-4517-8acf-8e5834dfc4c7", name: "GetFolderAndContents", read: None },
    Definition { id: "urn:uuid:10cae35a-c7f9-4cf5-b61e-fc3278ffb578", name: "GetFoldersForDocument", read: None },
    Definition { id: "urn:uuid:d90e5407-b356-4d91-a89f-873917b4b0e6", name: "GetRelatedDocuments", read: None },
    Definition { id: "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492", name: "FindDocumentsByReferenceId", read: None },
];

const FIND_DOCUMENTS: &str = "urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d";
const FIND_SUBMISSION_SETS: &str = "urn:uuid:f26abbcb-ac74-4422-8a30-edb644bbc1a9";
const GET_ALL: &str = "urn:uuid:10b545ea-725c-446d-9b95-8aeb444eddf3";
const GET_DOCUMENTS: &str = "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4";

fn find_documents(p: &Parameters) -> Result<Query, Fault> {
    let (patient, status) = (p.required(ENTRY_PATIENT)?, p.required(ENTRY_STATUS)?);
    Ok(Query::FindDocuments { patient, status, filter: Box::new(p.fill(DOCUMENT_FILTER)?) })
}

fn find_submission_sets(p: &Parameters) -> Result<Query, Fault> {
    let (patient, status) = (p.required(SET_PATIENT)?, p.required(SET_STATUS)?);
    Ok(Query::FindSubmissionSets { patient, status, filter: Box::new(p.fill(SET_FILTER)?) })
}

fn get_all(p: &Parameters) -> Result<Query, Fault> {
    let patient = p.required(PATIENT)?;
    let (entry_status, set_status) = (p.required(ENTRY_STATUS)?, p.required(SET_STATUS)?);
    let folder_status = p.required(FOLDER_STATUS)?;
    let DocumentFilter { format_codes, confidentiality_codes, kinds, .. } = p.fill(ALL_FILTER)?;
    let filter = AllFilter { entry_status, set_status, folder_status, format_codes, confidentiality_codes, kinds };
    Ok(Query::GetAll { patient, filter: Box::new(filter) })
}

fn get_documents(p: &Parameters) -> Result<Query, Fault> {
    let selector = match (p.has(ENTRY_UUID), p.has(ENTRY_UNIQUE_ID)) {
        (true, false) => DocumentSelector::EntryUuids(p.required_list(ENTRY_UUID)?),
        (false, true) => DocumentSelector::UniqueIds(p.required_list(ENTRY_UNIQUE_ID)?),
        (true, true) => {
            let why = format!("the parameters {ENTRY_UUID} and {ENTRY_UNIQUE_ID} exclude one another");
            return Err(Fault::new(Kind::StoredQueryParamNumber, why));
        }
        (false, false) => return Err(missing(&[ENTRY_UUID, " or ", ENTRY_UNIQUE_ID].concat())),
    };
    Ok(Query::GetDocuments(selector))
}

impl Query {
    /// `AdhocQuery/@id`.
    pub fn id(&self) -> &'static str {
        match self {
            Self::FindDocuments { .. } => FIND_DOCUMENTS,
            Self::FindDocumentsByReferenceId { .. } => "urn:uuid:12941a89-e02e-4be5-967c-ce4bfc8fe492",
            Self::FindSubmissionSets { .. } => FIND_SUBMISSION_SETS,
            Self::FindFolders { .. } => "urn:uuid:958f3006-baad-4929-a4de-ff1114824431",
            Self::GetAll { .. } => GET_ALL,
            Self::GetDocuments(_) => GET_DOCUMENTS,
            Self::GetFolders(_) => "urn:uuid:5737b14c-8a1a-4539-b659-e03a34a5e1e4",
            Self::GetAssociations(_) => "urn:uuid:a7ae438b-4bc2-4642-93e9-be891f7bb155",
            Self::GetDocumentsAndAssociations(_) => "urn:uuid:bab9529a-4a10-40b3-a01f-f68a615d247a",
            Self::GetSubmissionSets(_) => "urn:uuid:51224314-5390-4169-9b91-b1980040715a",
            Self::GetSubmissionSetAndContents { .. } => "urn:uuid:e8e3cb2c-e39c-46b9-99e4-c12f57260b83",
            Self::GetFolderAndContents { .. } => "urn:uuid:b909a503-523d-4517-8acf-8e5834dfc4c7",
            Self::GetFoldersForDocument(_) => "urn:uuid:10cae35a-c7f9-4cf5-b61e-fc3278ffb578",
            Self::GetRelatedDocuments { .. } => "urn:uuid:d90e5407-b356-4d91-a89f-873917b4b0e6",
            Self::FindDocumentsForMultiplePatients { .. } => "urn:uuid:3d1bdb10-39a2-11de-89c2-2f44d94eaa9f",
            Self::FindFoldersForMultiplePatients { .. } => "urn:uuid:50d3f5ac-39a2-11de-a1ca-b366239e58df",
        }
    }

    /// Whether it is a query of ITI-51, which ITI-18 does not answer, or the other way round.
    pub fn is_multi_patient(&self) -> bool {
        matches!(self, Self::FindDocumentsForMultiplePatients { .. } | Self::FindFoldersForMultiplePatients { .. })
    }

    /// Whether it asks by identities none of which can exist, so that the answer is empty whatever is registered
    /// (ITI TF-2 §3.18.4.1.2.3.7.5).
    pub fn is_void(&self) -> bool {
        match self {
            Self::GetDocuments(DocumentSelector::EntryUuids(ids)) => ids.is_empty(),
            Self::GetDocuments(DocumentSelector::UniqueIds(ids)) => ids.is_empty(),
            _ => false,
        }
    }

    /// The patients that are asked about.
    pub fn patients(&self) -> &[PatientId] {
        match self {
            Self::FindDocuments { patient, .. }
            | Self::FindDocumentsByReferenceId { patient, .. }
            | Self::FindSubmissionSets { patient, .. }
            | Self::FindFolders { patient, .. }
            | Self::GetAll { patient, .. } => std::slice::from_ref(patient),
            Self::FindDocumentsForMultiplePatients { patients, .. }
            | Self::FindFoldersForMultiplePatients { patients, .. } => patients,
            Self::GetDocuments(_)
            | Self::GetFolders(_)
            | Self::GetAssociations(_)
            | Self::GetDocumentsAndAssociations(_)
            | Self::GetSubmissionSets(_)
            | Self::GetSubmissionSetAndContents { .. }
            | Self::GetFolderAndContents { .. }
            | Self::GetFoldersForDocument(_)
            | Self::GetRelatedDocuments { .. } => &[],
        }
    }
}

impl Decode for StoredQuery {
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        c.expect(ns::QUERY, "AdhocQueryRequest")?;
        let (mut returns, mut query) = (Ok(ReturnType::LeafClass), None);
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::QUERY, "ResponseOption") => {
                    returns = return_type(c);
                    c.skip()?;
                }
                (ns::RIM, "AdhocQuery") if query.is_none() => query = Some(read_query(c)?),
                _ => c.skip()?,
            }
        }
        let (home, what) = query.ok_or_else(|| c.fault("the AdhocQuery is missing"))?;
        Ok(Self { home, returns: returns?, level: Level::default(), what })
    }
}

/// `@returnType`; a missing one is taken for LeafClass, the only form that every client can use.
fn return_type(c: &Cursor<'_>) -> Result<ReturnType, Fault> {
    match c.attribute("returnType").as_deref().map(str::trim_ascii) {
        None | Some("LeafClass") => Ok(ReturnType::LeafClass),
        Some("ObjectRef") => Ok(ReturnType::ObjectRef),
        Some(_) => Err(Fault::new(Kind::RegistryError, "returnType is LeafClass or ObjectRef")),
    }
}

fn read_query(c: &mut Cursor<'_>) -> Result<(Option<HomeCommunity>, Query), Fault> {
    let id = c.attribute("id").unwrap_or_default();
    let mut home = c.attribute("home").filter(|home| !home.trim_ascii().is_empty());
    let mut slots = Vec::new();
    while let Some(tag) = c.child()? {
        match tag.name() {
            (ns::RIM, "Slot") => slots.push(RawSlot::read(c)?),
            _ => c.skip()?,
        }
    }
    let definition = QUERIES.iter().find(|query| query.id.eq_ignore_ascii_case(id.trim_ascii()));
    let read = match definition {
        Some(Definition { read: Some(read), .. }) => read,
        Some(Definition { name, .. }) => {
            return Err(Fault::new(Kind::UnknownStoredQuery, format!("the query {name} is not answered here yet")));
        }
        None => return Err(Fault::new(Kind::UnknownStoredQuery, "the id of the AdhocQuery names no stored query")),
    };
    let mut parameters = Parameters::default();
    for mut slot in slots {
        // Before 2009 the home community was a parameter.
        if slot.name == "$homeCommunityId" {
            let value = slot.values.drain(..).next().filter(|value| !value.is_empty());
            home = home.or_else(|| value.map(|value| value.trim_matches('\'').to_owned().into()));
            continue;
        }
        parameters.add(slot)?;
    }
    if home.is_some() && parameters.has("$targetCommunityIdList") {
        let why = "home and $targetCommunityIdList exclude one another";
        return Err(Fault::new(Kind::StoredQueryParamNumber, why));
    }
    let home = home.as_deref().map(|home| home.trim_ascii().parse()).transpose()?;
    Ok((home, read(&parameters)?))
}

impl Encode for StoredQuery {
    fn encode(&self, w: &mut Writer) {
        w.start("query:AdhocQueryRequest").declare("query", ns::QUERY).declare("rim", ns::RIM);
        let returns = match self.returns {
            ReturnType::ObjectRef => "ObjectRef",
            ReturnType::LeafClass => "LeafClass",
        };
        w.start("query:ResponseOption").attribute("returnType", returns).attribute("returnComposedObjects", "true");
        w.end();
        w.start("rim:AdhocQuery").attribute("id", self.what.id());
        if let Some(home) = &self.home {
            w.attribute_of("home", home);
        }
        write_parameters(&self.what, w);
        w.end().end();
    }
}

fn write_parameters(query: &Query, w: &mut Writer) {
    match query {
        Query::FindDocuments { patient, status, filter } => {
            Some(patient.clone()).write(ENTRY_PATIENT, w);
            Some(*status).write(ENTRY_STATUS, w);
            write_rows(DOCUMENT_FILTER, filter, w);
        }
        Query::FindSubmissionSets { patient, status, filter } => {
            Some(patient.clone()).write(SET_PATIENT, w);
            Some(*status).write(SET_STATUS, w);
            write_rows(SET_FILTER, filter, w);
        }
        Query::GetAll { patient, filter } => {
            Some(patient.clone()).write(PATIENT, w);
            Some(filter.entry_status).write(ENTRY_STATUS, w);
            Some(filter.set_status).write(SET_STATUS, w);
            Some(filter.folder_status).write(FOLDER_STATUS, w);
            let documents = DocumentFilter {
                format_codes: filter.format_codes.clone(),
                confidentiality_codes: filter.confidentiality_codes.clone(),
                kinds: filter.kinds,
                ..DocumentFilter::default()
            };
            write_rows(ALL_FILTER, &documents, w);
        }
        Query::GetDocuments(DocumentSelector::EntryUuids(ids)) => ids.write(ENTRY_UUID, w),
        Query::GetDocuments(DocumentSelector::UniqueIds(ids)) => ids.write(ENTRY_UNIQUE_ID, w),
        _ => {}
    }
}

fn write_rows<T>(rows: &[Row<T>], filter: &T, w: &mut Writer) {
    rows.iter().for_each(|row| (row.write)(filter, row.name, w));
}
