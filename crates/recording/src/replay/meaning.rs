//! What a request means, and where two of them differ.

use serde_json::Value;

use super::ids::{Ids, guid_text};
use crate::decode::{Data, Item, Message, Problem, soap};
use crate::format::{RecordedRequest, Side};

/// Members whose values differ from client to client and change nothing: the time zone as .NET serialises it, and what
/// the client's console looks like.
const OWN_TO_CLIENT: &[&str] = &["TimeZone", "_hostDefaultData", "PublicKey"];

/// A request without what may differ.
#[derive(Clone, Debug, Default)]
pub(super) struct Meaning {
    /// For people: the operation, or method and path.
    pub(super) operation: String,
    pub(super) resource: Option<String>,
    pub(super) shell: Option<String>,
    pub(super) command: Option<String>,
    /// The code of a signal.
    pub(super) signal: Option<String>,
    pub(super) message_id: Option<String>,
    pub(super) session_id: Option<String>,
    pub(super) operation_id: Option<String>,
    pub(super) suggested_shell: Option<String>,
    pub(super) streams: Vec<String>,
    pub(super) messages: Vec<MessageMeaning>,
    /// Bytes of streams that are not PSRP.
    pub(super) bytes: Vec<(String, Vec<u8>)>,
    /// The body of a request that is not SOAP.
    pub(super) body: Option<PlainBody>,
}

#[derive(Clone, Debug)]
pub(super) struct MessageMeaning {
    pub(super) name: String,
    pub(super) rpid: uuid::Uuid,
    pub(super) pid: Option<uuid::Uuid>,
    pub(super) data: Value,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum PlainBody {
    Json(Value),
    Text(String),
    Bytes(Vec<u8>),
}

impl PlainBody {
    pub(super) fn new(bytes: &[u8]) -> Self {
        if let Ok(json) = serde_json::from_slice(bytes) {
            return Self::Json(json);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Bytes(bytes.to_vec()),
        }
    }
}

impl MessageMeaning {
    pub(super) fn new(message: &Message) -> Self {
        let data = match &message.data {
            Data::Unreadable(_) => Value::String("unreadable".to_owned()),
            Data::None | Data::Clixml(_) => message.typed().get("data").cloned().unwrap_or_default(),
        };
        Self {
            name: message.message_type.to_string(),
            rpid: message.rpid,
            pid: message.pid,
            data,
        }
    }
}

impl Meaning {
    /// What the envelope alone says, without its messages.
    pub(super) fn head(request: &RecordedRequest) -> Self {
        let body = request.body.as_bytes();
        let Some(envelope) = soap::read(body) else {
            return Self {
                operation: format!("{} {}", request.method, request.path),
                body: Some(PlainBody::new(body)),
                ..Self::default()
            };
        };
        Self {
            operation: envelope.operation,
            resource: envelope.resource_uri,
            shell: envelope.places.shell,
            command: envelope.places.command,
            signal: envelope.signal,
            message_id: envelope.message_id,
            session_id: envelope.session_id,
            operation_id: envelope.operation_id,
            suggested_shell: envelope.places.suggested_shell,
            streams: envelope
                .places
                .streams
                .into_iter()
                .map(|stream| stream.name)
                .collect(),
            ..Self::default()
        }
    }

    /// Adds what was decoded of the client's streams.
    pub(super) fn add(&mut self, found: &[Result<Item, Problem>]) {
        for item in found {
            match item {
                Ok(Item::Message(message)) if message.from == Side::Client => {
                    self.messages.push(MessageMeaning::new(message));
                }
                Ok(Item::Bytes(bytes)) if bytes.from == Side::Client => {
                    self.bytes.push((bytes.stream.clone(), bytes.bytes.clone()));
                }
                _ => {}
            }
        }
    }

    /// Whether requests of this kind may come in another order than the recorded one: each begins something new.
    pub(super) fn is_free(&self) -> bool {
        self.body.is_some() || matches!(self.operation.as_str(), "Create" | "Command")
    }

    /// The request in a few words.
    pub(super) fn describe(&self) -> String {
        let mut text = self.operation.clone();
        for (name, value) in [
            ("resource", &self.resource),
            ("shell", &self.shell),
            ("command", &self.command),
            ("signal", &self.signal),
        ] {
            if let Some(value) = value {
                text.push_str(&format!(", {name} {value}"));
            }
        }
        if !self.messages.is_empty() {
            let names: Vec<_> = self.messages.iter().map(|m| m.name.as_str()).collect();
            text.push_str(&format!(", psrp {}", names.join(" ")));
        }
        text
    }

