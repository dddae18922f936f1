//! The rules of metadata and of queries, one row each: what is right, where the standard says so, and which fault it is
//! to do otherwise. `docs/rules.md` is made from this table and from the tests that break each rule.

use std::fmt::Display;

use crate::fault::{Fault, Kind};

/// Writes the table once: the enum, the list of all, and the row of each.
macro_rules! rules {
    ($($name:ident $kind:ident $right:literal $cite:literal;)*) => {
        /// A rule that a message can break.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule {
            $(#[doc = $right] $name),*
        }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name by which an error's context cites it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// What kind of fault it is to break it.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind),* }
            }

            /// What is right.
            pub const fn right(self) -> &'static str {
                match self { $(Self::$name => $right),* }
            }

            /// Where that is written.
            pub const fn source(self) -> &'static str {
                match self { $(Self::$name => $cite),* }
            }
        }
    };
}

#[rustfmt::skip]
rules! {
    // One submission as a whole.
    OneSubmissionSet RegistryMetadata "a submission has exactly one submission set" "ITI TF-3 §4.2.1.1";
}

impl Rule {
    /// The fault of breaking it: where, what was found, what would be right.
    pub fn broken(self, at: impl Display, found: impl Display) -> Fault {
        let (right, source, name) = (self.right(), self.source(), self.name());
        let mut fault = Fault::new(self.kind(), format!("{at}: {found}; {right} ({source}, rule {name})"));
        fault.rule = Some(self);
        fault
    }
}
