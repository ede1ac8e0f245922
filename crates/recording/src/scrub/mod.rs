//! Taking secrets out of what is written.

mod clixml;
mod http;
mod text;

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

use zeroize::Zeroizing;

use self::clixml::MessageScrub;
use self::text::{Escapes, Mask, lower, mask_patterns, mask_tokens};
use crate::edit::envelope::{self, Carrier, Places, StreamKey};
use crate::edit::fragments::{Fragments, edit_messages, look_like_fragments};
use crate::edit::xml::{Element, Region, Visit, Walk};
use crate::format::{Body, Header, RecordedExchange};

/// Length of a message's header, which holds no text.
const MESSAGE_HEADER: u64 = psbridge_protocol::message::HEADER_LEN as u64;
/// How much of a stream of text is kept for patterns that go over a cut.
const TAIL: usize = 4096;
/// Streams of text whose ends are kept; beyond that all are forgotten.
const MAX_TEXT_STREAMS: usize = 1024;

/// Takes secrets out of exchanges: what must never be in a recording, and texts that the user names.
///
/// Always taken out: the credentials of `Authorization` and its kin, the values of cookies, tokens, passwords, assertions
/// and codes of signing in in headers, URLs, forms and JSON, the secrets of key vaults, JSON web tokens anywhere, and in PSRP messages secure strings, session keys, and the
/// values of parameters and properties whose names end in *password*, *secret*, *token* or the like. Within PSRP
/// messages every byte is replaced by one byte, so that lengths, fragments and typed values stay valid.
///
/// A scrubber follows the streams of a session, because messages go over several bodies: give it every exchange, in
/// the order in which they end.
pub struct Scrubber {
    patterns: Patterns,
    streams: HashMap<StreamKey, StreamScrub>,
}

/// Texts that the user names, in lower case.
#[derive(Default)]
struct Patterns(Vec<Zeroizing<Vec<char>>>);

impl Patterns {
    fn iter(&self) -> impl Iterator<Item = &[char]> {
        self.0.iter().map(|pattern| pattern.as_slice())
    }

    #[cfg(test)]
    fn new<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut patterns = Self::default();
        texts.into_iter().for_each(|text| patterns.add(text));
        patterns
    }

    fn add(&mut self, text: &str) {
        if !text.is_empty() {
            self.0.push(Zeroizing::new(text.chars().map(lower).collect()));
        }
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrubber")
            .field("patterns", &self.patterns.0.len())
            .finish_non_exhaustive()
    }
}

impl Default for Scrubber {
    fn default() -> Self {
        Self::new()
    }
}

/// What is known of one stream.
struct StreamScrub {
    fragments: Option<Fragments>,
    message: MessageScrub,
    /// The last bytes of a stream of text.
    tail: Zeroizing<Vec<u8>>,
}

impl Scrubber {
    /// The rules that cannot be switched off.
    #[must_use]
    pub fn new() -> Self {
        Self {
            patterns: Patterns::default(),
            streams: HashMap::new(),
        }
    }

    /// Hides a text as well, wherever it stands, however it is escaped and whatever the case of its letters.
    #[must_use]
    pub fn hide(mut self, text: &str) -> Self {
        self.patterns.add(text);
        self
    }

    /// The names of the rules, for [`Header::scrubbed`]; never the hidden texts themselves.
    #[must_use]
    pub fn rules(&self) -> Vec<String> {
        let mut rules: Vec<String> = [
            "authorization",
            "cookies",
            "tokens",
            "passwords",
            "secure-strings",
            "session-keys",
        ]
        .map(str::to_owned)
        .into();
        if !self.patterns.0.is_empty() {
            rules.push(format!("patterns:{}", self.patterns.0.len()));
        }
        rules
    }

    /// Takes secrets out of what a header says of the endpoint.
    pub fn scrub_header(&self, header: &mut Header) {
        for (name, value) in &mut header.endpoint {
            self.scrub_json(name, value);
        }
    }

