//! What the fuzz targets share: the laws that every decoder keeps, and mutations that know what XML looks like.

mod mutate;

use std::fmt::Debug;

use ihe::Fault;
use ihe::message::RegistryResponse;
use ihe::xml::{Decode, Encode, decode, encode};
pub use mutate::mutate_xml;

/// Reads a message; one that is refused can be answered.
pub fn read<T: Decode>(xml: &[u8]) -> Option<T> {
    decode::<T>(xml).map_err(answerable).ok()
}

/// Faults make a response that reads as it was written, whatever text of the message they quote.
pub fn answerable(faults: impl IntoIterator<Item = Fault>) {
    survives(&RegistryResponse::of(faults));
}

/// What we write of a value reads as that value.
pub fn survives<T: Decode + Encode + PartialEq + Debug>(value: &T) {
    let written = encode(value);
    match decode::<T>(&written) {
        Ok(again) if again == *value => {}
        Ok(again) => panic!("{}\nthrough {}", difference(value, &again), text(&written)),
        Err(faults) => panic!("what we wrote is refused: {faults}\n{}", text(&written)),
    }
}

/// The first lines that differ, for values of several pages.
fn difference<T: Debug>(was: &T, is: &T) -> String {
    const LINES: usize = 12;
    let (was, is) = (format!("{was:#?}"), format!("{is:#?}"));
    let same = was.lines().zip(is.lines()).take_while(|(was, is)| was == is).count();
    let part =
        |text: &str| text.lines().skip(same.saturating_sub(LINES / 2)).take(LINES).collect::<Vec<_>>().join("\n");
    format!("{}\nbecame\n{}", part(&was), part(&is))
}

fn text(xml: &[u8]) -> String {
    String::from_utf8_lossy(xml).into_owned()
}
