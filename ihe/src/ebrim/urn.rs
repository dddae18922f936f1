//! The fixed names of ebRIM and of IHE's use of it (ITI TF-3 §4.2.5).

/// `objectType` of a stable document entry.
pub(crate) const STABLE: &str = "urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1";
/// `objectType` of an on-demand document entry.
pub(crate) const ON_DEMAND: &str = "urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248";

/// Classification node of a submission set.
pub(crate) const SUBMISSION_SET: &str = "urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd";
/// Classification node of a folder.
pub(crate) const FOLDER: &str = "urn:uuid:d9d542f3-6cc4-48b6-8870-ea235fbc94c2";
/// The limited-metadata flag on a document entry.
pub(crate) const LIMITED_ENTRY: &str = "urn:uuid:ab9b591b-83ab-4d03-8f5d-f93b1fb92e85";
/// The limited-metadata flag on a submission set.
pub(crate) const LIMITED_SET: &str = "urn:uuid:5003a9db-8d8d-49e6-bf0c-990e34ac7707";
/// The limited-metadata flag on a folder.
pub(crate) const LIMITED_FOLDER: &str = "urn:uuid:2c144a76-29a9-4b7c-af54-b25409fe7d03";

/// `objectType` of the ebRIM elements that IHE does not type itself.
pub(crate) const TYPE_CLASSIFICATION: &str = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Classification";
pub(crate) const TYPE_IDENTIFIER: &str = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:ExternalIdentifier";
pub(crate) const TYPE_PACKAGE: &str = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:RegistryPackage";
pub(crate) const TYPE_ASSOCIATION: &str = "urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Association";

/// Writes both directions of a closed list of names.
macro_rules! names {
    ($type:ident { $($variant:ident = $name:literal)* }) => {
        impl crate::model::$type {
            /// The name on the wire.
            pub fn urn(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The value of that name.
            pub fn named(urn: &str) -> Option<Self> {
                match urn { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

names!(Availability {
    Approved = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
    Deprecated = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated"
});

names!(AssociationType {
    HasMember = "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"
    Replace = "urn:ihe:iti:2007:AssociationType:RPLC"
    Transform = "urn:ihe:iti:2007:AssociationType:XFRM"
    Append = "urn:ihe:iti:2007:AssociationType:APND"
    TransformReplace = "urn:ihe:iti:2007:AssociationType:XFRM_RPLC"
    Signs = "urn:ihe:iti:2007:AssociationType:signs"
    IsSnapshotOf = "urn:ihe:iti:2010:AssociationType:IsSnapshotOf"
    UpdateAvailabilityStatus = "urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"
    SubmitAssociation = "urn:ihe:iti:2010:AssociationType:SubmitAssociation"
});

names!(Membership {
    Original = "Original"
    Reference = "Reference"
});

impl crate::model::DocumentKind {
    /// The name on the wire.
    pub fn urn(self) -> &'static str {
        match self {
            Self::Stable => STABLE,
            Self::OnDemand => ON_DEMAND,
        }
    }

    /// The kind of that `objectType`; UUIDs are compared in any case.
    pub fn named(urn: &str) -> Option<Self> {
        [Self::Stable, Self::OnDemand].into_iter().find(|kind| urn.eq_ignore_ascii_case(kind.urn()))
    }
}
