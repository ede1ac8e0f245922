//! The derive and the rules, from the wire and from values that have been read.

use std::collections::{BTreeMap, HashMap};

use crate::{
    DateTime, Error, FromClixml, Limits, Members, SecureText, TimeSpan, TypeNames, Value, ValueReader,
    Version, from_document, from_message, from_value, read_document,
};

/// Decodes from the wire and from the value that was read, and expects both to agree.
fn read<T: FromClixml + std::fmt::Debug>(text: &str) -> Result<T, Error> {
    let from_wire = from_message::<T>(text.as_bytes(), &Limits::default());
    let document = read_document(text.as_bytes(), &Limits::default()).unwrap();
    let from_tree = from_value::<T>(&document, document.root().unwrap());
    match (&from_wire, &from_tree) {
        (Ok(wire), Ok(tree)) => assert_eq!(format!("{wire:?}"), format!("{tree:?}")),
        (Err(wire), Err(tree)) => assert_eq!(wire.to_string(), tree.to_string()),
        (wire, tree) => panic!("{wire:?} is not {tree:?}"),
    }
    from_wire
}

#[derive(FromClixml, Debug, PartialEq)]
enum Kind {
    UserMailbox,
    #[clixml(rename = "MailUser", alias = "Mail-User")]
    Mail,
    #[clixml(other)]
    Other(String),
}

#[derive(FromClixml, Debug, PartialEq)]
struct Alias(String);

fn upper(value: ValueReader<'_, '_>) -> Result<String, Error> {
    String::from_clixml(value).map(|text| text.to_uppercase())
}

fn seven() -> i32 {
    7
}

#[derive(FromClixml, Debug)]
struct Everything {
    display_name: String,
    alias: Alias,
    kind: Kind,
    #[clixml(rename = "Size_In_Bytes", alias = "Size")]
    size: u64,
    #[clixml(default = seven)]
    number: i32,
    #[clixml(with = upper)]
    shout: String,
    #[clixml(skip)]
    nothing: u8,
    #[clixml(default)]
    flag: bool,
    addresses: Vec<String>,
    when: Option<DateTime>,
    manager: Option<Box<Everything>>,
    r#type: Option<Version>,
    map: BTreeMap<String, i32>,
    raw: Value,
    ignored: (),
    #[clixml(type_names)]
    types: TypeNames,
    #[clixml(to_string)]
    text: Option<String>,
    #[clixml(extra)]
    rest: Members,
}

