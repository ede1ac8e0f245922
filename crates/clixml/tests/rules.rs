//! What PowerShell's reader takes and refuses, rule by rule.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

use psbridge_clixml::{
    Content, Document, Error, Interner, Limits, ListKind, Object, RefId, Value, XmlProblem, json,
    read_document, read_message, write_document,
};

const ROOT: &str = r#"<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04">"#;

fn read(content: &str) -> Result<Document, Error> {
    let document = format!("{ROOT}{content}</Objs>");
    let read = read_document(document.as_bytes(), &Limits::default());
    // The bare element is read in the same way, except where there are several.
    let bare = read_message(content.as_bytes(), &Limits::default(), &mut Interner::new());
    if let (Ok(read), 1) = (&read, read.as_ref().map_or(0, |read| read.roots().len()))
        && !content.contains("<SS")
    {
        assert_eq!(
            format!("{:?}", bare.unwrap().roots()),
            format!("{:?}", read.roots()),
            "{content}"
        );
    }
    read
}

fn root(content: &str) -> Value {
    read(content)
        .unwrap_or_else(|error| panic!("{content}: {error}"))
        .into_root()
}

fn object(content: &str) -> Object {
    match root(content) {
        Value::Object(object) => *object,
        other => panic!("{content}: {other:?}"),
    }
}

fn all_taken(contents: &[&str]) {
    for content in contents {
        if let Err(error) = read(content) {
            panic!("{content}: {error}");
        }
    }
}

fn all_refused(contents: &[&str]) {
    for content in contents {
        assert!(read(content).is_err(), "{content}");
    }
}

/// Each text in the element of each tag.
fn in_tags(tags: &[&str], texts: &[&str]) -> Vec<String> {
    tags.iter()
        .flat_map(|tag| texts.iter().map(move |text| format!("<{tag}>{text}</{tag}>")))
        .collect()
}

const SIGNED: [&str; 4] = ["SB", "I16", "I32", "I64"];
const UNSIGNED: [&str; 5] = ["By", "U16", "U32", "U64", "C"];

#[test]
fn integers() {
    for content in in_tags(
        &SIGNED,
        &[
            "5",
            " 5 ",
            "\r\n5\n",
            "\t5",
            "+5",
            "005",
            "&#53;",
            "<![CDATA[5]]>",
            "<!-- c -->5",
            "5<?p i?>",
            "5&#x0;",
        ],
    ) {
        assert_eq!(root(&content).as_i64(), Some(5), "{content}");
    }
    for content in in_tags(&SIGNED, &["-5", " -5", "-005"]) {
        assert_eq!(root(&content).as_i64(), Some(-5), "{content}");
    }
    for content in in_tags(
        &UNSIGNED,
        &["5", " 5 ", "005", "&#53;", "<![CDATA[5]]>", "5<!-- c -->"],
    ) {
        let value = root(&content);
        assert!(value.as_i64() == Some(5) || value == Value::Char(5), "{content}");
    }
    assert_eq!(root("<I32>5<!-- -->5</I32>"), Value::Int32(55));
    let wrong = [
        "", " ", "0x5", "5.0", "1e3", "1,000", "- 5", "--5", "+-5", "\u{665}", "A", "5 5", "<S>5</S>",
        "_x0035_", "&#xD800;",
    ];
    for content in in_tags(&SIGNED, &wrong).iter().chain(&in_tags(&UNSIGNED, &wrong)) {
        assert!(read(content).is_err(), "{content}");
    }
    for content in in_tags(&UNSIGNED, &["-1", "-5", "-0"]) {
        assert!(read(&content).is_err(), "{content}");
    }
    for tag in SIGNED.iter().chain(&UNSIGNED) {
        assert!(read(&format!("<{tag}/>")).is_err());
    }
    for (tag, least, most) in [
        ("By", 0, 255),
        ("SB", -128, 127),
        ("U16", 0, 65535),
        ("C", 0, 65535),
        ("I16", -32768, 32767),
        ("U32", 0, i128::from(u32::MAX)),
        ("I32", i128::from(i32::MIN), i128::from(i32::MAX)),
        ("U64", 0, i128::from(u64::MAX)),
        ("I64", i128::from(i64::MIN), i128::from(i64::MAX)),
    ] {
        for (number, taken) in [(least, true), (most, true), (least - 1, false), (most + 1, false)] {
            assert_eq!(
                read(&format!("<{tag}>{number}</{tag}>")).is_ok(),
                taken,
                "{tag} {number}"
            );
        }
        assert!(read(&format!("<{tag}>{}</{tag}>", "9".repeat(60))).is_err());
    }
    assert_eq!(root("<C>55357</C>"), Value::Char(0xD83D));
}

