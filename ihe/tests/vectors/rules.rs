//! Every rule that a submission, an update or a removal can break by itself, broken in one place of a good message.

use std::collections::BTreeSet;

use ihe::message::RemoveObjects;
use ihe::model::Purpose::{self, Register, RegisterOnDemand, RestrictedUpdate, Update};
use ihe::model::Submission;
use ihe::xml::decode;
use ihe::{Fault, Rule};

use crate::vector;

const BASE: &str = "submit/iti42-base";
const ON_DEMAND: &str = "submit/iti61-on-demand";
const APPEND: &str = "submit/iti42-apnd";
const REPLACE: &str = "submit/iti42-rplc";
const DOCUMENT: &str = "update/iti57-docentry";
const STATUS: &str = "update/iti57-status";
const RESTRICTED: &str = "update/iti92-docentry";
const END: &str = "</rim:RegistryObjectList>";

const CHANGE_OF_STATUS: &str = r#"<rim:Association id="back" sourceObject="submissionSet01"
    targetObject="urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001"
    associationType="urn:ihe:iti:2010:AssociationType:UpdateAvailabilityStatus">
    <rim:Slot name="OriginalStatus"><rim:ValueList>
    <rim:Value>urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated</rim:Value></rim:ValueList></rim:Slot>
    <rim:Slot name="NewStatus"><rim:ValueList>
    <rim:Value>urn:oasis:names:tc:ebxml-regrep:StatusType:Approved</rim:Value></rim:ValueList></rim:Slot>
    </rim:Association></rim:RegistryObjectList>"#;

const SECOND_REPLACEMENT: &str = r#"<rim:Association id="again" sourceObject="document01"
    targetObject="urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001"
    associationType="urn:ihe:iti:2007:AssociationType:RPLC"/></rim:RegistryObjectList>"#;

const SNAPSHOT: &str = r#"<rim:Association id="snapshot" sourceObject="document01"
    targetObject="urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001"
    associationType="urn:ihe:iti:2010:AssociationType:IsSnapshotOf"/></rim:RegistryObjectList>"#;

const LIMITED: &str = r#"<rim:Classification id="flag" classifiedObject="folder01"
    classificationNode="urn:uuid:2c144a76-29a9-4b7c-af54-b25409fe7d03"/><rim:Classification id="cl018""#;

const FOREIGN_SLOT: &str = r#"<rim:Slot name="OriginalStatus"><rim:ValueList>
    <rim:Value>x</rim:Value></rim:ValueList></rim:Slot><rim:Slot name="PreviousVersion">"#;

/// The rules that are broken, the message, what is replaced in it, and by what. `{long}` stands for a long text.
type Row = (&'static [Rule], Purpose, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const OF_THE_WHOLE: &[Row] = &[
    (&[Rule::OneSubmissionSet], Register, BASE, "rim:RegistryPackage", "rim:ObjectRef"),
    (&[Rule::SubmissionContent], Register, BASE, END, "<rim:Service id='s'/></rim:RegistryObjectList>"),
    (&[Rule::Package], Register, BASE, "d9d542f3-6cc4-48b6-8870-ea235fbc94c2", "d9d542f3-6cc4-48b6-8870-000000000000"),
    (&[Rule::ObjectId], Register, BASE, " id=\"document01\"", " id=\"urn:uuid:1\""),
    (&[Rule::IdOnce], Register, BASE, " id=\"docFolderAss\"", " id=\"docAss\""),
    (&[Rule::UniqueIdOnce], Register, BASE, "value=\"1.48574589\"", "value=\"1.123\""),
    (&[Rule::SamePatient], Register, BASE, "registryObject=\"folder01\" value=\"id3", "registryObject=\"folder01\" value=\"id4"),
];

