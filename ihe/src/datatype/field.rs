use super::{Flaw, Shape, Verdict};
use crate::rule::Rule;

/// One value of sourcePatientInfo: `PID-n|content` (ITI TF-3 §4.2.3.2.23).
pub(crate) fn field(text: &str) -> Verdict {
    shape(text).map_err(|found| Flaw::new(Rule::PatientInfo, found))
}

fn shape(text: &str) -> Shape {
    let Some(number) = field_number(text) else {
        return Err("a value that does not begin with PID-n|");
    };
    // The patient's identifiers and account belong into PID-3; the other two are obsolete.
    if matches!(number, 2 | 4 | 12 | 19) {
        return Err("one of PID-2, PID-4, PID-12 and PID-19");
    }
    Ok(())
}

/// The number of the PID field. Blanks around it are tolerated: they are seen in the field.
pub(crate) fn field_number(text: &str) -> Option<u8> {
    let (name, _) = text.split_once('|')?;
    let digits = name.trim_ascii().strip_prefix("PID-")?;
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|n| plain && (1..=39).contains(n))
}
