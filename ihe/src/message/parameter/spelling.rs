//! How near a name is to another, and how much of a text is shown.

/// Characters of a text that an error repeats.
const SHOWN: usize = 64;

/// A text in quotes as an error may repeat it: short, and in one line. Not for what may hold an identifier or a name.
pub(in crate::message) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("\"{short}\"")
}

/// Letters that may be wrong, missing or too many in a misspelt name.
const NEAR: usize = 2;

/// The name that is probably meant: the same in another case, or one that differs in at most two letters.
pub(super) fn near<'n>(sent: &str, names: &[&'n str]) -> Option<&'n str> {
    let close = names.iter().filter(|name| name.len().abs_diff(sent.len()) <= NEAR);
    let measured = close.map(|name| (distance(sent.as_bytes(), name.as_bytes()), *name));
    measured.filter(|(distance, _)| *distance <= NEAR).min().map(|(_, name)| name)
}

/// The edit distance of Levenshtein, case aside: the matrix row by row. Names are short.
fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(!x.eq_ignore_ascii_case(y));
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_near_in_another_case_or_two_letters_off() {
        let names = ["$XDSFolderStatus", "$uuid", "$XDSFolderCodeList"];
        for sent in ["$XDSFOLDERSTATUS", "$XDSFolderStatuss", "$XDSFoldreStatus", "$XDSFolderStat"] {
            assert_eq!(near(sent, &names), Some("$XDSFolderStatus"), "{sent}");
        }
        assert_eq!(near("$uid", &names), Some("$uuid"));
        for sent in ["$XDSFolderSta", "$XDSFolderStatusCode", "$id2345", ""] {
            assert_eq!(near(sent, &names), None, "{sent}");
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(shown("a\nb"), "\"a b\"");
        assert_eq!(shown(&"あ".repeat(70)), format!("\"{}…\"", "あ".repeat(64)));
    }
}
