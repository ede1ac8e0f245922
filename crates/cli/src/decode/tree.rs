//! Values as indented lines for reading. Everything that comes from the input is made safe for terminals here.

use std::fmt::Write as _;

use psbridge_clixml::{Content, Document, Members, Object, Value, json};

use crate::terminal::safe;

/// Text longer than this is cut, in characters.
const LONGEST_TEXT: usize = 2000;

/// Appends a value as lines; the first one continues what stands before it.
pub(super) fn value(out: &mut String, document: &Document, value: &Value, indent: usize) {
    match value {
        Value::Object(object) => whole(out, document, object, indent),
        Value::MemberSet(members) => {
            out.push_str("(members)\n");
            members_of(out, document, members, indent);
        }
        Value::Ref(id) => {
            let _ = writeln!(out, "(see #{})", safe(&id.to_string()));
        }
        primitive => {
            let _ = writeln!(out, "{}", inline(document, primitive));
        }
    }
}

/// A primitive in one line.
fn inline(document: &Document, value: &Value) -> String {
    match value {
        Value::Nil => "$null".to_owned(),
        Value::SecureString(_) => "(secure string)".to_owned(),
        Value::Bytes(bytes) if bytes.len() > 64 => format!("({} bytes)", bytes.len()),
        other => match json::plain(document, other) {
            serde_json::Value::String(text) => cut(&text),
            plain => safe(&plain.to_string()).into_owned(),
        },
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        Some((end, _)) => {
            let length = text.chars().count();
            format!(
                "{}… ({length} characters)",
                safe(text.get(..end).unwrap_or_default())
            )
        }
        None => safe(text).into_owned(),
    }
}

fn whole(out: &mut String, document: &Document, object: &Object, indent: usize) {
    let mut head = Vec::new();
    if let Content::Value(inner) = &object.content
        && !matches!(inner, Value::Object(_))
    {
        head.push(inline(document, inner));
    }
    if let Some(text) = &object.to_string {
        let text = cut(&text.to_str_lossy());
        if !head.contains(&text) {
            head.push(text);
        }
    }
    let mut about = Vec::new();
    if let Some(name) = object.type_names.first() {
        about.push(safe(name).into_owned());
    }
    if let Some(id) = &object.ref_id {
        about.push(format!("#{}", safe(&id.to_string())));
    }
    if !about.is_empty() {
        head.push(format!("[{}]", about.join(" ")));
    }
    let _ = writeln!(out, "{}", head.join("  "));
    let inside = indent + 2;
    match &object.content {
        Content::Value(inner @ Value::Object(_)) => {
            pad(out, inside);
            out.push_str("wraps ");
            value(out, document, inner, inside);
        }
        Content::List(_, items) => {
            if items.is_empty() {
                pad(out, inside);
                out.push_str("(no elements)\n");
            }
            for item in items {
                pad(out, inside);
                out.push_str("- ");
                value(out, document, item, inside + 2);
            }
        }
        Content::Dictionary(entries) => {
            for (key, item) in entries {
                pad(out, inside);
                let _ = write!(out, "{} = ", inline(document, key));
                value(out, document, item, inside);
            }
        }
        _ => {}
    }
    members_of(out, document, &object.adapted, inside);
    members_of(out, document, &object.extended, inside);
}

fn members_of(out: &mut String, document: &Document, members: &Members, indent: usize) {
    for (name, member) in members.iter() {
        pad(out, indent);
        let _ = write!(out, "{}: ", safe(name.as_ref()));
        value(out, document, member, indent);
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}
