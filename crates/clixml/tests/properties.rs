//! What holds for all values and all inputs.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

use proptest::prelude::*;
use psbridge_clixml::{
    Content, DateTime, DateTimeKind, Decimal, Document, Interner, Limits, ListKind, Members, Object,
    ProgressRecord, ProgressRecordType, PsString, RefId, SecureText, TimeSpan, TypeNames, Uuid, Value,
    Version, Writer, from_document, json, read_document, read_document_partial, read_message, write_document,
    write_message,
};

/// Text of all kinds: plain, with what has to be escaped, and with halves of surrogate pairs.
fn text() -> impl Strategy<Value = PsString> {
    let unit = prop_oneof![
        4 => 0x20..0x7F_u16,
        1 => 0..0x20_u16,
        1 => prop::sample::select(&[0x5F, 0x78, 0x58, 0x30, 0x34, 0x41, 0x26, 0x3C, 0x3E, 0x22, 0x5D, 0xFFFE, 0xFFFF, 0x85][..]),
        1 => 0xD800..0xE000_u16,
        1 => any::<u16>(),
    ];
    prop_oneof![
        "[a-zA-Z0-9_ ]{0,12}".prop_map(PsString::from),
        prop::collection::vec(unit, 0..12).prop_map(|units| PsString::from_utf16(&units)),
        Just(PsString::from("_x0041__x005F_x_X0041_")),
    ]
}

fn date() -> impl Strategy<Value = DateTime> {
    let kind = prop_oneof![
        Just(DateTimeKind::Utc),
        Just(DateTimeKind::Unspecified),
        (-6039..=6039_i16).prop_map(DateTimeKind::Offset),
    ];
    (0..3_155_378_976_000_000_000_i64, kind)
        .prop_map(|(ticks, kind)| DateTime::from_ticks(ticks, kind).unwrap())
}

fn progress() -> impl Strategy<Value = ProgressRecord> {
    (
        text(),
        0..i32::MAX,
        prop::option::of(text()),
        -9..-1_i32,
        i32::MIN..=100,
        any::<bool>(),
        any::<i32>(),
        text(),
    )
        .prop_map(
            |(
                activity,
                activity_id,
                current_operation,
                parent_activity_id,
                percent_complete,
                done,
                seconds_remaining,
                status,
            )| {
                let filled = |text: PsString| if text.is_empty() { " ".into() } else { text };
                ProgressRecord {
                    activity: filled(activity),
                    activity_id,
                    current_operation,
                    parent_activity_id,
                    percent_complete,
                    record_type: if done {
                        ProgressRecordType::Completed
                    } else {
                        ProgressRecordType::Processing
                    },
                    seconds_remaining,
                    status_description: filled(status),
                }
            },
        )
}

/// Every primitive that compares equal to itself.
fn primitive() -> impl Strategy<Value = Value> {
    let version = (
        0..=i32::MAX as u32,
        0..=i32::MAX as u32,
        prop::option::of((0..=i32::MAX as u32, prop::option::of(0..=i32::MAX as u32))),
    );
    prop_oneof![
        text().prop_map(Value::String),
        any::<u16>().prop_map(Value::Char),
        any::<bool>().prop_map(Value::Bool),
        date().prop_map(Value::DateTime),
        any::<i64>().prop_map(|ticks| Value::TimeSpan(TimeSpan(ticks))),
        any::<u8>().prop_map(Value::Byte),
        any::<i8>().prop_map(Value::SByte),
        any::<u16>().prop_map(Value::UInt16),
        any::<i16>().prop_map(Value::Int16),
        any::<u32>().prop_map(Value::UInt32),
        any::<i32>().prop_map(Value::Int32),
        any::<u64>().prop_map(Value::UInt64),
        any::<i64>().prop_map(Value::Int64),
        any::<f32>()
            .prop_filter("NaN", |number| !number.is_nan())
            .prop_map(Value::Single),
        any::<f64>()
            .prop_filter("NaN", |number| !number.is_nan())
            .prop_map(Value::Double),
        (any::<u128>(), 0..=28_u32).prop_map(|(digits, scale)| {
            Value::Decimal(Decimal::from_i128_with_scale((digits >> 32) as i128, scale))
        }),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Value::Bytes),
        any::<u128>().prop_map(|bits| Value::Guid(Uuid::from_u128(bits))),
        "[a-z /é]{0,9}".prop_map(|text| Value::Uri(text.into())),
        version.prop_map(|(major, minor, rest)| Value::Version(Version {
            major,
            minor,
            build: rest.map(|(build, _)| build),
            revision: rest.and_then(|(_, revision)| revision),
        })),
        Just(Value::Xml("<a b=\"_x0041_\">\u{1F600}</a>".into())),
        text().prop_map(Value::ScriptBlock),
        "([0-9a-f]{2}){1,6}".prop_map(|text| Value::SecureString(SecureText::new(text))),
        progress().prop_map(|record| Value::Progress(Box::new(record))),
    ]
}