    /// Whether the other request is for the same thing: its kind, the shell and the command.
    pub(super) fn same_lane(&self, sent: &Self, ids: &Ids) -> bool {
        let id = |recorded: &Option<String>, sent: &Option<String>| match (recorded, sent) {
            (Some(recorded), Some(sent)) => ids.may_be(recorded, sent),
            (None, None) => true,
            _ => false,
        };
        // A client that creates a command may name it or leave that to the server.
        let command = self.operation == "Command" || id(&self.command, &sent.command);
        let operation = self.operation == sent.operation
            || self.body.is_some() && same_address(&self.operation, &sent.operation);
        operation
            && self.resource == sent.resource
            && self.signal == sent.signal
            && id(&self.shell, &sent.shell)
            && command
    }

    /// Compares with what a client sent, and binds the ids of both. The first difference, for people.
    pub(super) fn difference(&self, sent: &Self, ids: &mut Ids) -> Option<String> {
        for (name, recorded, sent) in [
            ("message id", &self.message_id, &sent.message_id),
            ("session id", &self.session_id, &sent.session_id),
            ("operation id", &self.operation_id, &sent.operation_id),
            ("shell id", &self.shell, &sent.shell),
            ("shell id", &self.suggested_shell, &sent.suggested_shell),
            ("command id", &self.command, &sent.command),
        ] {
            if let (Some(recorded), Some(sent)) = (recorded, sent)
                && !ids.bind(recorded, sent)
            {
                return Some(format!(
                    "the {name} {sent} is not the one that stands for {recorded}"
                ));
            }
        }
        if self.streams != sent.streams {
            return Some(format!(
                "the streams are {:?} where {:?} were recorded",
                sent.streams, self.streams
            ));
        }
        for (n, (recorded, sent)) in self.messages.iter().zip(&sent.messages).enumerate() {
            if let Some(difference) = recorded.difference(sent, ids) {
                return Some(format!("psrp message {n} differs: {difference}"));
            }
        }
        let names =
            |list: &[MessageMeaning]| list.iter().map(|m| m.name.clone()).collect::<Vec<_>>().join(", ");
        if self.messages.len() != sent.messages.len() {
            return Some(format!(
                "the psrp messages are [{}] where [{}] were recorded",
                names(&sent.messages),
                names(&self.messages)
            ));
        }
        if self.bytes != sent.bytes {
            let size = |list: &[(String, Vec<u8>)]| list.iter().map(|(_, b)| b.len()).sum::<usize>();
            return Some(format!(
                "{} bytes of text differ from the {} bytes that were recorded",
                size(&sent.bytes),
                size(&self.bytes)
            ));
        }
        match (&self.body, &sent.body) {
            (Some(PlainBody::Json(recorded)), Some(PlainBody::Json(sent))) => {
                json_difference(recorded, sent, ids)
                    .map(|difference| format!("the body differs: {difference}"))
            }
            (Some(PlainBody::Text(recorded)), Some(PlainBody::Text(sent)))
                if same_text(recorded, sent, ids) =>
            {
                None
            }
            (recorded, sent) if recorded == sent => None,
            _ => Some("the body differs from the recorded one".to_owned()),
        }
    }
}

impl MessageMeaning {
    fn difference(&self, sent: &Self, ids: &mut Ids) -> Option<String> {
        if self.name != sent.name {
            return Some(format!("{} where {} was recorded", sent.name, self.name));
        }
        if !ids.bind_uuid(Some(self.rpid), Some(sent.rpid)) {
            return Some(format!(
                "{} is for another runspace pool ({})",
                sent.name, sent.rpid
            ));
        }
        if !ids.bind_uuid(self.pid, sent.pid) {
            return Some(format!("{} is for another pipeline", sent.name));
        }
        let mut places = Ids::default();
        value_difference(&self.data, &sent.data, ids, &mut places).map(|d| format!("{}{d}", self.name))
    }
}

/// Compares two VALUEs; object ids only have to correspond.
fn value_difference(recorded: &Value, sent: &Value, ids: &mut Ids, places: &mut Ids) -> Option<String> {
    match (recorded, sent) {
        (Value::Object(a), Value::Object(b)) => {
            let tag = |map: &serde_json::Map<String, Value>| {
                map.get("t")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let kind = tag(a);
            if kind == "SS" && tag(b) == "SS" {
                return None;
            }
            for (name, recorded) in a {
                let Some(sent) = b.get(name) else {
                    return Some(format!(".{name}: missing"));
                };
                let place_id = name == "id" && kind == "Obj" || name == "v" && kind == "Ref";
                let inner = if place_id {
                    match (recorded.as_str(), sent.as_str()) {
                        (Some(recorded), Some(sent)) if !places.bind(recorded, sent) => {
                            Some(": another object of the message".to_owned())
                        }
                        _ => None,
                    }
                } else if OWN_TO_CLIENT.contains(&name.as_str()) {
                    None
                } else {
                    value_difference(recorded, sent, ids, places)
                };
                if let Some(inner) = inner {
                    return Some(format!(".{name}{inner}"));
                }
            }
            b.keys()
                .find(|name| !a.contains_key(*name))
                .map(|name| format!(".{name}: not in the recording"))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(n, (a, b))| value_difference(a, b, ids, places).map(|d| format!("[{n}]{d}"))),
        _ => leaf_difference(recorded, sent, ids),
    }
}

/// Compares two JSON bodies; the order of members counts for nothing.
fn json_difference(recorded: &Value, sent: &Value, ids: &mut Ids) -> Option<String> {
    match (recorded, sent) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, recorded) in a {
                let Some(sent) = b.get(name) else {
                    return Some(format!(".{name}: missing"));
                };
                if let Some(inner) = json_difference(recorded, sent, ids) {
                    return Some(format!(".{name}{inner}"));
                }
            }
            b.keys()
                .find(|name| !a.contains_key(*name))
                .map(|name| format!(".{name}: not in the recording"))
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => a
            .iter()
            .zip(b)
            .enumerate()
            .find_map(|(n, (a, b))| json_difference(a, b, ids).map(|d| format!("[{n}]{d}"))),
        _ => leaf_difference(recorded, sent, ids),
    }
}

