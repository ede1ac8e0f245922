//! Primitives: elements that hold text.

use super::stream::{Element, Stream};
use crate::xml;
use crate::{Error, ProgressRecord, ProgressRecordType, PsString, SecureText, Value, codec, lexical};

/// The elements that hold a primitive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    S,
    C,
    B,
    Dt,
    Ts,
    By,
    Sb,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    Sg,
    Db,
    D,
    Ba,
    G,
    Uri,
    Version,
    Xd,
    Sbk,
    Ss,
    Pr,
}

impl Tag {
    pub(crate) fn of(local: &str) -> Option<Tag> {
        Some(match local.as_bytes() {
            b"S" => Tag::S,
            b"C" => Tag::C,
            b"B" => Tag::B,
            b"DT" => Tag::Dt,
            b"TS" => Tag::Ts,
            b"By" => Tag::By,
            b"SB" => Tag::Sb,
            b"U16" => Tag::U16,
            b"I16" => Tag::I16,
            b"U32" => Tag::U32,
            b"I32" => Tag::I32,
            b"U64" => Tag::U64,
            b"I64" => Tag::I64,
            b"Sg" => Tag::Sg,
            b"Db" => Tag::Db,
            b"D" => Tag::D,
            b"BA" => Tag::Ba,
            b"G" => Tag::G,
            b"URI" => Tag::Uri,
            b"Version" => Tag::Version,
            b"XD" => Tag::Xd,
            b"SBK" => Tag::Sbk,
            b"SS" => Tag::Ss,
            b"PR" => Tag::Pr,
            _ => return None,
        })
    }

    /// Whether `_xHHHH_` stands for a UTF-16 unit in its text.
    fn is_escaped(self) -> bool {
        matches!(self, Tag::S | Tag::Sbk | Tag::Uri | Tag::Xd)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Tag::S => "S",
            Tag::C => "C",
            Tag::B => "B",
            Tag::Dt => "DT",
            Tag::Ts => "TS",
            Tag::By => "By",
            Tag::Sb => "SB",
            Tag::U16 => "U16",
            Tag::I16 => "I16",
            Tag::U32 => "U32",
            Tag::I32 => "I32",
            Tag::U64 => "U64",
            Tag::I64 => "I64",
            Tag::Sg => "Sg",
            Tag::Db => "Db",
            Tag::D => "D",
            Tag::Ba => "BA",
            Tag::G => "G",
            Tag::Uri => "URI",
            Tag::Version => "Version",
            Tag::Xd => "XD",
            Tag::Sbk => "SBK",
            Tag::Ss => "SS",
            Tag::Pr => "PR",
        }
    }
}

impl<'a> Stream<'a> {
    /// Reads the primitive whose start tag was read last.
    pub(crate) fn primitive(&mut self, tag: Tag, element: &Element<'a>) -> Result<Value, Error> {
        if tag == Tag::Pr {
            return self
                .progress(element)
                .map(|record| Value::Progress(Box::new(record)));
        }
        if let Some((text, underscore)) = self.xml.plain_element_text() {
            return match tag {
                Tag::S => Ok(Value::String(codec::decode_plain(text, underscore))),
                _ if tag.is_escaped() => escaped(tag, codec::decode_plain(text, underscore), element),
                _ => self.plain(tag, text, element),
            };
        }
        let text = self.xml.element_text()?;
        if tag.is_escaped() {
            return escaped(tag, codec::decode(text), element);
        }
        match text.as_str() {
            Some(plain) => self.plain(tag, plain, element),
            // A half of a surrogate pair is in none of these.
            None => Err(bad_value(tag, element, &text.into_lossy())),
        }
    }

    fn plain(&self, tag: Tag, text: &str, element: &Element<'a>) -> Result<Value, Error> {
        self.parse(tag, text).ok_or_else(|| bad_value(tag, element, text))
    }

    fn parse(&self, tag: Tag, text: &str) -> Option<Value> {
        Some(match tag {
            Tag::I32 => Value::Int32(match text.parse() {
                Ok(number) => number,
                Err(_) => lexical::signed(text)?.try_into().ok()?,
            }),
            Tag::B => Value::Bool(lexical::boolean(text)?),
            Tag::C => Value::Char(lexical::unsigned(text)?.try_into().ok()?),
            Tag::By => Value::Byte(lexical::unsigned(text)?.try_into().ok()?),
            Tag::Sb => Value::SByte(lexical::signed(text)?.try_into().ok()?),
            Tag::U16 => Value::UInt16(lexical::unsigned(text)?.try_into().ok()?),
            Tag::I16 => Value::Int16(lexical::signed(text)?.try_into().ok()?),
            Tag::U32 => Value::UInt32(lexical::unsigned(text)?.try_into().ok()?),
            Tag::U64 => Value::UInt64(lexical::unsigned(text)?.try_into().ok()?),
            Tag::I64 => Value::Int64(lexical::signed(text)?.try_into().ok()?),
            Tag::Sg => Value::Single(lexical::single(text)?),
            Tag::Db => Value::Double(lexical::double(text)?),
            Tag::D => Value::Decimal(lexical::decimal(text)?),
            Tag::Dt => Value::DateTime(text.parse().ok()?),
            Tag::Ts => Value::TimeSpan(text.parse().ok()?),
            Tag::Ba => Value::Bytes(lexical::base64(text)?),
            Tag::G => Value::Guid(lexical::guid(text)?),
            Tag::Version => Value::Version(text.parse().ok()?),
            // Files hold hexadecimal text, and never none; messages hold base64.
            Tag::Ss if self.in_objs && !lexical::is_hex_pairs(text) => return None,
            Tag::Ss => Value::SecureString(SecureText::new(text)),
            Tag::S | Tag::Sbk | Tag::Uri | Tag::Xd | Tag::Pr => return None,
        })
    }

