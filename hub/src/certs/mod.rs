//! `musubi certs`: a test HPKI in one command, and what any certificate says.

mod authority;
mod der;
mod inspect;
mod mint;
mod plan;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;
use proto::{Clock as _, SystemClock};

pub use der::Japanese;
pub use inspect::inspect;
pub use mint::{issue, mint, revoke, tls_config};
pub use plan::{Flaw, Leaf, Plan, Profile};

/// `musubi certs …`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Mint a test HPKI with the certificates of one region / 試験用HPKIを作る
    #[command(after_help = "Example:\n  musubi certs mint --dir certs --name okayama --host hub.okayama.example")]
    Mint {
        /// The folder to make; it must not exist.
        #[arg(long, value_name = "DIR")]
        dir: PathBuf,
        /// The region's name, in small letters.
        #[arg(long, value_name = "NAME")]
        name: String,
        /// A DNS name or IP address of the hub; localhost is always there. May be repeated.
        #[arg(long, value_name = "HOST")]
        host: Vec<String>,
    },
    /// Issue one more certificate under a minted test HPKI / 証明書を追加発行する
    #[command(after_help = "Example:\n  musubi certs issue --ca certs --file clinic --organisation \"Minato Clinic\" \
                            --number 3219900028\n  musubi certs issue --ca certs --file hub2 --host \
                            hub2.okayama.example\n  musubi certs issue --ca certs --file doctor --person \"Hanako \
                            Shiken\" --number T000002 --role \"Medical Doctor\"")]
    Issue(Issue),
    /// Revoke a certificate of a minted test HPKI / 証明書を失効させる
    #[command(after_help = "Example:\n  musubi certs revoke --ca certs certs/clinic.pem")]
    Revoke {
        /// The folder of the minted set.
        #[arg(long, value_name = "DIR")]
        ca: PathBuf,
        /// The certificate.
        #[arg(value_name = "FILE")]
        certificate: PathBuf,
    },
    /// Say in plain words what certificates or revocation lists are / 証明書・失効リストの内容を示す
    #[command(visible_alias = "show", after_help = "Example:\n  musubi certs inspect certs/hub.pem certs/crl/root.crl")]
    Inspect {
        /// PEM or DER files.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("holder").required(true).args(["host", "organisation", "person"]))]
struct Issue {
    /// The folder of the minted set.
    #[arg(long, value_name = "DIR")]
    ca: PathBuf,
    /// The new certificate's name in that folder, without extension.
    #[arg(long, value_name = "NAME")]
    file: String,
    /// A server of this DNS name or IP address. May be repeated.
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// An organisation of this name, in English or romaji.
    #[arg(long, value_name = "NAME", requires = "number")]
    organisation: Option<String>,
    /// A person of this name, in romaji.
    #[arg(long, value_name = "NAME", requires = "number")]
    person: Option<String>,
    /// The number of the institution or person.
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// A person's licensed role as the HPKI policy spells it. May be repeated.
    #[arg(long, value_name = "ROLE", requires = "person")]
    role: Vec<String>,
}

/// Runs `musubi certs`.
pub fn run(args: Args) -> Result<ExitCode> {
    let now = SystemClock.now();
    let said = match args.command {
        Command::Mint { dir, name, host } => {
            mint(&dir, &Plan::region("", &name, &host), now)?;
            minted(&dir, &name)
        }
        Command::Issue(args) => {
            let leaf = args.leaf();
            issue(&args.ca, &leaf, now)?;
            let file = args.ca.join(&leaf.file);
            format!("issued {0}.pem with its key {0}.key\n", file.display())
        }
        Command::Revoke { ca, certificate } => {
            let subject = revoke(&ca, &certificate, now)?;
            format!("revoked \"{subject}\"; every hub that reads {}/crl refuses it from now on\n", ca.display())
        }
        Command::Inspect { files } => files.iter().map(|file| inspect(file, now)).collect::<Result<Vec<_>>>()?.concat(),
    };
    crate::print(&said)?;
    Ok(ExitCode::SUCCESS)
}

impl Issue {
    fn leaf(&self) -> Leaf {
        let number = self.number.as_deref().unwrap_or_default();
        match (&self.organisation, &self.person, self.host.first()) {
            (Some(organisation), _, _) => Leaf::organisation(&self.file, organisation, organisation, number),
            (None, Some(person), _) => {
                let (common_name, number) = (person.clone(), number.to_owned());
                let profile = Profile::Person { common_name, number, roles: self.role.clone(), japanese: None };
                Leaf { file: self.file.clone(), profile, flaw: Flaw::None }
            }
            (None, None, host) => Leaf::server(&self.file, host.map_or("localhost", String::as_str), &self.host),
        }
    }
}

/// What was minted, and what to write into the configuration.
fn minted(dir: &std::path::Path, name: &str) -> String {
    let dir = dir.display();
    format!(
        "minted a test HPKI for {name} in {dir} (fictitious names; never use it for real patients)\n\
         \n\
         hub.pem, hub.key                    the hub's listeners\n\
         organisation.pem, organisation.key  the hub when it calls other regions\n\
         his.pem, his.key                    a hospital's system\n\
         ca.pem                              whom a hospital's system trusts\n\
         \n\
         In musubi.toml:\n\
         \n\
         [tls]\n\
         chain = \"{dir}/hub.pem\"\n\
         key = \"{dir}/hub.key\"\n\
         client_chain = \"{dir}/organisation.pem\"\n\
         client_key = \"{dir}/organisation.key\"\n\
         anchors = [\"{dir}/ca/root.pem\"]\n\
         issuers = [\"{dir}/ca/organisation-ca.pem\", \"{dir}/ca/person-ca.pem\"]\n\
         server_anchors = [\"{dir}/ca/server-ca.pem\"]\n\
         crls = [\"{dir}/crl\"]\n"
    )
}