#[rustfmt::skip]
const OF_OBJECTS: &[Row] = &[
    (&[Rule::SlotName], Register, BASE, "name=\"serviceStartTime\"", "name=\"\""),
    (&[Rule::SlotName], Register, BASE, "name=\"serviceStartTime\"", "name=\"urn:x:{long}\""),
    (&[Rule::SlotValue], Register, BASE, ">en-US<", "><"),
    (&[Rule::SlotValue], Register, BASE, ">en-US<", ">{long}<"),
    (&[Rule::ExtraSlot], Register, BASE, "name=\"serviceStartTime\"", "name=\"urn:ihe:nothing\""),
    (&[Rule::OneValue], Register, BASE, "<rim:Value>1981</rim:Value>", "<rim:Value>1981</rim:Value><rim:Value>1982</rim:Value>"),
    (&[Rule::RequiredAttribute], Register, BASE, "value=\"Folder 01\"", "value=\"\""),
    (&[Rule::Classification], Register, BASE, "classifiedObject=\"folder01\" nodeRepresentation", "classifiedObject=\"x\" nodeRepresentation"),
    (&[Rule::CodedValue], Register, BASE, "nodeRepresentation=\"code7\"", "nodeRepresentation=\"\""),
    (&[Rule::ExternalIdentifier], Register, BASE, "registryObject=\"folder01\" value=\"1.4", "registryObject=\"x\" value=\"1.4"),
    (&[Rule::Author], Register, BASE, "\"submissionSet01\" nodeRepresentation=\"\"", "\"submissionSet01\" nodeRepresentation=\"x\""),
    (&[Rule::Charset], Register, BASE, "charset=\"UTF-8\"", "charset=\"Shift_JIS\""),
    (&[Rule::Title], Register, BASE, "value=\"Folder 01\"", "value=\"{long}\""),
    (&[Rule::LimitedMetadata], Register, BASE, "<rim:Classification id=\"cl018\"", LIMITED),
    (&[Rule::Availability], Register, BASE, " id=\"folder01\"", " id=\"folder01\" status=\"urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated\""),
    (&[Rule::Availability], Register, BASE, " id=\"folder01\"", " id=\"folder01\" status=\"Approved\""),
    (&[Rule::LogicalId], Register, BASE, " id=\"folder01\"", " id=\"folder01\" lid=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000009\""),
    (&[Rule::ServiceTimes], Register, BASE, ">198012<", ">198212<"),
    (&[Rule::ObjectType], Register, BASE, "7edca82f-054d-47f2-a032-9b2a5b5186c1", "7edca82f-054d-47f2-a032-000000000000"),
    (&[Rule::StableOnly], Register, ON_DEMAND, "", ""),
    (&[Rule::OnDemandOnly], RegisterOnDemand, "submit-invalid/iti61-stable", "", ""),
    (&[Rule::OnDemandAttribute], RegisterOnDemand, "submit-invalid/iti61-with-hash", "", ""),
];

#[rustfmt::skip]
const OF_VALUES: &[Row] = &[
    (&[Rule::Cx], Register, BASE, "registryObject=\"folder01\" value=\"id3^^^", "registryObject=\"folder01\" value=\"id3^"),
    (&[Rule::Cxi], Register, BASE, ">ref-id-1^", ">^"),
    (&[Rule::Xcn], Register, BASE, ">legal^Gustav^", ">^^"),
    (&[Rule::Xon], Register, BASE, ">authorOrg<", ">^x<"),
    (&[Rule::Xtn], Register, BASE, "^^Internet^author1", "^^Nothing^author1"),
    (&[Rule::Dtm], Register, BASE, ">1981<", ">198<"),
    (&[Rule::LastUpdateTime], Register, BASE, ">19820910121315<", ">198209101213<"),
    (&[Rule::Oid], Register, BASE, ">1.2.3.4<", ">1.2.03.4<"),
    (&[Rule::UniqueId], Register, BASE, "value=\"32848902348\"", "value=\"a b\""),
    (&[Rule::HomeCommunity], Register, BASE, " id=\"document01\"", " id=\"document01\" home=\"1.2.3\""),
    (&[Rule::Sha1], Register, BASE, ">445504e79696b9534beffd04004141a5d8ec3291<", ">RVUE55aWuVNL7/0EAEFBpdjsMpE=<"),
    (&[Rule::Size], Register, BASE, ">123<", ">1,230<"),
    (&[Rule::Language], Register, BASE, ">en-US<", ">en_US<"),
    (&[Rule::MediaType], Register, BASE, "mimeType=\"application/octet-stream\"", "mimeType=\"octets\""),
    (&[Rule::Uri], Register, BASE, ">http://hierunten.com<", ">2|hierunten.com<"),
    (&[Rule::PatientInfo], Register, BASE, ">PID-5|Susi<", ">PID-2|Susi<"),
    (&[Rule::PatientInfo], Register, BASE, ">PID-7|1980<", ">PID-8|F<"),
    (&[Rule::Recipient], Register, BASE, ">org<", ">||<"),
];

