//! Reading recordings, whole or damaged.

use std::io::{BufRead, Read as _};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::error::{LineError, ReadError};
use crate::format::{FORMAT_VERSION, Header, Packet, RecordedExchange, Recording};
use crate::salvage;

/// What a file of lines turned out to hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Capture {
    /// HTTP exchanges.
    Exchanges(Recording),
    /// Packets of the out-of-process transport, sorted by `seq`.
    Packets(Vec<Packet>),
}

/// What could be read, and what could not.
#[derive(Debug)]
pub struct Outcome {
    /// Every line that could be read.
    pub capture: Capture,
    /// What is wrong with the others, in file order; empty for a sound file.
    pub errors: Vec<ReadError>,
}

impl Outcome {
    /// The recording, where the file is sound and holds HTTP exchanges.
    ///
    /// # Errors
    /// The first thing that is wrong with the file, or [`ReadError::Packets`].
    pub fn into_recording(self) -> Result<Recording, ReadError> {
        if let Some(error) = self.errors.into_iter().next() {
            return Err(error);
        }
        match self.capture {
            Capture::Exchanges(recording) => Ok(recording),
            Capture::Packets(_) => Err(ReadError::Packets),
        }
    }
}

/// Reads recordings line by line; a line that cannot be read is reported and passed over.
#[derive(Clone, Debug)]
pub struct Reader {
    max_line_bytes: u64,
    max_errors: usize,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            max_line_bytes: 512 * 1024 * 1024,
            max_errors: 20,
        }
    }
}

/// Enough of a line to tell what it is.
#[derive(Deserialize)]
struct Probe {
    psbridge_recording: Option<u32>,
    psguid: Option<serde::de::IgnoredAny>,
    element: Option<serde::de::IgnoredAny>,
}

enum Line {
    Header(Header),
    Exchange(Box<RecordedExchange>),
    Packet(Packet),
}

impl Reader {
    /// A reader with the default limits: lines of up to 512 MiB, 20 errors reported one by one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the length that one line may have, in bytes.
    #[must_use]
    pub fn max_line_bytes(mut self, bytes: u64) -> Self {
        self.max_line_bytes = bytes;
        self
    }

    /// Reads everything that can be read and sorts it by `seq`.
    pub fn read(&self, input: impl BufRead) -> Outcome {
        let mut collector = Collector {
            max_errors: self.max_errors,
            ..Collector::default()
        };
        self.read_lines(input, &mut collector);
        collector.finish()
    }

    fn read_lines(&self, mut input: impl BufRead, collector: &mut Collector) {
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let cut = self.max_line_bytes.saturating_add(1);
            match input.by_ref().take(cut).read_until(b'\n', &mut line) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => return collector.error(error.into()),
            }
            let whole = line.ends_with(b"\n");
            if !whole && line.len() as u64 > self.max_line_bytes {
                collector.error(line_error(
                    number,
                    "",
                    format!("is longer than {} bytes", self.max_line_bytes),
                ));
                if let Err(error) = skip_line(&mut input) {
                    return collector.error(error.into());
                }
                continue;
            }
            let text = line
                .strip_prefix(b"\xEF\xBB\xBF")
                .filter(|_| number == 1)
                .unwrap_or(&line);
            let text = text.trim_ascii();
            if !text.is_empty() {
                collector.line(number, text);
            }
        }
    }
}

fn skip_line(input: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let buffer = input.fill_buf()?;
        let length = buffer.len();
        if length == 0 {
            return Ok(());
        }
        if let Some(end) = buffer.iter().position(|&b| b == b'\n') {
            input.consume(end + 1);
            return Ok(());
        }
        input.consume(length);
    }
}

#[derive(Default)]
struct Collector {
    header: Option<Header>,
    exchanges: Vec<RecordedExchange>,
    packets: Vec<Packet>,
    errors: Vec<ReadError>,
    max_errors: usize,
    unreported: u64,
}

impl Collector {
    fn error(&mut self, error: ReadError) {
        if self.errors.len() < self.max_errors {
            self.errors.push(error);
        } else {
            self.unreported += 1;
        }
    }

