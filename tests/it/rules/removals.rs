//! Rules that a removal breaks because of what the registry holds.

use ihe::Rule;

use super::case::Case;
use super::stage::Act::{Remove, Update};

#[rustfmt::skip]
pub(super) const CASES: &[Case] = &[
    Case::refused("a removal of an unknown object", Rule::RemoveUnknown, "{document1}", |s| vec![
        Remove(vec![s.document(1)]),
    ]),
    Case::refused("a removal of a document without its membership", Rule::RemoveStillReferenced, "{document1}", |s| vec![
        s.registered(s.submission(1, &[1])),
        Remove(vec![s.document(1)]),
    ]),
    Case::refused("a removal of a version without the one after it", Rule::RemoveStillReferenced, "{document1}", |s| vec![
        s.registered(s.submission(1, &[1])),
        Update(s.version(2, 1)),
        Remove(vec![s.document(1), s.association(1, 0), s.set(1)]),
    ]),
    Case::refused("a removal of a membership without its document", Rule::RemoveOrphans, "{document1}", |s| vec![
        s.registered(s.submission(1, &[1, 2])),
        Remove(vec![s.association(1, 0)]),
    ]),
    Case::refused("a removal of a set's last member without the set", Rule::RemoveOrphans, "{set1}", |s| vec![
        s.registered(s.submission(1, &[1])),
        Remove(vec![s.document(1), s.association(1, 0)]),
    ]),
];
