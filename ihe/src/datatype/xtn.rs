use super::{Components, Flaw, Shape, Verdict};
use crate::rule::Rule;

/// XTN: a telephone, `^use^PH^^country^area^number^extension`, or an address, `^use^Internet^address`
/// (ITI TF-3 §4.2.3.1.7).
pub(crate) fn xtn(text: &str) -> Verdict {
    shape(text).map_err(|found| Flaw::new(Rule::Xtn, found))
}

fn shape(text: &str) -> Shape {
    let components = Components::of(text);
    match components.get(3) {
        "Internet" | "X.400" if components.get(4).is_empty() => Err("a value without XTN.4, the address"),
        "Internet" | "X.400" if !components.only(&[2, 3, 4]) => {
            Err("other components than XTN.2 to XTN.4 beside an address")
        }
        "Internet" | "X.400" => Ok(()),
        "PH" | "CP" | "FX" | "BP" | "MD" | "SAT" | "TDD" | "TTY" => telephone(&components),
        _ => Err("a kind of equipment in XTN.3 that is not PH, CP, FX, BP, Internet or X.400"),
    }
}

fn telephone(components: &Components<'_>) -> Shape {
    if components.get(2) == "NET" {
        return Err("NET in XTN.2 of a telephone, which means an address");
    }
    match (components.get(7), components.get(12)) {
        ("", "") => Err("a value without XTN.7 and XTN.12, the number"),
        ("", _) if components.only(&[2, 3, 12]) => Ok(()),
        (_, "") if components.only(&[2, 3, 5, 6, 7, 8]) => Ok(()),
        _ => Err("a telephone with both XTN.5 to XTN.8 and XTN.12, or with other components"),
    }
}