#[test]
fn other_primitives() {
    all_taken(&[
        "<B>true</B>",
        "<B> false\n</B>",
        "<B>1</B>",
        "<B>0</B>",
        "<Db> 1.5 </Db>",
        "<Db>.5</Db>",
        "<Sg>5.</Sg>",
        "<Sg>1e5</Sg>",
        "<Db>INF</Db>",
        "<Sg>-INF</Sg>",
        "<Db>Infinity</Db>",
        "<Db>-Infinity</Db>",
        "<Sg>NaN</Sg>",
        "<Db>nan</Db>",
        "<D>.1</D>",
        "<D>1.</D>",
        "<D> -1.50 </D>",
        "<D>+1</D>",
        "<DT>2026-11-21</DT>",
        "<DT>2026</DT>",
        "<DT>\n2026-11-21T10:51:00.123456789+14:01 </DT>",
        "<TS>P1Y</TS>",
        "<TS>-P1M</TS>",
        "<TS> PT90M </TS>",
        "<G>(01234567-89ab-cdef-0123-456789abcdef)</G>",
        "<G> 0123456789ABCDEF0123456789abcdef </G>",
        "<URI></URI>",
        "<URI/>",
        "<URI>a b</URI>",
        "<URI>/x?y#z</URI>",
        "<URI>https://[::1]:8443/x</URI>",
        "<URI>https://u:p@host:1/</URI>",
        "<URI>mailto:a@b</URI>",
        "<URI>C:\\a</URI>",
        "<URI>file:///c:/x</URI>",
        "<URI>HTTP://EXAMPLE.com/é</URI>",
        "<URI>ldap:///x</URI>",
        "<URI>urn:uuid:x</URI>",
        "<Version> 01.2.3.4 </Version>",
        "<Version>1.2</Version>",
        "<BA></BA>",
        "<BA/>",
        "<BA> AA \r\n EC </BA>",
        "<BA>AA==</BA>",
        "<S/>",
        "<SBK/>",
        "<S xml:space='preserve'> </S>",
        "<SS>01000000d08c9ddf</SS>",
        "<SS>ABCDEF</SS>",
    ]);
    all_refused(&[
        "<B></B>",
        "<B/>",
        "<B>True</B>",
        "<B>TRUE</B>",
        "<B>yes</B>",
        "<B>tru</B>",
        "<B>2</B>",
        "<Db></Db>",
        "<Db/>",
        "<Sg>inf</Sg>",
        "<Db>+INF</Db>",
        "<Db>\u{221E}</Db>",
        "<Db>1,5</Db>",
        "<Db>0x1</Db>",
        "<Db>1e</Db>",
        "<D></D>",
        "<D>1e5</D>",
        "<D>1,000</D>",
        "<D>79228162514264337593543950336</D>",
        "<D>.</D>",
        "<DT></DT>",
        "<DT/>",
        "<DT>2026-11-21 10:51:00</DT>",
        "<DT>2026-11-21T10:51</DT>",
        "<DT>2026-11-21T24:00:00</DT>",
        "<DT>2026-11-21T10:51:60</DT>",
        "<DT>2025-02-29</DT>",
        "<DT>0000-01-01</DT>",
        "<DT>10000-01-01</DT>",
        "<DT>21.11.2026</DT>",
        "<DT>11/21/2026 10:51:00</DT>",
        "<TS></TS>",
        "<TS>P</TS>",
        "<TS>PT</TS>",
        "<TS>pt1s</TS>",
        "<TS>+PT1S</TS>",
        "<TS>PT-1S</TS>",
        "<TS>P1D2H</TS>",
        "<TS>PT1H1H</TS>",
        "<TS>1.00:00:00</TS>",
        "<TS>P10675199DT2H48M5.4775808S</TS>",
        "<G></G>",
        "<G>0123</G>",
        "<URI>http://[::1</URI>",
        "<URI>http://</URI>",
        "<URI>http://a b/</URI>",
        "<URI>http://h:99999/</URI>",
        "<URI>http://h:x/</URI>",
        "<Version>1</Version>",
        "<Version>1.2.3.4.5</Version>",
        "<Version></Version>",
        "<Version>-1.2</Version>",
        "<Version>1.2147483648</Version>",
        "<BA>AAE</BA>",
        "<BA>AA=</BA>",
        "<BA>AAECAw==AAEC</BA>",
        "<BA>A-_A</BA>",
        "<S><S>x</S></S>",
        "<SBK><S/></SBK>",
        "<S>]]></S>",
        "<S>&nbsp;</S>",
        "<S>&#xD83D</S>",
        "<S>a & b</S>",
        "<S>\u{1}</S>",
        "<S>\u{FFFE}</S>",
        "<SS></SS>",
        "<SS/>",
        "<SS>xyz</SS>",
        "<SS>abc</SS>",
    ]);
    // Base64 in messages.
    assert!(read_message(b"<SS>bT6vyPmkDA==</SS>", &Limits::default(), &mut Interner::new()).is_ok());
}

