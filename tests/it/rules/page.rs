//! `docs/rules.md`.

use std::fmt::Write as _;

use ihe::Rule;
use ihe::fault::Severity;

use super::Listed;

const HEAD: &str = "\
# Rules

What Musubi holds against every submission, update, removal and query, and how it answers whoever breaks a rule. Nothing of what
it refuses is kept. Mistakes are answered together, one `RegistryError` each: what a message shows by itself first, then what comes
of what the registry holds. `errorCode` is the code below, and `codeContext` says in this order where the
mistake is, what was found there, what is right, where the standard says so, and which rule it is. Except for
queries, `location` repeats where.

> document01, creationTime: found \"198\"; required: a time reads YYYYMMDDhhmmss in UTC, or ends after any of these parts (ITI TF-3 §4.2.3.1.7, DTM, rule Dtm)

In ITI-41 `XDSRepositoryMetadataError` stands for `XDSRegistryMetadataError` where the repository cannot read the metadata.

登録、更新、削除、検索の電文に対して Musubi が検査する規則と、違反したときの応答の一覧です。拒否した電文の内容は一切保存しません。誤りはまとめて
応答します。電文だけから分かる誤りが先、登録済みの内容との矛盾が後に並びます。誤り一つにつき `RegistryError` が一つで、
`errorCode` は下表のコード、`codeContext` は、誤りの場所、見つかった値、正しい形、標準規格の該当箇所、規則の名前を、この順に英語で示します。検索以外では `location` にも場所を示します。

This page is made from the table in `ihe/src/rule.rs` and from the tests, which break every rule over the wire;
`MUSUBI_WRITE_DOCS=1 cargo test -p hub --test it the_page_of_rules` writes it. このページはコードとテストから生成しています。
";

/// The page.
pub(super) fn of(cases: &[Listed]) -> String {
    let mut page = HEAD.to_owned();
    let mut group = "";
    for rule in Rule::ALL {
        if rule.group() != group {
            group = rule.group();
            write!(
                page,
                "\n## {group}\n\n| rule | what is right | error | source | tests |\n| --- | --- | --- | --- | --- |\n"
            )
            .expect("text can be written");
        }
        let row = rule.kind().row();
        let severity = match row.severity {
            Severity::Error => "",
            Severity::Warning => " (warning)",
        };
        let (name, right, source) = (rule.name(), cell(rule.right()), rule.source());
        let tests = tests(*rule, cases);
        writeln!(page, "| {name} | {right} | `{}`{severity} | {source} | {tests} |", row.ebxml)
            .expect("text can be written");
    }
    page
}

/// The cases that break a rule, as links to their files.
fn tests(rule: Rule, cases: &[Listed]) -> String {
    let cases = cases.iter().filter(|(broken, ..)| *broken == rule);
    cases.map(|(_, name, file)| format!("[{}](../tests/{file})", cell(name))).collect::<Vec<_>>().join("<br>")
}

/// A text within a row of a table; what looks like an element or a formula is none.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('$', "\\$")
}
