//! An identity source of the demo: ITI-8 over MLLP over TLS.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use hl7v2::Frames;
use ihe::id::{Oid, PatientId};
use proto::Clock;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::region::Tls;
use super::sample::Patient;
use crate::client;

/// An open MLLP connection.
pub(crate) struct Feed {
    stream: TlsStream<TcpStream>,
    frames: Frames,
}

impl Feed {
    pub(crate) async fn open(address: SocketAddr, tls: &Tls) -> anyhow::Result<Self> {
        let trust = client::trust(tls, &[])?;
        let socket = TcpStream::connect(address).await.with_context(|| format!("{address} cannot be reached"))?;
        let name = ServerName::IpAddress(address.ip().into());
        let stream = TlsConnector::from(Arc::clone(&trust.config)).connect(name, socket).await?;
        Ok(Self { stream, frames: Frames::new(64 * 1024) })
    }

    /// Reports a patient: the region's identifier and the national one.
    pub(crate) async fn add(
        &mut self,
        patient: &Patient,
        id: &PatientId,
        national: &Oid,
        clock: &dyn Clock,
    ) -> anyhow::Result<()> {
        let now = clock.now();
        let stamp = format!(
            "{:04}{:02}{:02}{:02}{:02}{:02}",
            now.year(),
            u8::from(now.month()),
            now.day(),
            now.hour(),
            now.minute(),
            now.second()
        );
        let control = clock.uuid().simple().to_string();
        let (family, given) = patient.name.split_once(' ').unwrap_or((patient.name, ""));
        let message = format!(
            "MSH|^~\\&|HIS|DEMO|MUSUBI|DEMO|{stamp}||ADT^A04^ADT_A01|{}|P|2.3.1||||||UNICODE UTF-8\r\
             EVN|A04|{stamp}\r\
             PID|||{id}~{}^^^&{national}&ISO||{family}^{given}\r\
             PV1||O\r",
            &control[..20],
            patient.national_id,
        );
        self.stream.write_all(&hl7v2::frame(&message)).await?;
        self.stream.flush().await?;
        let answer = self.answer().await?;
        let accepted = answer.lines().flat_map(|line| line.split('\r')).any(|segment| segment.starts_with("MSA|AA"));
        if !accepted {
            bail!("the hub did not take a patient of the demo: {answer}");
        }
        Ok(())
    }

    async fn answer(&mut self) -> anyhow::Result<String> {
        let mut buffer = [0; 4096];
        loop {
            if let Some(frame) = self.frames.next_frame()? {
                return Ok(String::from_utf8(frame)?);
            }
            let read = self.stream.read(&mut buffer).await?;
            if read == 0 {
                bail!("the hub closed the MLLP connection without an answer");
            }
            self.frames.push(&buffer[..read]);
        }
    }
}