#[test]
fn a_struct_takes_what_it_asks_for() {
    let all: Everything = read(
        "<Obj RefId='0'><TN RefId='0'><T>User</T></TN><ToString>me</ToString><Props><S N='DISPLAYNAME'>Ann</S>\
         <S N='Alias'>ann</S><Obj N='Kind' RefId='1'><TN RefId='1'><T>K</T><T>System.Enum</T></TN>\
         <ToString>mail-user</ToString><I32>2</I32></Obj><I32 N='size'>5</I32><S N='Shout'>hey</S>\
         <Nil N='Number'/><Nil N='Flag'/><Obj N='Addresses' RefId='2'><TNRef RefId='1'/><IE><S>a</S><S>b</S></IE>\
         <Props><I32 N='Count'>2</I32></Props></Obj><DT N='When'>2026-11-21T00:00:00Z</DT><Nil N='Manager'/>\
         <S N='Type'>1.2</S><Obj N='Map' RefId='3'><DCT><En><S N='Key'>k</S><I32 N='Value'>1</I32></En></DCT></Obj>\
         <Obj N='Raw' RefId='4'><TNRef RefId='1'/><LST/></Obj><Ref N='Ignored' RefId='0'/><S N='More'>adapted</S>\
         </Props><MS><S N='MORE'>extended</S><I32 N='Other'>1</I32></MS></Obj>",
    )
    .unwrap();
    assert_eq!(all.display_name, "Ann");
    assert_eq!(all.alias, Alias("ann".into()));
    assert_eq!(all.kind, Kind::Mail);
    assert_eq!((all.size, all.number, all.nothing, all.flag), (5, 7, 0, false));
    assert_eq!(all.shout, "HEY");
    assert_eq!(all.addresses, ["a", "b"]);
    assert_eq!(all.when.unwrap().to_string(), "2026-11-21T00:00:00Z");
    assert!(all.manager.is_none());
    assert_eq!(all.r#type, Some(Version::new(1, 2)));
    assert_eq!(all.map["k"], 1);
    assert_eq!(all.raw.as_object().unwrap().type_names.first(), Some("K"));
    assert_eq!(all.types.first(), Some("User"));
    assert_eq!(all.text.as_deref(), Some("me"));
    assert_eq!(all.rest.len(), 2);
    assert_eq!(all.rest.get("more"), Some(&"extended".into()));
    assert_eq!(all.ignored, ());
}

#[derive(FromClixml, Debug, PartialEq)]
struct Small {
    a: Option<i32>,
    #[clixml(default)]
    b: String,
}

#[test]
fn extended_members_hide_adapted_ones_in_any_order() {
    for text in [
        "<Obj><Props><I32 N='A'>1</I32></Props><MS><I32 N='a'>2</I32></MS></Obj>",
        "<Obj><MS><I32 N='a'>2</I32></MS><Props><I32 N='A'>1</I32></Props></Obj>",
    ] {
        // The tree keeps the two apart and offers adapted members first.
        assert_eq!(
            read::<Small>(text).unwrap(),
            Small {
                a: Some(2),
                b: String::new()
            }
        );
    }
}

#[test]
fn wrapped_objects_and_member_sets_are_objects() {
    let wrapped = "<Obj RefId='0'><Obj RefId='1'><Props><I32 N='a'>1</I32><S N='b'>in</S></Props></Obj>\
                   <MS><S N='b'>out</S></MS></Obj>";
    assert_eq!(
        read::<Small>(wrapped).unwrap(),
        Small {
            a: Some(1),
            b: "out".into()
        }
    );
    let set = "<Obj><MS><MS N='x'><I32 N='a'>1</I32></MS></MS></Obj>";
    assert_eq!(read::<HashMap<String, Small>>(set).unwrap()["x"].a, Some(1));
    let kept: HashMap<String, Value> = read(set).unwrap();
    assert_eq!(kept["x"].get("A"), Some(&Value::Int32(1)));
}

#[test]
fn texts_of_all_kinds() {
    for (text, expected) in [
        ("<S>a_x0041_</S>", "aA"),
        ("<URI>x</URI>", "x"),
        ("<C>65</C>", "A"),
        ("<B>true</B>", "True"),
        (
            "<G>{00000000-0000-0000-0000-000000000000}</G>",
            "00000000-0000-0000-0000-000000000000",
        ),
        ("<D>1.50</D>", "1.50"),
        ("<Db>1E20</Db>", "1E+20"),
        ("<Obj><ToString>shown</ToString><I32>5</I32></Obj>", "shown"),
        ("<Obj><ToString>shown</ToString><S>base</S></Obj>", "base"),
        ("<Obj><I32>5</I32></Obj>", "5"),
        (
            "<Obj><ToString>shown</ToString><Props><S N='x'>y</S></Props></Obj>",
            "shown",
        ),
        ("<Obj><Obj><ToString>in</ToString></Obj></Obj>", "in"),
        ("<S>_xD800_</S>", "\u{FFFD}"),
    ] {
        assert_eq!(read::<String>(text).unwrap(), expected, "{text}");
    }
    for text in ["<Nil/>", "<Obj/>", "<SS>abcd</SS>", "<Obj><LST/></Obj>"] {
        assert!(read::<String>(text).is_err(), "{text}");
    }
    assert_eq!(read::<Option<String>>("<Nil/>").unwrap(), None);
    assert_eq!(read::<Kind>("<S>usermailbox</S>").unwrap(), Kind::UserMailbox);
    assert_eq!(read::<Kind>("<S>Room</S>").unwrap(), Kind::Other("Room".into()));
}

#[test]
fn numbers_fit_or_are_refused() {
    assert_eq!(read::<u8>("<I64>255</I64>").unwrap(), 255);
    assert_eq!(
        read::<i64>("<Obj><ToString>A</ToString><By>3</By></Obj>").unwrap(),
        3
    );
    assert_eq!(read::<u64>("<U64>18446744073709551615</U64>").unwrap(), u64::MAX);
    assert_eq!(read::<f64>("<D>1.5</D>").unwrap(), 1.5);
    assert_eq!(read::<f32>("<Sg>1.1</Sg>").unwrap(), 1.1);
    assert_eq!(read::<char>("<S>x</S>").unwrap(), 'x');
    assert!(read::<bool>("<Obj><Props><B N='IsPresent'>true</B></Props></Obj>").unwrap());
    assert_eq!(read::<TimeSpan>("<TS>PT1S</TS>").unwrap(), TimeSpan(10_000_000));
    assert_eq!(
        read::<SecureText>("<SS>abcd</SS>").unwrap(),
        SecureText::new("abcd")
    );
    assert_eq!(read::<Vec<u8>>("<BA>AAEC</BA>").unwrap(), [0, 1, 2]);
    assert_eq!(read::<Vec<u8>>("<Nil/>").unwrap(), [0; 0]);
    assert_eq!(read::<Vec<u8>>("<I32>1</I32>").unwrap(), [1]);
    for text in [
        "<I32>256</I32>",
        "<I32>-1</I32>",
        "<S>1</S>",
        "<Nil/>",
        "<Obj/>",
        "<Db>1</Db>",
    ] {
        assert!(read::<u8>(text).is_err(), "{text}");
    }
}

#[derive(FromClixml, Debug)]
struct Node {
    name: String,
    next: Option<Box<Node>>,
    other: Option<Box<Node>>,
}

#[test]
fn references_are_followed() {
    let node: Node = read(
        "<Obj RefId='0'><MS><Obj N='Unasked' RefId='1'><TN RefId='0'><T>X</T></TN><MS><Obj N='deep' RefId='7'>\
         <TNRef RefId='0'/><MS><S N='Name'>deep</S></MS></Obj></MS></Obj><S N='Name'>top</S><Obj N='Next' RefId='2'>\
         <MS><Ref N='Other' RefId='7'/><S N='Name'>next</S><Ref N='Next' RefId='7'/></MS></Obj>\
         <Ref N='Other' RefId='2'/></MS></Obj>",
    )
    .unwrap();
    let next = node.next.unwrap();
    assert_eq!((node.name.as_str(), next.name.as_str()), ("top", "next"));
    assert_eq!(next.next.unwrap().name, "deep");
    assert_eq!(next.other.unwrap().name, "deep");
    let other = node.other.unwrap();
    assert_eq!(
        (other.name.as_str(), other.other.unwrap().name.as_str()),
        ("next", "deep")
    );
    let all: Vec<Node> = from_document(
        b"<Objs xmlns='x'><Obj RefId='0'><MS><S N='Name'>a</S></MS></Obj><Ref RefId='0'/></Objs>",
        &Limits::default(),
    )
    .unwrap();
    assert_eq!(
        all.iter().map(|node| node.name.as_str()).collect::<Vec<_>>(),
        ["a", "a"]
    );
}

#[test]
fn a_cycle_is_an_error_only_where_it_is_asked_for() {
    let text = "<Obj RefId='0'><MS><S N='Name'>x</S><Obj N='Next' RefId='1'><MS><S N='Name'>y</S>\
                <Ref N='Next' RefId='0'/></MS></Obj></MS></Obj>";
    let error = read::<Node>(text).unwrap_err();
    assert!(
        matches!(&error, Error::Cycle { path, id } if path == "Next.Next" && id == "0"),
        "{error}"
    );
    assert_eq!(
        read::<Small>(text).unwrap(),
        Small {
            a: None,
            b: String::new()
        }
    );
}

#[test]
fn work_for_references_is_bounded() {
    // Each list holds the one before twice: 2^40 items if all were followed.
    let mut text = String::from("<Objs><Obj RefId='0'><LST><I32>1</I32></LST></Obj>");
    for level in 1..40 {
        let before = level - 1;
        text +=
            &format!("<Obj RefId='{level}'><LST><Ref RefId='{before}'/><Ref RefId='{before}'/></LST></Obj>");
    }
    text += "</Objs>";
    #[derive(Debug)]
    struct Leaves(usize);
    impl FromClixml for Leaves {
        fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
            let mut object = match value.open()? {
                crate::from::Shape::Object(object) => object,
                _ => return Ok(Leaves(1)),
            };
            let mut sum = 0;
            while let Some(part) = object.next()? {
                if let crate::from::Part::Item(value) = part {
                    sum += Leaves::from_clixml(value)?.0;
                }
            }
            Ok(Leaves(sum))
        }
    }
    let limits = Limits {
        max_message_size: 100_000,
        ..Limits::default()
    };
    let error = from_document::<Leaves>(text.as_bytes(), &limits).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limit {
                limit: "max_message_size",
                ..
            }
        ),
        "{error}"
    );
    let limits = Limits {
        max_objects_per_message: 10_000,
        ..Limits::default()
    };
    let error = from_document::<Leaves>(text.as_bytes(), &limits).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Limit {
                limit: "max_objects_per_message",
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn errors_say_where() {
    let error =
        read::<Node>("<Obj><MS><Obj N='Next'><MS><I32 N='x'>1</I32></MS></Obj></MS></Obj>").unwrap_err();
    assert_eq!(error.to_string(), "Next: member Name is missing");
    let error =
        read::<Vec<Small>>("<Obj><LST><Obj/><Obj><MS><S N='A'>x</S></MS></Obj></LST></Obj>").unwrap_err();
    assert_eq!(
        error.to_string(),
        "[1].A: expected a number of 32 bits, found the text \"x\""
    );
    let error = read::<Small>("<S>x</S>").unwrap_err();
    assert_eq!(error.to_string(), "expected Small, found the text \"x\"");
}

#[test]
fn what_is_left_in_the_middle_is_passed_over() {
    #[derive(Debug, PartialEq)]
    struct First(Option<i32>);
    impl FromClixml for First {
        fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
            let mut object = value.object("a list")?;
            while let Some(part) = object.next()? {
                if let crate::from::Part::Item(value) = part {
                    return Option::<i32>::from_clixml(value).map(First);
                }
            }
            Ok(First(None))
        }
    }
    let all: Vec<First> = read(
        "<Obj><LST><Obj><LST><I32>1</I32><Obj><LST><S>a</S></LST></Obj></LST><MS><Nil N='x'/></MS></Obj>\
         <Obj><LST/></Obj><Obj><LST><I32>3</I32></LST></Obj></LST></Obj>",
    )
    .unwrap();
    assert_eq!(all, [First(Some(1)), First(None), First(Some(3))]);
}

