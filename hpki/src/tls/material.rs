//! One generation of certificates and trust, and the configurations made from it.

use std::path::Path;
use std::sync::Arc;

use rustls::client::WantsClientCert;
use rustls::server::ServerSessionMemoryCache;
use rustls::sign::SingleCertAndKey;
use rustls::{ClientConfig, ConfigBuilder, DistinguishedName, ServerConfig, WantsVerifier, version};
use rustls_pki_types::CertificateDer;
use time::OffsetDateTime;

use super::incoming::{Admit, ClientCheck, ClientVerifier, Incoming};
use super::load::{self, Credentials, LoadError};
use super::outgoing::{Outgoing, ServerVerifier};
use super::report::{Refused, Slot};
use super::{Clock, Now, TlsConfig};
use crate::crypto;
use crate::identity::{Identity, Kind, ServerRules};
use crate::trust::{AnchorUse, Trust};

/// Our certificates, whom we trust, and the sessions made under that trust.
pub struct Material {
    pub(super) trust: Arc<Trust>,
    pub(super) server: Credentials,
    pub(super) client: Credentials,
    kinds: Vec<Kind>,
    pub(super) hints: Arc<[DistinguishedName]>,
    sessions: Arc<ServerSessionMemoryCache>,
    pub(super) incoming: ConfigBuilder<ServerConfig, WantsVerifier>,
    pub(super) outgoing: ConfigBuilder<ClientConfig, WantsVerifier>,
    now: Now,
}

/// Something that ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// What, for people.
    pub what: String,
    /// When.
    pub until: OffsetDateTime,
}

impl Trust {
    /// Reads what the section names. Paths are relative to `base`, the configuration's folder.
    pub fn load(config: &TlsConfig, base: &Path, now: OffsetDateTime) -> Result<Self, LoadError> {
        let mut trust = Self::new(config.rules());
        for (paths, anchor_use) in
            [(&config.anchors, AnchorUse::Healthcare), (&config.server_anchors, AnchorUse::Servers)]
        {
            each(paths, base, |der| trust.add_anchor(der, anchor_use))?;
        }
        each(&config.issuers, base, |der| trust.add_issuer(der))?;
        for path in &config.crls {
            for (file, list) in load::lists(&base.join(path))? {
                trust.add_list(&list, now).map_err(|why| LoadError::BadList { path: file, why })?;
            }
        }
        config.pins.iter().for_each(|pin| trust.add_pin(*pin));
        Ok(trust)
    }
}

impl Material {
    /// Reads everything that the section names. Paths are relative to `base`, the configuration's folder.
    pub fn load(config: &TlsConfig, base: &Path, now: &Now) -> Result<Self, LoadError> {
        let trust = Trust::load(config, base, now())?;
        let server = Credentials::load(&base.join(&config.chain), &base.join(&config.key), now())?;
        let client = match (&config.client_chain, &config.client_key) {
            (Some(chain), Some(key)) => Credentials::load(&base.join(chain), &base.join(key), now())?,
            (None, None) => server.clone(),
            (Some(_), None) | (None, Some(_)) => {
                let why = "client_chain and client_key go together; give both or neither".to_owned();
                return Err(LoadError::Setting(why));
            }
        };
        Self::new(trust, server, client, &config.accept, now)
    }

    /// Puts together what was read.
    pub fn new(
        trust: Trust,
        server: Credentials,
        client: Credentials,
        accept: &[Kind],
        now: &Now,
    ) -> Result<Self, LoadError> {
        if accept.is_empty() || !accept.iter().all(|kind| matches!(kind, Kind::Person | Kind::Organisation)) {
            let why = "accept lists \"organisation\", \"person\" or both; other certificates never log in".to_owned();
            return Err(LoadError::Setting(why));
        }
        let unusable = |e: rustls::Error| LoadError::Setting(format!("TLS 1.2 and 1.3 cannot be set up: {e}"));
        let clock = Arc::new(Clock(Arc::clone(now)));
        let incoming = ServerConfig::builder_with_details(crypto::provider(), Arc::clone(&clock) as _)
            .with_protocol_versions(VERSIONS)
            .map_err(unusable)?;
        let outgoing = ClientConfig::builder_with_details(crypto::provider(), clock)
            .with_protocol_versions(VERSIONS)
            .map_err(unusable)?;
        Ok(Self {
            hints: hints(&trust),
            trust: Arc::new(trust),
            server,
            client,
            kinds: accept.to_vec(),
            sessions: ServerSessionMemoryCache::new(SESSIONS),
            incoming,
            outgoing,
            now: Arc::clone(now),
        })
    }

