//! JSON output: the typed lines, and the plain ones.

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use psbridge_clixml::{Document, json};
use psbridge_recording::decode::{Data, Item, Message, StreamBytes};
use serde_json::{Value, json as object};

use super::Printer;

/// The fixed form: a line for each message and fault, or for each value of a document.
pub(super) struct Typed;

impl Printer for Typed {
    fn item(&mut self, item: &Item, out: &mut dyn Write) -> io::Result<()> {
        match item {
            Item::Message(message) => line(out, &message.typed()),
            Item::Fault(fault) => line(out, &fault.typed()),
            Item::Objects(document) => document
                .roots()
                .iter()
                .try_for_each(|root| line(out, &json::typed(root))),
            _ => Ok(()),
        }
    }
}

/// The same lines with plain values, and the bytes of streams that are not PSRP.
pub(super) struct Ndjson;

impl Printer for Ndjson {
    fn item(&mut self, item: &Item, out: &mut dyn Write) -> io::Result<()> {
        plain(item).iter().try_for_each(|value| line(out, value))
    }
}

/// The plain lines as one array.
#[derive(Default)]
pub(super) struct Array {
    begun: bool,
}

impl Printer for Array {
    fn item(&mut self, item: &Item, out: &mut dyn Write) -> io::Result<()> {
        for value in plain(item) {
            out.write_all(if self.begun { b",\n" } else { b"[\n" })?;
            self.begun = true;
            serde_json::to_writer(&mut *out, &value)?;
        }
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(if self.begun { b"\n]\n" } else { b"[]\n" })
    }
}

fn line(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}

fn plain(item: &Item) -> Vec<Value> {
    match item {
        Item::Message(message) => vec![plain_message(message)],
        Item::Fault(fault) => vec![fault.typed()],
        Item::Bytes(bytes) => vec![plain_bytes(bytes)],
        Item::Objects(document) => plain_document(document),
        _ => Vec::new(),
    }
}

fn plain_document(document: &Document) -> Vec<Value> {
    document
        .roots()
        .iter()
        .map(|root| json::plain(document, root))
        .collect()
}

fn plain_message(message: &Message) -> Value {
    let mut value = message.typed();
    if let Data::Clixml(document) = &message.data
        && let Some(data) = value.get_mut("data")
        && let Some(root) = document.root()
    {
        *data = json::plain(document, root);
    }
    value
}

fn plain_bytes(bytes: &StreamBytes) -> Value {
    let mut value = object!({
        "exchange": bytes.exchange,
        "from": bytes.from.as_str(),
        "stream": bytes.stream,
        "command": bytes.command_id,
    });
    if let Value::Object(members) = &mut value {
        match std::str::from_utf8(&bytes.bytes) {
            Ok(text) => members.insert("text".to_owned(), text.into()),
            Err(_) => members.insert("base64".to_owned(), BASE64.encode(&bytes.bytes).into()),
        };
    }
    value
}
