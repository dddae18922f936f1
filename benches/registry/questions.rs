//! What is asked.

use std::fs;

use ::registry::{Statement, bench_patient, bench_patients};
use anyhow::{Context as _, ensure};
use bytes::Bytes;
use hpki::tls::Outgoing;
use hub::client::whole;
use ihe::message::{DocumentFilter, DocumentSelector, Level, Object, Query, ReturnType, Statuses, StoredQuery};
use ihe::model::Availability;
use proto::{Clock as _, Context, Registry as _, SystemClock, TraceContext};

use super::site::Site;
use crate::load::Worker;
use crate::place::Server;
use crate::sample::{self, AUTHORITY, Message};
use crate::traffic::Line;

/// A question whose answer has so many entries.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Question {
    Find(u32),
    Get(u32),
}

impl Question {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Find(_) => "FindDocuments",
            Self::Get(_) => "GetDocuments",
        }
    }

    pub(crate) fn entries(self) -> u32 {
        match self {
            Self::Find(entries) | Self::Get(entries) => entries,
        }
    }
}

/// A question about several patients in turn, ready to be asked.
pub(crate) struct Asked {
    /// What the hub is sent.
    pub(crate) messages: Vec<Message>,
    /// The same messages with the paths at which the bare server echoes the hub's answers.
    pub(crate) echoes: Vec<Message>,
    /// What the registry runs.
    pub(crate) statements: Vec<Vec<Statement>>,
}

impl Asked {
    /// Asks everything once.
    pub(crate) async fn prepare(
        site: &Site,
        question: Question,
        trust: &Outgoing,
        bare: &Server,
    ) -> anyhow::Result<Self> {
        let mut all = Self { messages: Vec::new(), echoes: Vec::new(), statements: Vec::new() };
        let mut line = Line::open(&site.hub, trust).await?;
        for (number, what) in queries(site, question).await?.into_iter().enumerate() {
            let query = StoredQuery { home: None, returns: ReturnType::LeafClass, level: Level::default(), what };
            all.statements.push(site.registry.statements(&query).await?);
            let message = sample::asking(&query);
            let answer = line.ask(&message).await?;
            let found = answer.windows(ENTRY.len()).filter(|text| *text == ENTRY).count();
            ensure!(found == question.entries() as usize, "{question:?} found {found} entries");
            let name = format!("{}-{}-{}-{number}", site.documents, question.label(), question.entries());
            fs::write(bare.folder.join(&name), &answer)?;
            all.echoes.push(Message { path: format!("/echo/{name}").into(), ..message.clone() });
            all.messages.push(message);
        }
        Ok(all)
    }
}

const ENTRY: &[u8] = b"<rim:ExtrinsicObject ";

/// The question about each patient who has so many documents.
async fn queries(site: &Site, question: Question) -> anyhow::Result<Vec<Query>> {
    let authority = AUTHORITY.parse()?;
    let sizes = bench_patients(site.documents);
    let (entries, patients) =
        *sizes.iter().find(|(entries, _)| *entries == question.entries()).context("the registry is too small")?;
    let mut queries = Vec::new();
    for number in 0..patients {
        let patient = bench_patient(&authority, entries, number)?;
        let status = Statuses::Only(Availability::Approved);
        let find = Query::FindDocuments { patient, status, filter: Box::<DocumentFilter>::default() };
        queries.push(match question {
            Question::Find(_) => find,
            Question::Get(_) => get(site, find).await?,
        });
    }
    Ok(queries)
}

/// What a query finds, asked for by identity.
async fn get(site: &Site, find: Query) -> anyhow::Result<Query> {
    let context = Context {
        trace: TraceContext::receive(None, SystemClock.uuid()),
        deadline: tokio::time::Instant::now() + std::time::Duration::from_secs(30),
    };
    let query = StoredQuery { home: None, returns: ReturnType::ObjectRef, level: Level::default(), what: find };
    let found = site.registry.find(query, &context).await?;
    let id = |object: Object| match object {
        Object::Ref { id, .. } => id,
        Object::Leaf(leaf) => leaf.id,
    };
    Ok(Query::GetDocuments(DocumentSelector::EntryUuids(found.objects.into_iter().map(id).collect())))
}

/// A client that sends these messages in turn; the answer to each is always as long.
pub(crate) struct Asking {
    line: Line,
    messages: Vec<(Message, Bytes, Option<u64>)>,
    next: usize,
}

impl Asking {
    pub(crate) async fn to(server: &Server, trust: &Outgoing, messages: &[Message]) -> anyhow::Result<Self> {
        let whole = |message: &Message| [&message.start[..], &message.end].concat().into();
        let messages = messages.iter().map(|message| (message.clone(), whole(message), None)).collect();
        Ok(Self { line: Line::open(server, trust).await?, messages, next: 0 })
    }
}

impl Worker for Asking {
    async fn once(&mut self) -> anyhow::Result<()> {
        let place = self.next % self.messages.len();
        self.next += 1;
        let (message, body, expected) = &mut self.messages[place];
        let read = self.line.post(&message.path, &message.content_type, whole(body.clone())).await?;
        let expected = *expected.get_or_insert(read);
        ensure!(read == expected, "{} answered {read} octets, and {expected} before", message.path);
        Ok(())
    }
}
