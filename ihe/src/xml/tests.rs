//! Tests of cursor and writer.

use proptest::prelude::*;

use super::*;
use crate::fault::{Fault, Kind};

fn read(xml: &[u8], limits: Limits) -> Result<(), Fault> {
    let mut cursor = Cursor::with_limits(xml, limits)?;
    cursor.root()?;
    cursor.skip()?;
    cursor.finish()
}

fn accepts(xml: &str) {
    read(xml.as_bytes(), Limits::default()).unwrap_or_else(|fault| panic!("{xml}: {fault}"));
}

fn refuses(xml: &str) {
    let fault = read(xml.as_bytes(), Limits::default()).expect_err(xml);
    assert_eq!(fault.kind, Kind::Malformed, "{xml}");
}

#[test]
fn what_xml_1_0_allows_is_read() {
    for xml in [
        "<a/>",
        "\u{FEFF}<a/>",
        "\r\n <?xml version='1.0'?><a/>",
        "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\" ?>\n<!-- hello -->\n<a></a>\n<!-- bye -->\n",
        "<a b='1' c = \"2\"\n/>",
        "<a b='>'>]]</a >",
        "<p:a xmlns:p='urn:x' p:b='1' b='2'><p:c/></p:a>",
        "<a xmlns='urn:x'><b xmlns=''/></a>",
        "<a>&lt;&#x10FFFF;&#9;</a>",
        "<a><![CDATA[<b>&x;]]></a>",
        "<été名前.1-2/>",
        "<a xml:lang='ja' xmlns:xml='http://www.w3.org/XML/1998/namespace'/>",
    ] {
        accepts(xml);
    }
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for xml in [
        "",
        " ",
        "text",
        "<a>",
        "<a",
        "<a/",
        "</a>",
        "<a></b>",
        "<a/><b/>",
        "<a/>text",
        "text<a/>",
        "<a/>&amp;",
        "<a/><",
        "<>",
        "< a/>",
        "<a b/>",
        "<a b=1/>",
        "<a b='1'c='2'/>",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "<a b='&'/>",
        "<a b='&x;'/>",
        "<a>&</a>",
        "<a>&x;</a>",
        "<a>&#0;</a>",
        "<a>&#xFFFE;</a>",
        "<a>&#xD800;</a>",
        "<a>&#x;</a>",
        "<a>&#+1;</a>",
        "<a>]]></a>",
        "<a>\u{1}</a>",
        "<a>\u{FFFF}</a>",
        "<a><!-- x -- y --></a>",
        "<a><!-- x ---></a>",
        "<a><!-></a>",
        "<1a/>",
        "<a:/>",
        "<:a/>",
        "<a:b:c xmlns:a='x'/>",
        "<a -b='1'/>",
        "<a><![CDATA[x</a>",
        "<a/ >",
        "<a><b></a></b>",
        "<![CDATA[x]]>",
        "<a/><![CDATA[x]]>",
    ] {
        refuses(xml);
    }
}

#[test]
fn what_soap_forbids_is_refused() {
    for xml in [
        "<!DOCTYPE a><a/>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<?pi?><a/>",
        "<a><?pi x?></a>",
        "<a/><?pi?>",
        "<a><?xml version='1.0'?></a>",
        "<?xml version='1.1'?><a/>",
        "<?xml version='1.0' encoding='UTF-16'?><a/>",
        "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
        "<?xml encoding='UTF-8'?><a/>",
        "<?xml ?><a/>",
        "<?xml version='1.0' standalone='yes' encoding='UTF-8'?><a/>",
        "<?xml version='1.0'?><?xml version='1.0'?><a/>",
    ] {
        refuses(xml);
    }
}

#[test]
fn what_namespaces_forbid_is_refused() {
    for xml in [
        "<p:a/>",
        "<a p:b='1'/>",
        "<a xmlns:p=''/>",
        "<a xmlns:p='x' xmlns:p='y'/>",
        "<a xmlns:xmlns='x'/>",
        "<a xmlns:xml='x'/>",
        "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns:p='x' xmlns:q='x' p:b='1' q:b='2'/>",
        "<a><b xmlns:p='x'/><p:c/></a>",
        "<a xmlns:p='urn&#58;x'/>",
    ] {
        refuses(xml);
    }
}

#[test]
fn octets_that_are_not_utf_8_are_refused() {
    assert_eq!(read(b"<a>\xFF</a>", Limits::default()).unwrap_err().kind, Kind::Malformed);
    assert_eq!(read(b"\xFE\xFF\0<\0a\0/\0>", Limits::default()).unwrap_err().kind, Kind::Malformed);
}

