//! Writing recordings, one line at a time.

use std::io::Write;

use crate::error::WriteError;
use crate::format::{Header, RecordedExchange};
use crate::scrub::Scrubber;

/// Writes a recording, scrubbed, into anything that takes bytes.
///
/// Each line is written and flushed as a whole, so that a recording that was cut off is good up to
/// its last line. Give it a file that only its owner may read.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    scrubber: Scrubber,
    line: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Writes the header, whose `scrubbed` becomes the rules of the scrubber.
    ///
    /// # Errors
    /// Writing failed.
    pub fn new(out: W, mut header: Header, scrubber: Scrubber) -> Result<Self, WriteError> {
        header.scrubbed = scrubber.rules();
        let mut writer = Self {
            out,
            scrubber,
            line: Vec::new(),
        };
        writer.scrubber.scrub_header(&mut header);
        writer.write_line(0, &header)?;
        Ok(writer)
    }

    /// Scrubs an exchange and writes its line. Exchanges may come in any order of `seq`.
    ///
    /// # Errors
    /// Writing failed; the file may then end in half a line.
    pub fn write(&mut self, exchange: RecordedExchange) -> Result<(), WriteError> {
        let exchange = self.scrubber.scrub(exchange);
        self.write_line(exchange.seq, &exchange)
    }

    /// Gives the inner writer back.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn write_line(&mut self, seq: u64, value: &impl serde::Serialize) -> Result<(), WriteError> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, value).map_err(|error| WriteError::Json {
            seq,
            reason: error.to_string(),
        })?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.out.flush()?;
        Ok(())
    }
}
