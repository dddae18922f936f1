//! ITI-62 Remove Metadata, the request: `lcm:RemoveObjectsRequest` — ITI TF-2 §3.62.4.1 (Remove Metadata and Documents).

use crate::fault::Faults;
use crate::id::EntryUuid;
use crate::xml::{Cursor, Decode, Encode, Writer, ns};

/// Which objects a registry shall forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveObjects {
    /// Each once; not empty.
    pub objects: Vec<EntryUuid>,
}

impl Decode for RemoveObjects {
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        c.expect(ns::LCM, "RemoveObjectsRequest")?;
        Err(c.fault("not read yet").into())
    }
}

impl Encode for RemoveObjects {
    fn encode(&self, w: &mut Writer) {
        w.start("lcm:RemoveObjectsRequest").declare("lcm", ns::LCM).declare("rim", ns::RIM);
        w.start("rim:ObjectRefList");
        for id in &self.objects {
            w.start("rim:ObjectRef").attribute_of("id", id).end();
        }
        w.end().end();
    }
}
