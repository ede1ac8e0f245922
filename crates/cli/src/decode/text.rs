//! `text`: exchanges, messages and objects for reading.

use std::fmt::Write as _;
use std::io::{self, Write};

use psbridge_recording::decode::{Data, FaultFound, Item, Message, Operation, StreamBytes};

use super::{Printer, tree};
use crate::terminal::{safe, safe_lines};

/// Prints each thing as a head line and what is in it, indented.
pub(super) struct Text;

impl Printer for Text {
    fn item(&mut self, item: &Item, out: &mut dyn Write) -> io::Result<()> {
        let mut text = String::new();
        match item {
            Item::Exchange(operation) => exchange(&mut text, operation),
            Item::Message(found) => message(&mut text, found),
            Item::Fault(found) => fault(&mut text, found),
            Item::Bytes(found) => bytes(&mut text, found),
            Item::Objects(document) => {
                for (n, root) in document.roots().iter().enumerate() {
                    if let Some(stream) = document.stream(n) {
                        let _ = write!(text, "{}: ", safe(stream));
                    }
                    tree::value(&mut text, document, root, 0);
                }
            }
            _ => {}
        }
        out.write_all(text.as_bytes())
    }
}

fn exchange(text: &mut String, operation: &Operation) {
    match operation.exchange {
        Some(seq) => {
            let _ = write!(text, "exchange {seq}");
        }
        None => text.push_str("envelope"),
    }
    let asked = operation.request.as_deref().map_or("(no request)".into(), safe);
    let answered = operation.response.as_deref().map_or("(no response)".into(), safe);
    let _ = write!(text, "  {asked} → {answered}");
    if let Some(status) = operation.status {
        let _ = write!(text, "  status {status}");
    }
    for (name, value) in [
        ("resource", &operation.resource_uri),
        ("shell", &operation.shell_id),
        ("command", &operation.command_id),
        ("error", &operation.error),
    ] {
        if let Some(value) = value {
            let _ = write!(text, "  {name} {}", safe(value));
        }
    }
    text.push('\n');
}

fn message(text: &mut String, message: &Message) {
    let _ = write!(
        text,
        "  #{} {} → {}  {}",
        message.index,
        message.from,
        message.from.other(),
        message.message_type
    );
    if let Some(pid) = message.pid {
        let _ = write!(text, "  pipeline {pid}");
    }
    let plural = if message.fragments == 1 { "" } else { "s" };
    let _ = writeln!(
        text,
        "  object {} ({} bytes, {} fragment{plural})",
        message.object_id, message.message_bytes, message.fragments
    );
    match &message.data {
        Data::None => {}
        Data::Clixml(document) => {
            if let Some(root) = document.root() {
                text.push_str("    ");
                tree::value(text, document, root, 4);
            }
        }
        Data::Unreadable(error) => {
            let _ = writeln!(text, "    (unreadable: {})", safe(error));
        }
    }
}

fn fault(text: &mut String, found: &FaultFound) {
    let fault = &found.fault;
    let _ = write!(text, "  fault {}", safe(&fault.code));
    if let Some(subcode) = &fault.subcode {
        let _ = write!(text, " {}", safe(subcode));
    }
    if let Some(number) = fault.number() {
        let _ = write!(text, " {number} (0x{number:08X})");
    }
    let _ = writeln!(text, ": {}", safe(fault.text()));
}

fn bytes(text: &mut String, found: &StreamBytes) {
    let _ = write!(text, "  {} {}", found.from, safe(&found.stream));
    if let Some(command) = &found.command_id {
        let _ = write!(text, " of command {}", safe(command));
    }
    let _ = writeln!(text, " ({} bytes)", found.bytes.len());
    for line in safe_lines(&String::from_utf8_lossy(&found.bytes)).lines() {
        let _ = writeln!(text, "    {line}");
    }
}