#[rustfmt::skip]
const OF_ASSOCIATIONS: &[Row] = &[
    (&[Rule::AssociationType], Register, APPEND, "urn:ihe:iti:2007:AssociationType:APND", "APND"),
    (&[Rule::MemberEnds], Register, BASE, "\"folder01\" targetObject=\"document01\"", "\"folder01\" targetObject=\"folder01\""),
    (&[Rule::MemberStatus], Register, BASE, ">Original<", ">Reference<"),
    (&[Rule::MemberStatus], Register, BASE, ">Original<", ">Neither<"),
    (&[Rule::MemberOnce], Register, BASE, "<rim:Association id=\"folderAss\"", "<rim:ObjectRef id=\"folderAss\""),
    (&[Rule::FolderMemberLinked], Register, BASE, "<rim:Association id=\"docFolderAssLink\"", "<rim:ObjectRef id=\"docFolderAssLink\""),
    (&[Rule::RelationshipEnds], Register, APPEND, "targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001\"", "targetObject=\"submissionSet01\""),
    (&[Rule::RelationshipSource], Register, APPEND, "sourceObject=\"document01\"", "sourceObject=\"nobody\""),
    (&[Rule::RelationshipTarget], Register, REPLACE, "targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001\"", "targetObject=\"document01\""),
    (&[Rule::SnapshotSource], RegisterOnDemand, ON_DEMAND, END, SNAPSHOT),
    (&[Rule::Reference], Register, APPEND, "targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001\"", "targetObject=\"nobody\""),
    (&[Rule::Documentation], Register, "submit/iti42-rplc-with-documentation", "AssociationType:RPLC", "AssociationType:signs"),
    (&[Rule::ReplacedOnce], Register, REPLACE, END, SECOND_REPLACEMENT),
    (&[Rule::UpdateInRegister], Register, BASE, END, CHANGE_OF_STATUS),
    (&[Rule::UpdateInRegister], Register, BASE, "\"SubmissionSetStatus\">", "\"PreviousVersion\"/><rim:Slot name=\"SubmissionSetStatus\">"),
];

#[rustfmt::skip]
const OF_UPDATES: &[Row] = &[
    (&[Rule::UpdateNothing], Update, STATUS, "rim:Association", "rim:ObjectRef"),
    (&[Rule::UpdateNothing, Rule::UpdateTrigger], Update, DOCUMENT, "rim:Association", "rim:ObjectRef"),
    (&[Rule::UpdateOperation], Update, "update/iti57-submit-association", "<rim:Association id=\"t1\"", "<rim:ObjectRef id=\"t1\""),
    (&[Rule::UpdateMembership], Update, DOCUMENT, ">Original<", ">Reference<"),
    (&[Rule::UpdateMembership], Update, DOCUMENT, ">Original<", ">Neither<"),
    (&[Rule::UpdatePreviousVersion], Update, DOCUMENT, "<rim:Value>1</rim:Value>", "<rim:Value>0</rim:Value>"),
    (&[Rule::UpdatePreviousVersion], Update, DOCUMENT, "<rim:Value>1</rim:Value>", "<rim:Value>+1</rim:Value>"),
    (&[Rule::UpdatePreviousVersion], Update, DOCUMENT, "<rim:Value>1</rim:Value>", ""),
    (&[Rule::UpdatePropagation], Update, "update-invalid/iti57-propagation-invalid", "", ""),
    (&[Rule::UpdateForeignSlot], Update, DOCUMENT, "<rim:Slot name=\"PreviousVersion\">", FOREIGN_SLOT),
    (&[Rule::UpdateStatusValue], Update, "update-invalid/iti57-status-same-values", "", ""),
    (&[Rule::UpdateStatusValue], Update, STATUS, "StatusType:Approved", "StatusType:Submitted"),
    (&[Rule::UpdateStatusOnce], Update, STATUS, END, CHANGE_OF_STATUS),
    (&[Rule::UpdatePropagationAlone], Update, "update-invalid/iti57-propagation-plus-submitassociation", "", ""),
    (&[Rule::UpdateInitialVersion], Update, "update-invalid/iti57-initial-version", "", ""),
    (&[Rule::UpdateLogicalId], Update, DOCUMENT, "lid=\"urn:uuid:", "lid=\""),
    (&[Rule::UpdateStatusTarget], Update, "update-invalid/iti57-status-on-submissionset", "", ""),
    (&[Rule::UpdatePatient], Update, DOCUMENT, "registryObject=\"document01\" value=\"id3", "registryObject=\"document01\" value=\"id4"),
    (&[Rule::RequiredAttribute], Update, DOCUMENT, "name=\"hash\"", "name=\"urn:x:hash\""),
    (&[Rule::MemberEnds], Update, "update/iti57-submit-association", "urn:ihe:iti:2007:AssociationType:APND\" sourceObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001", "urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember\" sourceObject=\"t1"),
    (&[Rule::RelationshipEnds], Update, "update/iti57-submit-association", "targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000002\"", "targetObject=\"submissionSet01\""),
    (&[Rule::Reference], Update, "update/iti57-submit-association", "targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000002\"", "targetObject=\"nobody\""),
    (&[Rule::Reference], Update, STATUS, "targetObject=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000001\"", "targetObject=\"nobody\""),
    (&[Rule::RestrictedObject], RestrictedUpdate, "update-invalid/iti92-folder", "", ""),
    (&[Rule::RestrictedNothing, Rule::RestrictedAssociation], RestrictedUpdate, RESTRICTED, "rim:ExtrinsicObject", "rim:ObjectRef"),
    (&[Rule::RestrictedAssociation], RestrictedUpdate, RESTRICTED, END, CHANGE_OF_STATUS),
    (&[Rule::RestrictedInitialVersion], RestrictedUpdate, RESTRICTED, "lid=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000009\"", "lid=\"document01\""),
    (&[Rule::RestrictedAnnotation], RestrictedUpdate, RESTRICTED, "<rim:Value>1</rim:Value>", "<rim:Value>one</rim:Value>"),
    (&[Rule::RestrictedAnnotation], RestrictedUpdate, RESTRICTED, ">Original<", ">Reference<"),
    (&[Rule::RestrictedAnnotation], RestrictedUpdate, RESTRICTED, "rim:Association", "rim:ObjectRef"),
    (&[Rule::RestrictedHome], RestrictedUpdate, "update-invalid/iti92-no-home", "", ""),
];

