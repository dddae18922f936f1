//! MLLP framing — HL7 v2 Implementation Guide, Minimal Lower Layer Protocol, as ITI TF-2 Appendix C.2.1.4 uses it.

use std::collections::VecDeque;

use crate::refusal::Refusal;

const START: u8 = 0x0b;
const END: u8 = 0x1c;
const CR: u8 = 0x0d;

/// Octets between frames before the connection is given up.
const JUNK: usize = 64 * 1024;

/// The receiving side of a connection: takes any split of the input and gives whole frames.
///
/// A frame that cannot be right is refused, and the connection is of no use after that. What stands between frames is
/// skipped.
#[derive(Debug)]
pub struct Frames {
    state: State,
    frame: Vec<u8>,
    complete: VecDeque<Vec<u8>>,
    junk: usize,
    limit: usize,
    refusal: Option<Refusal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    InFrame,
    EndSeen,
}

impl Frames {
    /// A reader that takes frames of at most `limit` octets.
    pub fn new(limit: usize) -> Self {
        Self { state: State::Idle, frame: Vec::new(), complete: VecDeque::new(), junk: 0, limit, refusal: None }
    }

    /// Takes in what was received.
    pub fn push(&mut self, mut input: &[u8]) {
        while !input.is_empty() && self.refusal.is_none() {
            let taken = match self.state {
                State::Idle => self.idle(input),
                State::InFrame => self.in_frame(input),
                State::EndSeen => self.end_seen(input[0]),
            };
            match taken {
                Ok(taken) => input = &input[taken..],
                Err(refusal) => self.refusal = Some(refusal),
            }
        }
    }

    /// The next frame without its framing, `None` as long as there is none, or why the input was refused.
    pub fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Refusal> {
        match (self.complete.pop_front(), &self.refusal) {
            (Some(frame), _) => Ok(Some(frame)),
            (None, Some(refusal)) => Err(refusal.clone()),
            (None, None) => Ok(None),
        }
    }

    /// Whether a frame has begun and is not complete: what a shorter timeout is for.
    pub fn is_open(&self) -> bool {
        self.state != State::Idle
    }

    fn idle(&mut self, input: &[u8]) -> Result<usize, Refusal> {
        let start = input.iter().position(|b| *b == START);
        self.junk += start.unwrap_or(input.len());
        if self.junk > JUNK {
            return Err(broken("the connection carries octets outside of MLLP frames"));
        }
        match start {
            Some(at) => {
                self.begin();
                Ok(at + 1)
            }
            None => Ok(input.len()),
        }
    }

    fn in_frame(&mut self, input: &[u8]) -> Result<usize, Refusal> {
        let end = input.iter().position(|b| matches!(*b, START | END));
        let content = &input[..end.unwrap_or(input.len())];
        if self.frame.len() + content.len() > self.limit {
            return Err(broken(format!("the message exceeds {} octets", self.limit)));
        }
        self.frame.extend_from_slice(content);
        match end.map(|at| input[at]) {
            Some(END) => self.state = State::EndSeen,
            // The sender began anew in the middle: whether the first message counts is its secret.
            Some(_) => return Err(broken("a frame begins inside another frame")),
            None => return Ok(input.len()),
        }
        Ok(content.len() + 1)
    }

    fn end_seen(&mut self, next: u8) -> Result<usize, Refusal> {
        match next {
            CR => {
                self.deliver();
                self.state = State::Idle;
            }
            // Some senders forget the last octet.
            START => {
                self.deliver();
                self.begin();
            }
            _ => return Err(broken("the end block of a frame stands inside a message")),
        }
        Ok(1)
    }

    fn begin(&mut self) {
        self.state = State::InFrame;
        self.junk = 0;
    }

    fn deliver(&mut self) {
        let frame = std::mem::take(&mut self.frame);
        // A lone ACK or NAK octet is the transport acknowledgement of MLLP release 2, which IHE does not use.
        if !matches!(*frame, [0x06] | [0x15]) {
            self.complete.push_back(frame);
        }
    }
}

/// A message in its frame. The last segment is always ended, for receivers insist on it.
pub fn frame(message: &str) -> Vec<u8> {
    let mut framed = Vec::with_capacity(message.len() + 4);
    framed.push(START);
    framed.extend_from_slice(message.as_bytes());
    if !message.ends_with('\r') {
        framed.push(CR);
    }
    framed.extend_from_slice(&[END, CR]);
    framed
}