#[test]
fn texts() {
    for (content, expected) in [
        ("<S>  a \t </S>", "  a \t "),
        ("<S>a\r\nb\rc</S>", "a\nb\nc"),
        ("<S>a&#13;&#10;b</S>", "a\r\nb"),
        ("<S>&lt;&amp;&gt;&quot;&apos;</S>", "<&>\"'"),
        ("<S>&#x1;&#xFFFE;&#0;</S>", "\u{1}\u{FFFE}\0"),
        ("<S>\u{85}\u{2028}\u{A0}</S>", "\u{85}\u{2028}\u{A0}"),
        ("<S>a<!-- x -->b<?p?>c<![CDATA[d]]></S>", "abcd"),
        ("<S><![CDATA[]]></S>", ""),
        ("<SBK>if (</SBK>", "if ("),
        ("<SBK>_x000A_</SBK>", "\n"),
        ("<URI>a_x0020_b</URI>", "a b"),
        ("<S>a>b ]] > ]]</S>", "a>b ]] > ]]"),
    ] {
        assert_eq!(root(content).as_text().unwrap(), expected, "{content}");
    }
}

#[test]
fn xml_documents() {
    all_taken(&[
        "<XD></XD>",
        "<XD/>",
        "<XD>&lt;a/&gt;</XD>",
        "<XD>&lt;a b=\"1\"&gt;t_x0041_&lt;/a&gt;</XD>",
        "<XD>&lt;?xml version='1.0' encoding='utf-8'?&gt;&lt;a/&gt;</XD>",
        "<XD><![CDATA[<p:a xmlns:p='x'/>]]></XD>",
        "<XD><![CDATA[<!DOCTYPE a [<!ENTITY e 'x'>]><a b='&e;'>&e;</a>]]></XD>",
        "<XD><![CDATA[ <!-- c --> <a/> ]]></XD>",
    ]);
    all_refused(&[
        "<XD>&lt;a&gt;</XD>",
        "<XD>x</XD>",
        "<XD> </XD>",
        "<XD><a/></XD>",
        "<XD>&lt;a/&gt;&lt;b/&gt;</XD>",
        "<XD>&lt;a b=1/&gt;</XD>",
        "<XD>&lt;a&gt;&lt;/b&gt;</XD>",
        "<XD><![CDATA[<a>&e;</a>]]></XD>",
        "<XD><![CDATA[<p:a/>]]></XD>",
        "<XD><![CDATA[<a b='1' b='2'/>]]></XD>",
        "<XD><![CDATA[<a/>tail]]></XD>",
    ]);
}

#[test]
fn null() {
    for content in [
        "<Nil/>",
        "<Nil></Nil>",
        "<Nil>text</Nil>",
        "<Nil><S>a</S><Foo><Bar/></Foo></Nil>",
        "<Nil N='x'/>",
    ] {
        assert_eq!(root(content), Value::Nil, "{content}");
    }
    all_refused(&["<Nil>", "<Nil><S></Nil>", "<Nil>&foo;</Nil>", "<nil/>"]);
}

#[test]
fn progress() {
    let record = |fields: &str| format!("<PR>{fields}</PR>");
    let good = "<AV>a</AV><AI>1</AI><S>op</S><PI>-1</PI><PC>50</PC><T>Processing</T><SR>-1</SR><SD>s</SD>";
    let Value::Progress(read_record) = root(&record(good)) else {
        panic!("no progress")
    };
    assert_eq!(read_record.current_operation.unwrap(), "op");
    all_taken(&[
        &record(&good.replace("<S>op</S>", "<Nil/>")),
        &record(&good.replace("Processing", "Completed")),
        &record(&good.replace("Processing", "processing")),
        &format!("<PR>\n {} </PR>", good.replace("><A", "> <A")),
    ]);
    let without = |field: &str| {
        let start = good.find(&format!("<{field}>")).unwrap();
        let end = good.find(&format!("</{field}>")).unwrap() + field.len() + 3;
        record(&format!("{}{}", &good[..start], &good[end..]))
    };
    for field in ["AV", "AI", "S", "PI", "PC", "T", "SR", "SD"] {
        assert!(read(&without(field)).is_err(), "{field}");
    }
    all_refused(&[
        "<PR/>",
        "<PR></PR>",
        &record(&good.replace("<AI>1", "<AI>x")),
        &record(&good.replace("<PC>50", "<PC>")),
        &record(&good.replace("<PC>50", "<PC>101")),
        &record(&good.replace("Processing", "Other")),
        &record(&format!("{good}<S>more</S>")),
        &record(&format!("text{good}")),
        &record("<AI>1</AI><AV>a</AV><S>op</S><PI>-1</PI><PC>50</PC><T>Processing</T><SR>-1</SR><SD>s</SD>"),
    ]);
}

