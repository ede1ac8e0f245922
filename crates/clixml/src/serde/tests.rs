//! What serde makes of CLIXML.

use std::collections::BTreeMap;

use super::from_value;
use crate::{Error, Limits, read_document};

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, Error> {
    let document = read_document(text.as_bytes(), &Limits::default()).unwrap();
    from_value(&document, document.root().unwrap())
}

#[derive(serde::Deserialize, Debug, PartialEq)]
enum Color {
    Red,
    Green,
}

#[derive(serde::Deserialize, Debug, PartialEq)]
#[serde(rename_all = "PascalCase")]
struct Thing {
    name: String,
    color: Color,
    #[serde(default)]
    tags: Vec<String>,
    size: Option<i64>,
    own: Option<Box<Thing>>,
    #[serde(default)]
    map: BTreeMap<String, u8>,
}

#[test]
fn structs_are_filled_by_the_rules() {
    let thing: Thing = read(
        "<Obj RefId='0'><Props><S N='NAME'>hidden</S><Obj N='Color' RefId='1'><TN RefId='0'><T>Color</T>\
         <T>System.Enum</T></TN><ToString>green</ToString><I32>1</I32></Obj><Obj N='Tags' RefId='2'><LST>\
         <G>00000000-0000-0000-0000-000000000000</G><Obj RefId='3'><ToString>text</ToString></Obj></LST></Obj>\
         <By N='Size'>7</By><Nil N='Own'/><Obj N='Map' RefId='4'><DCT><En><S N='Key'>a</S><I32 N='Value'>1</I32>\
         </En></DCT></Obj></Props><MS><S N='Name'>shown</S></MS></Obj>",
    )
    .unwrap();
    assert_eq!(
        thing,
        Thing {
            name: "shown".into(),
            color: Color::Green,
            tags: vec!["00000000-0000-0000-0000-000000000000".into(), "text".into()],
            size: Some(7),
            own: None,
            map: [("a".to_owned(), 1)].into_iter().collect(),
        }
    );
}

#[test]
fn a_cycle_is_an_error_and_says_where() {
    let error = read::<Thing>(
        "<Obj RefId='0'><Props><S N='Name'>x</S><S N='Color'>Red</S><Ref N='Own' RefId='0'/></Props></Obj>",
    )
    .unwrap_err();
    assert!(matches!(error, Error::Cycle { path, .. } if path == "Own"));
}

#[test]
fn what_does_not_fit_says_where() {
    let error = read::<Thing>("<Obj><MS><S N='Name'>x</S><S N='Color'>Blue</S></MS></Obj>").unwrap_err();
    assert!(
        error.to_string().starts_with("Color: unknown variant `Blue`"),
        "{error}"
    );
    let error = read::<Vec<u8>>("<Obj><LST><I32>300</I32></LST></Obj>").unwrap_err();
    assert!(error.to_string().contains("300"), "{error}");
    assert!(read::<String>("<Nil/>").is_err());
    assert_eq!(
        read::<Vec<u8>>("<Obj><BA>AAE=</BA><MS><S N='n'>x</S></MS></Obj>").unwrap(),
        [0, 1]
    );
    assert_eq!(read::<Vec<u8>>("<BA>AAE=</BA>").unwrap(), [0, 1]);
    assert!(read::<Vec<u8>>("<Obj><MS><S N='n'>x</S></MS></Obj>").is_err());
}

#[test]
fn anything_becomes_json() {
    let json: serde_json::Value = read(
        "<Obj><MS><I32 N='a'>1</I32><Obj N='b'><LST><B>true</B><Nil/></LST></Obj><D N='c'>1.50</D>\
         <MS N='set'><S N='x'>y</S></MS><Obj N='e'><ToString>text</ToString></Obj></MS></Obj>",
    )
    .unwrap();
    assert_eq!(
        json,
        serde_json::json!({"a": 1, "b": [true, null], "c": "1.50", "set": {"x": "y"}, "e": "text"})
    );
}