fn broken(detail: impl Into<String>) -> Refusal {
    Refusal::reject("100", "", detail)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vector(name: &str) -> Vec<u8> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/identity/v2/");
        std::fs::read(format!("{folder}{name}")).unwrap()
    }

    /// All frames, and what came after them.
    fn read(limit: usize, pieces: &[&[u8]]) -> (Vec<Vec<u8>>, Result<bool, Refusal>) {
        let mut frames = Frames::new(limit);
        let mut complete = Vec::new();
        for piece in pieces {
            frames.push(piece);
            while let Ok(Some(frame)) = frames.next_frame() {
                complete.push(frame);
            }
        }
        let rest = frames.next_frame().map(|_| frames.is_open());
        (complete, rest)
    }

    fn ids(frames: &[Vec<u8>]) -> Vec<String> {
        let id = |frame: &Vec<u8>| String::from_utf8_lossy(frame).split('|').nth(9).unwrap_or_default().to_owned();
        frames.iter().map(id).collect()
    }

    #[test]
    fn two_frames_in_one_stream_come_out_in_order() {
        let (frames, rest) = read(1 << 20, &[&vector("mllp-two-frames.bin")]);
        assert_eq!((ids(&frames), rest), (vec!["M-1".to_owned(), "M-2".to_owned()], Ok(false)));
        assert!(frames.iter().all(|frame| frame.starts_with(b"MSH|") && frame.ends_with(b"\r")));
    }

    #[test]
    fn octets_between_frames_are_skipped() {
        let (frames, rest) = read(1 << 20, &[&vector("mllp-garbage-between.bin")]);
        assert_eq!((ids(&frames), rest), (vec!["M-1".to_owned(), "M-2".to_owned()], Ok(false)));
    }

    #[test]
    fn a_truncated_frame_is_not_delivered() {
        let (frames, rest) = read(1 << 20, &[&vector("mllp-truncated.bin")]);
        assert_eq!((frames.len(), rest), (0, Ok(true)));
    }

    #[test]
    fn a_frame_without_its_last_octet_ends_where_the_next_begins() {
        let (frames, _) = read(1 << 20, &[&vector("mllp-fs-without-cr.bin")]);
        assert_eq!(frames.len(), 2);
    }

    #[test]
    fn framing_octets_inside_a_message_are_refused() {
        for stream in [b"\x0bMSH\x1cPID".as_slice(), b"\x0bMSH\x0bMSH"] {
            assert!(read(100, &[stream]).1.is_err());
        }
    }

    #[test]
    fn frames_before_a_refusal_are_still_delivered() {
        let (frames, rest) = read(100, &[b"\x0bone\x1c\r\x0btwo\x1cx"]);
        assert_eq!(frames, [b"one"]);
        assert!(rest.is_err());
    }

    #[test]
    fn a_message_beyond_the_limit_is_refused_before_it_ends() {
        assert!(read(10, &[b"\x0b0123456789\x1c\r"]).1.is_ok());
        assert!(read(10, &[b"\x0b0123456789A"]).1.is_err());
    }

    #[test]
    fn endless_octets_outside_of_frames_are_refused() {
        assert!(read(10, &[&vec![b'x'; JUNK]]).1.is_ok());
        assert!(read(10, &[&vec![b'x'; JUNK], b"x"]).1.is_err());
    }

    #[test]
    fn transport_acknowledgements_are_ignored() {
        assert_eq!(read(10, &[b"\x0b\x06\x1c\r\x0b\x15\x1c\r\x0bM\x1c\r"]).0, [b"M"]);
    }

    #[test]
    fn a_written_frame_ends_its_last_segment() {
        assert_eq!(frame("MSH|^~\\&\rMSA|AA|1"), b"\x0bMSH|^~\\&\rMSA|AA|1\r\x1c\r");
        assert_eq!(frame("MSH\r"), b"\x0bMSH\r\x1c\r");
    }

    proptest! {
        #[test]
        fn any_split_of_any_stream_gives_the_same_frames(
            stream in prop::collection::vec(prop::sample::select(vec![START, END, CR, 0x06, b'M', b'|']), 0..60),
            place in any::<prop::sample::Index>(),
            second in any::<prop::sample::Index>(),
        ) {
            let (a, b) = (place.index(stream.len() + 1), second.index(stream.len() + 1));
            let (a, b) = (a.min(b), a.max(b));
            let split = read(8, &[&stream[..a], &stream[a..b], &stream[b..]]);
            prop_assert_eq!(split, read(8, &[&stream]));
        }
    }
}