#[test]
fn objects() {
    all_taken(&[
        "<Obj/>",
        "<Obj></Obj>",
        "<Obj RefId=''><I32>1</I32></Obj>",
        "<Obj RefId='x'/>",
        "<Obj RefId='-1'/>",
        "<Obj RefId='0'/><Obj RefId='0'/><Ref RefId='0'/>",
        "<Obj RefId=''/><Ref RefId=''/>",
        "<Obj X='y' RefId='0'/>",
        "<Obj><TN><T>A</T></TN></Obj>",
        "<Obj><TN RefId='0'/></Obj>",
        "<Obj><TN RefId='0'><T></T></TN></Obj>",
        "<Obj><TN RefId='a'><T>A</T></TN></Obj><Obj><TNRef RefId='a'/></Obj>",
        "<Obj>\n <!-- c --> <I32>1</I32>\n</Obj>",
        "<Obj><Props/><MS/></Obj>",
        "<Obj N='named'><I32>1</I32></Obj>",
        "<Obj>&#32;<I32>1</I32></Obj>",
        "<Obj><MS><S N=' '>blank</S></MS></Obj>",
        "<Obj><TNRef RefId='0'/></Obj>"
            .replace("<Obj>", "<Obj><TN RefId='0'><T>A</T></TN></Obj><Obj>")
            .as_str(),
        "<Obj><MS><MS N='set'><S N='a'>1</S></MS></MS></Obj>",
        "<Obj><LST/><DCT/></Obj>",
    ]);
    all_refused(&[
        "<Obj>text</Obj>",
        "<Obj>text<I32>1</I32></Obj>",
        "<Obj><I32>1</I32>text</Obj>",
        "<Obj><![CDATA[ ]]></Obj>",
        "<Obj><Foo/></Obj>",
        "<Obj><Nil/></Obj>",
        "<Obj RefId='0'><Ref RefId='0'/></Obj>",
        "<Obj><PropertySets/></Obj>",
        "<Obj><MS><S>no name</S></MS></Obj>",
        "<Obj><MS><S N=''>empty</S></MS></Obj>",
        "<Obj><Props><S>x</S></Props></Obj>",
        "<Obj><TNRef RefId='0'/></Obj>",
        "<Obj><TNRef/></Obj>",
        "<Obj><TN><S>x</S></TN></Obj>",
        "<Obj><TN>x</TN></Obj>",
        "<Obj><MS>text</MS></Obj>",
        "<Obj><Props>text</Props></Obj>",
        "<Obj><MS><Foo N='x'/></MS></Obj>",
        "<Obj><Props><MS N='x'/></Props></Obj>",
        "<Obj><MS><MS/></MS></Obj>",
        "<Obj><ToString><S/></ToString></Obj>",
        "<obj/>",
        "<OBJ/>",
        "<Obj><ms/></Obj>",
        "<Obj><tostring/></Obj>",
        "<Objs/>",
        "<LST/>",
        "<DCT/>",
        "<ToString/>",
        "<MS/>",
        "<En/>",
        "<Foo>x</Foo>",
    ]);
    let twice = object("<Obj><I32>1</I32><S>2</S></Obj>");
    assert_eq!(twice.content, Content::Value("2".into()));
    let twice = object("<Obj><LST><I32>1</I32></LST><DCT/></Obj>");
    assert_eq!(twice.content, Content::Dictionary(vec![]));
    let twice = object("<Obj><MS><S N='Name'>1</S><S N='Other'>x</S><S N='NAME'>2</S></MS></Obj>");
    let names: Vec<_> = twice
        .extended
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_text().unwrap()))
        .collect();
    assert_eq!(names, [("NAME", "2".into()), ("Other", "x".into())]);
    let both = object("<Obj><Props><S N='a'>adapted</S></Props><MS><S N='a'>extended</S></MS></Obj>");
    assert_eq!(both.get("A"), Some(&"extended".into()));
    assert_eq!(both.adapted.get("A"), Some(&"adapted".into()));
    let any_order =
        object("<Obj><MS><S N='n'>x</S></MS><I32>1</I32><ToString>t</ToString><TN><T>A</T></TN></Obj>");
    assert_eq!(
        (any_order.content, any_order.type_names.first()),
        (Content::Value(1.into()), Some("A"))
    );
    let wrapped =
        object("<Obj RefId='0'><Obj RefId='1'><MS><S N='a'>in</S></MS></Obj><MS><S N='b'>out</S></MS></Obj>");
    assert_eq!(
        (wrapped.get("a"), wrapped.get("b")),
        (Some(&"in".into()), Some(&"out".into()))
    );
    let second = object(
        "<Obj><Props><S N='a'>1</S></Props><Props><S N='b'>2</S></Props><MS><S N='c'>3</S></MS><MS><S N='d'>4</S></MS></Obj>",
    );
    assert_eq!((second.adapted.len(), second.extended.len()), (1, 2));
    assert_eq!(
        object("<Obj><MS><S N='a_x0041_b'>x</S></MS></Obj>").get("aAb"),
        Some(&"x".into())
    );
    assert_eq!(object("<Obj><ToString/></Obj>").to_string.unwrap(), "");
}

