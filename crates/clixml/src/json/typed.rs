//! The typed form.

use serde_json::{Map, Value as Json, json};

use super::{float, single};
use crate::{Content, Members, Object, ProgressRecord, Value, lexical};

/// A value with its CLIXML tag: `{"t":"I32","v":5}`, `{"t":"Nil"}`, `{"t":"Obj","id":…}`.
///
/// Everything is as on the wire, references included. Lone halves of surrogate pairs become U+FFFD, and the kinds of
/// lists are one.
pub fn typed(value: &Value) -> Json {
    let (tag, inner) = match value {
        Value::Nil => return json!({"t": "Nil"}),
        Value::Object(object) => return typed_object(object),
        Value::MemberSet(members) => {
            let mut map = object_head(Json::Null, Vec::new(), Json::Null);
            insert_members(&mut map, "ms", members);
            return Json::Object(map);
        }
        Value::String(text) => ("S", text.to_str_lossy().into()),
        Value::Uri(text) => ("URI", text.to_str_lossy().into()),
        Value::Xml(text) => ("XD", text.to_str_lossy().into()),
        Value::ScriptBlock(text) => ("SBK", text.to_str_lossy().into()),
        Value::Char(unit) => ("C", (*unit).into()),
        Value::Bool(value) => ("B", (*value).into()),
        Value::DateTime(value) => ("DT", value.to_full_string().into()),
        Value::TimeSpan(value) => ("TS", value.ticks().into()),
        Value::Byte(value) => ("By", (*value).into()),
        Value::SByte(value) => ("SB", (*value).into()),
        Value::UInt16(value) => ("U16", (*value).into()),
        Value::Int16(value) => ("I16", (*value).into()),
        Value::UInt32(value) => ("U32", (*value).into()),
        Value::Int32(value) => ("I32", (*value).into()),
        Value::UInt64(value) => ("U64", (*value).into()),
        Value::Int64(value) => ("I64", (*value).into()),
        Value::Single(value) => ("Sg", single(*value)),
        Value::Double(value) => ("Db", float(*value)),
        Value::Decimal(value) => ("D", value.to_string().into()),
        Value::Bytes(bytes) => {
            let mut text = String::new();
            lexical::write_base64(bytes, &mut text);
            ("BA", text.into())
        }
        Value::Guid(guid) => ("G", guid.to_string().into()),
        Value::Version(version) => ("Version", version.to_string().into()),
        Value::SecureString(text) => ("SS", text.as_str().into()),
        Value::Progress(record) => ("PR", progress(record)),
        Value::Ref(id) => ("Ref", id.to_string().into()),
    };
    json!({"t": tag, "v": inner})
}

fn typed_object(object: &Object) -> Json {
    let id = object
        .ref_id
        .as_ref()
        .map_or(Json::Null, |id| id.to_string().into());
    let types = object.type_names.iter().map(Json::from).collect();
    let to_string = object
        .to_string
        .as_ref()
        .map_or(Json::Null, |text| text.to_str_lossy().into());
    let mut map = object_head(id, types, to_string);
    match &object.content {
        Content::None => {}
        Content::Value(value) => {
            map.insert("value".into(), typed(value));
        }
        Content::List(_, items) => {
            map.insert("list".into(), items.iter().map(typed).collect());
        }
        Content::Dictionary(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| json!([typed(key), typed(value)]));
            map.insert("dict".into(), entries.collect());
        }
    }
    insert_members(&mut map, "props", &object.adapted);
    insert_members(&mut map, "ms", &object.extended);
    Json::Object(map)
}

fn object_head(id: Json, types: Vec<Json>, to_string: Json) -> Map<String, Json> {
    let head = [
        ("t", "Obj".into()),
        ("id", id),
        ("types", types.into()),
        ("to_string", to_string),
    ];
    head.into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

fn insert_members(map: &mut Map<String, Json>, key: &str, members: &Members) {
    if !members.is_empty() {
        let members: Map<_, _> = members
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), typed(value)))
            .collect();
        map.insert(key.into(), members.into());
    }
}

/// Empty members are left out.
pub(super) fn progress(record: &ProgressRecord) -> Json {
    let mut map = Map::new();
    let mut text = |key: &str, value: Option<&crate::PsString>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            map.insert(key.into(), value.to_str_lossy().into());
        }
    };
    text("Activity", Some(&record.activity));
    text("CurrentOperation", record.current_operation.as_ref());
    text("StatusDescription", Some(&record.status_description));
    map.insert("ActivityId".into(), record.activity_id.into());
    map.insert("ParentActivityId".into(), record.parent_activity_id.into());
    map.insert("PercentComplete".into(), record.percent_complete.into());
    map.insert("RecordType".into(), record.record_type.name().into());
    map.insert("SecondsRemaining".into(), record.seconds_remaining.into());
    Json::Object(map)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, read_document};

    fn read(text: &str) -> Json {
        typed(
            read_document(text.as_bytes(), &Limits::default())
                .unwrap()
                .root()
                .unwrap(),
        )
    }

    #[test]
    fn primitives() {
        for (text, expected) in [
            ("<Nil/>", json!({"t": "Nil"})),
            ("<S>a_xD800_</S>", json!({"t": "S", "v": "a\u{FFFD}"})),
            ("<C>55296</C>", json!({"t": "C", "v": 55296})),
            ("<Sg>1.1</Sg>", json!({"t": "Sg", "v": 1.1})),
            ("<Sg>16777217</Sg>", json!({"t": "Sg", "v": 16777216.0})),
            ("<Db>-INF</Db>", json!({"t": "Db", "v": "-INF"})),
            ("<D>1.10</D>", json!({"t": "D", "v": "1.10"})),
            (
                "<DT>2026-11-21</DT>",
                json!({"t": "DT", "v": "2026-11-21T00:00:00.0000000"}),
            ),
            ("<TS>PT1S</TS>", json!({"t": "TS", "v": 10_000_000})),
            ("<BA> AA EC </BA>", json!({"t": "BA", "v": "AAEC"})),
            ("<Version>01.2</Version>", json!({"t": "Version", "v": "1.2"})),
            ("<SS>abcd</SS>", json!({"t": "SS", "v": "abcd"})),
        ] {
            assert_eq!(read(text), expected);
        }
    }

    #[test]
    fn objects() {
        assert_eq!(
            read(
                "<Obj RefId='0'><TN RefId='0'><T>A</T></TN><ToString>t</ToString><IE><Ref RefId='0'/></IE>\
                 <Props><I32 N='p'>1</I32><I32 N='P'>2</I32></Props><MS><MS N='set'><Nil N='x'/></MS></MS></Obj>"
            ),
            json!({"t": "Obj", "id": "0", "types": ["A"], "to_string": "t", "list": [{"t": "Ref", "v": "0"}],
                   "props": {"P": {"t": "I32", "v": 2}},
                   "ms": {"set": {"t": "Obj", "id": null, "types": [], "to_string": null,
                                  "ms": {"x": {"t": "Nil"}}}}})
        );
        assert_eq!(
            read("<Obj><DCT><En><I32 N='Key'>1</I32><Nil N='Value'/></En></DCT></Obj>"),
            json!({"t": "Obj", "id": null, "types": [], "to_string": null,
                   "dict": [[{"t": "I32", "v": 1}, {"t": "Nil"}]]})
        );
    }
}
