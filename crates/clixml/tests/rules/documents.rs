//! Documents, limits, errors.

use super::*;

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
fn no_limit_lets_the_stack_overflow() {
    // A tokio worker has 2 MiB; nothing else may be deeper than this, whatever is configured.
    let deepest = || {
        let limits = Limits {
            max_object_depth: usize::MAX,
            ..Limits::default()
        };
        let levels = Limits::DEEPEST - 1;
        let text = "<Obj><LST>".repeat(levels)
            + &"<Obj>".repeat(Limits::DEEPEST)
            + &"</Obj>".repeat(Limits::DEEPEST)
            + &"</LST></Obj>".repeat(levels);
        let document = read_document(text.as_bytes(), &limits).unwrap();
        let root = document.root().unwrap();
        assert!(json::typed(root).to_string().len() > 1000);
        assert!(json::plain_within(&document, root, &limits).to_string().len() > 100);
        assert!(format!("{root:?}").len() > 1000);
        assert_eq!(root.clone(), *root);
        assert!(document.resolve(&RefId::from(0)).is_none());
        let too_deep = "<Obj><LST>".repeat(Limits::DEEPEST + 1) + &"</LST></Obj>".repeat(Limits::DEEPEST + 1);
        assert!(read_document(too_deep.as_bytes(), &limits).is_err());
    };
    std::thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(deepest)
        .unwrap()
        .join()
        .unwrap();
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
