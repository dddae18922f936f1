//! Table 1: the fragments of text that bodies are made of, as `ihe` writes them.
//!
//! **Frozen.** Stored bodies name fragments by their position here, so not an octet of this file's lists may change, and
//! nothing may be added or moved: a better table is a new file with a format octet of its own, and this one stays for
//! what is already stored. What the table does not know is stored as plain text, so it may lag behind the writer.
//!
//! In a fragment, U+0002 stands for the object's own `urn:uuid:…` and U+0003 for the next of the ids inside the object,
//! `….c1`, `….c2` and so on; XML forbids both characters.

/// Stands for the object's own id.
pub(super) const OWN: u8 = 0x02;

/// Stands for the next id inside the object; at most once in a fragment.
pub(super) const CHILD: u8 = 0x03;

macro_rules! slot {
    ($name:literal) => {
        concat!("<rim:Slot name=\"", $name, "\"><rim:ValueList><rim:Value>")
    };
}

macro_rules! end {
    () => {
        "</rim:Value></rim:ValueList></rim:Slot>"
    };
}

/// The next slot.
macro_rules! then {
    ($name:literal) => {
        concat!(end!(), slot!($name))
    };
}

/// `rim:Name` or `rim:Description` up to its text.
macro_rules! text {
    ($element:literal, $language:literal) => {
        concat!("<rim:", $element, "><rim:LocalizedString xml:lang=\"", $language, "\" value=\"")
    };
    ($element:literal) => {
        concat!("<rim:", $element, "><rim:LocalizedString value=\"")
    };
}

macro_rules! version {
    () => {
        "\"/></rim:Name><rim:VersionInfo versionName=\"1\"/>"
    };
}

macro_rules! kind {
    ($name:literal) => {
        concat!("\"urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:", $name, "\"")
    };
}

macro_rules! class {
    () => {
        concat!("<rim:Classification id=\"\u{3}\" classifiedObject=\"\u{2}\" objectType=", kind!("Classification"))
    };
}

macro_rules! coded {
    ($scheme:literal) => {
        concat!(class!(), " classificationScheme=\"urn:uuid:", $scheme, "\" nodeRepresentation=\"")
    };
}

macro_rules! node {
    ($node:literal) => {
        concat!(class!(), " classificationNode=\"urn:uuid:", $node, "\"/>")
    };
}

/// The end of a code, and the next.
macro_rules! next {
    ($scheme:literal) => {
        concat!("\"/></rim:Name></rim:Classification>", coded!($scheme))
    };
}

/// The end of an author, and what follows.
macro_rules! after {
    ($scheme:literal) => {
        concat!(end!(), "</rim:Classification>", coded!($scheme))
    };
}

macro_rules! identifier {
    ($scheme:literal) => {
        concat!(
            "<rim:ExternalIdentifier id=\"\u{3}\" registryObject=\"\u{2}\" identificationScheme=\"urn:uuid:",
            $scheme,
            "\" value=\""
        )
    };
}

/// The end of an identifier.
macro_rules! named {
    ($name:literal) => {
        concat!(
            "\" objectType=",
            kind!("ExternalIdentifier"),
            "><rim:Name><rim:LocalizedString value=\"",
            $name,
            "\"/></rim:Name></rim:ExternalIdentifier>"
        )
    };
}

macro_rules! stable {
    () => {
        "objectType=\"urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1\""
    };
}

macro_rules! association {
    ($kind:literal) => {
        concat!(" objectType=", kind!("Association"), " associationType=\"", $kind, "\" sourceObject=\"")
    };
}

/// The fragments with a token of one octet.
#[rustfmt::skip]
pub(super) const SHORT: [&str; 34] = [
    // Codes.
    concat!("\">", slot!("codingScheme")),
    concat!(end!(), text!("Name", "ja-JP")),
    concat!(end!(), text!("Name")),
    next!("f0306f51-975f-434e-a61c-c59651d33983"),
    next!("a09d5840-386c-46f2-b5ad-9c3699a4309d"),
    next!("f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1"),
    next!("cccf5598-8b07-4b77-a05e-ae952c785ead"),
    next!("f4f85eac-e6cb-4883-b524-f2705394840f"),
    next!("2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"),
    after!("41a5887f-8865-4c09-adf7-e362475b143a"),
    // Slots of an entry.
    concat!(" lid=\"\u{2}\" ", stable!(), " mimeType=\""),
    concat!("\">", slot!("creationTime")),
    concat!(then!("languageCode"), "ja-JP"),
    then!("serviceStartTime"),
    then!("serviceStopTime"),
    then!("sourcePatientId"),
    concat!("&amp;ISO", then!("size")),
    then!("hash"),
    then!("repositoryUniqueId"),
    "</rim:Value><rim:Value>",
    // Authors.
    concat!(version!(), coded!("93606bcf-9494-43ec-9b4e-a7748d1a838d"), "\">", slot!("authorPerson")),
    then!("authorInstitution"),
    then!("authorRole"),
    then!("authorSpecialty"),
    // Identifiers.
    concat!("\"/></rim:Name></rim:Classification>", identifier!("58a6f841-87b3-4a3e-92fd-a8ffeff98427")),
    concat!("&amp;ISO", named!("XDSDocumentEntry.patientId"), identifier!("2e82c1f6-a085-4c72-9da3-8640a32e42ab")),
    concat!(named!("XDSDocumentEntry.uniqueId"), "</rim:ExtrinsicObject>"),
    "^^^&amp;",
    "&amp;ISO",
    "1.2.392.",
    // Associations.
    association!("urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember"),
    "\" targetObject=\"",
    concat!("\">", slot!("SubmissionSetStatus"), "Original", end!(), "</rim:Association>"),
    "\"/>",
];