#[test]
fn every_rule_of_a_submission_is_broken_by_one_change() {
    for (rules, purpose, name, from, to) in
        [OF_THE_WHOLE, OF_OBJECTS, OF_VALUES, OF_ASSOCIATIONS, OF_UPDATES].into_iter().flatten()
    {
        let text = String::from_utf8(vector(&format!("{name}.xml"))).unwrap();
        assert!(text.contains(from), "{rules:?}: no {from}");
        let changed = if from.is_empty() { text } else { text.replace(from, &to.replace("{long}", &"x".repeat(257))) };
        let faults: Vec<Fault> = match decode::<Submission>(changed.as_bytes()) {
            Ok(submission) => submission.check(*purpose),
            Err(faults) => faults.into_iter().collect(),
        };
        let found: BTreeSet<Rule> = faults.iter().map(|fault| fault.rule.unwrap()).collect();
        assert_eq!(found, rules.iter().copied().collect(), "{name} {from}: {faults:?}");
        assert!(faults.iter().all(|fault| fault.kind == fault.rule.unwrap().kind()), "{faults:?}");
    }
}

#[test]
fn a_first_restricted_update_may_come_without_a_logical_id() {
    let text = String::from_utf8(vector("update/iti92-docentry.xml")).unwrap();
    let text = text.replace(" lid=\"urn:uuid:0c1d3a52-5a2f-4c0e-9f3a-000000000009\"", "");
    let submission = decode::<Submission>(text.as_bytes()).unwrap();
    assert!(submission.check(RestrictedUpdate).is_empty());
    assert_eq!(submission.operations(RestrictedUpdate).unwrap().len(), 1);
}

#[test]
fn every_rule_of_a_removal_is_broken_by_one_change() {
    for (rule, from, to) in [
        (Rule::RemoveNothing, "rim:ObjectRefList", "rim:Other"),
        (Rule::RemoveByQuery, "<rim:ObjectRefList>", "<rim:AdhocQuery id='q'/><rim:ObjectRefList>"),
        (Rule::RemoveByQuery, "<lcm:RemoveObjectsRequest", "<lcm:RemoveObjectsRequest deletionScope=''"),
        (Rule::RemoveId, "urn:uuid:b2632452-", "b2632452-"),
    ] {
        let text = String::from_utf8(vector("remove/iti62-request.xml")).unwrap();
        let faults = decode::<RemoveObjects>(text.replace(from, to).as_bytes()).unwrap_err();
        assert_eq!(faults.into_iter().map(|fault| fault.rule.unwrap()).collect::<Vec<_>>(), [rule], "{from}");
    }
}

/// What may name a person stands in no context.
#[test]
fn no_complaint_repeats_what_may_be_about_a_person() {
    let text = String::from_utf8(vector("submit/iti42-base.xml")).unwrap();
    let secret = "Himitsu";
    for (from, to) in [
        (">legal^Gustav^^^^^^^&amp;1.7&amp;ISO<", ">^^Himitsu<"),
        (">id1^Otto^^^^^^^&amp;1.1&amp;ISO<", ">Himitsu^Otto^^^^^^^Himitsu<"),
        (">authorOrg<", ">Himitsu^^Himitsu<"),
        ("^^Internet^author1@acme.org", "^^Himitsu^author1@acme.org"),
        (">source^^^&amp;2.4.1&amp;ISO<", ">Himitsu<"),
        (">PID-5|Susi<", ">PID-99|Himitsu<"),
        (">ref-id-1^^^ABCD", ">Himitsu"),
        (">org<", ">org|Himitsu^^^^^^^^Himitsu<"),
        ("value=\"Document 01\"", &format!("value=\"{}\"", secret.repeat(40))),
        (">http://hierunten.com<", ">1Himitsu:x<"),
    ] {
        assert!(text.contains(from), "{from}");
        let faults = decode::<Submission>(text.replace(from, to).as_bytes()).unwrap_err();
        for fault in faults {
            assert!(!fault.detail.contains(secret), "{from}: {}", fault.detail);
        }
    }
}
