//! The checks that quick-xml leaves to its callers.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

use psbridge_clixml::xml::{Event, Reader};
use psbridge_clixml::{Error, XmlProblem};

fn events(text: &str) -> Result<Vec<String>, Error> {
    let mut reader = Reader::new(text);
    let mut all = Vec::new();
    while let Some(event) = reader.next()? {
        all.push(match event {
            Event::Start(start) => {
                let attributes: String = start
                    .attributes
                    .iter()
                    .map(|a| format!(" {{{}}}{}={}", a.ns, a.local, a.value))
                    .collect();
                format!("<{{{}}}{}{attributes}>", start.ns, start.local)
            }
            Event::Text(text) => text.into_owned(),
            Event::End => "</>".to_owned(),
        });
    }
    Ok(all)
}

fn problem(text: &str) -> XmlProblem {
    match events(text).unwrap_err() {
        Error::Xml { problem, offset } => {
            assert!(offset <= text.len());
            problem
        }
        other => panic!("{text}: {other}"),
    }
}

#[test]
fn pieces_of_text_are_put_together() {
    let text = "<a>a &amp; b&#xD;c<![CDATA[<d>]]><!-- no --><?no no?>e\r\nf\rg</a>";
    assert_eq!(events(text).unwrap(), ["<{}a>", "a & b\rc<d>e\nf\ng", "</>"]);
    assert_eq!(events("<a>&#xD83D;</a>").unwrap(), ["<{}a>", "\u{FFFD}", "</>"]);
    assert_eq!(
        events("<a>&#xD83D;&#xDE00;&#1;</a>").unwrap(),
        ["<{}a>", "\u{1F600}\u{1}", "</>"]
    );
    assert_eq!(
        events("<a> <b/> </a>").unwrap(),
        ["<{}a>", " ", "<{}b>", "</>", " ", "</>"]
    );
}

#[test]
fn only_the_entities_of_xml_exist() {
    for text in [
        "<a>&foo;</a>",
        "<a>&nbsp;</a>",
        "<a b='&foo;'/>",
        "<a>&#;</a>",
        "<a>&#x110000;</a>",
        "<a>&</a>",
        "<a>& b;</a>",
        "<a>&amp</a>",
    ] {
        assert_eq!(problem(text), XmlProblem::Reference, "{text}");
    }
}

#[test]
fn tags_must_match() {
    for text in [
        "<a></b>",
        "<a><b></a></b>",
        "<a></a></a>",
        "</a>",
        "<p:a xmlns:p='x' xmlns:q='x'></q:a>",
        "<a></ a>",
        "<a></a b='c'>",
    ] {
        assert!(
            matches!(
                problem(text),
                XmlProblem::MismatchedEnd | XmlProblem::Markup | XmlProblem::Name
            ),
            "{text}"
        );
    }
    assert_eq!(events("<a></a \n>").unwrap(), ["<{}a>", "</>"]);
    for text in [
        "<a>",
        "<a><b></b>",
        "<a>text",
        "<a",
        "<a b='c",
        "<a><!-- ",
        "<a><![CDATA[",
        "<a><?p ",
    ] {
        assert!(
            matches!(
                problem(text),
                XmlProblem::UnexpectedEnd | XmlProblem::Markup | XmlProblem::Attribute
            ),
            "{text}: {}",
            problem(text)
        );
    }
}

#[test]
fn one_root_and_nothing_around_it() {
    for text in [
        "<a/><b/>",
        "<a/>text",
        "text<a/>",
        "<a/>&amp;",
        "<![CDATA[]]><a/>",
        "<a/><![CDATA[ ]]>",
        "\u{FEFF}<a/>",
    ] {
        assert_eq!(problem(text), XmlProblem::OutsideRoot, "{text}");
    }
    assert_eq!(problem(""), XmlProblem::NoRoot);
    assert_eq!(problem(" <!-- c --> "), XmlProblem::NoRoot);
    assert_eq!(
        events(" <!-- c --><?p?>\n<a/>\n<!-- d --> ").unwrap(),
        ["<{}a>", "</>"]
    );
}