#[test]
fn references() {
    all_taken(&[
        "<Obj RefId='0'/><Ref RefId='0'/>",
        "<Obj RefId='0'><MS><Ref N='self' RefId='0'/></MS></Obj>",
        "<Obj RefId='0'><LST><Ref RefId='0'/></LST></Obj>",
        "<Obj RefId='0'/><Obj><MS><Ref N='x' RefId='0'>any</Ref></MS></Obj>",
    ]);
    all_refused(&[
        "<Ref/>",
        "<Ref></Ref>",
        "<Ref RefId='5'/>",
        "<Ref RefId='0'/><Obj RefId='0'/>",
        "<Obj RefId='00'/><Ref RefId='0'/>",
        "<Obj><LST><Ref RefId='1'/><Obj RefId='1'/></LST></Obj>",
    ]);
    // What another member, content or set has taken the place of can still be referred to.
    for content in [
        "<Obj><MS><Obj N='a' RefId='1'><MS><S N='x'>y</S></MS></Obj><Nil N='A'/><Ref N='b' RefId='1'/></MS></Obj>",
        "<Obj><LST><Obj RefId='1'><MS><S N='x'>y</S></MS></Obj></LST><I32>1</I32><MS><Ref N='b' RefId='1'/></MS></Obj>",
        "<Obj><Props><Obj N='a' RefId='1'><MS><S N='x'>y</S></MS></Obj></Props><Props><Ref N='b' RefId='1'/></Props></Obj>",
        "<Obj><Obj><DCT><En><S N='Key'>k</S><Obj N='Value' RefId='1'><MS><S N='x'>y</S></MS></Obj></En></DCT></Obj><S>z</S><MS><Ref N='b' RefId='1'/></MS></Obj>",
    ] {
        let document = read(content).unwrap();
        let reference = document.root().unwrap().get("b").unwrap();
        assert_eq!(
            document.deref(reference).as_object().unwrap().get("x"),
            Some(&"y".into()),
            "{content}"
        );
    }
    let document =
        read("<Obj RefId='0'><MS><S N='a'>1</S></MS></Obj><Obj RefId='0'><MS><S N='b'>2</S></MS></Obj>")
            .unwrap();
    assert!(document.resolve(&RefId::from(0)).unwrap().get("b").is_some());
}

#[test]
fn containers() {
    for (tag, kind) in [
        ("LST", ListKind::List),
        ("IE", ListKind::Enumerable),
        ("STK", ListKind::Stack),
        ("QUE", ListKind::Queue),
    ] {
        let full = object(&format!(
            "<Obj><{tag}> <I32>1</I32> <Nil/></{tag}><MS><S N='n'>x</S></MS></Obj>"
        ));
        assert_eq!(full.content, Content::List(kind, vec![1.into(), Value::Nil]));
        assert_eq!(full.extended.len(), 1);
        for empty in [
            format!("<Obj><{tag}/></Obj>"),
            format!("<Obj><{tag}></{tag}></Obj>"),
        ] {
            assert_eq!(object(&empty).content, Content::List(kind, vec![]));
        }
        for wrong in ["text", "<LST/>", "<DCT/>", "<Foo/>", "<MS/>"] {
            assert!(
                read(&format!("<Obj><{tag}>{wrong}</{tag}></Obj>")).is_err(),
                "{tag} {wrong}"
            );
        }
    }
    let entry = |inner: &str| format!("<Obj><DCT><En>{inner}</En></DCT></Obj>");
    all_taken(&[
        &entry("<S N='Key'>a</S><I32 N='Value'>1</I32>"),
        &entry("<S N='key'>a</S><I32 N='VALUE'>1</I32>"),
        &entry("<I32 N='Key'>1</I32><Nil N='Value'/>"),
        &entry("<Obj N='Key' RefId='1'><LST/></Obj><Ref N='Value' RefId='1'/>"),
        "<Obj><DCT/></Obj>",
        "<Obj><DCT> \n </DCT></Obj>",
    ]);
    all_refused(&[
        &entry(""),
        &entry("<S N='Key'>a</S>"),
        &entry("<I32 N='Value'>1</I32><S N='Key'>a</S>"),
        &entry("<S>a</S><I32>1</I32>"),
        &entry("<Nil N='Key'/><I32 N='Value'>1</I32>"),
        &entry("<S N='Key'>a</S><I32 N='Value'>1</I32><I32 N='More'>1</I32>"),
        &entry("<S N='Key'>a</S>text<I32 N='Value'>1</I32>"),
        &entry("<S N='Key'>a</S><I32 N='Key'>1</I32>"),
        "<Obj><DCT><En/></DCT></Obj>",
        "<Obj><DCT><S N='Key'>a</S><S N='Value'>b</S></DCT></Obj>",
        "<Obj><DCT>text</DCT></Obj>",
        "<Obj><DCT><en><S N='Key'>a</S><S N='Value'>b</S></en></DCT></Obj>",
    ]);
    let equal = object(
        "<Obj><DCT><En><S N='Key'>a</S><I32 N='Value'>1</I32></En><En><S N='Key'>a</S><I32 N='Value'>2</I32></En></DCT></Obj>",
    );
    assert!(matches!(equal.content, Content::Dictionary(entries) if entries.len() == 2));
}

