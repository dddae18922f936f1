//! The two ports of `proto` on a database of our own.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use ihe::id::{Oid, RepositoryId, UniqueId};
use ihe::message::{IdentityFeed, QueryReply, RegistryResponse, RemoveObjects, StoredQuery};
use ihe::model::{Draft, Purpose};
use ihe::{Fault, Faults, Kind, Rule};
use proto::{Clock, Context, Identities, Located, Provided, Registry, Removed};

use crate::config::Config;
use crate::domain::{self, AffinityDomain};
use crate::error::Error;
use crate::patients::Change;
use crate::register::{Digest, Incoming, Patients, Registering, Submitted, registered_once};
use crate::store::{Failure, Migrated, Migration, Store, fault};
use crate::update::Updating;
use crate::{find, known, locate, patients, remove};

/// The registry of this region.
#[derive(Debug)]
pub struct LocalRegistry {
    store: Store,
    clock: SharedClock,
    authority: Oid,
    domain: Option<AffinityDomain>,
    config: Config,
}

/// A clock that many hold; it has nothing to show.
#[derive(Clone)]
pub(crate) struct SharedClock(pub(crate) Arc<dyn Clock>);

impl std::fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("clock")
    }
}

/// What [`migrate`] would run: `musubi migrate --dry-run`.
pub async fn migration(config: &Config, dir: &Path) -> Result<Migration, Error> {
    Store::migration(config, dir).await
}

/// Brings the schema of the configured database up to date: `musubi migrate`.
pub async fn migrate(config: &Config, dir: &Path) -> Result<Migrated, Error> {
    Store::migrate(config, dir).await
}

impl LocalRegistry {
    /// Opens the registry whose region lies in `dir`.
    pub async fn open(config: Config, dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let authority = config.assigning_authority.clone().ok_or(Error::NoAuthority)?;
        if let Some(index) = config.patients.iter().position(|patient| patient.authority != authority) {
            return Err(Error::ForeignPatient { index });
        }
        let domain = AffinityDomain::load(&config, dir)?;
        let store = Store::open(&config, dir).await?;
        if !config.patients.is_empty() {
            let listed = Change::Listed(config.patients.clone());
            store.write(listed).await.map_err(|failure| Error::Patients(failure.into_fault()))?;
        }
        Ok(Self { store, clock: SharedClock(clock), authority, domain, config })
    }
}

impl LocalRegistry {
    /// The statements that answer a query, so that a benchmark can run them by themselves.
    #[doc(hidden)]
    pub async fn statements(&self, query: &StoredQuery) -> Result<Vec<find::Statement>, Fault> {
        find::statements(&self.store, query, &self.config).await
    }

    async fn take(&self, incoming: Incoming) -> Result<Submitted, Failure> {
        match incoming.purpose {
            Purpose::Register | Purpose::RegisterOnDemand => Registering::new(incoming)?.run(&self.store).await,
            Purpose::Update | Purpose::RestrictedUpdate => Updating::new(incoming)?.run(&self.store).await,
        }
    }

    fn patients(&self) -> Patients {
        Patients { authority: self.authority.clone(), unknown: self.config.unknown_patient }
    }

    /// Everything for which a submission is refused: these faults, and what the registry holds against it besides, as far
    /// as that can be told.
    async fn refuse(
        &self,
        purpose: Purpose,
        draft: Draft,
        digest: Digest,
        faults: Faults,
        context: &Context,
    ) -> Faults {
        let mut faults: Vec<Fault> = faults.into_iter().collect();
        // While ids are ambiguous it is not clear what points at what.
        let clear = !faults.iter().any(|fault| fault.rule == Some(Rule::IdOnce));
        let (patients, clock) = (self.patients(), self.clock.clone());
        if clear && let Some(incoming) = Incoming::refused(purpose, draft.submission, digest, patients, clock) {
            match in_time(context, async { Ok(self.take(incoming).await) }).await {
                Ok(Ok(Submitted::Now | Submitted::Before(_) | Submitted::Refused)) => {}
                Ok(Err(Failure::Refused(found))) => faults.extend(found),
                // The sender hears of the rest once these are mended.
                Ok(Err(failure)) => unasked(&failure.into_fault()),
                Err(fault) => unasked(&fault),
            }
        }
        Faults::none_or(faults).err().unwrap_or_else(|| Fault::internal("refused for no reason").into())
    }
}

