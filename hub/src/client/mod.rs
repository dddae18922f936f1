//! A document consumer and source: what `musubi query` and `musubi retrieve` are, and what the demo speaks with.

mod connection;
mod query;
mod retrieve;
mod table;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail, ensure};
use bytes::Bytes;
use hpki::tls::{Credentials, Material, Outgoing};
use hpki::{Kind, Rules, ServerRules, Trust};
use http::Uri;
use http_body_util::BodyExt;
use ihe::id::{PatientId, Sha1};
use ihe::message::{
    Attachment, Content, DocumentFilter, DocumentRequest, Level, Object, Provide, Query, QueryReply, RegistryResponse,
    Retrieve, RetrieveReply, ReturnType, Status, Statuses, StoredQuery,
};
use ihe::model::{Availability, DocumentEntry, Submission};
use ihe::mtom::{Event, MediaType, Package, Parts, Role};
use ihe::soap::{Envelope, SoapFault};
use ihe::xml::{Decode, Encode, Limits};
use proto::Clock;
use serde::Deserialize;
use sha1::Digest as _;

pub use connection::{Connection, Sent, envelope, whole};
pub(crate) use query::{EXAMPLE as QUERY_EXAMPLE, QueryArgs, documents_table, query};
pub(crate) use retrieve::{EXAMPLE as RETRIEVE_EXAMPLE, RetrieveArgs, retrieve};
pub(crate) use table::table;

use crate::demo::Tls;

/// The largest answer that is read as one: what a person looks at.
const ANSWER: usize = 512 * 1024 * 1024;

/// A connection to one hub with what it takes to ask.
pub struct Client {
    base: Uri,
    connection: Connection,
}

/// What a query found.
pub struct Found {
    /// The documents.
    pub entries: Vec<DocumentEntry>,
    /// The reply as it came.
    pub reply: QueryReply,
    /// The envelope as it came.
    pub raw: Bytes,
}

/// A document that was fetched.
pub struct Fetched {
    /// The media type of its entry.
    pub mime_type: Box<str>,
    /// Its octets.
    pub octets: Bytes,
}

impl Fetched {
    /// The hash that its entry should have.
    pub fn sha1(&self) -> Sha1 {
        Sha1(sha1::Sha1::digest(&self.octets).into())
    }
}

/// An answer: the envelope, and the parts that came with it.
pub struct Answer {
    /// The envelope.
    pub envelope: Bytes,
    /// Documents by their Content-ID.
    pub parts: Vec<(Box<str>, Bytes)>,
}

/// Whom a client trusts and who it is.
pub(crate) fn trust(tls: &Tls, alpn: &[&[u8]]) -> anyhow::Result<Outgoing> {
    let clock = proto::SystemClock;
    let mut trust = Trust::new(Rules::default());
    for der in hpki::tls::certificates(&tls.ca)? {
        trust.add_anchor(&der, hpki::AnchorUse::Servers).map_err(|why| anyhow!("{}: {why}", tls.ca.display()))?;
    }
    let who = Credentials::load(&tls.cert, &tls.key, clock.now())?;
    let now: hpki::tls::Now = Arc::new(move || clock.now());
    let material = Material::new(trust, who.clone(), who, &[Kind::Organisation], &now)?;
    Ok(material.call(alpn, &ServerRules::default()))
}

impl Client {
    /// Connects to the hub that serves this address.
    pub(crate) async fn open(address: &str, tls: &Tls) -> anyhow::Result<Self> {
        Self::connect(address, &trust(tls, &[b"http/1.1"])?).await
    }

    /// Connects to the hub that serves this address.
    pub async fn connect(address: &str, trust: &Outgoing) -> anyhow::Result<Self> {
        let base: Uri = address.parse().with_context(|| format!("\"{address}\" is not an address"))?;
        Ok(Self { connection: Connection::open(&base, trust).await?, base })
    }

    /// Asks which approved documents a patient has.
    pub async fn find_documents(&mut self, patient: &PatientId, clock: &dyn Clock) -> anyhow::Result<Found> {
        let status = Statuses::Only(Availability::Approved);
        let what = Query::FindDocuments { patient: patient.clone(), status, filter: Box::<DocumentFilter>::default() };
        self.query(&StoredQuery { home: None, returns: ReturnType::LeafClass, level: Level::default(), what }, clock)
            .await
    }

    /// ITI-18.
    pub async fn query(&mut self, query: &StoredQuery, clock: &dyn Clock) -> anyhow::Result<Found> {
        let path = self.path("/iti18");
        let answer = self.ask(&path, "urn:ihe:iti:2007:RegistryStoredQuery", query, clock).await?;
        let reply: QueryReply = answer.body()?;
        ensure!(reply.status != Status::Failure, "the registry refused the query: {}", said(&reply.errors));
        let mut entries = Vec::new();
        for object in &reply.objects {
            if let Object::Leaf(leaf) = object
                && let ihe::ebrim::RegistryObject::DocumentEntry(entry) = leaf.object()?
            {
                entries.push(*entry);
            }
        }
        Ok(Found { entries, reply, raw: answer.envelope })
    }

