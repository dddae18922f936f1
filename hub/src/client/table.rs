//! Tables for people, in columns that also hold where letters are two cells wide.

use unicode_width::UnicodeWidthStr;

/// Lines up rows under a head. Cells hold no control characters: what came from elsewhere must not move the cursor.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.width()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let line = |cells: &[&str]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 2));
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    };
    let mut text = line(head);
    let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    text.push_str(&line(&rule.iter().map(String::as_str).collect::<Vec<_>>()));
    for row in &rows {
        text.push_str(&line(&row.iter().map(String::as_str).collect::<Vec<_>>()));
    }
    text
}

fn printable(cell: &str) -> String {
    cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_hold_where_letters_are_wide() {
        let rows = [vec!["サマリー".to_owned(), "a".to_owned()], vec!["x".to_owned(), "b\u{1b}[2J".to_owned()]];
        let text = table(&["種別", "id"], &rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[2], "サマリー  a");
        assert_eq!(lines[3], "x         b [2J");
    }
}
