//! A peer of a hub over real sockets: plain rustls, and HTTP/1.1 by hand, so that every octet is ours to choose.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use ihe::mtom::{Event, MediaType, Parts, Role};
use ihe::soap::{Envelope, Rules, SoapFault};
use ihe::xml::{Decode, Limits};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{AlertDescription, ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::schema;

/// Who calls, and whom it trusts.
#[derive(Clone)]
pub(crate) struct Peer {
    config: ClientConfig,
}

impl Peer {
    /// With a leaf of the minted set, or with no certificate at all.
    pub(crate) fn with(certs: &Path, leaf: Option<&str>) -> Self {
        Self::speaking(certs, leaf, rustls::ALL_VERSIONS)
    }

    fn speaking(certs: &Path, leaf: Option<&str>, versions: &[&'static SupportedProtocolVersion]) -> Self {
        let mut roots = RootCertStore::empty();
        let authority = CertificateDer::from_pem_file(certs.join("ca.pem")).expect("an authority");
        roots.add(authority).expect("an authority");
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions")
            .with_root_certificates(roots);
        let config = match leaf {
            Some(leaf) => builder.with_client_cert_resolver(Arc::new(credentials(&certs.join(leaf)))),
            None => builder.with_no_client_auth(),
        };
        Self { config }
    }

    /// The same peer under TLS 1.2, in which a refusal arrives within the handshake.
    pub(crate) fn old(certs: &Path, leaf: &str) -> Self {
        Self::speaking(certs, Some(leaf), &[&rustls::version::TLS12])
    }

    pub(crate) fn offering(mut self, protocol: &str) -> Self {
        self.config.alpn_protocols = vec![protocol.as_bytes().to_vec()];
        self
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        Arc::new(self.config.clone())
    }

    pub(crate) async fn tls(&self, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let name = ServerName::IpAddress(address.ip().into());
        TlsConnector::from(self.config()).connect(name, socket).await
    }

    pub(crate) async fn open(&self, address: SocketAddr) -> Wire {
        Wire { stream: self.tls(address).await.expect("a TLS connection"), rest: Vec::new() }
    }

    /// The alert with which a hub refuses this peer. In TLS 1.3 it comes with the first answer (RFC 8446 §4.4.2.4).
    pub(crate) async fn refused(&self, address: SocketAddr) -> AlertDescription {
        let mut stream = match self.tls(address).await {
            Ok(stream) => stream,
            Err(error) => return alert(&error),
        };
        let mut rest = Vec::new();
        // The request itself may not get through.
        let _ = stream.write_all(b"POST /iti18 HTTP/1.1\r\nHost: hub\r\nContent-Length: 0\r\n\r\n").await;
        let error = stream.read_to_end(&mut rest).await.expect_err("the hub refuses");
        assert!(rest.is_empty(), "an answer before the refusal");
        alert(&error)
    }
}

/// webpki would refuse an HPKI certificate, so rustls must not look at it.
fn credentials(file: &Path) -> SingleCertAndKey {
    let chain = CertificateDer::pem_file_iter(file.with_extension("pem")).expect("a chain");
    let chain = chain.collect::<Result<Vec<_>, _>>().expect("a chain");
    let key = PrivateKeyDer::from_pem_file(file.with_extension("key")).expect("a key");
    let key = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key).expect("a key");
    SingleCertAndKey::from(CertifiedKey::new(chain, key))
}

/// The alert behind an error of a TLS stream.
pub(crate) fn alert(error: &io::Error) -> AlertDescription {
    match error.get_ref().and_then(|cause| cause.downcast_ref()) {
        Some(rustls::Error::AlertReceived(alert)) => *alert,
        _ => panic!("no alert but {error:?}"),
    }
}

/// One connection.
pub(crate) struct Wire {
    pub(crate) stream: TlsStream<TcpStream>,
    rest: Vec<u8>,
}

impl Wire {
    pub(crate) async fn send(&mut self, octets: &[u8]) {
        self.stream.write_all(octets).await.expect("the hub reads");
        self.stream.flush().await.expect("the hub reads");
    }

    pub(crate) async fn post(&mut self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        self.send(&request(path, &format!("Content-Type: {content_type}\r\n"), body)).await;
        self.answer().await
    }

    /// The same for an answer that is only compared with another one: the schemas are not asked, which takes longer than
    /// all the rest.
    pub(crate) async fn post_to_compare(&mut self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        self.send(&request(path, &format!("Content-Type: {content_type}\r\n"), body)).await;
        self.head().await
    }

    /// The next answer. Its XML is held against the schemas, whatever it is.
    pub(crate) async fn answer(&mut self) -> Answer {
        let answer = self.head().await;
        schema::check(&answer);
        answer
    }

    /// `100 Continue`, or whatever comes instead.
    pub(crate) async fn interim(&mut self) -> u16 {
        let head = self.until_blank_line().await;
        status(&head)
    }

    async fn head(&mut self) -> Answer {
        let head = self.until_blank_line().await;
        let headers: Vec<(String, String)> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Answer { status: status(&head), headers, body: Bytes::new() };
        let length: usize = answer.header("content-length").map_or(0, |length| length.parse().expect("a length"));
        while self.rest.len() < length {
            assert!(self.more().await > 0, "the answer breaks off");
        }
        answer.body = self.rest.drain(..length).collect::<Vec<u8>>().into();
        answer
    }

    async fn until_blank_line(&mut self) -> String {
        loop {
            if let Some(at) = self.rest.windows(4).position(|four| four == b"\r\n\r\n") {
                let head: Vec<u8> = self.rest.drain(..at + 4).collect();
                return String::from_utf8(head).expect("a head in ASCII");
            }
            assert!(self.more().await > 0, "no answer, but {:?}", String::from_utf8_lossy(&self.rest));
        }
    }

    async fn more(&mut self) -> usize {
        self.stream.read_buf(&mut self.rest).await.expect("the hub answers")
    }

    /// Waits for the hub to close, in whatever manner, and returns what it still said.
    pub(crate) async fn closed(&mut self) -> Vec<u8> {
        let mut said = std::mem::take(&mut self.rest);
        // A reset closes too.
        let _ = self.stream.read_to_end(&mut said).await;
        said
    }
}

/// A request of HTTP/1.1 with these header lines.
pub(crate) fn request(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut octets =
        format!("POST {path} HTTP/1.1\r\nHost: hub\r\n{headers}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    octets.extend_from_slice(body);
    octets
}

fn status(head: &str) -> u16 {
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status line: {head}"))
}

/// One HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it came as an MTOM package.
    pub(crate) fn packaged(&self) -> bool {
        self.media_type().is_some_and(|media_type| media_type.is_package())
    }

    /// The envelope and, if it came as a package, the parts by their Content-ID.
    pub(crate) fn open(&self) -> (Bytes, Vec<(Box<str>, Bytes)>) {
        match self.media_type().filter(MediaType::is_package) {
            Some(media_type) => unpack(&media_type, self.body.clone()),
            None => (self.body.clone(), Vec::new()),
        }
    }

    /// The body of an answer that is no fault.
    pub(crate) fn said<T: Decode>(&self) -> T {
        assert_eq!(self.status, 200, "{}", self.text());
        self.decode()
    }

    /// The fault of an answer.
    pub(crate) fn fault(&self) -> SoapFault {
        assert!(self.status >= 400, "no fault but {}", self.text());
        self.decode()
    }

    fn decode<T: Decode>(&self) -> T {
        let (envelope, _) = self.open();
        let envelope = Envelope::read(&envelope, &Rules::reply(Limits::default())).map_err(|refused| refused.fault);
        let decoded =
            envelope.and_then(|envelope| envelope.decode().map_err(|faults| Vec::from_iter(faults).remove(0)));
        decoded.unwrap_or_else(|why| panic!("{why} in {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        format!("{} {:?}\n{}", self.status, self.headers, String::from_utf8_lossy(&self.body))
    }

    fn media_type(&self) -> Option<MediaType> {
        self.header("content-type").map(|text| MediaType::parse(text).expect("a media type"))
    }
}

fn unpack(media_type: &MediaType, octets: Bytes) -> (Bytes, Vec<(Box<str>, Bytes)>) {
    let boundary = media_type.boundary().expect("a boundary");
    let mut package = Parts::new(boundary, ihe::mtom::Limits::default()).expect("a package");
    package.push(octets);
    package.finish();
    let (mut envelope, mut parts, mut index) = (None, Vec::new(), 0);
    loop {
        let head = match package.next_event().expect("a package") {
            Event::Part(head) => head,
            Event::End => return (envelope.expect("a root part"), parts),
            Event::Data(_) | Event::PartEnd | Event::NeedMore => continue,
        };
        let mut whole = Vec::new();
        while let Event::Data(piece) = package.next_event().expect("a package") {
            whole.extend_from_slice(&piece);
        }
        match Role::of(media_type, &head, index) {
            Role::Root => envelope = Some(whole.into()),
            Role::Fallback | Role::Document => parts.push((head.content_id.unwrap_or_default(), whole.into())),
        }
        index += 1;
    }
}