/// The fragments with a token of two octets.
#[rustfmt::skip]
pub(super) const LONG: &[&str] = &[
    // An object's own ids, wherever they stand.
    "\u{2}", "\u{3}",
    // The attributes of objects.
    " lid=\"", "\" objectType=\"urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248\" mimeType=\"",
    concat!("\" ", stable!(), " mimeType=\""), concat!("\" objectType=", kind!("RegistryPackage"), ">"),
    concat!(" lid=\"\u{2}\" ", stable!(), ">"), concat!(" ", stable!(), " mimeType=\""),
    " lid=\"\u{2}\" objectType=\"urn:uuid:34268e47-fdf5-41a6-ba33-82133c465248\" mimeType=\"",
    concat!(" lid=\"\u{2}\" objectType=", kind!("RegistryPackage"), ">"),
    concat!(" objectType=", kind!("RegistryPackage"), ">"),
    concat!(" objectType=", kind!("RegistryPackage"), ">", slot!("submissionTime")),
    concat!(" lid=\"\u{2}\" objectType=", kind!("RegistryPackage"), ">", slot!("lastUpdateTime")),
    // Media types, with what mostly follows.
    concat!("application/pdf\">", slot!("creationTime")), concat!("text/xml\">", slot!("creationTime")),
    concat!("application/hl7-v2\">", slot!("creationTime")), concat!("application/fhir+json\">", slot!("creationTime")),
    concat!("application/dicom\">", slot!("creationTime")), concat!("text/plain\">", slot!("creationTime")),
    concat!("application/xml\">", slot!("creationTime")), concat!("text/csv\">", slot!("creationTime")),
    concat!("image/jpeg\">", slot!("creationTime")), concat!("application/octet-stream\">", slot!("creationTime")),
    // Slots.
    slot!("creationTime"), slot!("languageCode"), slot!("serviceStartTime"), slot!("serviceStopTime"),
    slot!("sourcePatientId"), slot!("sourcePatientInfo"), slot!("size"), slot!("hash"), slot!("repositoryUniqueId"),
    slot!("legalAuthenticator"), slot!("URI"), slot!("urn:ihe:iti:xds:2013:referenceIdList"),
    slot!("documentAvailability"), slot!("authorPerson"), slot!("authorInstitution"), slot!("authorRole"),
    slot!("authorSpecialty"), slot!("authorTelecommunication"), slot!("codingScheme"), slot!("submissionTime"),
    slot!("intendedRecipient"), slot!("lastUpdateTime"), slot!("SubmissionSetStatus"), slot!("PreviousVersion"),
    slot!("OriginalStatus"), slot!("NewStatus"), slot!("AssociationPropagation"),
    then!("creationTime"), then!("languageCode"), then!("sourcePatientInfo"), then!("size"),
    then!("legalAuthenticator"), then!("URI"), then!("urn:ihe:iti:xds:2013:referenceIdList"),
    then!("documentAvailability"), then!("authorTelecommunication"), then!("intendedRecipient"),
    concat!("&amp;ISO", then!("sourcePatientInfo")), concat!("&amp;ISO", then!("sourcePatientInfo"), "PID-3|"),
    concat!("&amp;ISO", then!("hash")), concat!("&amp;ISO", then!("repositoryUniqueId")),
    concat!("&amp;ISO", then!("authorInstitution")), concat!("&amp;ISO", then!("authorRole")),
    "&amp;ISO</rim:Value><rim:Value>PID-5|", "</rim:Value><rim:Value>PID-3|", "</rim:Value><rim:Value>PID-5|",
    "</rim:Value><rim:Value>PID-7|", "</rim:Value><rim:Value>PID-8|", "</rim:Value><rim:Value>PID-11|",
    concat!("</rim:Value><rim:Value>PID-8|M", then!("size")), concat!("</rim:Value><rim:Value>PID-8|F", then!("size")),
    concat!(then!("languageCode"), "en-US"), concat!(then!("languageCode"), "ja"), concat!(then!("languageCode"), "en"),
    concat!(then!("documentAvailability"), "urn:ihe:iti:2010:DocumentAvailability:Online", end!()),
    concat!(then!("documentAvailability"), "urn:ihe:iti:2010:DocumentAvailability:Offline", end!()),
    "<rim:Slot name=\"", "\"><rim:ValueList><rim:Value>", "\"><rim:ValueList/></rim:Slot>", end!(),
    concat!(end!(), "<rim:Slot name=\""), "</rim:Value></rim:ValueList></rim:Slot></rim:Association>",
    // Names and descriptions.
    text!("Name"), text!("Name", "ja-JP"), text!("Name", "ja"), text!("Name", "en-US"), text!("Name", "en"),
    concat!(end!(), text!("Name", "ja")), concat!(end!(), text!("Name", "en-US")), concat!(end!(), text!("Name", "en")),
    "<rim:Name><rim:LocalizedString xml:lang=\"", concat!(end!(), "<rim:Name><rim:LocalizedString xml:lang=\""),
    concat!("\"/></rim:Name>", text!("Description")), concat!("\"/></rim:Name>", text!("Description", "ja-JP")),
    concat!("\"/></rim:Name>", text!("Description", "ja")), concat!("\"/></rim:Name>", text!("Description", "en-US")),
    concat!("\"/></rim:Name>", text!("Description", "en")), text!("Description"), text!("Description", "ja-JP"),
    "<rim:Description><rim:LocalizedString xml:lang=\"", "\"/></rim:Description>", "\"/></rim:Name>", "\" value=\"",
    "<rim:VersionInfo versionName=\"", "<rim:VersionInfo versionName=\"1\"/>",
    "\"/></rim:Description><rim:VersionInfo versionName=\"1\"/>", version!(),
    "\"/></rim:Name><rim:VersionInfo versionName=\"", concat!(end!(), "<rim:VersionInfo versionName=\"1\"/>"),
    // Classifications.
    coded!("93606bcf-9494-43ec-9b4e-a7748d1a838d"), coded!("41a5887f-8865-4c09-adf7-e362475b143a"),
    coded!("f0306f51-975f-434e-a61c-c59651d33983"), coded!("a09d5840-386c-46f2-b5ad-9c3699a4309d"),
    coded!("f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1"), coded!("cccf5598-8b07-4b77-a05e-ae952c785ead"),
    coded!("f4f85eac-e6cb-4883-b524-f2705394840f"), coded!("2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4"),
    coded!("a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"), coded!("aa543740-bdda-424e-8c96-df4873be8500"),
    coded!("1ba97051-7806-41a8-a48b-8fce7af683c5"), coded!("abd807a3-4432-4053-87b4-fd82c643d1f3"),
    next!("41a5887f-8865-4c09-adf7-e362475b143a"), next!("1ba97051-7806-41a8-a48b-8fce7af683c5"),
    concat!(version!(), coded!("41a5887f-8865-4c09-adf7-e362475b143a")),
    concat!(version!(), coded!("1ba97051-7806-41a8-a48b-8fce7af683c5")),
    concat!("\">", slot!("authorPerson")), concat!("\">", slot!("authorInstitution")), concat!("\">", slot!("authorRole")),
    concat!(version!(), coded!("93606bcf-9494-43ec-9b4e-a7748d1a838d"), "\">", slot!("authorInstitution")),
    concat!(after!("93606bcf-9494-43ec-9b4e-a7748d1a838d"), "\">", slot!("authorPerson")),
    concat!(after!("93606bcf-9494-43ec-9b4e-a7748d1a838d"), "\">", slot!("authorInstitution")),
    concat!(after!("a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"), "\">", slot!("authorPerson")),
    concat!(after!("a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"), "\">", slot!("authorInstitution")),
    after!("aa543740-bdda-424e-8c96-df4873be8500"), after!("f0306f51-975f-434e-a61c-c59651d33983"),
    node!("a54d6aa5-d40d-43f9-88c5-b4633d873bdd"), node!("d9d542f3-6cc4-48b6-8870-ea235fbc94c2"),
    node!("ab9b591b-83ab-4d03-8f5d-f93b1fb92e85"), node!("5003a9db-8d8d-49e6-bf0c-990e34ac7707"),
    node!("2c144a76-29a9-4b7c-af54-b25409fe7d03"),
    concat!("\"/></rim:Name>", node!("a54d6aa5-d40d-43f9-88c5-b4633d873bdd")),
    concat!("\"/></rim:Description>", node!("a54d6aa5-d40d-43f9-88c5-b4633d873bdd")),
    concat!(end!(), node!("a54d6aa5-d40d-43f9-88c5-b4633d873bdd")),
    concat!(version!(), node!("d9d542f3-6cc4-48b6-8870-ea235fbc94c2")),
    concat!(coded!("a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"), "\">", slot!("authorPerson")),
    concat!(coded!("a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d"), "\">", slot!("authorInstitution")),
    "\"/></rim:Name></rim:Classification>", concat!(end!(), "</rim:Classification>"), "</rim:Classification>", class!(),
    "\"/></rim:Name></rim:Classification></rim:Association>",
    // Identifiers.
    identifier!("58a6f841-87b3-4a3e-92fd-a8ffeff98427"), identifier!("2e82c1f6-a085-4c72-9da3-8640a32e42ab"),
    identifier!("6b5aea1a-874d-4603-a4bc-96a0a7b38446"), identifier!("96fdda7c-d067-4183-912e-bf5ee74998a8"),
    identifier!("554ac39e-e3fe-47fe-b233-965d2a147832"), identifier!("f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a"),
    identifier!("75df8f67-9973-4fbe-a900-df66cefecc5a"),
    concat!("\"/></rim:Name></rim:Classification>", identifier!("6b5aea1a-874d-4603-a4bc-96a0a7b38446")),
    concat!("\"/></rim:Name></rim:Classification>", identifier!("f64ffdf0-4b97-4e06-b79f-a52b38ec2f8a")),
    concat!("&amp;ISO", named!("XDSSubmissionSet.patientId"), identifier!("96fdda7c-d067-4183-912e-bf5ee74998a8")),
    concat!(named!("XDSSubmissionSet.uniqueId"), identifier!("554ac39e-e3fe-47fe-b233-965d2a147832")),
    concat!("&amp;ISO", named!("XDSFolder.patientId"), identifier!("75df8f67-9973-4fbe-a900-df66cefecc5a")),
    concat!(named!("XDSSubmissionSet.sourceId"), "</rim:RegistryPackage>"),
    concat!(named!("XDSFolder.uniqueId"), "</rim:RegistryPackage>"),
    named!("XDSDocumentEntry.patientId"), named!("XDSDocumentEntry.uniqueId"), named!("XDSSubmissionSet.patientId"),
    named!("XDSSubmissionSet.uniqueId"), named!("XDSSubmissionSet.sourceId"), named!("XDSFolder.patientId"),
    named!("XDSFolder.uniqueId"), "</rim:ExtrinsicObject>", "</rim:RegistryPackage>", "</rim:Association>",
    // Associations.
    association!("urn:ihe:iti:2007:AssociationType:RPLC"), association!("urn:ihe:iti:2007:AssociationType:XFRM"),
    association!("urn:ihe:iti:2007:AssociationType:APND"), association!("urn:ihe:iti:2007:AssociationType:XFRM_RPLC"),
    association!("urn:ihe:iti:2007:AssociationType:signs"), association!("urn:ihe:iti:2010:AssociationType:IsSnapshotOf"),
    association!("urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus"),
    association!("urn:ihe:iti:2010:AssociationType:SubmitAssociation"),
    concat!("\">", slot!("SubmissionSetStatus"), "Original", end!()),
    concat!("\">", slot!("SubmissionSetStatus"), "Reference", end!(), "</rim:Association>"),
    concat!("\">", slot!("SubmissionSetStatus"), "Original", then!("PreviousVersion")),
    "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved", "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated",
    // Code systems and other registered numbers.
    "2.16.840.1.113883.", "2.16.840.1.113883.6.1", "2.16.840.1.113883.5.25", "2.16.840.1.113883.6.96",
    "1.2.392.100495.", "1.2.392.100495.20.2.", "1.2.392.100495.20.3.", "1.2.392.100495.20.3.51.1",
    "&amp;1.2.392.100495.20.3.23&amp;ISO^^^^", "&amp;1.2.392.100495.20.3.", "1.2.392.200119.", "1.2.392.200250.",
    "1.2.392.200250.2.2.2", "1.3.6.1.4.1.", "1.3.6.1.4.1.19376.1.2.3", "1.2.840.10008.", "1.2.840.10008.2.6.1",
    "&amp;1.2.392.", "&amp;2.16.840.1.113883.", "&amp;ISO^", "^^^^^^^^^", "^^^^^&amp;", "^^^^^^", "&amp;quot;", "urn:ihe:iti:",
    "urn:ihe:iti:xds-sd:pdf:2008", "urn:ihe:iti:xds-sd:text:2008", "urn:ihe:iti:xds:2017:mimeTypeSufficient",
    "urn:ihe:iti:xds:2013:", "urn:ihe:pcc:", "urn:ihe:rad:", "urn:jami:ssmix2:1.20:", "urn:hl7jp:cda:",
    "urn:jpfhir:clins:", "urn:oid:", "https://", "http://", "application/", "urn:uuid:",
];

const _: () = assert!(LONG.len() <= 256, "one octet tells them apart");