fn members(value: impl Strategy<Value = Value> + Clone) -> impl Strategy<Value = Members> {
    let name = text().prop_map(|name| if name.is_empty() { " ".into() } else { name });
    prop::collection::vec((name, value), 0..4).prop_map(|members| {
        members
            .into_iter()
            .map(|(name, value)| (psbridge_clixml::Name::new(name), value))
            .collect()
    })
}

fn object(value: impl Strategy<Value = Value> + Clone + 'static) -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(
        &[
            ListKind::List,
            ListKind::Enumerable,
            ListKind::Stack,
            ListKind::Queue,
        ][..],
    );
    let item = prop_oneof![Just(Value::Nil), value.clone()];
    let key = value
        .clone()
        .prop_filter("references are made later", |key| !key.is_nil());
    let content = prop_oneof![
        Just(Content::None),
        primitive().prop_map(Content::Value),
        (kind, prop::collection::vec(item.clone(), 0..4))
            .prop_map(|(kind, items)| Content::List(kind, items)),
        prop::collection::vec((key, item.clone()), 0..3).prop_map(Content::Dictionary),
    ];
    let types = prop_oneof![
        Just(TypeNames::none()),
        prop::collection::vec("[A-Z][a-z.`]{0,5}", 0..3).prop_map(TypeNames::new),
    ];
    let set = members(item.clone()).prop_map(Value::MemberSet);
    let extended = members(prop_oneof![4 => item.clone(), 1 => set]);
    (types, prop::option::of(text()), content, members(item), extended).prop_map(
        |(type_names, to_string, content, adapted, extended)| {
            Value::from(Object {
                ref_id: None,
                type_names,
                to_string,
                content,
                adapted,
                extended,
            })
        },
    )
}

fn value() -> impl Strategy<Value = Value> {
    primitive()
        .boxed()
        .prop_recursive(5, 40, 4, |inner| object(inner).boxed())
}

/// Numbers objects in document order, as the writer does, and points every null after the first object to one of the
/// objects before it.
fn number(value: &mut Value, next: &mut u32, links: bool) {
    match value {
        Value::Nil if links && *next > 0 => *value = Value::Ref(RefId::from(*next / 2)),
        Value::MemberSet(members) => each_member(members, next, links),
        Value::Object(object) => {
            object.ref_id = Some(RefId::from(*next));
            *next += 1;
            match &mut object.content {
                Content::List(_, items) => items.iter_mut().for_each(|item| number(item, next, links)),
                Content::Dictionary(entries) => {
                    for (key, value) in entries {
                        number(key, next, links);
                        number(value, next, links);
                    }
                }
                _ => {}
            }
            each_member(&mut object.adapted, next, links);
            each_member(&mut object.extended, next, links);
        }
        _ => {}
    }
}