    /// `PR`: eight children in order, all needed.
    fn progress(&mut self, element: &Element<'a>) -> Result<ProgressRecord, Error> {
        let activity = self.progress_text("AV")?;
        let activity_id = self.progress_number("AI")?;
        let current_operation = self.progress_operation()?;
        let parent_activity_id = self.progress_number("PI")?;
        let percent_complete = self.progress_number("PC")?;
        let type_name = self.progress_text("T")?.into_string_lossy();
        let seconds_remaining = self.progress_number("SR")?;
        let status_description = self.progress_text("SD")?;
        if let Some(extra) = self.child("inside <PR>")? {
            return Err(extra.unexpected("inside <PR>"));
        }
        let record_type = match type_name.trim() {
            name if name.eq_ignore_ascii_case("Processing") => ProgressRecordType::Processing,
            name if name.eq_ignore_ascii_case("Completed") => ProgressRecordType::Completed,
            // .NET parses enumerations by number too.
            number => match lexical::signed(number) {
                Some(0) => ProgressRecordType::Processing,
                Some(1) => ProgressRecordType::Completed,
                _ => return Err(bad_value(Tag::Pr, element, &type_name)),
            },
        };
        let record = ProgressRecord {
            activity,
            activity_id,
            current_operation,
            parent_activity_id,
            percent_complete,
            record_type,
            seconds_remaining,
            status_description,
        };
        if record.is_possible() {
            Ok(record)
        } else {
            Err(bad_value(Tag::Pr, element, ""))
        }
    }

    fn progress_text(&mut self, name: &'static str) -> Result<PsString, Error> {
        match self.child("inside <PR>")? {
            Some(child) if child.local == name => Ok(codec::decode(self.xml.element_text()?)),
            Some(other) => Err(other.unexpected("inside <PR>")),
            None => Err(self.missing("an incomplete <PR>")),
        }
    }

    fn progress_number(&mut self, name: &'static str) -> Result<i32, Error> {
        let text = self.progress_text(name)?;
        let number = text
            .as_str()
            .and_then(lexical::signed)
            .and_then(|number| i32::try_from(number).ok());
        number.ok_or_else(|| Error::BadValue {
            offset: self.xml.start_offset(),
            kind: "PR",
            text: beginning(&text.to_str_lossy()),
        })
    }

    /// The third child: any value, of which only the text counts.
    fn progress_operation(&mut self) -> Result<Option<PsString>, Error> {
        let Some(child) = self.child("inside <PR>")? else {
            return Err(self.missing("an incomplete <PR>"));
        };
        Ok(match self.value(&child)? {
            Value::Nil => None,
            Value::String(text) => Some(text),
            Value::Object(object) => object.to_string,
            other => other.as_text().map(|text| text.into_owned().into()),
        })
    }
}

fn escaped(tag: Tag, text: PsString, element: &Element<'_>) -> Result<Value, Error> {
    match tag {
        Tag::Sbk => Ok(Value::ScriptBlock(text)),
        Tag::Uri if is_uri(&text) => Ok(Value::Uri(text)),
        Tag::Xd if is_document(&text) => Ok(Value::Xml(text)),
        Tag::S => Ok(Value::String(text)),
        _ => Err(bad_value(tag, element, &text.to_str_lossy())),
    }
}

fn bad_value(tag: Tag, element: &Element<'_>, text: &str) -> Error {
    // A secret stays one when it is misspelt.
    let text = if tag == Tag::Ss { "" } else { text };
    Error::BadValue {
        offset: element.offset,
        kind: tag.name(),
        text: beginning(text),
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(40).collect()
}

/// XML documents are checked, but kept as text; no text at all is an empty document.
fn is_document(text: &PsString) -> bool {
    text.is_empty()
        || text
            .as_str()
            .is_some_and(|text| xml::check_document(text).is_ok())
}

/// Any text is a URI, absolute or relative, except one whose host cannot be parsed.
fn is_uri(text: &PsString) -> bool {
    let Some(text) = text.as_str() else { return true };
    let text = text.trim();
    let Some((scheme, rest)) = text.split_once("://") else {
        return true;
    };
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    if !is_scheme || scheme.eq_ignore_ascii_case("file") {
        return true;
    }
    // What .NET knows to need a host; other schemes may leave it out, or put there what they like.
    let known = [
        "http", "https", "ws", "wss", "ftp", "gopher", "nntp", "telnet", "net.tcp", "net.pipe",
    ];
    let needs_host = known.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(inner) => inner.split_once(']').is_some_and(|(address, port)| {
            let address = address.split('%').next().unwrap_or_default();
            address.parse::<std::net::Ipv6Addr>().is_ok() && (port.is_empty() || is_port(port))
        }),
        None => {
            let colon = host.find(':').unwrap_or(host.len());
            let (name, port) = host.split_at(colon);
            (port.is_empty() || is_port(port)) && (!needs_host || !name.is_empty() && is_host(name))
        }
    }
}

fn is_port(text: &str) -> bool {
    text.strip_prefix(':')
        .is_some_and(|port| port.is_empty() || port.parse::<u16>().is_ok())
}

fn is_host(name: &str) -> bool {
    !name.contains(|c: char| {
        c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.' | '_' | '~' | '%')
    })
}
