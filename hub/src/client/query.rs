//! `musubi query`: which documents a patient has (ITI-18).

use std::process::ExitCode;

use anyhow::Context as _;
use ihe::id::{Dtm, PatientId};
use ihe::message::{CodeRef, DocumentFilter, Level, Period, Query, ReturnType, Statuses, StoredQuery};
use ihe::model::{Availability, Code, DocumentEntry};
use proto::SystemClock;
use serde_json::{Value, json};

use super::Where;
use super::table::table;

pub(crate) const EXAMPLE: &str = "Examples:
  musubi query --demo demo --region okayama \\
      --patient 'OK-100001^^^&2.25.190910764685697723413382730620149309443.2.1&ISO'
  musubi query --url https://hub.example:8443/iti18 --ca ca.pem --cert his.pem --key his.key \\
      --patient 'P-0815^^^&1.2.392.200250.9.1&ISO' --from 20260101 --json";

/// `musubi query …`.
#[derive(Debug, clap::Args)]
pub(crate) struct QueryArgs {
    #[command(flatten)]
    at: Where,
    /// The patient, as `id^^^&OID&ISO`.
    #[arg(long, value_name = "CX")]
    patient: String,
    /// Documents that were replaced or withdrawn, too.
    #[arg(long)]
    deprecated: bool,
    /// Only this class, as `code^^scheme`. May be repeated: any of them.
    #[arg(long, value_name = "CODE")]
    class: Vec<String>,
    /// Only this type, as `code^^scheme`. May be repeated: any of them.
    #[arg(long = "type", value_name = "CODE")]
    types: Vec<String>,
    /// Created at this time or later: YYYY[MM[DD[hh[mm[ss]]]]], UTC.
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Created before this time.
    #[arg(long, value_name = "TIME")]
    to: Option<String>,
    /// As JSON, for programs.
    #[arg(long, conflicts_with = "raw")]
    json: bool,
    /// The SOAP envelope of the answer, as it came.
    #[arg(long)]
    raw: bool,
}

/// Runs it.
pub(crate) async fn query(args: QueryArgs) -> anyhow::Result<ExitCode> {
    let patient: PatientId = args.patient.parse().context("--patient")?;
    let time =
        |key: &'static str, text: &Option<String>| text.as_deref().map(str::parse::<Dtm>).transpose().context(key);
    let filter = DocumentFilter {
        class_codes: codes(&args.class)?,
        type_codes: codes(&args.types)?,
        creation_time: Period { from: time("--from", &args.from)?, to: time("--to", &args.to)? },
        ..DocumentFilter::default()
    };
    let status = if args.deprecated { Statuses::Any } else { Statuses::Only(Availability::Approved) };
    let what = Query::FindDocuments { patient, status, filter: Box::new(filter) };
    let query = StoredQuery { home: None, returns: ReturnType::LeafClass, level: Level::default(), what };
    let found = args.at.open().await?.query(&query, &SystemClock).await?;
    if args.raw {
        crate::print(&String::from_utf8_lossy(&found.raw))?;
    } else if args.json {
        let entries: Vec<Value> = found.entries.iter().map(entry).collect();
        crate::print(&(serde_json::to_string_pretty(&json!({ "documents": entries }))? + "\n"))?;
    } else {
        crate::print(&documents_table(&found.entries))?;
    }
    if !found.reply.errors.is_empty() {
        eprintln!("musubi: the answer is not complete: {}", super::said(&found.reply.errors));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn codes(texts: &[String]) -> anyhow::Result<Vec<CodeRef>> {
    let code = |text: &String| match text.split_once("^^") {
        Some((code, scheme)) if !code.is_empty() && !scheme.is_empty() => {
            Ok(CodeRef { code: code.into(), scheme: scheme.into() })
        }
        Some(_) | None => anyhow::bail!("\"{text}\" is not code^^scheme, for example 18842-5^^2.16.840.1.113883.6.1"),
    };
    texts.iter().map(code).collect()
}

/// The table that a person reads.
pub(crate) fn documents_table(entries: &[DocumentEntry]) -> String {
    let rows: Vec<Vec<String>> = entries.iter().map(row).collect();
    let mut text = table(&["created", "class", "title", "institution", "type", "octets", "uniqueId"], &rows);
    text.push_str(&match entries.len() {
        0 => "No documents. / 文書はありません。\n".to_owned(),
        1 => "1 document. / 1 件\n".to_owned(),
        many => format!("{many} documents. / {many} 件\n"),
    });
    text
}

fn row(entry: &DocumentEntry) -> Vec<String> {
    let text = |value: Option<&str>| value.unwrap_or("-").to_owned();
    let institution = entry.authors.iter().flat_map(|author| &author.institutions).next();
    vec![
        text(entry.creation_time.as_ref().map(Dtm::as_str).map(day).as_deref()),
        text(entry.class_code.as_ref().map(|code| &*code.display.value)),
        text(entry.title.as_ref().map(|title| &*title.value)),
        text(institution.map(|xon| xon.split('^').next().unwrap_or_default())),
        text(entry.mime_type.as_deref()),
        entry.size.map_or_else(|| "-".to_owned(), |size| size.to_string()),
        text(entry.unique_id.as_ref().map(|id| id.as_str())),
    ]
}

/// `20260314091500` → `2026-03-14`.
fn day(digits: &str) -> String {
    [digits.get(..4), digits.get(4..6), digits.get(6..8)].into_iter().flatten().collect::<Vec<_>>().join("-")
}

fn entry(entry: &DocumentEntry) -> Value {
    let code = |code: &Code| json!({ "code": code.code, "scheme": code.scheme, "display": code.display.value });
    json!({
        "entryUUID": entry.id.to_string(),
        "uniqueId": entry.unique_id.as_ref().map(ToString::to_string),
        "repositoryUniqueId": entry.repository.as_ref().map(ToString::to_string),
        "homeCommunityId": entry.home.as_ref().map(ToString::to_string),
        "patientId": entry.patient_id.as_ref().map(ToString::to_string),
        "availabilityStatus": entry.status.map(|status| match status {
            Availability::Approved => "Approved",
            Availability::Deprecated => "Deprecated",
        }),
        "title": entry.title.as_ref().map(|title| &title.value),
        "mimeType": entry.mime_type,
        "size": entry.size,
        "hash": entry.hash.map(|hash| hash.to_string()),
        "creationTime": entry.creation_time.as_ref().map(Dtm::as_str),
        "languageCode": entry.language,
        "classCode": entry.class_code.as_ref().map(code),
        "typeCode": entry.type_code.as_ref().map(code),
        "formatCode": entry.format_code.as_ref().map(code),
        "confidentialityCode": entry.confidentiality_codes.iter().map(code).collect::<Vec<_>>(),
        "author": entry.authors.iter().map(|author| json!({
            "person": author.person,
            "institutions": author.institutions,
        })).collect::<Vec<_>>(),
    })
}
