//! FindFolders and FindFoldersForMultiplePatients — ITI TF-2 §3.18.4.1.2.3.7.3 and §3.51.4.1.2.3.2.

use ihe::id::PatientId;
use ihe::message::{FolderFilter, ObjectKind, Statuses};

use super::Asked;
use super::select::Select;

/// FindFolders.
pub(super) fn find<'q>(
    asked: &'q Asked<'_>,
    patient: &'q PatientId,
    status: Statuses,
    filter: &'q FolderFilter,
) -> Vec<Select<'q>> {
    of_many(asked, std::slice::from_ref(patient), status, filter)
}

/// FindFoldersForMultiplePatients.
pub(super) fn of_many<'q>(
    asked: &'q Asked<'_>,
    patients: &'q [PatientId],
    status: Statuses,
    filter: &'q FolderFilter,
) -> Vec<Select<'q>> {
    let mut selects = match patients {
        [] => vec![asked.anyones(ObjectKind::Folder)],
        some => asked.theirs(ObjectKind::Folder, some),
    };
    for select in &mut selects {
        select
            .versions("o")
            .status("o", status)
            .period("o.last_update_time", &filter.last_update_time)
            .folder_codes(&filter.codes);
    }
    selects
}