    /// ITI-43 for one document.
    pub async fn retrieve(&mut self, entry: &DocumentEntry, clock: &dyn Clock) -> anyhow::Result<Fetched> {
        let missing = |what: &str| format!("the entry has no {what}, so its document cannot be asked for");
        let request = DocumentRequest {
            home: entry.home.clone(),
            repository: entry.repository.as_ref().with_context(|| missing("repositoryUniqueId"))?.to_string().into(),
            document: entry.unique_id.as_ref().with_context(|| missing("uniqueId"))?.as_str().into(),
        };
        let (mut fetched, _) = self.fetch(vec![request], clock).await?;
        fetched.pop().context("the repository delivered nothing")
    }

    /// ITI-43: what was delivered, and the answer as it came. None at all is an error.
    pub async fn fetch(
        &mut self,
        documents: Vec<DocumentRequest>,
        clock: &dyn Clock,
    ) -> anyhow::Result<(Vec<Fetched>, Answer)> {
        let path = self.path("/iti43");
        let action = "urn:ihe:iti:2007:RetrieveDocumentSet";
        let answer = self.ask_packaged(&path, action, &Retrieve { documents }, &[], clock).await?;
        let reply: RetrieveReply = answer.body()?;
        ensure!(!reply.documents.is_empty(), "the repository refused: {}", said(&reply.response.errors));
        let mut fetched = Vec::new();
        for document in reply.documents {
            fetched.push(Fetched { octets: answer.octets(document.content)?, mime_type: document.mime_type });
        }
        Ok((fetched, answer))
    }

    /// ITI-41: one document for each `xds:Document` of the submission's entries, in their order.
    pub async fn provide(
        &mut self,
        submission: &Submission,
        documents: &[&[u8]],
        clock: &dyn Clock,
    ) -> anyhow::Result<RegistryResponse> {
        let path = self.path("/iti41");
        let package = package(clock)?;
        let attachment = |(index, entry): (usize, &DocumentEntry)| Attachment {
            id: entry.id.to_string().into(),
            content: Content::Include(package.content_id(index).into()),
        };
        let documents_of = submission.entries.iter().enumerate().map(attachment).collect();
        let provide = Provide { submission: submission.clone(), documents: documents_of };
        let action = "urn:ihe:iti:2007:ProvideAndRegisterDocumentSet-b";
        let answer = self.send(&path, action, &provide, &package, documents, clock).await?;
        answer.body()
    }

    async fn ask(
        &mut self,
        path: &str,
        action: &str,
        body: &(dyn Encode + Sync),
        clock: &dyn Clock,
    ) -> anyhow::Result<Answer> {
        let envelope = envelope(action, &self.base.to_string(), clock.uuid(), body);
        let response = self.connection.post(path, ihe::mtom::SOAP, whole(envelope)).await?;
        Answer::read(response).await
    }

    async fn ask_packaged(
        &mut self,
        path: &str,
        action: &str,
        body: &(dyn Encode + Sync),
        documents: &[&[u8]],
        clock: &dyn Clock,
    ) -> anyhow::Result<Answer> {
        let package = package(clock)?;
        self.send(path, action, body, &package, documents, clock).await
    }

    async fn send(
        &mut self,
        path: &str,
        action: &str,
        body: &(dyn Encode + Sync),
        package: &Package,
        documents: &[&[u8]],
        clock: &dyn Clock,
    ) -> anyhow::Result<Answer> {
        let mut message = package.root_head().to_vec();
        message.extend(envelope(action, &self.base.to_string(), clock.uuid(), body));
        for (index, document) in documents.iter().enumerate() {
            message.extend_from_slice(&package.part_head(index, "application/octet-stream"));
            message.extend_from_slice(document);
        }
        message.extend_from_slice(&package.end());
        let response = self.connection.post(path, &package.content_type(), whole(message)).await?;
        Answer::read(response).await
    }

    /// The path of the address, unless it is of another transaction of the same hub.
    fn path(&self, transaction: &str) -> String {
        match self.base.path() {
            own if own.starts_with("/iti") || own == "/" => transaction.to_owned(),
            own => own.to_owned(),
        }
    }
}

fn package(clock: &dyn Clock) -> anyhow::Result<Package> {
    Ok(Package::new(&format!("musubi-{}", clock.uuid().simple()))?)
}

/// The errors of a reply, for people.
pub(crate) fn said(errors: &[ihe::message::RegistryError]) -> String {
    let each: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.code, error.context)).collect();
    if each.is_empty() { "it did not say why".to_owned() } else { each.join("; ") }
}