#[test]
fn only_the_first_character_may_be_a_byte_order_mark() {
    for xml in [
        "<?xml version=\"1.0\"?>\u{FEFF}<a b=\"あ\">x</a>",
        "<?xml version=\"1.0\"?>\n\u{FEFF}<a b=\"あ\">x</a>",
        "\u{FEFF}\u{FEFF}<a b='あ'/>",
        "\u{FEFF}<?xml version='1.0'?>\u{FEFF}<a b='あ'/>",
        "\u{FEFF} \u{FEFF}<a b='あ'/>",
        " \u{FEFF}<a b='あ'/>",
        "\u{FEFF}",
        "<a/>\u{FEFF}",
    ] {
        refuses(xml);
    }
    accepts("\u{FEFF}<?xml version='1.0'?><a b='\u{FEFF}あ'>\u{FEFF}</a>");
}

#[test]
fn every_limit_is_kept_and_named() {
    let small = |change: fn(&mut Limits)| {
        let mut limits = Limits::default();
        change(&mut limits);
        limits
    };
    for (name, limits, good, bad) in [
        ("size", small(|l| l.size = 5), "<a />", "<a  />"),
        ("depth", small(|l| l.depth = 2), "<a><b/></a>", "<a><b><c/></b></a>"),
        ("attributes", small(|l| l.attributes = 1), "<a b='1'/>", "<a b='1' xmlns='x'/>"),
        ("attribute_bytes", small(|l| l.attribute_bytes = 3), "<a b='123'/>", "<a b='1234'/>"),
        ("name_bytes", small(|l| l.name_bytes = 3), "<abc d=''/>", "<abc defg=''/>"),
        ("text_bytes", small(|l| l.text_bytes = 3), "<a>123</a>", "<a>1234</a>"),
        ("comment_bytes", small(|l| l.comment_bytes = 15), "<a><!-- 1 --></a>", "<a><!-- 1 --><!-- 2 --></a>"),
        ("events", small(|l| l.events = 5), "<a><b/></a>", "<a><b/><c/></a>"),
        ("declarations", small(|l| l.declarations = 1), "<a xmlns='x'/>", "<a xmlns='x' xmlns:y='y'/>"),
        ("bindings", small(|l| l.bindings = 2), "<a xmlns='x'/>", "<a xmlns='x'><b xmlns:y='y'/></a>"),
    ] {
        read(good.as_bytes(), limits).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let fault = read(bad.as_bytes(), limits).expect_err(name);
        assert_eq!(fault.kind, Kind::TooLarge, "{name}");
        assert!(fault.detail.contains(&format!("\"{name}\"")), "{}", fault.detail);
    }
}

#[test]
fn text_split_by_references_and_comments_counts_as_one() {
    let mut limits = Limits { text_bytes: 8, ..Limits::default() };
    let xml = b"<a>123&lt;<!-- x -->4<![CDATA[56]]>7</a>";
    let mut cursor = Cursor::with_limits(xml, limits).unwrap();
    cursor.root().unwrap();
    assert_eq!(cursor.text().unwrap(), "123<4567");
    limits.text_bytes = 7;
    let mut cursor = Cursor::with_limits(xml, limits).unwrap();
    cursor.root().unwrap();
    assert_eq!(cursor.text().unwrap_err().kind, Kind::TooLarge);
}

#[test]
fn ten_thousand_levels_are_refused_without_recursion() {
    let xml = "<a>".repeat(10_000);
    assert_eq!(read(xml.as_bytes(), Limits::default()).unwrap_err().kind, Kind::TooLarge);
}

#[test]
fn mixed_content_comes_piece_by_piece() {
    let mut c = Cursor::new(b"<a> x<b c='1'/>&amp;y</a>").unwrap();
    c.root().unwrap();
    assert_eq!(c.next().unwrap(), Node::Text(" x".into()));
    assert_eq!(c.next().unwrap(), Node::Child(Tag { ns: "", local: "b" }));
    assert_eq!(c.attribute("c").as_deref(), Some("1"));
    c.skip().unwrap();
    assert_eq!(c.next().unwrap(), Node::Text("&y".into()));
    assert_eq!(c.next().unwrap(), Node::End);
    c.finish().unwrap();
}

#[test]
fn text_among_children_is_refused_without_repeating_it() {
    let mut c = Cursor::new(b"<a>\n secret<b/></a>").unwrap();
    c.root().unwrap();
    let fault = c.child().unwrap_err();
    assert!(fault.detail.contains("line 1, byte 3") && !fault.detail.contains("secret"), "{}", fault.detail);
}

#[test]
fn attributes_are_normalised_as_xml_says() {
    let mut c = Cursor::new(b"<a b='x\r\ny\tz&#10;&quot;'/>").unwrap();
    c.root().unwrap();
    assert_eq!(c.attribute("b").as_deref(), Some("x y z\n\""));
}