#[test]
fn depth() {
    let lists = |levels: usize, inner: &str| {
        format!(
            "{}{inner}{}",
            "<Obj><LST>".repeat(levels),
            "</LST></Obj>".repeat(levels)
        )
    };
    let members = |levels: usize| {
        format!(
            "{}<S N='m'>x</S>{}",
            "<Obj N='m'><MS>".repeat(levels),
            "</MS></Obj>".repeat(levels)
        )
    };
    all_taken(&[
        &lists(49, ""),
        &lists(49, "<S>x</S>"),
        &members(49),
        &lists(50, ""),
        &lists(49, "<Nil/>"),
    ]);
    all_refused(&[
        &lists(50, "<S>x</S>"),
        &lists(51, ""),
        &members(50),
        &lists(60, ""),
        &lists(100_000, ""),
        &members(100_000),
    ]);
    assert!(matches!(
        read(&lists(51, "")),
        Err(Error::Limit {
            limit: "max_object_depth",
            maximum: 50,
            ..
        })
    ));
    for (open, close) in [("<Obj>", "</Obj>"), ("<Obj><MS><MS N='x'>", "</MS></MS></Obj>")] {
        let deep = |levels: usize| open.repeat(levels) + &close.repeat(levels);
        assert!(read(&deep(10)).is_ok() || open.contains("MS"));
        assert!(read(&deep(100_000)).is_err());
    }
    let sets = |levels: usize| {
        format!(
            "<Obj><MS>{}{}</MS></Obj>",
            "<MS N='x'>".repeat(levels),
            "</MS>".repeat(levels)
        )
    };
    all_taken(&[&sets(40)]);
    all_refused(&[&sets(100_000)]);
    let skipped = format!("<Nil>{}{}</Nil>", "<a>".repeat(100_000), "</a>".repeat(100_000));
    all_refused(&[&skipped]);
}

#[test]
fn limits() {
    let limits = Limits {
        max_objects_per_message: 3,
        ..Limits::default()
    };
    let list = "<Obj><LST><I32>1</I32><I32>2</I32><I32>3</I32></LST></Obj>";
    assert!(matches!(
        read_document(list.as_bytes(), &limits),
        Err(Error::Limit {
            limit: "max_objects_per_message",
            offset: 34,
            ..
        })
    ));
    let limits = Limits {
        max_message_size: 10,
        ..Limits::default()
    };
    assert!(matches!(
        read_document(list.as_bytes(), &limits),
        Err(Error::Limit {
            limit: "max_message_size",
            maximum: 10,
            ..
        })
    ));
}