impl Answer {
    async fn read(response: http::Response<hyper::body::Incoming>) -> anyhow::Result<Self> {
        let media_type = MediaType::parse(connection::content_type(&response))?;
        let status = response.status();
        let limited = http_body_util::Limited::new(response.into_body(), ANSWER);
        let octets = limited.collect().await.map_err(|e| anyhow!("the answer broke off: {e}"))?.to_bytes();
        let answer = if media_type.is_package() {
            Self::unpack(&media_type, octets)?
        } else {
            Self { envelope: octets, parts: Vec::new() }
        };
        if !status.is_success() {
            let why = answer.fault().unwrap_or_else(|| "without a SOAP fault".to_owned());
            bail!("the hub answered {status}: {why}");
        }
        Ok(answer)
    }

    fn unpack(media_type: &MediaType, octets: Bytes) -> anyhow::Result<Self> {
        let mut package = Parts::new(media_type.boundary()?, ihe::mtom::Limits::default())?;
        package.push(octets);
        package.finish();
        let (mut envelope, mut parts, mut index) = (None, Vec::new(), 0);
        loop {
            let head = match package.next_event()? {
                Event::Part(head) => head,
                Event::End => break,
                Event::Data(_) | Event::PartEnd | Event::NeedMore => continue,
            };
            let mut whole = Vec::new();
            while let Event::Data(piece) = package.next_event()? {
                whole.extend_from_slice(&piece);
            }
            match Role::of(media_type, &head, index) {
                Role::Root => envelope = Some(Bytes::from(whole)),
                Role::Fallback | Role::Document => {
                    parts.push((head.content_id.unwrap_or_default(), Bytes::from(whole)));
                }
            }
            index += 1;
        }
        Ok(Self { envelope: envelope.context("the answer's package has no envelope")?, parts })
    }

    /// The body as a value.
    pub fn body<T: Decode>(&self) -> anyhow::Result<T> {
        let limits = Limits { size: self.envelope.len().max(1), ..Limits::default() };
        let envelope = Envelope::read(&self.envelope, &ihe::soap::Rules::reply(limits)).map_err(|r| r.fault)?;
        Ok(envelope.decode()?)
    }

    fn fault(&self) -> Option<String> {
        let fault: SoapFault = self.body().ok()?;
        Some(fault.reason.to_string())
    }

    /// The octets that a document's content stands for.
    pub fn octets(&self, content: Content) -> anyhow::Result<Bytes> {
        match content {
            Content::Inline(octets) => Ok(octets),
            Content::Include(reference) => {
                let part = self.parts.iter().find(|(id, _)| ihe::mtom::cid_names(&reference, id));
                part.map(|(_, octets)| octets.clone()).context("the answer includes a part that is not there")
            }
        }
    }
}

/// Where to ask, and as whom.
#[derive(Debug, clap::Args)]
pub(crate) struct Where {
    /// The hub's address, for example https://hub.example:8443/iti18.
    #[arg(long, value_name = "URL", required_unless_present = "demo", requires_all = ["ca", "cert", "key"])]
    url: Option<String>,
    /// Whom we trust: the authority of the hub's certificate, PEM.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Our certificate, PEM.
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// Our private key, PEM.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Instead of all these: the folder of a running demo.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["url", "ca", "cert", "key"])]
    demo: Option<PathBuf>,
    /// A region of the demo.
    #[arg(long, value_name = "NAME", default_value = "okayama", requires = "demo")]
    region: String,
}

impl Where {
    /// Connects.
    pub(crate) async fn open(&self) -> anyhow::Result<Client> {
        let (url, tls) = match (&self.demo, &self.url, &self.ca, &self.cert, &self.key) {
            (Some(dir), ..) => self.in_demo(dir)?,
            (None, Some(url), Some(ca), Some(cert), Some(key)) => {
                (url.clone(), Tls { ca: ca.clone(), cert: cert.clone(), key: key.clone() })
            }
            (None, ..) => bail!("say where to ask: --url with --ca, --cert and --key, or --demo"),
        };
        Client::open(&url, &tls).await
    }

    fn in_demo(&self, dir: &Path) -> anyhow::Result<(String, Tls)> {
        #[derive(Deserialize)]
        struct Demo {
            regions: Vec<Region>,
        }
        #[derive(Deserialize)]
        struct Region {
            name: String,
            endpoints: Endpoints,
            tls: Tls,
        }
        #[derive(Deserialize)]
        struct Endpoints {
            iti18: String,
        }
        let file = dir.join("demo.json");
        let text = std::fs::read_to_string(&file)
            .with_context(|| format!("{} cannot be read: is a demo running there?", file.display()))?;
        let demo: Demo =
            serde_json::from_str(&text).with_context(|| format!("{} is not a demo.json", file.display()))?;
        let region = demo.regions.into_iter().find(|region| region.name == self.region);
        let region = region.with_context(|| format!("the demo has no region \"{}\"", self.region))?;
        Ok((region.endpoints.iti18, region.tls))
    }
}