fn leaf_difference(recorded: &Value, sent: &Value, ids: &mut Ids) -> Option<String> {
    let same = match (recorded, sent) {
        (Value::String(recorded), Value::String(sent)) => same_text(recorded, sent, ids),
        (recorded, sent) => recorded == sent,
    };
    (!same).then(|| format!(": {} where {} was recorded", short(sent), short(recorded)))
}

/// Equal, but for ids that stand for each other, and `*` where the recording was scrubbed.
fn same_text(recorded: &str, sent: &str, ids: &mut Ids) -> bool {
    if recorded == sent {
        return true;
    }
    if guid_text(recorded.as_bytes()).is_some() && guid_text(sent.as_bytes()).is_some() {
        return ids.bind(recorded, sent);
    }
    recorded.contains('*') && scrubbed_matches(recorded, sent)
}

/// Whether `sent` is the text that a scrubbed one was: a run of stars stands for any text.
fn scrubbed_matches(scrubbed: &str, sent: &str) -> bool {
    let mut parts = scrubbed.split('*').filter(|part| !part.is_empty()).peekable();
    let mut rest = sent;
    if !scrubbed.starts_with('*') {
        let Some(after) = parts.next().and_then(|first| rest.strip_prefix(first)) else {
            return false;
        };
        rest = after;
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() && !scrubbed.ends_with('*') {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    true
}

/// Method and path, where the recorded path may have been scrubbed.
fn same_address(recorded: &str, sent: &str) -> bool {
    let recorded = recorded.replace("[scrubbed]", "*");
    recorded.contains('*') && scrubbed_matches(&recorded, sent)
}

fn short(value: &Value) -> String {
    const LONGEST: usize = 120;
    let text = value.to_string();
    if text.chars().count() > LONGEST {
        text.chars().take(LONGEST).chain("…".chars()).collect()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn stars_stand_for_what_was_scrubbed() {
        assert!(scrubbed_matches("user@*******.com", "user@contoso.com"));
        assert!(scrubbed_matches("***", "anything"));
        assert!(scrubbed_matches("a**b*", "a12b3"));
        assert!(!scrubbed_matches("a**b", "a12c"));
        assert!(!scrubbed_matches("x*", "y"));
        assert!(same_address("GET /a?code=[scrubbed]&b=*", "GET /a?code=123&b=c"));
        assert!(!same_address("GET /a", "GET /b"));
    }

    #[test]
    fn objects_are_compared_by_their_place() {
        let value = |id: &str, reference: &str, name: &str| {
            json!({"t": "Obj", "id": id, "types": [], "to_string": null, "ms": {
                "Name": {"t": "S", "v": name}, "Again": {"t": "Ref", "v": reference}}})
        };
        let mut ids = Ids::default();
        let mut compare = |a: &Value, b: &Value| value_difference(a, b, &mut ids, &mut Ids::default());
        assert_eq!(compare(&value("0", "0", "x"), &value("7", "7", "x")), None);
        assert!(compare(&value("0", "0", "x"), &value("7", "8", "x")).is_some());
        assert_eq!(
            compare(&value("0", "0", "x"), &value("0", "0", "y")).unwrap(),
            ".ms.Name.v: \"y\" where \"x\" was recorded"
        );
    }
}
