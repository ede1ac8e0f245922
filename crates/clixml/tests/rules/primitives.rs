//! Elements that hold text.

use super::*;

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
