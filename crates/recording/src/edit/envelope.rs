//! Where the streams of an envelope lie, damaged envelopes included, and which stream each belongs to.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::xml::{Element, Region, Visit, Walk};
use crate::format::Side;

/// Which element carries a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Creation,
    Connect,
    ConnectResponse,
    Arguments,
    Stream,
}

impl Carrier {
    pub(crate) fn of(name: &str) -> Option<Self> {
        match name {
            "creationXml" => Some(Self::Creation),
            "connectXml" => Some(Self::Connect),
            "connectResponseXml" => Some(Self::ConnectResponse),
            "Arguments" => Some(Self::Arguments),
            "Stream" => Some(Self::Stream),
            _ => None,
        }
    }
}

/// The text of one element that carries a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carried {
    pub(crate) carrier: Carrier,
    /// The `Name` attribute.
    pub(crate) name: String,
    /// The `CommandId` attribute.
    pub(crate) command: Option<String>,
    /// Where its text lies in the body.
    pub(crate) range: Range<usize>,
}

/// What an envelope says about the place of its streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// The selector `ShellId`, of the header or of what was created.
    pub(crate) shell: Option<String>,
    /// The attribute `ShellId` that a client suggests.
    pub(crate) suggested_shell: Option<String>,
    /// The command that is created, asked for or answered.
    pub(crate) command: Option<String>,
    /// A resource of PowerShell is named: the streams carry PSRP.
    pub(crate) powershell: bool,
    pub(crate) streams: Vec<Carried>,
}

/// True for the resource URIs of PowerShell's configurations.
pub(crate) fn is_powershell(uri: &str) -> bool {
    let prefix = psbridge_protocol::wsman::ns::RESOURCE_PREFIX;
    uri.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

impl Places {
    /// Finds the streams of a body.
    pub(crate) fn find(body: &[u8]) -> Self {
        let mut finder = Finder::default();
        // The walk hands out text to be changed; a reader needs a copy.
        let mut copy = body.to_vec();
        Walk::default().walk(&mut copy, &mut finder);
        finder.places
    }
}

#[derive(Default)]
struct Finder {
    places: Places,
    /// The element that text belongs to, and whether it carries a stream.
    in_stream: bool,
    in_selector: bool,
    in_command_id: bool,
    in_resource: bool,
}

impl Visit for Finder {
    fn start(&mut self, element: &Element) {
        let places = &mut self.places;
        self.in_selector = element.name == "Selector"
            && element
                .attribute("Name")
                .is_some_and(|n| n.eq_ignore_ascii_case("ShellId"));
        self.in_command_id = element.name == "CommandId";
        self.in_resource = element.name == "ResourceURI";
        self.in_stream = false;
        let command = element.attribute("CommandId").map(str::to_owned);
        if let Some(carrier) = Carrier::of(&element.name) {
            self.in_stream = true;
            places.streams.push(Carried {
                carrier,
                name: element.attribute("Name").unwrap_or_default().to_owned(),
                command,
                range: 0..0,
            });
        } else if element.name == "Shell" {
            places.suggested_shell = element.attribute("ShellId").map(str::to_owned);
        } else if command.is_some() {
            places.command = command;
        }
    }

    fn end(&mut self, _element: &Element) {
        self.in_stream = false;
        self.in_selector = false;
        self.in_command_id = false;
        self.in_resource = false;
    }

    fn region(&mut self, region: Region<'_>) {
        if !region.attribute.is_empty() {
            return;
        }
        let end = region.offset + region.bytes.len();
        let text = || String::from_utf8_lossy(region.bytes).trim().to_owned();
        if self.in_stream {
            if let Some(stream) = self.places.streams.last_mut() {
                let start = if stream.range.is_empty() {
                    region.offset
                } else {
                    stream.range.start
                };
                stream.range = start..end;
            }
        } else if self.in_selector {
            self.places.shell = Some(text());
        } else if self.in_command_id {
            self.places.command = Some(text());
        } else if self.in_resource {
            self.places.powershell |= is_powershell(&text());
        }
    }
}

/// Names one stream of a session, as a receiver keeps them apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StreamKey {
    pub(crate) side: Side,
    /// The shell's id, upper case; empty where it is not known.
    pub(crate) shell: String,
    /// The command's id, upper case; empty for the pool.
    pub(crate) command: String,
    /// `stdin`, `pr`, `stdout`… What a client sends to create a shell or command begins its `stdin`.
    pub(crate) name: String,
}

/// The keys of the streams of both envelopes of an exchange, in their order.
pub(crate) fn keys(
    seq: u64,
    request: Option<&Places>,
    response: Option<&Places>,
) -> (Vec<StreamKey>, Vec<StreamKey>) {
    let shell = request
        .and_then(|r| r.shell.as_deref())
        .or_else(|| response.and_then(|r| r.shell.as_deref()))
        .or_else(|| request.and_then(|r| r.suggested_shell.as_deref()))
        .unwrap_or_default();
    let asked = request.and_then(|r| r.command.as_deref());
    let answered = response.and_then(|r| r.command.as_deref());
    let key = |side, stream: &Carried| {
        let (command, name) = match stream.carrier {
            Carrier::Creation => (None, "stdin".to_owned()),
            // These hold whole messages only, and begin no stream.
            Carrier::Connect => (None, format!("connect {seq}")),
            Carrier::ConnectResponse => (None, format!("connect response {seq}")),
            Carrier::Arguments => (answered.or(asked), "stdin".to_owned()),
            Carrier::Stream if side == Side::Client => (stream.command.as_deref(), stream.name.clone()),
            Carrier::Stream => (stream.command.as_deref().or(asked), stream.name.clone()),
        };
        StreamKey {
            side,
            shell: shell.to_uppercase(),
            command: command.unwrap_or_default().to_uppercase(),
            name,
        }
    };
    let of = |places: Option<&Places>, side| {
        places
            .map(|p| p.streams.iter().map(|s| key(side, s)).collect())
            .unwrap_or_default()
    };
    (of(request, Side::Client), of(response, Side::Server))
}

