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

mod documents;
mod objects;
mod plain;
mod primitives;

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
