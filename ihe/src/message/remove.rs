//! ITI-62 Remove Metadata, the request: `lcm:RemoveObjectsRequest` — ITI TF-2 §3.62.4.1 (Remove Metadata and Documents).

use std::collections::HashSet;

use crate::ebrim::{Complaints, OBJECTS, quoted};
use crate::fault::{Fault, Faults};
use crate::id::EntryUuid;
use crate::rule::Rule;
use crate::xml::{Cursor, Decode, Encode, Writer, ns, within};

/// Which objects a registry shall forget.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoveObjects {
    /// Each once; not empty.
    pub objects: Vec<EntryUuid>,
}

const REQUEST: &str = "RemoveObjectsRequest";

impl Decode for RemoveObjects {
    /// Who names an object twice wants it removed; it is kept once.
    fn decode(c: &mut Cursor<'_>) -> Result<Self, Faults> {
        c.expect(ns::LCM, REQUEST)?;
        let mut complaints = Complaints::default();
        if c.attribute("deletionScope").is_some() {
            complaints.attribute(Rule::RemoveByQuery, REQUEST, "deletionScope", "the attribute");
        }
        let mut list = List::default();
        while let Some(tag) = c.child()? {
            match tag.name() {
                (ns::RIM, "ObjectRefList") => list.read(c, &mut complaints)?,
                (ns::RIM, "AdhocQuery") => {
                    complaints.object(Rule::RemoveByQuery, REQUEST, "an AdhocQuery");
                    c.skip()?;
                }
                _ => c.skip()?,
            }
        }
        if list.count == 0 {
            complaints.object(Rule::RemoveNothing, REQUEST, "no object");
        }
        complaints.none_or_faults()?;
        Ok(Self { objects: list.objects })
    }
}

/// What `rim:ObjectRefList` holds.
#[derive(Default)]
struct List {
    objects: Vec<EntryUuid>,
    seen: HashSet<EntryUuid>,
    count: usize,
}

impl List {
    fn read(&mut self, c: &mut Cursor<'_>, complaints: &mut Complaints) -> Result<(), Fault> {
        while let Some(tag) = c.child()? {
            if tag.is(ns::RIM, "ObjectRef") {
                self.count += 1;
                within("objects", OBJECTS, self.count)?;
                let id = c.attribute("id").unwrap_or_default();
                match id.trim_ascii().parse() {
                    Ok(id) if self.seen.insert(id) => self.objects.push(id),
                    Ok(_) => {}
                    Err(_) => complaints.attribute(Rule::RemoveId, "an ObjectRef", "id", quoted(&id)),
                }
            }
            c.skip()?;
        }
        Ok(())
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