fn each_member(members: &mut Members, next: &mut u32, links: bool) {
    let names: Vec<String> = members.iter().map(|(name, _)| name.as_str().to_owned()).collect();
    // Names that differ only in lone halves look alike, and then the first is found more than once.
    for name in names {
        if let Some(value) = members.get_mut(&name)
            && !matches!(value, Value::Object(object) if object.ref_id.is_some())
        {
            number(value, next, links);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn primitives_come_back_as_they_went(value in primitive()) {
        let written = write_message(&value).unwrap();
        let read = read_message(&written, &Limits::default(), &mut Interner::new()).unwrap();
        prop_assert_eq!(read.roots(), &[value][..]);
        prop_assert_eq!(write_message(&read.roots()[0]).unwrap(), written);
    }

    #[test]
    fn values_come_back_as_they_went(mut value in value(), links in any::<bool>()) {
        number(&mut value, &mut 0, links);
        let written = write_message(&value).unwrap();
        let read = read_message(&written, &Limits::default(), &mut Interner::new()).unwrap();
        prop_assert_eq!(write_message(&read.roots()[0]).unwrap(), written.clone());
        prop_assert_eq!(&json::typed(&read.roots()[0]), &json::typed(&value));
        let document = Document::new(vec![value.clone(), value]).with_streams([Some("Error"), None]);
        let with_mark = Writer::new().bom(true).header(true).document(&document).unwrap();
        let read = read_document(&with_mark, &Limits::default()).unwrap();
        prop_assert_eq!(read.stream(0), Some("Error"));
        prop_assert_eq!(write_document(&read).unwrap(), write_document(&document).unwrap());
        // All forms can be made of it.
        for root in read.roots() {
            json::plain(&read, root);
        }
        let typed: Vec<Value> = from_document(&with_mark, &Limits::default()).unwrap();
        prop_assert_eq!(format!("{typed:?}"), format!("{:?}", read.roots()));
    }

    #[test]
    fn text_is_encoded_and_decoded_to_itself(text in text()) {
        let written = write_message(&Value::String(text.clone())).unwrap();
        let plain = String::from_utf8(written.clone()).unwrap();
        let bare = plain.chars().any(char::is_control);
        prop_assert!(!bare);
        let read = read_message(&written, &Limits::default(), &mut Interner::new()).unwrap();
        prop_assert_eq!(read.into_root(), Value::String(text));
    }

    #[test]
    fn any_text_in_an_element_is_a_string_or_an_error(raw in "([a-z_xX0-9A-F&;#<>!\\[\\]\r\n]|&#x[0-9a-fA-F]{1,5};|_x[0-9a-fA-F]{4}_|<!\\[CDATA\\[|\\]\\]>|<!--|-->){0,12}") {
        let message = format!("<S>{raw}</S>");
        if let Ok(read) = read_message(message.as_bytes(), &Limits::default(), &mut Interner::new()) {
            let written = write_message(&read.roots()[0]).unwrap();
            let again = read_message(&written, &Limits::default(), &mut Interner::new()).unwrap();
            prop_assert_eq!(again.roots(), read.roots());
        }
    }

    #[test]
    fn damage_is_an_error_and_no_panic(mut value in value(), at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>()) {
        number(&mut value, &mut 0, true);
        let mut written = write_document(&Document::new(vec![value])).unwrap();
        let place = at.index(written.len());
        if cut {
            written.truncate(place);
        } else {
            written[place] = byte;
        }
        if let Err(error) = read_document(&written, &Limits::default()) {
            prop_assert!(error.offset().is_none_or(|offset| offset <= written.len()));
        }
        let (partial, error) = read_document_partial(&written, &Limits::default());
        prop_assert!(partial.roots().len() <= 1 && (error.is_some() || !cut));
        let _ = from_document::<Value>(&written, &Limits::default());
    }

    #[test]
    fn any_bytes_are_an_error_and_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_message(&bytes, &Limits::default(), &mut Interner::new());
        let _ = read_document(&bytes, &Limits::default());
    }

    #[test]
    fn any_markup_is_an_error_and_no_panic(markup in "(<(S|I32|Obj|MS|Props|LST|DCT|En|TN|T|Ref|Nil|Objs|TNRef|PR|XD)( (N|RefId|xmlns|p:N)=\"(0|1|a|Key|Value)?\")?/?>|</(S|Obj|MS|LST|TN|DCT)>|x|1|&amp;| ){0,20}") {
        let _ = read_message(markup.as_bytes(), &Limits::default(), &mut Interner::new());
        let _ = from_document::<Value>(markup.as_bytes(), &Limits::default());
    }

    #[test]
    fn dates_and_spans_come_back(date in date(), ticks in any::<i64>()) {
        prop_assert_eq!(date.to_string().parse::<DateTime>().unwrap(), date);
        prop_assert_eq!(TimeSpan(ticks).to_string().parse::<TimeSpan>().unwrap(), TimeSpan(ticks));
    }
}