/// Decodes the base64 text of a stream; white space counts for nothing.
pub(crate) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let dense: Vec<u8> = text
        .iter()
        .copied()
        .filter(|b| !b.is_ascii_whitespace())
        .collect();
    BASE64.decode(dense).ok()
}

/// Edits the bytes of the streams of a body. `edit` gets all bytes that the body holds of one stream at once, their
/// number stays. Elements whose text is no base64 are left alone, and those that
/// `wanted` refuses. Gives back where the texts of the others lie now.
pub(crate) fn edit_streams(
    body: &mut Vec<u8>,
    places: &Places,
    keys: &[StreamKey],
    wanted: impl Fn(&Carried, &StreamKey, &[u8]) -> bool,
    mut edit: impl FnMut(&StreamKey, &mut [u8]),
) -> Vec<Range<usize>> {
    let mut parts: Vec<(&Carried, &StreamKey, Vec<u8>)> = Vec::new();
    for (stream, key) in places.streams.iter().zip(keys) {
        let text = body.get(stream.range.clone()).unwrap_or_default();
        if let Some(bytes) = decode(text)
            && !bytes.is_empty()
            && wanted(stream, key, &bytes)
        {
            parts.push((stream, key, bytes));
        }
    }
    let mut done: Vec<&StreamKey> = Vec::new();
    for key in parts.iter().map(|(_, key, _)| *key).collect::<Vec<_>>() {
        if done.contains(&key) {
            continue;
        }
        done.push(key);
        let mut of_key: Vec<&mut Vec<u8>> = parts
            .iter_mut()
            .filter(|(_, other, _)| *other == key)
            .map(|(_, _, bytes)| bytes)
            .collect();
        let mut joined = of_key
            .iter()
            .flat_map(|bytes| bytes.iter().copied())
            .collect::<Vec<u8>>();
        edit(key, &mut joined);
        let mut rest = joined.as_slice();
        for bytes in &mut of_key {
            if let Some((part, after)) = rest.split_at_checked(bytes.len()) {
                bytes.copy_from_slice(part);
                rest = after;
            }
        }
    }
    let mut out = Vec::with_capacity(body.len());
    let mut at = 0;
    let mut ranges = Vec::new();
    for (stream, _, bytes) in &parts {
        out.extend_from_slice(body.get(at..stream.range.start).unwrap_or_default());
        let start = out.len();
        out.extend_from_slice(BASE64.encode(bytes).as_bytes());
        ranges.push(start..out.len());
        at = stream.range.end;
    }
    out.extend_from_slice(body.get(at..).unwrap_or_default());
    *body = out;
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIVE: &str = "<e:Envelope><w:Selector Name='ShellId'> abc </w:Selector><rsp:Receive><rsp:DesiredStream CommandId='C1'>stdout</rsp:DesiredStream></rsp:Receive></e:Envelope>";
    const ANSWER: &str = "<e:Envelope><rsp:Stream Name='stdout' CommandId='c1'>QUJD</rsp:Stream><rsp:Stream Name='stderr'/><rsp:Stream Name='stdout'>WFla";

    #[test]
    fn finds_streams_in_damaged_envelopes_too() {
        let request = Places::find(RECEIVE.as_bytes());
        let response = Places::find(ANSWER.as_bytes());
        assert_eq!(request.shell.as_deref(), Some("abc"));
        let texts: Vec<_> = response
            .streams
            .iter()
            .map(|s| &ANSWER[s.range.clone()])
            .collect();
        assert_eq!(texts, ["QUJD", "", "WFla"]);
        let (_, keys) = keys(0, Some(&request), Some(&response));
        assert_eq!(keys[0], keys[2]);
        assert_eq!((keys[0].shell.as_str(), keys[0].command.as_str()), ("ABC", "C1"));
        let mut body = ANSWER.as_bytes().to_vec();
        let mut seen = Vec::new();
        let texts = edit_streams(
            &mut body,
            &response,
            &keys,
            |_, _, _| true,
            |_, bytes| {
                seen.push(bytes.to_vec());
                bytes.make_ascii_lowercase();
            },
        );
        assert_eq!(seen, [b"ABCXYZ"]);
        let body = String::from_utf8(body).unwrap();
        assert_eq!(
            texts.iter().map(|r| &body[r.clone()]).collect::<Vec<_>>(),
            ["YWJj", "eHl6"]
        );
        assert_eq!(body.replace("YWJj", "QUJD").replace("eHl6", "WFla"), ANSWER);
    }

    #[test]
    fn the_rest_of_a_message_goes_to_the_stream_that_began_it() {
        let create =
            Places::find(b"<Envelope><Shell ShellId='s'><creationXml>AA==</creationXml></Shell></Envelope>");
        let created = Places::find(b"<Envelope><Selector Name='ShellId'>T</Selector></Envelope>");
        let send = Places::find(
            b"<Envelope><Selector Name='ShellId'>T</Selector><Send><Stream Name='stdin'>AA==</Stream></Send></Envelope>",
        );
        let (first, _) = keys(0, Some(&create), Some(&created));
        let (second, _) = keys(1, Some(&send), None);
        assert_eq!(first, second);
    }
}