    /// Prepares to accept one connection. `alpn` in order of preference; empty for MLLP.
    pub fn accept(&self, alpn: &[&[u8]], admit: Option<&Admit>) -> Incoming {
        let check = Arc::new(self.check(admit));
        let slot = Slot::default();
        let verifier = Arc::new(ClientVerifier { check: Arc::clone(&check), slot: slot.clone() });
        let mut config = self
            .incoming
            .clone()
            .with_client_cert_verifier(verifier)
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&self.server.certified))));
        config.alpn_protocols = protocols(alpn);
        config.session_storage = Arc::clone(&self.sessions) as _;
        // RFC 7627: without it, a TLS 1.2 session can be spliced onto another.
        config.require_ems = true;
        Incoming { config: Arc::new(config), check, slot, now: Arc::clone(&self.now) }
    }

    /// Prepares to call one peer, with our client certificate.
    pub fn call(&self, alpn: &[&[u8]], rules: &ServerRules) -> Outgoing {
        let trust = Arc::clone(&self.trust);
        let verifier = Arc::new(ServerVerifier { trust, rules: rules.clone(), slot: Slot::default() });
        let builder: ConfigBuilder<ClientConfig, WantsClientCert> =
            self.outgoing.clone().dangerous().with_custom_certificate_verifier(Arc::clone(&verifier) as _);
        let resolver = SingleCertAndKey::from(Arc::clone(&self.client.certified));
        let mut config = builder.with_client_cert_resolver(Arc::new(resolver));
        config.alpn_protocols = protocols(alpn);
        config.require_ems = true;
        Outgoing { config: Arc::new(config), verifier, now: Arc::clone(&self.now) }
    }

    /// Who a client with this chain is now: for connections that stay open longer than [`Identity::good_until`] or
    /// than this generation.
    pub fn identify(&self, chain: &[CertificateDer<'_>], admit: Option<&Admit>) -> Result<Arc<Identity>, Refused> {
        self.check(admit).verify(chain, (self.now)())
    }

    /// Whom we trust.
    pub fn trust(&self) -> &Arc<Trust> {
        &self.trust
    }

    /// The certificate that our listeners show.
    pub const fn own(&self) -> &Credentials {
        &self.server
    }

    /// The certificate that we call others with.
    pub const fn own_client(&self) -> &Credentials {
        &self.client
    }

    /// What ends when, the earliest first: our certificates, authorities, revocation lists.
    pub fn expiries(&self) -> Vec<Expiry> {
        let own = [("our certificate", &self.server), ("our client certificate", &self.client)];
        let own = own.into_iter().map(|(what, c)| Expiry { what: what.to_owned(), until: c.certificate.not_after });
        let authorities = self
            .trust
            .authorities()
            .map(|a| Expiry { what: format!("the authority \"{}\"", a.subject), until: a.not_after });
        let lists = self.trust.lists().map(|list| Expiry {
            what: format!("the revocation list of \"{}\"", list.issuer),
            until: list.next_update,
        });
        let mut all: Vec<_> = own.chain(authorities).chain(lists).collect();
        all.sort_by_key(|expiry| expiry.until);
        all
    }

    fn check(&self, admit: Option<&Admit>) -> ClientCheck {
        ClientCheck {
            trust: Arc::clone(&self.trust),
            kinds: self.kinds.clone(),
            admit: admit.cloned(),
            hints: Arc::clone(&self.hints),
        }
    }
}

/// The names of the authorities, by which a client chooses among its certificates: the two on an HPKI card differ only
/// there. Too many would not fit a handshake; none asks for any certificate.
fn hints(trust: &Trust) -> Arc<[DistinguishedName]> {
    let healthcare = trust.anchors.iter().filter(|anchor| anchor.anchor_use == AnchorUse::Healthcare);
    let names: Vec<_> = trust
        .issuers
        .iter()
        .chain(healthcare.map(|anchor| &anchor.certificate))
        .map(|authority| DistinguishedName::from(authority.subject.der().to_vec()))
        .collect();
    // A pinned certificate has none of these issuers, so its client must not choose by them.
    if names.len() > MAX_HINTS || !trust.pins.is_empty() { Arc::default() } else { names.into() }
}

fn each(
    paths: &[std::path::PathBuf],
    base: &Path,
    mut add: impl FnMut(&[u8]) -> Result<(), String>,
) -> Result<(), LoadError> {
    for path in paths {
        let path = base.join(path);
        for der in load::certificates(&path)? {
            add(&der).map_err(|why| LoadError::BadCertificate { path: path.clone(), why })?;
        }
    }
    Ok(())
}

fn protocols(alpn: &[&[u8]]) -> Vec<Vec<u8>> {
    alpn.iter().map(|protocol| protocol.to_vec()).collect()
}

const VERSIONS: &[&rustls::SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];
const SESSIONS: usize = 4096;
const MAX_HINTS: usize = 50;