    fn line(&mut self, number: u64, text: &[u8]) {
        let line = parse_line(number, text).or_else(|error| match salvage(number, text) {
            Some(line) => {
                self.error(error);
                Ok(line)
            }
            None => Err(error),
        });
        match line {
            Ok(Line::Header(header)) => self.take_header(number, header),
            Ok(Line::Exchange(exchange)) if self.packets.is_empty() => {
                self.exchanges.push(*exchange);
            }
            Ok(Line::Packet(packet)) if self.exchanges.is_empty() && self.header.is_none() => {
                self.packets.push(packet);
            }
            Ok(Line::Exchange(_)) => {
                self.error(line_error(
                    number,
                    "",
                    "is an http exchange among packets".to_owned(),
                ));
            }
            Ok(Line::Packet(_)) => {
                self.error(line_error(
                    number,
                    "",
                    "is a packet among http exchanges".to_owned(),
                ));
            }
            Err(error) => self.error(error),
        }
    }

    fn take_header(&mut self, number: u64, header: Header) {
        if self.header.is_some() || !self.exchanges.is_empty() || !self.packets.is_empty() {
            return self.error(line_error(
                number,
                "",
                "is a header, and not the first line".to_owned(),
            ));
        }
        if header.psbridge_recording > FORMAT_VERSION {
            self.error(ReadError::Version {
                found: header.psbridge_recording,
                known: FORMAT_VERSION,
            });
        }
        self.header = Some(header);
    }

    fn finish(mut self) -> Outcome {
        if self.unreported > 0 {
            self.errors.push(ReadError::More {
                count: self.unreported,
            });
        }
        let capture = if self.packets.is_empty() {
            self.exchanges.sort_by_key(|exchange| exchange.seq);
            Capture::Exchanges(Recording {
                header: self.header,
                exchanges: self.exchanges,
            })
        } else {
            self.packets.sort_by_key(|packet| packet.seq);
            Capture::Packets(self.packets)
        };
        Outcome {
            capture,
            errors: self.errors,
        }
    }
}

fn parse_line(number: u64, text: &[u8]) -> Result<Line, ReadError> {
    let probe: Probe = parse(number, text)?;
    if probe.psbridge_recording.is_some() {
        parse(number, text).map(Line::Header)
    } else if probe.psguid.is_some() || probe.element.is_some() {
        parse(number, text).map(Line::Packet)
    } else {
        parse(number, text).map(|exchange| Line::Exchange(Box::new(exchange)))
    }
}

/// What can be read of a line that is cut off: bodies then end where the line does.
fn salvage(number: u64, text: &[u8]) -> Option<Line> {
    let valid = std::str::from_utf8(text).or_else(|error| {
        // A character may be cut, too.
        std::str::from_utf8(text.get(..error.valid_up_to()).unwrap_or_default())
    });
    let closed = salvage::close(valid.ok()?)?;
    match parse_line(number, closed.as_bytes()) {
        Ok(Line::Exchange(exchange))
            if exchange.request.as_ref().is_some_and(|r| !r.body.is_empty())
                || exchange.response.as_ref().is_some_and(|r| !r.body.is_empty()) =>
        {
            Some(Line::Exchange(exchange))
        }
        Ok(Line::Packet(packet)) if packet.data.is_some() => Some(Line::Packet(packet)),
        _ => None,
    }
}

fn parse<T: DeserializeOwned>(number: u64, text: &[u8]) -> Result<T, ReadError> {
    let mut json = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "" } else { path.as_str() };
        if error.inner().is_eof() {
            return line_error(number, field, "is cut off".to_owned());
        }
        line_error(number, field, json_reason(&error.into_inner()))
    })?;
    json.end()
        .map_err(|error| line_error(number, "", json_reason(&error)))?;
    Ok(value)
}

/// The parser's words, with the column only: each line is parsed as a text of one line.
fn json_reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(reason) => format!("{reason} (column {})", error.column()),
        None => text,
    }
}

fn line_error(line: u64, field: &str, reason: String) -> ReadError {
    LineError {
        line,
        field: field.to_owned(),
        reason,
    }
    .into()
}

