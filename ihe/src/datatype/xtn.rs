use super::{Components, Verdict};

/// XTN: a telephone, `^use^PH^^country^area^number^extension`, or an address, `^use^Internet^address`
/// (ITI TF-3 §4.2.3.1.7).
pub(crate) fn xtn(text: &str) -> Verdict {
    let components = Components::of(text);
    match components.get(3) {
        "Internet" | "X.400" if components.get(4).is_empty() => Err("XTN.4, the address, is required"),
        "Internet" | "X.400" if !components.only(&[2, 3, 4]) => Err("beside an address only XTN.2 to XTN.4 are valued"),
        "Internet" | "X.400" => Ok(()),
        "PH" | "CP" | "FX" | "BP" | "MD" | "SAT" | "TDD" | "TTY" => telephone(&components),
        _ => Err("XTN.3 says what kind of equipment it is: PH, CP, FX, BP, Internet or X.400"),
    }
}

fn telephone(components: &Components<'_>) -> Verdict {
    if components.get(2) == "NET" {
        return Err("NET in XTN.2 means an address, not a telephone");
    }
    match (components.get(7), components.get(12)) {
        ("", "") => Err("XTN.7 or XTN.12, the number, is required"),
        ("", _) if components.only(&[2, 3, 12]) => Ok(()),
        (_, "") if components.only(&[2, 3, 5, 6, 7, 8]) => Ok(()),
        _ => Err("a telephone has either XTN.5 to XTN.8 or XTN.12"),
    }
}
