//! HTTP as clients speak it: compressed, chunked, expecting, in version 2, in pieces.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ihe::message::{QueryReply, ReturnType};

use crate::harness::ask::{FIND, SOAP, asking, documents_of, package, provided, provided_inline, retrieving, soap};
use crate::harness::ask::{RETRIEVE, mtom};
use crate::harness::journey::journey;
use crate::harness::peer::{Answer, request};
use crate::harness::region::Region;
use crate::harness::sample::{Sample, document_id, octets, patient};
use crate::harness::schema;

fn query() -> Vec<u8> {
    soap(FIND, &asking(documents_of(&patient(1)), ReturnType::LeafClass))
}

async fn region() -> Region {
    let region = Region::plain().await;
    region.knows(&patient(1)).await;
    region
}

fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::default());
    packer.write_all(octets).expect("memory");
    packer.finish().expect("memory")
}

#[test]
fn a_compressed_request_is_unpacked() {
    journey(async {
        let region = region().await;
        let mut wire = region.wire().await;
        let sample = Sample::new(&patient(1), 1, &[1]);
        let (media_type, package) = provided(&sample);
        let headers = format!("Content-Type: {media_type}\r\nContent-Encoding: gzip\r\n");
        wire.send(&request("/iti41", &headers, &gzip(&package))).await;
        wire.answer().await.accepted();
        let headers = format!("Content-Type: {SOAP}\r\nContent-Encoding: gzip\r\n");
        wire.send(&request("/iti18", &headers, &gzip(&query()))).await;
        let reply: QueryReply = wire.answer().await.said();
        assert_eq!(reply.objects.len(), 1);
        assert_eq!(wire.retrieve(&[&document_id(1)]).await.delivered()[0].2, octets(1));
        region.stop().await;
    });
}

#[test]
fn chunks_may_be_cut_anywhere() {
    journey(async {
        let region = region().await;
        let (media_type, package) = provided(&Sample::new(&patient(1), 1, &[1]));
        let mut wire = region.wire().await;
        let head = format!(
            "POST /iti41 HTTP/1.1\r\nHost: hub\r\nContent-Type: {media_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
        );
        wire.send(head.as_bytes()).await;
        for (index, chunk) in package.chunks(611).enumerate() {
            let extension = if index % 2 == 0 { ";odd=\"yes\"" } else { "" };
            wire.send(format!("{:x}{extension}\r\n", chunk.len()).as_bytes()).await;
            wire.send(chunk).await;
            wire.send(b"\r\n").await;
        }
        wire.send(b"0\r\nTrailer: passed-over\r\n\r\n").await;
        wire.answer().await.accepted();
        assert_eq!(wire.retrieve(&[&document_id(1)]).await.delivered()[0].2, octets(1));
        region.stop().await;
    });
}

#[test]
fn who_expects_to_be_asked_for_the_body_is_asked_or_refused_at_once() {
    journey(async {
        let region = region().await;
        let mut wire = region.wire().await;
        let body = query();
        let head = |path: &str| {
            let length = body.len();
            format!(
                "POST {path} HTTP/1.1\r\nHost: hub\r\nContent-Type: {SOAP}\r\nExpect: 100-continue\r\n\
                 Content-Length: {length}\r\n\r\n"
            )
        };
        wire.send(head("/iti18").as_bytes()).await;
        assert_eq!(wire.interim().await, 100);
        wire.send(&body).await;
        let _: QueryReply = wire.answer().await.said();

        let mut wire = region.peer("idle").open(region.https).await;
        wire.send(head("/iti18").as_bytes()).await;
        assert_eq!(wire.answer().await.status, 403);
        region.stop().await;
    });
}

#[test]
fn requests_that_were_sent_ahead_are_answered_in_order() {
    journey(async {
        let region = region().await;
        let mut wire = region.wire().await;
        let headers = format!("Content-Type: {SOAP}\r\n");
        let broken = request("/iti18", &headers, b"<broken");
        wire.send(&[request("/iti18", &headers, &query()), broken, request("/iti18", &headers, &query())].concat())
            .await;
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(wire.answer().await.status);
        }
        assert_eq!(statuses, [200, 400, 200]);
        region.stop().await;
    });
}

#[test]
fn documents_in_the_xml_are_taken_and_delivered() {
    journey(async {
        let region = region().await;
        let mut wire = region.wire().await;
        wire.post("/iti41", SOAP, &provided_inline(&Sample::new(&patient(1), 1, &[1, 2]))).await.accepted();
        let answer = wire.post("/iti43", SOAP, &soap(RETRIEVE, &retrieving(&[&document_id(1), &document_id(2)]))).await;
        assert!(!answer.packaged());
        let delivered: Vec<_> = answer.delivered().into_iter().map(|(_, _, octets)| octets).collect();
        assert_eq!(delivered, [octets(1), octets(2)]);
        region.stop().await;
    });
}