#[test]
fn namespaces_are_resolved() {
    assert_eq!(
        events(
            "<a xmlns='d' xmlns:p='P' p:x='1' y='2'><p:b/><c xmlns=''><d xmlns:p='Q'><p:e/></d><p:f/></c></a>"
        )
        .unwrap(),
        [
            "<{d}a {P}x=1 {}y=2>",
            "<{P}b>",
            "</>",
            "<{}c>",
            "<{}d>",
            "<{Q}e>",
            "</>",
            "</>",
            "<{P}f>",
            "</>",
            "</>",
            "</>"
        ]
    );
    assert_eq!(
        events("<a xml:lang='en'/>").unwrap(),
        ["<{}a {http://www.w3.org/XML/1998/namespace}lang=en>", "</>"]
    );
    for text in [
        "<p:a/>",
        "<a p:b='1'/>",
        "<a><b xmlns:p='P'/><p:c/></a>",
        "<a xmlns:p=''/>",
        "<a xmlns:xml='x'/>",
        "<a xmlns:xmlns='x'/>",
    ] {
        assert_eq!(problem(text), XmlProblem::UnboundPrefix, "{text}");
    }
}

#[test]
fn attributes_are_checked() {
    for text in [
        "<a b='1' b='2'/>",
        "<a xmlns:p='x' xmlns:q='x' p:b='1' q:b='2'/>",
        "<a xmlns='x' xmlns='y'/>",
    ] {
        assert_eq!(problem(text), XmlProblem::DuplicateAttribute, "{text}");
    }
    for text in [
        "<a b/>",
        "<a b=c/>",
        "<a b='1'c='2'/>",
        "<a b='<'/>",
        "<a b = />",
        "<a ='1'/>",
        "<a b='1' / >",
        "<a 1='x'/>",
    ] {
        assert!(
            matches!(
                problem(text),
                XmlProblem::Attribute | XmlProblem::Name | XmlProblem::UnexpectedEnd
            ),
            "{text}"
        );
    }
    assert_eq!(
        events("<a b='x\t\r\n&#10;y' c='a>b'/>").unwrap(),
        ["<{}a {}b=x  \ny {}c=a>b>", "</>"]
    );
    let many: String = (0..1000).map(|number| format!(" a{number}=''")).collect();
    assert!(matches!(
        events(&format!("<a{many}/>")),
        Err(Error::Limit {
            limit: "max_attributes",
            ..
        })
    ));
}

#[test]
fn names_are_checked() {
    for text in [
        "<1/>",
        "< a/>",
        "<a:b:c xmlns:a='x'/>",
        "<:a/>",
        "<a:/>",
        "<a\u{D7}/>",
        "<\u{D7}/>",
        "<-/>",
        "<a;/>",
    ] {
        assert!(
            matches!(problem(text), XmlProblem::Name | XmlProblem::Attribute),
            "{text}"
        );
    }
    assert_eq!(events("<é·x_1.2-3/>").unwrap(), ["<{}é·x_1.2-3>", "</>"]);
}

#[test]
fn forbidden_characters_are_refused() {
    for text in [
        "<a>\u{1}</a>",
        "<a>\u{FFFE}</a>",
        "<a>b\u{FFFF}</a>",
        "<a b='\u{8}'/>",
        "<a><!-- \u{2} --></a>",
        "<a><![CDATA[\u{3}]]></a>",
        "<a>\0</a>",
    ] {
        assert_eq!(problem(text), XmlProblem::Character, "{text:?}");
    }
    assert_eq!(
        events("<a>\u{FFFD}\u{EFFF}\u{7F}\u{85}</a>").unwrap()[1],
        "\u{FFFD}\u{EFFF}\u{7F}\u{85}"
    );
    assert_eq!(problem("<a>]]></a>"), XmlProblem::CdataEnd);
    assert_eq!(problem("<a>x]]>y</a>"), XmlProblem::CdataEnd);
}