impl Recording {
    /// Reads a recording of HTTP exchanges that must be sound.
    ///
    /// # Errors
    /// The first thing that is wrong with it, or [`ReadError::Packets`].
    pub fn read(input: impl BufRead) -> Result<Self, ReadError> {
        Reader::new().read(input).into_recording()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Outcome {
        Reader::new().read(text.as_bytes())
    }

    fn exchanges(outcome: &Outcome) -> Vec<u64> {
        match &outcome.capture {
            Capture::Exchanges(recording) => recording.exchanges.iter().map(|e| e.seq).collect(),
            Capture::Packets(_) => panic!("packets"),
        }
    }

    #[test]
    fn sorts_by_seq_and_reads_the_subset_form() {
        let outcome = read(concat!(
            r#"{"seq":1,"request":null,"response":{"status":200,"status_recorded":false,"body":"b"}}"#,
            "\n\n",
            r#"{"seq":0,"request":{"method":"POST","path":"/wsman","body":"a"},"response":null}"#,
        ));
        assert!(outcome.errors.is_empty(), "{:?}", outcome.errors);
        assert_eq!(exchanges(&outcome), [0, 1]);
    }

    #[test]
    fn errors_name_line_and_field() {
        let outcome = read(concat!(
            r#"{"seq":0,"request":null,"response":{"status":"ok","body":null}}"#,
            "\n",
            r#"{"seq":"x"}"#,
            "\n",
            r#"{"request":null}"#,
            "\n",
            r#"{"seq":2,"request":{"body":"a","body_base64":"YQ=="}}"#,
            "\n",
            r#"{"seq":3,"request":{"headers":[["a","b"],["c"]]}}"#,
            "\n",
            r#"{"seq":4}"#,
            "\n",
            r#"{"seq":5,"request":{"bo"#,
        ));
        assert_eq!(exchanges(&outcome), [4]);
        let errors: Vec<_> = outcome.errors.iter().map(ToString::to_string).collect();
        assert!(
            errors[0].starts_with("line 1, field `response.status`: invalid type"),
            "{errors:?}"
        );
        assert!(
            errors[1].starts_with("line 2, field `seq`: invalid type"),
            "{errors:?}"
        );
        assert!(errors[2].starts_with("line 3: missing field `seq`"), "{errors:?}");
        assert!(
            errors[3].starts_with("line 4, field `request`: both `body`"),
            "{errors:?}"
        );
        assert!(
            errors[4].starts_with("line 5, field `request.headers[1]"),
            "{errors:?}"
        );
        assert!(errors[5].starts_with("line 7"), "{errors:?}");
        assert_eq!(errors.len(), 6);
    }

    #[test]
    fn a_line_that_is_cut_off_gives_what_it_holds() {
        let outcome = read(r#"{"seq":3,"request":{"body":"whole"},"response":{"status":200,"body":"<half"#);
        let Capture::Exchanges(recording) = &outcome.capture else {
            panic!("packets")
        };
        let exchange = &recording.exchanges[0];
        assert_eq!(
            exchange.request.as_ref().unwrap().body,
            crate::Body::Text("whole".to_owned())
        );
        assert_eq!(
            exchange.response.as_ref().unwrap().body,
            crate::Body::Text("<half".to_owned())
        );
        assert_eq!(
            outcome.errors[0].to_string(),
            "line 1, field `response`: is cut off"
        );
    }

    #[test]
    fn reports_a_limited_number_of_errors() {
        let outcome = read(&"nonsense\n".repeat(50));
        assert_eq!(outcome.errors.len(), 21);
        assert_eq!(outcome.errors[20].to_string(), "30 more lines could not be read");
    }

    #[test]
    fn passes_over_a_line_that_is_too_long() {
        let text = format!(
            "{{\"seq\":0,\"error\":\"{}\"}}\n{{\"seq\":1}}\n",
            "x".repeat(100_000)
        );
        let outcome = Reader::new().max_line_bytes(1000).read(text.as_bytes());
        assert_eq!(exchanges(&outcome), [1]);
        assert_eq!(outcome.errors[0].to_string(), "line 1: is longer than 1000 bytes");
    }

    #[test]
    fn reads_packets() {
        let outcome = read(
            r#"{"seq":0,"from":"server","element":"CloseAck","psguid":"00000000-0000-0000-0000-000000000000"}"#,
        );
        assert!(outcome.errors.is_empty(), "{:?}", outcome.errors);
        let Capture::Packets(packets) = outcome.capture else {
            panic!("exchanges")
        };
        assert_eq!(packets[0].from, crate::Side::Server);
    }

    #[test]
    fn a_newer_version_is_said() {
        let outcome = read("{\"psbridge_recording\":7,\"scrubbed\":[]}\n{\"seq\":0}");
        assert_eq!(exchanges(&outcome), [0]);
        assert!(outcome.errors[0].to_string().contains("version 7"));
    }
}