#[test]
fn an_element_is_cut_out_with_the_declarations_it_needs() {
    let xml = b"<e:E xmlns:e='urn:e' xmlns='urn:d' xmlns:q='urn:q' xmlns:r='urn:r'><e:B>\
        <q:A xmlns:r='urn:s' r:x=\"1\"> <v/></q:A > </e:B></e:E>";
    let mut c = Cursor::new(xml).unwrap();
    c.root().unwrap();
    c.child().unwrap();
    c.child().unwrap();
    let (mark, start) = (c.mark(), c.start());
    c.skip().unwrap();
    assert_eq!(&c.source()[start..c.position()], "<q:A xmlns:r='urn:s' r:x=\"1\"> <v/></q:A >");
    let alone = c.cut(&mark);
    assert_eq!(
        alone,
        "<q:A xmlns:e=\"urn:e\" xmlns=\"urn:d\" xmlns:q=\"urn:q\" xmlns:r='urn:s' r:x=\"1\"> <v/></q:A >"
    );
    accepts(&alone);
}

#[test]
fn prefixes_of_content_are_resolved_where_they_stand() {
    let mut c = Cursor::new(b"<a xmlns:p='1'><b xmlns:p='2'/><c/></a>").unwrap();
    c.root().unwrap();
    c.child().unwrap();
    assert_eq!(c.namespace("p"), Some("2"));
    c.skip().unwrap();
    c.child().unwrap();
    assert_eq!(c.namespace("p"), Some("1"));
    assert_eq!(c.namespace("q"), None);
}

#[test]
fn base64_is_read_with_blanks_and_without_padding() {
    for text in ["aGVsbG8=", "aGVs\r\n bG8=", "aGVsbG8"] {
        assert_eq!(from_base64(text).unwrap(), b"hello", "{text}");
    }
    for text in ["aGVsbG8==", "aGVsb", "aGV$", "a=Vs"] {
        assert_eq!(from_base64(text).unwrap_err().kind, Kind::Malformed, "{text}");
    }
}

#[test]
fn base64_is_written_padded() {
    let mut w = Writer::new();
    w.start("a").base64(b"hello").end();
    assert_eq!(w.finish(), b"<a>aGVsbG8=</a>");
}

#[test]
fn characters_that_xml_forbids_are_never_written() {
    let mut w = Writer::new();
    w.start("a").attribute("b", "\u{1}\u{FFFE}").text("\u{FFFF}\u{3042}\u{FB01}").end();
    assert_eq!(w.finish(), "<a b=\"\u{FFFD}\u{FFFD}\">\u{FFFD}\u{3042}\u{FB01}</a>".as_bytes());
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(value in any::<String>(), text in any::<String>()) {
        let legal = |s: &str| s.chars().map(|c| if chars::is_char(c) { c } else { '\u{FFFD}' }).collect::<String>();
        let mut w = Writer::new();
        w.start("a").attribute("b", &value).attribute_of("c", format_args!("{value}")).text(&text).end();
        let xml = w.finish();
        let mut c = Cursor::new(&xml).unwrap();
        c.root().unwrap();
        prop_assert_eq!(c.attribute("b").unwrap(), legal(&value));
        prop_assert_eq!(c.attribute("c").unwrap(), legal(&value));
        prop_assert_eq!(c.text().unwrap(), legal(&text));
        c.finish().unwrap();
    }

    #[test]
    fn whatever_stands_before_the_root_its_offsets_are_right(
        before in "(\u{FEFF})?[ \n]{0,2}(<\\?xml version='1\\.0'\\?>)?[ \n\u{FEFF}]{0,2}(<!--あ-->)?[ \n\u{FEFF}]{0,2}",
        value in "[あ-んé]{1,4}",
    ) {
        let element = format!("<a b='{value}'>{value}</a>");
        let xml = format!("{before}{element}");
        let mut c = Cursor::new(xml.as_bytes()).unwrap_or_else(|_| Cursor::new(b"<refused/>").unwrap());
        match c.root() {
            Ok(tag) if tag.local == "a" => {
                prop_assert_eq!(c.attribute("b").unwrap(), value.as_str());
                let mark = c.mark();
                prop_assert_eq!(c.text().unwrap(), value);
                prop_assert_eq!(c.cut(&mark), element);
                c.finish().unwrap();
            }
            _ => {
                let misplaced = before.chars().skip(1).any(|c| c == '\u{FEFF}');
                prop_assert!(misplaced, "{before:?}");
            }
        }
    }

    #[test]
    fn no_octets_make_the_cursor_panic(xml in "(<|/|>|a|=|'|\"|&|;|!|-|\\[|\\]|\\?|xmlns|:| |é|\u{FEFF}|<\\?xml version='1.0'\\?>){0,40}") {
        let _outcome = read(xml.as_bytes(), Limits::default());
    }
}