#[test]
fn broken_objects_are_refused_as_when_read_whole() {
    for text in [
        "<Obj>text</Obj>",
        "<Obj><Foo/></Obj>",
        "<Obj><Nil/></Obj>",
        "<Obj><MS><S>no name</S></MS></Obj>",
        "<Obj><DCT><En><S N='Key'>a</S></En></DCT></Obj>",
        "<Obj><DCT><En><Nil N='Key'/><S N='Value'>a</S></En></DCT></Obj>",
        "<Obj><DCT><S N='Key'>a</S></DCT></Obj>",
        "<Obj><DCT><En><S N='Key'>a</S><S N='Value'>a</S><S N='More'>a</S></En></DCT></Obj>",
        "<Obj><Props><MS N='x'/></Props></Obj>",
        "<Obj><TNRef RefId='0'/></Obj>",
        "<Obj><LST><Ref RefId='9'/></LST></Obj>",
        "<Obj><LST><Foo/></LST></Obj>",
        "<Obj><LST>",
        "<Objs><I32>1</I32>",
    ] {
        assert!(
            from_document::<HashMap<String, Value>>(text.as_bytes(), &Limits::default()).is_err(),
            "{text}"
        );
        assert!(
            read_document(text.as_bytes(), &Limits::default()).is_err(),
            "{text}"
        );
    }
}

#[derive(FromClixml, Debug)]
#[clixml(crate = "crate")]
struct Page<T> {
    items: Vec<T>,
    #[clixml(default)]
    next: Option<String>,
}

#[test]
fn generic_types_can_be_derived() {
    let page: Page<Kind> =
        read("<Obj><MS><Obj N='Items'><LST><S>UserMailbox</S></LST></Obj><Nil N='Next'/></MS></Obj>")
            .unwrap();
    assert_eq!((page.items, page.next), (vec![Kind::UserMailbox], None));
}

#[test]
fn no_data_is_null() {
    assert_eq!(
        from_message::<Option<i32>>(b"", &Limits::default()).unwrap(),
        None
    );
    assert!(from_document::<Value>(b"", &Limits::default()).is_err());
}
