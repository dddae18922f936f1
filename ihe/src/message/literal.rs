//! The value syntax of stored queries (ITI TF-2 §3.18.4.1.2.3.5): numbers, quoted strings and lists of them.

/// One value, with its quotes removed and doubled quotes made single.
pub(super) type Literal = Box<str>;

/// Reads what stands in one `rim:Value`: a list, or one literal without parentheses.
///
/// The text is read token by token: a comma, a parenthesis or a semicolon inside quotes is data, outside it is syntax.
pub(super) fn read(text: &str) -> Result<Vec<Literal>, &'static str> {
    let mut rest = Rest(text.trim_ascii());
    if !rest.eat('(') {
        let one = rest.literal()?;
        return if rest.0.is_empty() { Ok(vec![one]) } else { Err("something after a single value") };
    }
    let mut list = vec![rest.literal()?];
    while rest.eat(',') {
        list.push(rest.literal()?);
    }
    if rest.eat(')') && rest.0.is_empty() {
        Ok(list)
    } else {
        Err("a list that does not end, or goes on after its end")
    }
}

/// Appends a quoted string.
pub(super) fn quote(text: &str, out: &mut String) {
    out.push('\'');
    for c in text.chars() {
        out.push(c);
        if c == '\'' {
            out.push(c);
        }
    }
    out.push('\'');
}

struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// Passes a token and the white space behind it.
    fn eat(&mut self, token: char) -> bool {
        match self.0.strip_prefix(token) {
            Some(rest) => {
                self.0 = rest.trim_ascii_start();
                true
            }
            None => false,
        }
    }

    fn literal(&mut self) -> Result<Literal, &'static str> {
        let Some(quoted) = self.0.strip_prefix('\'') else {
            let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
            let (number, rest) = self.0.split_at(end);
            self.0 = rest.trim_ascii_start();
            return if number.is_empty() { Err("a string without single quotes") } else { Ok(number.into()) };
        };
        let mut text = String::new();
        let mut rest = quoted;
        loop {
            let (part, after) = rest.split_once('\'').ok_or("a string that does not end")?;
            text.push_str(part);
            match after.strip_prefix('\'') {
                Some(more) => {
                    text.push('\'');
                    rest = more;
                }
                None => {
                    self.0 = after.trim_ascii_start();
                    return Ok(text.into());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(text: &str) -> Vec<String> {
        read(text).unwrap_or_else(|why| panic!("{text}: {why}")).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn syntax_inside_quotes_is_data() {
        assert_eq!(list("('a,b','c)','O''Hara','x;y')"), ["a,b", "c)", "O'Hara", "x;y"]);
        assert_eq!(list(" ( 'a' ,\n'b' ) "), ["a", "b"]);
        assert_eq!(list("'a'"), ["a"]);
        assert_eq!(list("20250101"), ["20250101"]);
        assert_eq!(list("(1,'2')"), ["1", "2"]);
    }

    #[test]
    fn nothing_is_taken_from_a_broken_value() {
        for text in [
            "",
            "a",
            "'a",
            "'a''",
            "('a';'b')",
            "('a','b'",
            "('a' 'b')",
            "()",
            "('a',)",
            "'a','b'",
            "('a')x",
            "\"a\"",
            "12a",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_quoted_is_read_back(a in any::<String>(), b in any::<String>()) {
            let mut text = String::from("(");
            quote(&a, &mut text);
            text.push(',');
            quote(&b, &mut text);
            text.push(')');
            prop_assert_eq!(list(&text), [a, b]);
        }
    }
}
