//! The `[repository]` section of the configuration.

use std::path::PathBuf;

use ihe::id::RepositoryId;
use serde::{Deserialize, Deserializer, de};

/// Where documents are kept, and how large one may be.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Our repositoryUniqueId, a bare OID. Required.
    #[serde(deserialize_with = "repository_id")]
    pub id: RepositoryId,

    /// The folder that holds the documents, relative to the region's folder. Not used when `[repository.s3]` is there.
    #[serde(default = "defaults::store")]
    pub store: PathBuf,

    /// The largest document that is taken; a larger one is answered with `XDSRepositoryOutOfResources`.
    #[serde(default = "defaults::max_document_bytes")]
    pub max_document_bytes: u64,

    /// An S3-compatible store instead of the folder.
    #[serde(default)]
    pub s3: Option<S3Config>,
}

impl Config {
    /// The configuration that has only what is required.
    pub fn new(id: RepositoryId) -> Self {
        Self { id, store: defaults::store(), max_document_bytes: defaults::max_document_bytes(), s3: None }
    }
}

/// An S3-compatible store.
///
/// The bucket needs a lifecycle rule that aborts incomplete multipart uploads after a day: an upload that a client
/// left halfway stays invisible, but not free of charge.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct S3Config {
    /// `https://host[:port]`. Required.
    pub endpoint: String,

    /// The bucket, which must exist. Required.
    pub bucket: String,

    /// A file in the format of `~/.aws/credentials`: `aws_access_key_id = …`, `aws_secret_access_key = …`. Required.
    pub credentials_file: PathBuf,

    /// The region that requests are signed for.
    #[serde(default = "defaults::region")]
    pub region: String,

    /// How the bucket stands in the address.
    #[serde(default)]
    pub addressing: Addressing,

    /// A PEM file with the authority of the store's certificate, if no public authority issued it.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,

    /// Whether documents may go to the store without TLS.
    #[serde(default)]
    pub allow_http: bool,
}

/// How the bucket stands in the address of an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addressing {
    /// `https://host/bucket/key`: what stores on one's own premises understand.
    #[default]
    Path,
    /// `https://bucket.host/key`.
    VirtualHost,
}

/// All defaults of the section.
mod defaults {
    use std::path::PathBuf;

    pub(super) fn store() -> PathBuf {
        "documents".into()
    }

    /// 128 MiB.
    pub(super) fn max_document_bytes() -> u64 {
        128 << 20
    }

    pub(super) fn region() -> String {
        "us-east-1".to_owned()
    }
}

fn repository_id<'de, D: Deserializer<'de>>(input: D) -> Result<RepositoryId, D::Error> {
    String::deserialize(input)?.parse().map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_id_is_required() {
        let config: Config = toml::from_str(r#"id = "1.2.40.0.99.20.1""#).unwrap();
        assert_eq!(config.id.to_string(), "1.2.40.0.99.20.1");
        assert_eq!(config.store, PathBuf::from("documents"));
        assert!(config.s3.is_none());
        assert!(toml::from_str::<Config>("").unwrap_err().to_string().contains("`id`"));
    }

    #[test]
    fn an_s3_store_is_a_table_of_its_own() {
        let config: Config = toml::from_str(
            r#"
            id = "1.2.40.0.99.20.1"
            max_document_bytes = 1073741824
            [s3]
            endpoint = "https://s3.example"
            bucket = "documents"
            credentials_file = "/run/secrets/s3"
            addressing = "virtual-host"
            "#,
        )
        .unwrap();
        assert_eq!(config.s3.unwrap().addressing, Addressing::VirtualHost);
        assert_eq!(config.max_document_bytes, 1 << 30);
    }

    #[test]
    fn unknown_keys_and_broken_ids_are_refused() {
        assert!(toml::from_str::<Config>("id = \"1.2\"\nstores = \"x\"").is_err());
        assert!(toml::from_str::<Config>(r#"id = "urn:oid:1.2""#).is_err());
    }
}
