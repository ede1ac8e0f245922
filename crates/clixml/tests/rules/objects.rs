//! Objects, references, containers.

use super::*;

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
