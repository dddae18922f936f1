//! The two ports of `proto` on a database of our own.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use ihe::id::{Oid, RepositoryId, UniqueId};
use ihe::message::{IdentityFeed, QueryReply, RegistryResponse, RemoveObjects, StoredQuery};
use ihe::model::{Purpose, Submission};
use ihe::{Fault, Faults, Kind};
use proto::{Clock, Context, Identities, Located, Provided, Registry};

use crate::config::Config;
use crate::domain::{self, AffinityDomain};
use crate::error::Error;
use crate::patients::Change;
use crate::register::{Digest, Incoming, Patients, Registering, Submitted, registered_once};
use crate::store::{Failure, Migration, Store, fault};
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

/// Brings the schema of the configured database up to date and returns its version: `musubi migrate`.
pub async fn migrate(config: &Config, dir: &Path) -> Result<i64, Error> {
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
}

#[async_trait]
impl Registry for LocalRegistry {
    async fn find(&self, query: StoredQuery, context: &Context) -> Result<QueryReply, Fault> {
        in_time(context, find::find(&self.store, &query, &self.config)).await
    }

    async fn submit(
        &self,
        purpose: Purpose,
        mut submission: Submission,
        provided: Vec<Provided>,
        context: &Context,
    ) -> Result<RegistryResponse, Fault> {
        let digest = Digest::of(&submission);
        let warnings = match domain::admit(self.domain.as_ref(), &mut submission, purpose) {
            Ok(warnings) => warnings,
            // What was registered once was admitted then, whatever the domain has become.
            Err(faults) => {
                let before = in_time(context, registered_once(&self.store, &submission.set, digest)).await?;
                return before.map_or_else(|| refused(faults), |warning| Ok(RegistryResponse::of([warning])));
            }
        };
        let patients = Patients { authority: self.authority.clone(), unknown: self.config.unknown_patient };
        let incoming = match Incoming::new(purpose, submission, provided, digest, patients, self.clock.clone()) {
            Ok(incoming) => incoming,
            Err(faults) => return refused(faults),
        };
        match in_time(context, async { Ok(self.take(incoming).await) }).await? {
            Ok(Submitted::Now) => Ok(RegistryResponse::of(warnings)),
            Ok(Submitted::Before(warning)) => Ok(RegistryResponse::of([warning])),
            Err(failure) => unless_refused(failure),
        }
    }

    async fn remove(&self, objects: RemoveObjects, context: &Context) -> Result<RegistryResponse, Fault> {
        match in_time(context, async { Ok(remove::remove(&self.store, objects).await) }).await? {
            Ok(()) => Ok(RegistryResponse::of([])),
            Err(failure) => unless_refused(failure),
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
