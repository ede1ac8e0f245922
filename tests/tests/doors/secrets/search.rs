//! What was written, and every form in which a secret could stand in it.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// Everything that was written, with the place where.
#[derive(Default)]
pub(super) struct Written(pub(super) Vec<(String, String)>);

impl Written {
    pub(super) fn add(&mut self, place: &str, text: impl AsRef<[u8]>) {
        let text = String::from_utf8_lossy(text.as_ref()).into_owned();
        self.0.push((place.to_owned(), text));
    }

    /// An error with all its causes, as it is shown and as it is debugged.
    pub(super) fn error(&mut self, place: &str, error: &(dyn std::error::Error + 'static)) {
        let mut text = String::new();
        let mut next = Some(error);
        while let Some(error) = next {
            writeln!(text, "{error}\n{error:?}\n{error:#?}").unwrap();
            next = error.source();
        }
        self.add(&format!("error of {place}"), text);
    }

    /// All files of a folder.
    pub(super) fn folder(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            match path.is_dir() {
                true => self.folder(&path),
                false => self.add(&path.display().to_string(), std::fs::read(&path).unwrap()),
            }
        }
    }

    #[track_caller]
    pub(super) fn lacks(&self, name: &str, secret: &[u8]) {
        for (form, pattern) in forms(secret) {
            assert!(
                pattern.len() > 8,
                "{name} as {form} is too short to be searched for"
            );
            for (place, text) in &self.0 {
                let found = text.find(&pattern).map(|at| context(text, at));
                assert!(found.is_none(), "{name} as {form} in {place}: {found:?}");
            }
        }
    }
}

/// What stands around a place, so that the leak can be found.
pub(super) fn context(text: &str, at: usize) -> String {
    let before: Vec<char> = text
        .get(..at)
        .unwrap_or_default()
        .chars()
        .rev()
        .take(200)
        .collect();
    before.into_iter().rev().collect()
}

/// The forms in which a secret could have been written.
pub(super) fn forms(secret: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(secret).into_owned();
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let percent = |keep: fn(u8) -> bool, blank: &str| {
        let one = |&byte: &u8| match byte {
            b' ' if !blank.is_empty() => blank.to_owned(),
            byte if keep(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        };
        secret.iter().map(one).collect::<String>()
    };
    let debugged = format!("{text:?}");
    let listed = format!("{secret:?}");
    let mut forms = vec![
        ("plain text".to_owned(), text.clone()),
        ("debugged text".to_owned(), debugged.trim_matches('"').to_owned()),
        (
            "a list of bytes".to_owned(),
            listed.trim_matches(['[', ']']).to_owned(),
        ),
        ("hexadecimal".to_owned(), hex(secret)),
        ("capital hexadecimal".to_owned(), hex(secret).to_uppercase()),
        ("UTF-16".to_owned(), String::from_utf8_lossy(&wide).into_owned()),
        ("UTF-16 in hexadecimal".to_owned(), hex(&wide)),
        (
            "percent-encoded".to_owned(),
            percent(|byte| byte.is_ascii_alphanumeric(), ""),
        ),
        (
            "form-encoded".to_owned(),
            percent(
                |byte| byte.is_ascii_alphanumeric() || b"-_.*".contains(&byte),
                "+",
            ),
        ),
    ];
    for (what, bytes) in [("", secret), (" of UTF-16", wide.as_slice())] {
        for shift in 0..3 {
            forms.push((
                format!("base64{what}, shifted by {shift}"),
                inner(&STANDARD.encode(shifted(bytes, shift)), bytes, shift),
            ));
            forms.push((
                format!("base64url{what}, shifted by {shift}"),
                inner(&URL_SAFE.encode(shifted(bytes, shift)), bytes, shift),
            ));
        }
    }
    // What is the same in two forms is searched for once.
    forms.sort_by(|a, b| a.1.cmp(&b.1));
    forms.dedup_by(|a, b| a.1 == b.1);
    forms
}

fn shifted(bytes: &[u8], shift: usize) -> Vec<u8> {
    [&[0; 2][..shift], bytes].concat()
}

/// The characters of a base64 text that the secret alone decides.
fn inner(encoded: &str, bytes: &[u8], shift: usize) -> String {
    let first = (shift * 8).div_ceil(6);
    let last = (shift + bytes.len()) * 8 / 6;
    encoded[first..last].to_owned()
}

/// Gathers every event of every crate at every level.
#[derive(Clone, Default)]
pub(super) struct Everything(pub(super) Arc<Mutex<String>>);

impl tracing::Subscriber for Everything {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        let mut text = self.0.lock().unwrap();
        write!(text, "{} ", attributes.metadata().name()).unwrap();
        attributes.record(&mut Fields(&mut text));
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Fields(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = self.0.lock().unwrap();
        write!(
            text,
            "{} {} ",
            event.metadata().level(),
            event.metadata().target()
        )
        .unwrap();
        event.record(&mut Fields(&mut text));
        text.push('\n');
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

struct Fields<'a>(&'a mut String);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}
