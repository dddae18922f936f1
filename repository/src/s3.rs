//! Documents in an S3-compatible store.
//!
//! A document of one part is put at its content address at once. A longer one is uploaded to `staging/<uuid>` while it is
//! hashed, copied inside the store and removed there: object stores have no rename, but every put and every copy is
//! whole or not at all.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt};
use ihe::{Fault, Kind};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{
    Certificate, ClientOptions, Error, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig,
    WriteMultipart, path,
};
use proto::{ByteStream, Clock, Staged};

use crate::blobs::{Blob, Blobs, address, blocking, content, next_batch};
use crate::config::{Addressing, S3Config};
use crate::tally::Tally;

/// A bucket of documents. Several processes may use it at once.
pub(crate) struct S3 {
    store: AmazonS3,
    clock: Arc<dyn Clock>,
}

impl S3 {
    /// Reads the secrets and prepares the client; the store itself need not be up yet.
    pub(crate) fn open(config: &S3Config, dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, Fault> {
        if !config.allow_http && !config.endpoint.starts_with("https://") {
            let detail = "the S3 endpoint must begin with https://, or allow_http = true must say that it need not";
            return Err(Fault::new(Kind::Internal, detail));
        }
        let credentials = Credentials::read(&dir.join(&config.credentials_file))?;
        let store = AmazonS3Builder::new()
            .with_endpoint(&config.endpoint)
            .with_bucket_name(&config.bucket)
            .with_region(&config.region)
            .with_virtual_hosted_style_request(config.addressing == Addressing::VirtualHost)
            .with_allow_http(config.allow_http)
            .with_access_key_id(credentials.id)
            .with_secret_access_key(credentials.secret)
            .with_client_options(client_options(config, dir)?)
            .with_retry(RetryConfig { max_retries: 3, retry_timeout: Duration::from_secs(30), ..Default::default() })
            .build()
            .map_err(|e| Fault::new(Kind::Internal, "the S3 section of the configuration cannot be used").because(e))?;
        Ok(Self { store, clock })
    }

    fn staging(&self) -> path::Path {
        path::Path::from_iter([STAGING, &self.clock.uuid().to_string()])
    }

    /// Uploads what is longer than one part.
    async fn upload(&self, first: Vec<Bytes>, mut octets: ByteStream, mut tally: Tally) -> Result<Staged, Fault> {
        let staging = self.staging();
        let upload = self.store.put_multipart(&staging).await.map_err(|e| failed("beginning a document", e))?;
        let mut parts = WriteMultipart::new_with_chunk_size(upload, PART);
        let outcome = async {
            for chunk in first {
                parts.put(chunk);
            }
            while let Some(batch) = next_batch(&mut octets).await? {
                tally = add(tally, batch.clone()).await?;
                for chunk in batch {
                    parts.wait_for_capacity(PARTS_IN_FLIGHT).await.map_err(|e| failed("writing a document", e))?;
                    parts.put(chunk);
                }
            }
            Ok(tally.finish())
        }
        .await;
        let staged = match outcome {
            Ok(staged) => staged,
            Err(fault) => {
                // Nobody sees an upload that is not complete; if the abort fails, the bucket's lifecycle ends it.
                let _ = parts.abort().await;
                return Err(fault);
            }
        };
        parts.finish().await.map_err(|e| failed("finishing a document", e))?;
        // Also when the same octets are there: a copy is young, and no sweep takes it before it is registered.
        let kept = self.store.copy(&staging, &key(&staged.content)).await;
        let kept = kept.map_err(|e| failed("keeping a document", e));
        // If this fails, the sweep does it later.
        let _ = self.store.delete(&staging).await;
        kept.map(|()| staged)
    }

    /// What is known of an object, if there is one.
    async fn head(&self, content: &[u8; 32]) -> Result<Option<ObjectMeta>, Fault> {
        match self.store.head(&key(content)).await {
            Ok(meta) => Ok(Some(meta)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(failed("looking for a document", e)),
        }
    }
}

#[async_trait]
impl Blobs for S3 {
    async fn stage(&self, mut octets: ByteStream, limit: u64) -> Result<Staged, Fault> {
        let (mut first, mut length, mut tally) = (Vec::new(), 0, Tally::new(limit));
        while let Some(batch) = next_batch(&mut octets).await? {
            tally = add(tally, batch.clone()).await?;
            length += batch.iter().map(Bytes::len).sum::<usize>();
            first.extend(batch);
            if length > PART {
                return self.upload(first, octets, tally).await;
            }
        }
        let staged = tally.finish();
        let payload = PutPayload::from_iter(first);
        self.store.put(&key(&staged.content), payload).await.map_err(|e| failed("keeping a document", e))?;
        Ok(staged)
    }

    async fn size(&self, content: &[u8; 32]) -> Result<Option<u64>, Fault> {
        Ok(self.head(content).await?.map(|meta| meta.size))
    }

    async fn open(&self, content: &[u8; 32]) -> Result<Option<Blob>, Fault> {
        match self.store.get(&key(content)).await {
            Ok(found) => {
                let size = found.meta.size;
                let octets = found.into_stream().map_err(|e| failed("reading a document", e)).boxed();
                Ok(Some(Blob { size, octets }))
            }
            Err(Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(failed("opening a document", e)),
        }
    }

    async fn sweep(&self, untouched_for: Duration) -> Result<usize, Fault> {
        let before = (self.clock.now() - untouched_for).unix_timestamp();
        let old = self
            .store
            .list(Some(&path::Path::from(STAGING)))
            .try_filter(move |object| std::future::ready(object.last_modified.timestamp() < before))
            .map_ok(|object| object.location);
        self.store
            .delete_stream(old.boxed())
            .try_fold(0, |removed, _| std::future::ready(Ok(removed + 1)))
            .await
            .map_err(|e| failed("sweeping unfinished documents", e))
    }

    async fn old(&self, shard: u8, staged_ago: Duration) -> Result<Vec<[u8; 32]>, Fault> {
        let before = (self.clock.now() - staged_ago).unix_timestamp();
        let prefix = path::Path::from_iter([DOCUMENTS, &format!("{shard:02x}")]);
        self.store
            .list(Some(&prefix))
            .try_filter(move |object| std::future::ready(object.last_modified.timestamp() < before))
            .try_filter_map(|object| {
                let content = object.location.filename().and_then(|name| content(shard, name));
                std::future::ready(Ok(content))
            })
            .try_collect()
            .await
            .map_err(|e| failed("looking for documents that nobody names", e))
    }

    /// An object store cannot do both at once: octets that another process stages between the look and the removal
    /// would be lost. That takes a sender who sends what was refused long ago in the very millisecond.
    async fn remove(&self, content: &[u8; 32], staged_ago: Duration) -> Result<bool, Fault> {
        let before = (self.clock.now() - staged_ago).unix_timestamp();
        let old = self.head(content).await?.is_some_and(|meta| meta.last_modified.timestamp() < before);
        if old {
            let removed = self.store.delete(&key(content)).await;
            removed.map_err(|e| failed("removing a document that nobody names", e))?;
        }
        Ok(old)
    }

    async fn ready(&self) -> Result<(), Fault> {
        let probe = path::Path::from_iter([STAGING, "ready"]);
        self.store.put(&probe, PutPayload::from_static(b".")).await.map_err(|e| failed("writing", e))?;
        Ok(())
    }
}

/// Hashes away from the threads that serve the network.
async fn add(mut tally: Tally, batch: Vec<Bytes>) -> Result<Tally, Fault> {
    blocking(move || {
        batch.iter().try_for_each(|chunk| tally.add(chunk))?;
        Ok(tally)
    })
    .await
}

fn key(content: &[u8; 32]) -> path::Path {
    let (shard, name) = address(content);
    path::Path::from_iter([DOCUMENTS, &shard, &name])
}

/// A document may take as long as it needs, as long as something moves.
fn client_options(config: &S3Config, dir: &Path) -> Result<ClientOptions, Fault> {
    let options = ClientOptions::new()
        .with_allow_http(config.allow_http)
        .with_connect_timeout(Duration::from_secs(5))
        .with_read_timeout(Duration::from_secs(60))
        .with_timeout_disabled();
    let Some(file) = &config.ca_file else { return Ok(options) };
    let file = dir.join(file);
    let unusable = || Fault::new(Kind::Internal, format!("{} holds no usable PEM certificate", file.display()));
    let pem = fs::read(&file).map_err(|e| unusable().because(e))?;
    let authorities = Certificate::from_pem_bundle(&pem).map_err(|e| unusable().because(e))?;
    Ok(authorities.into_iter().fold(options, ClientOptions::with_root_certificate))
}

/// An access key.
struct Credentials {
    id: String,
    secret: String,
}

impl Credentials {
    fn read(file: &Path) -> Result<Self, Fault> {
        let text = fs::read_to_string(file).map_err(|e| {
            Fault::new(Kind::Internal, format!("the S3 credentials file {} cannot be read", file.display())).because(e)
        })?;
        Self::parse(&text).ok_or_else(|| {
            let wanted = "needs the lines aws_access_key_id = … and aws_secret_access_key = …";
            Fault::new(Kind::Internal, format!("the S3 credentials file {} {wanted}", file.display()))
        })
    }

    /// Reads `name = value` lines; section names and comments are passed over.
    fn parse(text: &str) -> Option<Self> {
        let value = |name: &str| {
            let mut pairs = text.lines().filter_map(|line| line.split_once('='));
            pairs.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned())
        };
        Some(Self { id: value("aws_access_key_id")?, secret: value("aws_secret_access_key")? })
    }
}

/// Says to the log what failed, and to the other side no more than it needs.
fn failed(doing: &'static str, cause: Error) -> Fault {
    tracing::error!(error = %cause, "the S3 store failed while {doing}");
    Fault::new(Kind::RepositoryError, format!("the document store failed while {doing}")).because(cause)
}

const STAGING: &str = "staging";
const DOCUMENTS: &str = "documents";

/// The size of a part: S3 wants at least 5 MiB and at most 10,000 parts, which makes 80 GiB here.
const PART: usize = 8 << 20;

/// With the part that is being filled, one document takes at most three parts of memory.
const PARTS_IN_FLIGHT: usize = 2;

#[cfg(test)]
#[path = "s3_tests.rs"]
mod tests;
