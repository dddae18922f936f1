//! FindDocuments, FindDocumentsByReferenceId, FindDocumentsForMultiplePatients — ITI TF-2 §3.18.4.1.2.3.7.1,
//! §3.18.4.1.2.3.7.14 and §3.51.4.1.2.3.1.

use ihe::id::PatientId;
use ihe::message::{CodeRef, DocumentFilter, DocumentKinds, ObjectKind, Statuses};
use ihe::model::DocumentKind;

use super::Asked;
use super::select::Select;
use crate::object::{self, Attribute};

/// FindDocuments.
pub(super) fn find<'q>(
    asked: &'q Asked<'_>,
    patient: &'q PatientId,
    status: Statuses,
    filter: &'q DocumentFilter,
) -> Vec<Select<'q>> {
    by_reference(asked, patient, status, &[], filter)
}

/// FindDocumentsByReferenceId.
pub(super) fn by_reference<'q>(
    asked: &'q Asked<'_>,
    patient: &'q PatientId,
    status: Statuses,
    references: &'q [Vec<Box<str>>],
    filter: &'q DocumentFilter,
) -> Vec<Select<'q>> {
    let mut selects = asked.theirs(ObjectKind::DocumentEntry, std::slice::from_ref(patient));
    for select in &mut selects {
        select.versions("o").status("o", status).document(filter);
        for slot in references {
            select.reference(slot);
        }
    }
    selects
}

/// FindDocumentsForMultiplePatients.
pub(super) fn of_many<'q>(
    asked: &'q Asked<'_>,
    patients: &'q [PatientId],
    status: Statuses,
    filter: &'q DocumentFilter,
) -> Vec<Select<'q>> {
    let mut selects = match patients {
        [] => vec![asked.anyones(ObjectKind::DocumentEntry)],
        some => asked.theirs(ObjectKind::DocumentEntry, some),
    };
    for select in &mut selects {
        select.versions("o").status("o", status).document(filter);
    }
    selects
}

impl<'q> Select<'q> {
    /// An entry `o` that matches a filter.
    fn document(&mut self, filter: &'q DocumentFilter) -> &mut Self {
        self.code("o.class_code", &filter.class_codes)
            .code("o.type_code", &filter.type_codes)
            .code("o.practice_setting_code", &filter.practice_setting_codes)
            .code("o.facility_type_code", &filter.facility_type_codes)
            .period("o.creation_time", &filter.creation_time)
            .period("o.service_start_time", &filter.service_start_time)
            .period("o.service_stop_time", &filter.service_stop_time)
            .document_availability(filter)
            .content(&filter.format_codes, &filter.confidentiality_codes, filter.kinds)
            .entry_codes(Attribute::EventCode, &filter.event_codes)
            .entry_like(Attribute::AuthorPerson, &filter.author_persons)
    }

    /// An entry `o` that matches the filters which several queries share.
    pub(super) fn content(
        &mut self,
        format_codes: &[CodeRef],
        confidentiality_codes: &[Vec<CodeRef>],
        kinds: DocumentKinds,
    ) -> &mut Self {
        self.kinds(kinds)
            .code("o.format_code", format_codes)
            .entry_codes(Attribute::ConfidentialityCode, confidentiality_codes)
    }

    /// Stable documents, on-demand ones, or both (ITI TF-2 §3.18.4.1.2.3.6.2).
    pub(super) fn kinds(&mut self, kinds: DocumentKinds) -> &mut Self {
        let only = match kinds {
            DocumentKinds::Stable => DocumentKind::Stable,
            DocumentKinds::OnDemand => DocumentKind::OnDemand,
            DocumentKinds::Any => return self,
        };
        self.push(" AND o.kind = ").bind(object::document_kind_number(only))
    }

    fn document_availability(&mut self, filter: &DocumentFilter) -> &mut Self {
        match filter.document_availability {
            None => self,
            Some(wanted) => self.push(" AND o.availability = ").bind(object::availability_number(wanted)),
        }
    }
}
