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

/// Letters that a part of a name has at least.
const PART: usize = 4;

/// The shortest name of which this is a part, in any case.
pub(super) fn part_of<'n>(sent: &str, names: &[&'n str]) -> Option<&'n str> {
    let sent = sent.as_bytes();
    let holds = |name: &&&str| name.as_bytes().windows(sent.len()).any(|part| part.eq_ignore_ascii_case(sent));
    let long = sent.len() >= PART;
    names.iter().filter(|_| long).filter(holds).min_by_key(|name| name.len()).copied()
}

/// The name that differs in the fewest letters. Not for long texts.
pub(super) fn nearest<'n>(sent: &str, names: &[&'n str]) -> Option<&'n str> {
    let start = start(sent).as_bytes();
    names.iter().min_by_key(|name| distance(start, name.as_bytes())).copied()
}

/// What of a name can count: no name has more letters.
fn start(sent: &str) -> &str {
    sent.char_indices().nth(SHOWN).map_or(sent, |(end, _)| &sent[..end])
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
    fn a_part_of_a_name_has_four_letters_and_any_case() {
        let names = ["$XDSDocumentEntryEventCodeList", "$XDSDocumentEntryClassCode", "$uuid"];
        for sent in ["ClassCode", "XDSDocumentEntryClass", "classcode", "EntryClassCode"] {
            assert_eq!(part_of(sent, &names), Some("$XDSDocumentEntryClassCode"), "{sent}");
        }
        for sent in ["", "Cod", "vendorClassCode", "ClassCodes"] {
            assert_eq!(part_of(sent, &names), None, "{sent}");
        }
    }

    #[test]
    fn the_nearest_name_differs_in_the_fewest_letters() {
        let names = ["$XDSDocumentEntryTypeCode", "$XDSDocumentEntryClassCode"];
        assert_eq!(nearest("$XDSDocumentClassCode", &names), Some("$XDSDocumentEntryClassCode"));
        assert_eq!(nearest(&"あ".repeat(100_000), &names), Some("$XDSDocumentEntryTypeCode"));
        assert_eq!(nearest("$XDS", &[]), None);
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(shown("a\nb"), "\"a b\"");
        assert_eq!(shown(&"あ".repeat(70)), format!("\"{}…\"", "あ".repeat(64)));
    }
}