    fn scrub_json(&self, name: &str, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(string) if text::is_secret_name(name) => {
                "[scrubbed]".clone_into(string);
            }
            serde_json::Value::String(string) => {
                http::url(string);
                http::plain(string, &self.patterns, Escapes::None);
            }
            serde_json::Value::Array(items) => items.iter_mut().for_each(|v| self.scrub_json(name, v)),
            serde_json::Value::Object(members) => {
                members.iter_mut().for_each(|(name, v)| self.scrub_json(name, v));
            }
            _ => {}
        }
    }

    /// Takes the secrets out of one exchange.
    #[must_use]
    pub fn scrub(&mut self, mut exchange: RecordedExchange) -> RecordedExchange {
        let seq = exchange.seq;
        let places = |body: Option<&Body>| {
            body.filter(|b| is_markup(b.as_bytes()))
                .map(|b| Places::find(b.as_bytes()))
        };
        let asked = places(exchange.request.as_ref().map(|r| &r.body));
        let answered = places(exchange.response.as_ref().map(|r| &r.body));
        let (client, server) = envelope::keys(seq, asked.as_ref(), answered.as_ref());
        let psrp = [&asked, &answered]
            .into_iter()
            .flatten()
            .any(|places| places.powershell);
        let vault = exchange
            .request
            .as_ref()
            .is_some_and(|r| http::is_vault_secret(&r.path));
        if let Some(request) = &mut exchange.request {
            http::headers(&mut request.headers, &self.patterns);
            for url in request.origin.iter_mut().chain([&mut request.path]) {
                http::url(url);
                http::plain(url, &self.patterns, Escapes::Url);
            }
            self.scrub_body(&mut request.body, asked.as_ref(), &client, psrp, vault);
        }
        if let Some(response) = &mut exchange.response {
            http::headers(&mut response.headers, &self.patterns);
            self.scrub_body(&mut response.body, answered.as_ref(), &server, psrp, vault);
        }
        if let Some(error) = &mut exchange.error {
            http::plain(error, &self.patterns, Escapes::None);
        }
        if let Some(notes) = &mut exchange.recording_notes {
            self.scrub_json("recording_notes", notes);
        }
        exchange
    }

    fn scrub_body(
        &mut self,
        body: &mut Body,
        places: Option<&Places>,
        keys: &[StreamKey],
        psrp: bool,
        vault: bool,
    ) {
        if body.is_empty() {
            return;
        }
        let mut bytes = std::mem::take(body).into_bytes();
        match (places, bytes.trim_ascii_start().first()) {
            (Some(places), _) => self.scrub_envelope(&mut bytes, places, keys, psrp),
            (None, Some(b'{' | b'[')) => http::json(&mut bytes, &self.patterns, vault),
            _ => http::form(&mut bytes, &self.patterns),
        }
        *body = Body::from_bytes(bytes);
    }

    fn scrub_envelope(&mut self, body: &mut Vec<u8>, places: &Places, keys: &[StreamKey], psrp: bool) {
        let Self { patterns, streams } = self;
        let texts = envelope::edit_streams(
            body,
            places,
            keys,
            // The arguments of a program are text, which base64 may happen to be.
            |stream, _, bytes| stream.carrier != Carrier::Arguments || psrp || look_like_fragments(bytes),
            |key, bytes| scrub_stream(streams, key, psrp, bytes, patterns),
        );
        let mut visitor = EnvelopeVisitor { patterns, texts };
        Walk::default().walk(body, &mut visitor);
    }
}

fn scrub_stream(
    streams: &mut HashMap<StreamKey, StreamScrub>,
    key: &StreamKey,
    psrp: bool,
    bytes: &mut [u8],
    patterns: &Patterns,
) {
    if streams.len() > MAX_TEXT_STREAMS {
        streams.retain(|_, stream| stream.fragments.is_some());
    }
    let stream = streams.entry(key.clone()).or_insert_with(|| StreamScrub {
        fragments: (psrp || look_like_fragments(bytes)).then(Fragments::default),
        message: MessageScrub::default(),
        tail: Zeroizing::default(),
    });
    match &mut stream.fragments {
        Some(fragments) => {
            let pieces = fragments.walk(bytes);
            edit_messages(&pieces, bytes, |offset, message| {
                if offset == Some(0) {
                    stream.message = MessageScrub::default();
                }
                // Only what follows the header is text.
                let header = MESSAGE_HEADER.saturating_sub(offset.unwrap_or(MESSAGE_HEADER));
                let skip = usize::try_from(header).unwrap_or(usize::MAX).min(message.len());
                let data = message.get_mut(skip..).unwrap_or_default();
                stream.message.scrub(data, patterns);
            });
            // Sessions are long and have many commands.
            if fragments.is_idle() {
                streams.remove(key);
            }
        }
        None => {
            let original = bytes.to_vec();
            mask_patterns(
                patterns.iter(),
                &stream.tail,
                bytes,
                Escapes::None,
                Mask::Stars,
                true,
            );
            mask_tokens(&stream.tail, bytes, false);
            stream.tail.extend_from_slice(&original);
            let excess = stream.tail.len().saturating_sub(TAIL);
            stream.tail.drain(..excess);
        }
    }
}

struct EnvelopeVisitor<'a> {
    patterns: &'a Patterns,
    /// The texts that were scrubbed by themselves.
    texts: Vec<Range<usize>>,
}

impl Visit for EnvelopeVisitor<'_> {
    fn start(&mut self, _element: &Element) {}
    fn end(&mut self, _element: &Element) {}
    fn region(&mut self, region: Region<'_>) {
        if !self.texts.iter().any(|text| text.contains(&region.offset)) {
            mask_patterns(
                self.patterns.iter(),
                b"",
                region.bytes,
                Escapes::Xml,
                Mask::Stars,
                false,
            );
            mask_tokens(b"", region.bytes, false);
        }
    }
}

fn is_markup(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    body.trim_ascii_start().first() == Some(&b'<')
}
