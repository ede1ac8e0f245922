//! The plain JSON form.

use super::*;

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

    // Nor may a long text be written out again and again.
    let text = format!(
        "<Obj RefId='0'><S>{}</S></Obj><Obj><LST>{}</LST></Obj>",
        "x".repeat(1000),
        "<Ref RefId='0'/>".repeat(1000)
    );
    let document = read(&text).unwrap();
    let limits = Limits {
        max_message_size: 50_000,
        ..Limits::default()
    };
    let printed = json::plain_within(&document, &document.roots()[1], &limits).to_string();
    assert!(printed.len() < 100_000 && printed.contains("$ref"));
}