#[test]
fn odd_content_ids_and_boundaries_still_name_their_parts() {
    journey(async {
        let region = region().await;
        let mut wire = region.wire().await;
        let sample = Sample::new(&patient(1), 1, &[1]);
        let package = package();
        let content = ihe::message::Content::Include("a+b/c=d'e@例.example".into());
        let attachment = ihe::message::Attachment { id: "document1".into(), content };
        let provide = ihe::message::Provide { submission: sample.submission.clone(), documents: vec![attachment] };
        let (_, whole) = mtom(crate::harness::ask::PROVIDE, &provide, &package, &sample.documents);
        // The same parts under another boundary and another Content-ID, as other stacks write them.
        let known = package.content_type();
        let boundary = known.split('"').nth(1).expect("a boundary");
        let head = format!("Content-ID: <{}>", package.content_id(0));
        let whole = replace(&whole, head.as_bytes(), "content-id:  <a+b/c=d'e@例.example> ".as_bytes());
        let whole = replace(&whole, format!("--{boundary}").as_bytes(), b"--=_(odd) '+,-./:=?_");
        let media_type = known.replace(&format!("\"{boundary}\""), "\"=_(odd) '+,-./:=?_\"");
        wire.post("/iti41", &media_type, &whole).await.accepted();
        assert_eq!(wire.retrieve(&[&document_id(1)]).await.delivered()[0].2, octets(1));
        region.stop().await;
    });
}

fn replace(octets: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::new();
    let mut at = 0;
    while at < octets.len() {
        if octets[at..].starts_with(from) {
            replaced.extend_from_slice(to);
            at += from.len();
        } else {
            replaced.push(octets[at]);
            at += 1;
        }
    }
    replaced
}

/// Nothing of it stays, it is on record, and the same submission is taken later.
#[test]
fn an_upload_that_breaks_off_is_none() {
    journey(async {
        let region = region().await;
        let sample = Sample::new(&patient(1), 1, &[1]);
        let (media_type, package) = provided(&sample);
        let whole = request("/iti41", &format!("Content-Type: {media_type}\r\n"), &package);
        let mut wire = region.wire().await;
        wire.send(&whole[..whole.len() - 100]).await;
        drop(wire);
        assert_eq!(region.trail().comes("ITI-41", 1).await.outcome(), "8");
        let mut wire = region.wire().await;
        assert!(wire.entries(documents_of(&patient(1))).await.is_empty());
        assert!(wire.retrieve(&[&document_id(1)]).await.delivered().is_empty());
        wire.provide(&sample).await.accepted();
        region.stop().await;
    });
}

#[test]
fn http_2_carries_the_same_transactions_side_by_side() {
    journey(async {
        let region = region().await;
        let stream = region.hospital().offering("h2").tls(region.https).await.expect("TLS");
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        let (sender, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.expect("HTTP/2");
        let connection = tokio::spawn(connection);
        let post = async |path: &str, media_type: &str, body: Vec<u8>| {
            let request = http::Request::post(format!("https://hub{path}"))
                .header(CONTENT_TYPE, media_type)
                .body(Full::new(bytes::Bytes::from(body)))
                .expect("a request");
            let response = sender.clone().send_request(request).await.expect("an answer");
            let (head, body) = response.into_parts();
            assert!(head.headers.contains_key(CONTENT_LENGTH));
            let text = |value: &http::HeaderValue| value.to_str().expect("ASCII").to_owned();
            let headers = head.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect();
            let body = body.collect().await.expect("a body").to_bytes();
            let answer = Answer { status: head.status.as_u16(), headers, body };
            schema::check(&answer);
            answer
        };
        let (media_type, package) = provided(&Sample::new(&patient(1), 1, &[1]));
        post("/iti41", &media_type, package).await.accepted();
        let (found, delivered, broken) = tokio::join!(
            post("/iti18", SOAP, query()),
            post("/iti43", SOAP, soap(RETRIEVE, &retrieving(&[&document_id(1)]))),
            post("/iti18", SOAP, b"<broken".to_vec()),
        );
        let found: QueryReply = found.said();
        assert_eq!((found.objects.len(), broken.status), (1, 400));
        assert_eq!(delivered.delivered()[0].2, octets(1));
        drop(sender);
        connection.await.expect("a connection").expect("it ends well");
        region.stop().await;
    });
}

#[test]
fn what_is_not_soap_is_told_so_with_the_status_of_http() {
    journey(async {
        let region = region().await;
        let mut wire = region.wire().await;
        for (octets, status) in [
            (&b"GET /iti18 HTTP/1.1\r\nHost: hub\r\n\r\n"[..], 405),
            (b"POST /iti999 HTTP/1.1\r\nHost: hub\r\nContent-Length: 0\r\n\r\n", 404),
            (b"POST /iti18 HTTP/1.1\r\nHost: hub\r\nContent-Length: 0\r\n\r\n", 415),
            (
                b"POST /iti18 HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
                415,
            ),
            (b"POST /iti18 HTTP/1.1\r\nHost: hub\r\nContent-Type: multipart/related\r\nContent-Length: 0\r\n\r\n", 400),
        ] {
            wire.send(octets).await;
            let answer = wire.answer().await;
            assert_eq!(answer.status, status, "{}", answer.text());
            assert!(!answer.fault().reason.is_empty());
        }
        region.stop().await;
    });
}
