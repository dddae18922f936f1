//! `musubi retrieve`: fetches one document (ITI-43).

use std::fs::OpenOptions;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use base64::Engine as _;
use ihe::message::DocumentRequest;
use proto::SystemClock;
use serde_json::json;

use super::Where;
use super::table::table;

pub(crate) const EXAMPLE: &str = "Examples:
  musubi retrieve --demo demo --repository 2.25.190910764685697723413382730620149309443.7.1 \\
      --document 2.25.190910764685697723413382730620149309443.2.1.5.1
  musubi retrieve --url https://hub.example:8443/iti43 --ca ca.pem --cert his.pem --key his.key \\
      --repository 1.2.392.200250.9.7 --document 1.2.392.200250.9.30.1 --out letter.xml";

/// `musubi retrieve …`.
#[derive(Debug, clap::Args)]
pub(crate) struct RetrieveArgs {
    #[command(flatten)]
    at: Where,
    /// The document's uniqueId, from `musubi query`.
    #[arg(long, value_name = "ID")]
    document: String,
    /// Its repositoryUniqueId.
    #[arg(long, value_name = "OID")]
    repository: String,
    /// The community that it came from (urn:oid:…), if the query named one.
    #[arg(long, value_name = "URN")]
    home: Option<String>,
    /// Write the document to this file, which must not exist. Text is shown otherwise.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// As JSON, for programs; the octets in base64.
    #[arg(long, conflicts_with = "raw")]
    json: bool,
    /// The SOAP envelope of the answer, as it came.
    #[arg(long)]
    raw: bool,
}

/// Runs it.
pub(crate) async fn retrieve(args: RetrieveArgs) -> anyhow::Result<ExitCode> {
    let home = args.home.as_deref().map(str::parse).transpose().context("--home")?;
    let request =
        DocumentRequest { home, repository: args.repository.as_str().into(), document: args.document.as_str().into() };
    let (mut fetched, answer) = args.at.open().await?.fetch(vec![request], &SystemClock).await?;
    let document = fetched.pop().context("the repository delivered nothing")?;
    if let Some(out) = &args.out {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(out)
            .with_context(|| format!("{} cannot be made: choose a name that is free", out.display()))?;
        file.write_all(&document.octets)?;
        file.sync_all()?;
    }
    if args.raw {
        crate::print(&String::from_utf8_lossy(&answer.envelope))?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.json {
        let octets = base64::engine::general_purpose::STANDARD.encode(&document.octets);
        let text = serde_json::to_string_pretty(&json!({
            "document": args.document, "repository": args.repository, "mimeType": document.mime_type,
            "size": document.octets.len(), "hash": document.sha1().to_string(), "octets": octets,
        }))?;
        crate::print(&(text + "\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = args.out.as_ref().map_or_else(|| "-".to_owned(), |out| out.display().to_string());
    let row = vec![
        args.document,
        document.mime_type.to_string(),
        document.octets.len().to_string(),
        document.sha1().to_string(),
        file,
    ];
    crate::print(&table(&["uniqueId", "type", "octets", "SHA-1", "file"], &[row]))?;
    if args.out.is_none() {
        show(&document)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Shows a document that is text; what would move a terminal's cursor is not passed on to one.
fn show(document: &super::Fetched) -> anyhow::Result<()> {
    let textual = document.mime_type.starts_with("text/") || document.mime_type.contains("xml");
    match std::str::from_utf8(&document.octets) {
        Ok(text) if textual => {
            let terminal = std::io::stdout().is_terminal();
            let shown: String = text
                .chars()
                .map(|c| if terminal && c.is_control() && !matches!(c, '\n' | '\t') { ' ' } else { c })
                .collect();
            crate::print(&format!("\n{shown}\n"))?;
        }
        Ok(_) | Err(_) => crate::print("\nThis is no text: use --out FILE to keep it. / --out で保存してください。\n")?,
    }
    Ok(())
}
