//! Whether the peer of an open connection may still be here.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hpki::tls::{Admit, Material, Refused, Reloadable};
use parking_lot::Mutex;
use proto::Clock;
use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::server::TlsStream;

/// Asked again and again, answered from memory until the trust changes or the last answer is too old.
pub(crate) struct Standing {
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) trust: Arc<Reloadable>,
    pub(crate) admit: Admit,
    /// Under which trust the last answer was given, and until when it is good.
    pub(crate) verdict: Mutex<(Arc<Material>, OffsetDateTime)>,
}

impl Standing {
    /// `Err` ends the connection.
    pub(crate) fn check(&self, now: OffsetDateTime) -> Result<(), Refused> {
        let current = self.trust.current();
        let mut verdict = self.verdict.lock();
        if Arc::ptr_eq(&verdict.0, &current) && now < verdict.1 {
            return Ok(());
        }
        let identity = current.identify(&self.chain, Some(&self.admit))?;
        *verdict = (current, identity.good_until);
        Ok(())
    }
}

/// A connection in the hands of somebody who does not know who is at its other end. It breaks when its peer may no
/// longer be here.
pub struct Lent {
    stream: TlsStream<TcpStream>,
    standing: Standing,
    clock: Arc<dyn Clock>,
    /// Whom to tell; nobody once it is told.
    owner: Option<oneshot::Sender<Refused>>,
}

impl Lent {
    /// The other end hears why the connection broke, or is closed with it.
    pub(crate) fn new(
        stream: TlsStream<TcpStream>,
        standing: Standing,
        clock: Arc<dyn Clock>,
    ) -> (Self, oneshot::Receiver<Refused>) {
        let (owner, told) = oneshot::channel();
        (Self { stream, standing, clock, owner: Some(owner) }, told)
    }

    /// The stream, as long as its peer may be here.
    fn held(&mut self) -> io::Result<Pin<&mut TlsStream<TcpStream>>> {
        if self.owner.is_some() {
            match self.standing.check(self.clock.now()) {
                Ok(()) => return Ok(Pin::new(&mut self.stream)),
                // Nobody to tell: then the listener is gone, and with it the reason to say it.
                Err(refused) => drop(self.owner.take().map(|owner| owner.send(refused))),
            }
        }
        let why = "the certificate of this connection is no longer accepted";
        Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
    }
}

impl AsyncRead for Lent {
    fn poll_read(self: Pin<&mut Self>, task: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.get_mut().held()?.poll_read(task, into)
    }
}

impl AsyncWrite for Lent {
    fn poll_write(self: Pin<&mut Self>, task: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().held()?.poll_write(task, octets)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        task: &mut Context<'_>,
        octets: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().held()?.poll_write_vectored(task, octets)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().held()?.poll_flush(task)
    }

    fn poll_shutdown(self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(task)
    }
}