fn unasked(fault: &Fault) {
    tracing::warn!(error = %fault, "a submission was refused without asking what the registry holds against it");
}

#[async_trait]
impl Registry for LocalRegistry {
    async fn find(&self, query: StoredQuery, context: &Context) -> Result<QueryReply, Fault> {
        in_time(context, find::find(&self.store, &query, &self.config)).await
    }

    async fn submit(
        &self,
        purpose: Purpose,
        mut draft: Draft,
        provided: Vec<Provided>,
        context: &Context,
    ) -> Result<RegistryResponse, Fault> {
        let digest = Digest::of(&draft.submission);
        let sound = draft.flaws.is_empty();
        let warnings = match domain::admit(self.domain.as_ref(), &mut draft, purpose) {
            Ok(warnings) => warnings,
            Err(faults) => {
                // What was registered once was admitted then, whatever the domain has become.
                if sound
                    && let once = registered_once(&self.store, purpose, &draft.submission.set, digest)
                    && let Some(warning) = in_time(context, once).await?
                {
                    return Ok(RegistryResponse::of([warning]));
                }
                return refused(self.refuse(purpose, draft, digest, faults, context).await);
            }
        };
        let (patients, clock) = (self.patients(), self.clock.clone());
        let incoming = match Incoming::new(purpose, draft.submission, provided, digest, patients, clock) {
            Ok(incoming) => incoming,
            Err(faults) => return refused(faults),
        };
        match in_time(context, async { Ok(self.take(incoming).await) }).await? {
            Ok(Submitted::Now) => Ok(RegistryResponse::of(warnings)),
            Ok(Submitted::Before(warning)) => Ok(RegistryResponse::of([warning])),
            Ok(Submitted::Refused) => Err(Fault::internal("a submission was refused without a reason")),
            Err(failure) => unless_refused(failure),
        }
    }

    async fn remove(&self, objects: RemoveObjects, context: &Context) -> Result<Removed, Fault> {
        match in_time(context, async { Ok(remove::remove(&self.store, objects).await) }).await? {
            Ok(remove::Ended { result, patients }) => {
                let response = result.map_or_else(refused, |()| Ok(RegistryResponse::of([])))?;
                Ok(Removed { response, patients })
            }
            Err(failure) => Ok(Removed { response: unless_refused(failure)?, patients: Vec::new() }),
        }
    }

    async fn locate(
        &self,
        repository: &RepositoryId,
        documents: &[UniqueId],
        context: &Context,
    ) -> Result<Vec<Located>, Fault> {
        in_time(context, locate::locate(&self.store, repository, documents)).await
    }

    async fn known_contents(&self, contents: &[[u8; 32]], context: &Context) -> Result<Vec<[u8; 32]>, Fault> {
        in_time(context, known::known_contents(&self.store, contents)).await
    }

    async fn ready(&self) -> Result<(), Fault> {
        self.store.fetch("SELECT version FROM schema_version", vec![], |_| Ok(())).await.map(drop).map_err(fault)
    }
}

#[async_trait]
impl Identities for LocalRegistry {
    async fn feed(&self, feed: IdentityFeed, context: &Context) -> Result<(), Fault> {
        let change = patients::change(feed.what, &self.authority)?;
        in_time(context, async { self.store.write(change).await.map_err(Failure::into_fault) }).await
    }
}

/// How a transaction is answered that changed nothing.
fn unless_refused(failure: Failure) -> Result<RegistryResponse, Fault> {
    match failure {
        Failure::Refused(faults) => refused(faults),
        failure @ (Failure::Database(_) | Failure::Unknown(_)) => Err(failure.into_fault()),
    }
}

/// A submission that broke rules is answered; a defect of ours is not its sender's fault.
fn refused(faults: Faults) -> Result<RegistryResponse, Fault> {
    let (mut defects, broken): (Vec<_>, Vec<_>) = faults.into_iter().partition(|fault| fault.kind == Kind::Internal);
    match defects.pop() {
        Some(defect) => Err(defect),
        None => Ok(RegistryResponse::of(broken)),
    }
}

/// Answers by the caller's deadline. A write that is still running then goes on; its outcome is unknown to the caller.
async fn in_time<T>(context: &Context, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    tokio::time::timeout_at(context.deadline, work).await.unwrap_or_else(|late| {
        Err(Fault::new(Kind::Timeout, "the registry did not answer before the caller's deadline").because(late))
    })
}