#[test]
fn documents() {
    let read = |text: &str| read_document(text.as_bytes(), &Limits::default());
    let ns = "http://schemas.microsoft.com/powershell/2004/04";
    for text in [
        "<I32>1</I32>".to_owned(),
        "<Objs><I32>1</I32></Objs>".to_owned(),
        "<Objs xmlns='other'><I32>1</I32></Objs>".to_owned(),
        format!("<Objs Version='1.0' xmlns='{ns}'><I32>1</I32></Objs>"),
        format!("<Objs Version='1.2.3.4' xmlns='{ns}'><I32>1</I32></Objs>"),
        format!("<p:Objs Version='1.1.0.1' xmlns:p='{ns}'><p:I32>1</p:I32></p:Objs>"),
        format!(" \n<Objs xmlns='{ns}'><I32>1</I32></Objs>\n<!-- c --> "),
        format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>\n<Objs xmlns='{ns}'><I32>1</I32></Objs>"),
        format!(
            "<?xml version='1.0' standalone='yes'?><Objs xmlns='{ns}'> <!-- c --> <I32>1</I32> <?p?> </Objs>"
        ),
        "\u{FEFF}<Objs><I32>1</I32></Objs>".to_owned(),
        "#< CLIXML\r\n<Objs><I32>1</I32></Objs>".to_owned(),
        "\u{FEFF}#< CLIXML\n<?xml version='1.0'?><Objs><I32>1</I32></Objs>".to_owned(),
    ] {
        assert_eq!(read(&text).unwrap().root(), Some(&Value::Int32(1)), "{text}");
        let utf16: Vec<u8> = std::iter::once(0xFEFF)
            .chain(text.trim_start_matches('\u{FEFF}').encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(
            read_document(&utf16, &Limits::default()).unwrap().root(),
            Some(&Value::Int32(1))
        );
    }
    assert!(read("<Objs/>").unwrap().roots().is_empty());
    assert!(read("<Objs> </Objs>").unwrap().roots().is_empty());
    for text in [
        "",
        " \n",
        "#< CLIXML",
        "#< CLIXML\r\n",
        "text",
        "<Objs>",
        "<Objs><I32>1</I32></objs>",
        "<Objs Version='2.0'><I32>1</I32></Objs>",
        "<Objs Version='x'/>",
        "<Objs Version=''/>",
        "<Objs Version='1'/>",
        "<Objs>text<I32>1</I32></Objs>",
        "<Objs><I32>1</I32>text</Objs>",
        "<Objs><I32>1</I32></Objs>tail",
        "<Objs><I32>1</I32></Objs><more/>",
        "<I32>1</I32><I32>2</I32>",
        "<?xml version='1.1'?><Objs/>",
        "<?xml version='1.0' encoding='a b'?><Objs/>",
        " <?xml version='1.0'?><Objs/>",
        "<?xml?><Objs/>",
        "<!DOCTYPE Objs><Objs/>",
        "<!DOCTYPE Objs [<!ENTITY e \"x\">]><Objs><S>&e;</S></Objs>",
        "<Objs><I32 N='a' N='b'>1</I32></Objs>",
        "<Objs><i32>1</i32></Objs>",
        "<Objs><S>unclosed</Objs>",
        "<Objs><S>a < b</S></Objs>",
        "<p:Objs><I32>1</I32></p:Objs>",
        "\u{FEFF}\u{FEFF}<Objs/>",
        "<Objs><Objs/></Objs>",
        "<objs/>",
        "<Objs><S N=x>1</S></Objs>",
        "<Objs><S N='&foo;'>1</S></Objs>",
        "<Objs><!-- a -- b --></Objs>",
        "<Objs><S>x</S ></Objs >x",
        "&#32;<Objs/>",
        "<![CDATA[]]><Objs/>",
    ] {
        assert!(read(text).is_err(), "{text}");
        assert!(
            text.is_empty()
                || read_message(text.as_bytes(), &Limits::default(), &mut Interner::new()).is_err()
        );
    }
    assert_eq!(read("").unwrap_err(), Error::EmptyDocument);
    let nothing = read_message(b"", &Limits::default(), &mut Interner::new()).unwrap();
    assert_eq!(nothing.roots(), [Value::Nil]);
    let nothing = read_message(b"\xEF\xBB\xBF", &Limits::default(), &mut Interner::new()).unwrap();
    assert_eq!(nothing.roots(), [Value::Nil]);
    let streams = read("<Objs><S S='Error'>x</S><S>y</S></Objs>").unwrap();
    assert_eq!(
        streams.streams().unwrap().collect::<Vec<_>>(),
        [Some("Error"), None]
    );
    assert!(read("<Objs><S>y</S></Objs>").unwrap().streams().is_none());
}

#[test]
fn errors_have_their_place() {
    for (text, offset) in [
        ("<Obj><MS><I32 N='a'>x</I32></MS></Obj>", 9),
        ("<Obj>  text</Obj>", 5),
        ("<Obj><Foo/></Obj>", 5),
        ("<Obj><MS><Ref N='a' RefId='1'/></MS></Obj>", 9),
        ("<S>ab&foo;</S>", 5),
        ("<S>abc</T>", 6),
        ("<Obj><S>a</S>", 13),
        ("<S>ab\u{1}</S>", 5),
        ("<Obj><MS><S>a</S></MS></Obj>", 9),
        ("<!DOCTYPE a><S/>", 0),
    ] {
        let error = read_document(text.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.offset(), Some(offset), "{text}: {error}");
    }
    let doctype = read_document(b"<!DOCTYPE a><S/>", &Limits::default()).unwrap_err();
    assert_eq!(
        doctype,
        Error::Xml {
            offset: 0,
            problem: XmlProblem::Doctype
        }
    );
    assert_eq!(
        read_document(b"<S>\xFF</S>", &Limits::default())
            .unwrap_err()
            .offset(),
        Some(3)
    );
}

#[test]
fn plain_json() {
    let plain = |content: &str| {
        let document = read(content).unwrap();
        json::plain(&document, document.root().unwrap())
    };
    for (content, expected) in [
        ("<Nil/>", "null"),
        ("<Db>NaN</Db>", "\"NaN\""),
        ("<Sg>1.1</Sg>", "1.1"),
        ("<D>1.50</D>", "\"1.50\""),
        ("<C>65</C>", "\"A\""),
        ("<C>55296</C>", "\"\u{FFFD}\""),
        (
            "<DT>2026-11-21T10:00:00.5Z</DT>",
            "\"2026-11-21T10:00:00.5000000Z\"",
        ),
        ("<DT>2026-11-21T10:00:00</DT>", "\"2026-11-21T10:00:00\""),
        ("<TS>PT90M</TS>", "\"PT1H30M\""),
        ("<BA>AAEC</BA>", "\"AAEC\""),
        ("<SS>abcd</SS>", "\"<SecureString>\""),
        ("<Obj><LST><I32>1</I32></LST><MS><S N='n'>x</S></MS></Obj>", "[1]"),
        ("<Obj><S>x</S><MS><S N='n'>x</S></MS></Obj>", "\"x\""),
        (
            "<Obj><TN><T>E</T><T>System.Enum</T></TN><ToString>Red</ToString><I32>1</I32></Obj>",
            "\"Red\"",
        ),
        ("<Obj><ToString>shown</ToString></Obj>", "\"shown\""),
        ("<Obj/>", "{}"),
        (
            "<Obj><MS><S N='b'>1</S></MS><Props><S N='B'>0</S><S N='a'>2</S></Props></Obj>",
            "{\"b\":\"1\",\"a\":\"2\"}",
        ),
        (
            "<Obj><DCT><En><S N='Key'>k</S><I32 N='Value'>1</I32></En></DCT></Obj>",
            "{\"k\":1}",
        ),
        (
            "<Obj><DCT><En><I32 N='Key'>1</I32><I32 N='Value'>1</I32></En></DCT></Obj>",
            "[{\"key\":1,\"value\":1}]",
        ),
        (
            "<Obj><DCT><En><S N='Key'>k</S><I32 N='Value'>1</I32></En><En><S N='Key'>k</S><I32 N='Value'>2</I32></En></DCT></Obj>",
            "[{\"key\":\"k\",\"value\":1},{\"key\":\"k\",\"value\":2}]",
        ),
        (
            "<Obj RefId='0'><MS><Ref N='self' RefId='0'/><S N='x'>y</S></MS></Obj>",
            "{\"self\":{\"$ref\":\"0\"},\"x\":\"y\"}",
        ),
        (
            "<Obj RefId='0'><MS><Obj N='a' RefId='1'><MS><S N='x'>y</S></MS></Obj><Ref N='b' RefId='1'/></MS></Obj>",
            "{\"a\":{\"x\":\"y\"},\"b\":{\"x\":\"y\"}}",
        ),
        (
            "<Obj><Obj><Props><S N='x'>in</S><S N='y'>in</S></Props></Obj><MS><S N='X'>out</S></MS></Obj>",
            "{\"X\":\"out\",\"y\":\"in\"}",
        ),
        (
            "<Obj><MS><MS N='set'><I32 N='x'>1</I32></MS></MS></Obj>",
            "{\"set\":{\"x\":1}}",
        ),
    ] {
        assert_eq!(plain(content).to_string(), expected, "{content}");
    }
    // 2^40 values, if all references were written out.
    let mut text = String::from("<Obj RefId='0'><LST><I32>1</I32></LST></Obj>");
    for level in 1..40 {
        let before = level - 1;
        text +=
            &format!("<Obj RefId='{level}'><LST><Ref RefId='{before}'/><Ref RefId='{before}'/></LST></Obj>");
    }
    let document = read(&text).unwrap();
    let limits = Limits {
        max_objects_per_message: 1000,
        ..Limits::default()
    };
    let printed = json::plain_within(&document, document.roots().last().unwrap(), &limits).to_string();
    assert!(printed.len() < 100_000 && printed.contains("$ref"));
}

#[test]
fn rewriting_changes_nothing() {
    let text = format!(
        "{ROOT}<S S=\"Error\">a_x000A_</S><Obj RefId=\"0\"><TN RefId=\"0\"><T>A</T></TN><ToString>t</ToString>\
         <Props><Obj N=\"p\" RefId=\"1\"><TNRef RefId=\"0\" /><STK><Nil /></STK></Obj></Props><MS><Ref N=\"r\" RefId=\"1\" />\
         <MS N=\"set\"><C N=\"c\">55296</C></MS></MS></Obj></Objs>"
    );
    let document = read_document(text.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(
        String::from_utf8(write_document(&document).unwrap()).unwrap(),
        text
    );
}
