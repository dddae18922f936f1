//! The names of parameters, and the optional parameters that queries share (ITI TF-2 §3.18.4.1.2.3.7).

use crate::message::filter::{ContentFilter, DocumentFilter, FolderFilter, SetFilter};
use crate::message::parameter::{Row, parameters};

/// The home community as a parameter, as it was before 2009.
pub(super) const HOME: &str = "$homeCommunityId";
/// The communities that are asked instead of all: a gateway's business.
pub(super) const TARGETS: &str = "$targetCommunityIdList";

pub(super) const LEVEL: &str = "$MetadataLevel";
pub(super) const ASSOCIATION_STATUS: &str = "$XDSAssociationStatus";
pub(super) const ASSOCIATION_TYPES: &str = "$AssociationTypes";
pub(super) const PATIENT: &str = "$patientId";
pub(super) const UUID: &str = "$uuid";

pub(super) const ENTRY_PATIENT: &str = "$XDSDocumentEntryPatientId";
pub(super) const ENTRY_STATUS: &str = "$XDSDocumentEntryStatus";
pub(super) const ENTRY_UUID: &str = "$XDSDocumentEntryEntryUUID";
pub(super) const ENTRY_UNIQUE_ID: &str = "$XDSDocumentEntryUniqueId";
pub(super) const ENTRY_LOGICAL_ID: &str = "$XDSDocumentEntryLogicalID";
pub(super) const ENTRY_TYPE: &str = "$XDSDocumentEntryType";
pub(super) const ENTRY_CLASS: &str = "$XDSDocumentEntryClassCode";
pub(super) const ENTRY_FACILITY: &str = "$XDSDocumentEntryHealthcareFacilityTypeCode";
pub(super) const ENTRY_EVENTS: &str = "$XDSDocumentEntryEventCodeList";
pub(super) const ENTRY_FORMAT: &str = "$XDSDocumentEntryFormatCode";
pub(super) const ENTRY_CONFIDENTIALITY: &str = "$XDSDocumentEntryConfidentialityCode";
pub(super) const ENTRY_REFERENCES: &str = "$XDSDocumentEntryReferenceIdList";

pub(super) const SET_PATIENT: &str = "$XDSSubmissionSetPatientId";
pub(super) const SET_STATUS: &str = "$XDSSubmissionSetStatus";
pub(super) const SET_UUID: &str = "$XDSSubmissionSetEntryUUID";
pub(super) const SET_UNIQUE_ID: &str = "$XDSSubmissionSetUniqueId";

pub(super) const FOLDER_PATIENT: &str = "$XDSFolderPatientId";
pub(super) const FOLDER_STATUS: &str = "$XDSFolderStatus";
pub(super) const FOLDER_UUID: &str = "$XDSFolderEntryUUID";
pub(super) const FOLDER_UNIQUE_ID: &str = "$XDSFolderUniqueId";
pub(super) const FOLDER_LOGICAL_ID: &str = "$XDSFolderLogicalID";
pub(super) const FOLDER_CODES: &str = "$XDSFolderCodeList";

#[rustfmt::skip]
pub(super) static DOCUMENT_FILTER: &[Row<DocumentFilter>] = parameters!(DocumentFilter {
    ENTRY_CLASS                                  class_codes;
    "$XDSDocumentEntryTypeCode"                  type_codes;
    "$XDSDocumentEntryPracticeSettingCode"       practice_setting_codes;
    ENTRY_FACILITY                               facility_type_codes;
    ENTRY_FORMAT                                 format_codes;
    ENTRY_EVENTS                                 event_codes;
    ENTRY_CONFIDENTIALITY                        confidentiality_codes;
    "$XDSDocumentEntryAuthorPerson"              author_persons;
    "$XDSDocumentEntryCreationTimeFrom"          creation_time.from;
    "$XDSDocumentEntryCreationTimeTo"            creation_time.to;
    "$XDSDocumentEntryServiceStartTimeFrom"      service_start_time.from;
    "$XDSDocumentEntryServiceStartTimeTo"        service_start_time.to;
    "$XDSDocumentEntryServiceStopTimeFrom"       service_stop_time.from;
    "$XDSDocumentEntryServiceStopTimeTo"         service_stop_time.to;
    ENTRY_TYPE                                   kinds;
    "$XDSDocumentEntryDocumentAvailability"      document_availability;
});

#[rustfmt::skip]
pub(super) static SET_FILTER: &[Row<SetFilter>] = parameters!(SetFilter {
    "$XDSSubmissionSetSourceId"           source_ids;
    "$XDSSubmissionSetSubmissionTimeFrom" submission_time.from;
    "$XDSSubmissionSetSubmissionTimeTo"   submission_time.to;
    "$XDSSubmissionSetAuthorPerson"       author_person;
    "$XDSSubmissionSetContentType"        content_type_codes;
});

#[rustfmt::skip]
pub(super) static FOLDER_FILTER: &[Row<FolderFilter>] = parameters!(FolderFilter {
    "$XDSFolderLastUpdateTimeFrom" last_update_time.from;
    "$XDSFolderLastUpdateTimeTo"   last_update_time.to;
    FOLDER_CODES                   codes;
});

#[rustfmt::skip]
pub(super) static CONTENT_FILTER: &[Row<ContentFilter>] = parameters!(ContentFilter {
    ENTRY_FORMAT          format_codes;
    ENTRY_CONFIDENTIALITY confidentiality_codes;
    ENTRY_TYPE            kinds;
});