#[test]
fn declarations_and_doctypes() {
    for text in [
        "<!DOCTYPE a><a/>",
        "<!doctype a><a/>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
        "<!DOCTYPE",
        "<a><!DOCTYPE b></a>",
    ] {
        assert_eq!(problem(text), XmlProblem::Doctype, "{text}");
    }
    for text in [
        "<?xml version='1.1'?><a/>",
        "<?xml version=\"1.0\" foo='x'?><a/>",
        "<?xml encoding='utf-8'?><a/>",
        "<a/><?xml version='1.0'?>",
        " <?xml version='1.0'?><a/>",
        "<?xml version='1.0' standalone='maybe'?><a/>",
        "<?xml version='1.0' standalone='no' encoding='utf-8'?><a/>",
    ] {
        assert_eq!(problem(text), XmlProblem::Declaration, "{text}");
    }
    for text in [
        "<?XML?><a/>",
        "<a><?xmL x?></a>",
        "<a><!-- -- --></a>",
        "<a><!-- ---></a>",
        "<a><!FOO></a>",
        "<a><??></a>",
        "<a><?1?></a>",
    ] {
        assert!(
            matches!(problem(text), XmlProblem::Markup | XmlProblem::UnexpectedEnd),
            "{text}"
        );
    }
    assert_eq!(
        events("<?xml version=\"1.0\" encoding='utf-8' standalone='yes' ?><a/>")
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn depth_is_bounded() {
    let deep = |levels: usize| "<a>".repeat(levels) + &"</a>".repeat(levels);
    assert!(events(&deep(1000)).is_ok());
    assert!(matches!(
        events(&deep(200_000)),
        Err(Error::Limit {
            limit: "max_depth",
            ..
        })
    ));
    let bound: String = (0..100).map(|number| format!(" xmlns:a{number}='x'")).collect();
    let bindings = format!("<a{bound}>").repeat(5) + &"</a>".repeat(5);
    let error = events(&bindings).unwrap_err();
    assert!(matches!(
        error,
        Error::Limit {
            limit: "max_namespaces",
            ..
        }
    ));
}

#[test]
fn text_of_an_element() {
    let mut reader = Reader::new("<a><b>x &lt;<!-- c --></b><c/><d>AAEC</d><e>x<f/></e></a>");
    reader.next().unwrap();
    reader.next().unwrap();
    assert_eq!(reader.text().unwrap(), "x <");
    reader.next().unwrap();
    assert_eq!(reader.text().unwrap(), "");
    reader.next().unwrap();
    assert_eq!(reader.raw_text().unwrap(), "AAEC");
    reader.next().unwrap();
    assert!(matches!(
        reader.text(),
        Err(Error::Xml {
            problem: XmlProblem::ChildElement,
            ..
        })
    ));
}

#[test]
fn raw_text_is_taken_as_it_stands() {
    let inside = |text: &str| {
        let document = format!("<a>{text}</a>");
        let mut reader = Reader::new(&document);
        reader.next().unwrap();
        let text = reader.raw_text().map(|text| text.into_owned());
        if text.is_ok() {
            assert_eq!(reader.next().unwrap(), None);
        }
        text
    };
    assert_eq!(inside("AA==\r\n").unwrap(), "AA==\r\n");
    assert_eq!(inside("AAEC&#13;&#10;AA==").unwrap(), "AAEC\r\nAA==");
    assert_eq!(inside("AA&amp;").unwrap(), "AA&");
    assert_eq!(inside("").unwrap(), "");
    for text in ["<b/>", "x<b/>", "x<!-- c -->", "x<![CDATA[y]]>", "x</b>"] {
        assert!(inside(text).is_err(), "{text}");
    }
    let mut open = Reader::new("<a>never closed");
    open.next().unwrap();
    assert!(open.raw_text().is_err());
}

#[test]
fn elements_are_passed_over_and_taken_whole() {
    let mut reader = Reader::new("<a><b><c/>x</b><d>t<e f='g'/>u</d><h/></a>");
    reader.next().unwrap();
    reader.next().unwrap();
    assert_eq!(reader.depth(), 2);
    reader.skip().unwrap();
    assert_eq!(reader.depth(), 1);
    reader.next().unwrap();
    assert_eq!(reader.start_offset(), 15);
    assert_eq!(reader.inner_xml().unwrap(), "t<e f='g'/>u");
    let Some(Event::Start(start)) = reader.next().unwrap() else {
        panic!("no element")
    };
    assert!(start.is("", "h") && start.attribute("x").is_none());
    assert_eq!(reader.inner_xml().unwrap(), "");
    assert_eq!(reader.next().unwrap(), Some(Event::End));
    assert_eq!(reader.next().unwrap(), None);
    assert_eq!(reader.offset(), 42);
}
