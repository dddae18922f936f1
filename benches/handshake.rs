//! New connections: a handshake on both sides, one small request, and the end.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use hpki::tls::Outgoing;
use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::load::Worker;
use crate::place::Server;

/// Whether sessions are taken up again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sessions {
    Full,
    Resumed,
}

/// A client that connects anew each time.
pub(crate) struct Connecting {
    address: String,
    config: Arc<ClientConfig>,
    sessions: Sessions,
    before: bool,
}

impl Connecting {
    pub(crate) fn to(server: &Server, trust: &Outgoing, sessions: Sessions) -> anyhow::Result<Self> {
        let mut config = ClientConfig::clone(&trust.config);
        config.resumption = match sessions {
            Sessions::Full => Resumption::disabled(),
            Sessions::Resumed => Resumption::in_memory_sessions(16),
        };
        let address = server.url.authority().context("an address")?.to_string();
        Ok(Self { address, config: Arc::new(config), sessions, before: false })
    }
}

impl Worker for Connecting {
    async fn once(&mut self) -> anyhow::Result<()> {
        let socket = TcpStream::connect(&self.address).await?;
        socket.set_nodelay(true)?;
        let name = ServerName::try_from("127.0.0.1")?;
        let mut stream = TlsConnector::from(Arc::clone(&self.config)).connect(name, socket).await?;
        let resumed = stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
        ensure!(
            resumed == (self.before && self.sessions == Sessions::Resumed),
            "a session was {} against what was asked for",
            if resumed { "resumed" } else { "not resumed" }
        );
        self.before = true;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").await?;
        // The tickets come with the first answer (RFC 8446 §4.6.1).
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        ensure!(answer.starts_with(b"HTTP/1.1 "), "the connection was not served");
        Ok(())
    }
}
