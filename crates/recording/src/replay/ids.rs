//! Which id of a recording is which id of the client that replays it.

use std::collections::HashMap;

use uuid::Uuid;

/// Length of a GUID with its hyphens.
const GUID: usize = 36;

/// Ids that are the same but for their text. GUIDs are compared without case, other ids as they are.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    /// Recorded → of the client.
    there: HashMap<String, Bound>,
    /// Of the client → recorded.
    back: HashMap<String, String>,
    /// The bindings in the order in which they were made.
    log: Vec<(String, String)>,
}

/// What a recorded id stands for.
#[derive(Clone, Debug)]
struct Bound {
    /// The form in which ids are compared.
    to: String,
    /// As the recording writes it, without `uuid:`.
    recorded: String,
    /// As the client writes it, without `uuid:`.
    client: String,
}

fn bare(id: &str) -> &str {
    let id = id.trim();
    id.get(..5)
        .filter(|p| p.eq_ignore_ascii_case("uuid:"))
        .and_then(|p| id.get(p.len()..))
        .unwrap_or(id)
}

/// The form in which ids are compared: without `uuid:` and the case of GUIDs.
fn normal(id: &str) -> String {
    let bare = bare(id);
    if Uuid::try_parse(bare).is_ok() {
        bare.to_ascii_uppercase()
    } else {
        bare.to_owned()
    }
}

impl Ids {
    /// Takes two ids for the same, unless one of them is known to be another; says whether they are the same.
    pub(super) fn bind(&mut self, recorded: &str, client: &str) -> bool {
        let (from, to) = (normal(recorded), normal(client));
        match (self.there.get(&from), self.back.get(&to)) {
            (Some(known), _) => known.to == to,
            (None, Some(_)) => false,
            (None, None) => {
                let bound = Bound {
                    to: to.clone(),
                    recorded: bare(recorded).to_owned(),
                    client: bare(client).to_owned(),
                };
                self.there.insert(from.clone(), bound);
                self.back.insert(to.clone(), from.clone());
                self.log.push((from, to));
                true
            }
        }
    }

    /// How many bindings there are, for [`undo`](Self::undo).
    pub(super) fn len(&self) -> usize {
        self.log.len()
    }

    /// Forgets all bindings beyond the first `len`.
    pub(super) fn undo(&mut self, len: usize) {
        for (from, to) in self.log.split_off(len.min(self.log.len())) {
            self.there.remove(&from);
            self.back.remove(&to);
        }
    }

    /// Whether [`bind`](Self::bind) would say that they are the same.
    pub(super) fn may_be(&self, recorded: &str, client: &str) -> bool {
        let (from, to) = (normal(recorded), normal(client));
        match (self.there.get(&from), self.back.get(&to)) {
            (Some(known), _) => known.to == to,
            (None, known) => known.is_none(),
        }
    }

    /// The same for the ids of messages, where nil is nil.
    pub(super) fn bind_uuid(&mut self, recorded: Option<Uuid>, client: Option<Uuid>) -> bool {
        match (recorded, client) {
            (Some(recorded), Some(client)) if !recorded.is_nil() && !client.is_nil() => {
                self.bind(&recorded.to_string(), &client.to_string())
            }
            (recorded, client) => recorded.unwrap_or_default() == client.unwrap_or_default(),
        }
    }

    fn client_guid(&self, recorded: &str) -> Option<&Bound> {
        let bound = self.there.get(&recorded.to_ascii_uppercase())?;
        (bound.to.len() == GUID).then_some(bound)
    }

    /// Writes the client's GUIDs in the place of recorded ones, in text of any kind.
    pub(super) fn rewrite_text(&self, text: &mut [u8]) {
        let mut at = 0;
        while let Some(candidate) = text.get_mut(at..at + GUID) {
            if let Some(bound) = guid_text(candidate).and_then(|guid| self.client_guid(guid)) {
                let new = if candidate == bound.recorded.as_bytes() {
                    bound.client.clone()
                } else if candidate.iter().any(u8::is_ascii_lowercase) {
                    bound.to.to_ascii_lowercase()
                } else {
                    bound.to.clone()
                };
                candidate.copy_from_slice(new.as_bytes());
                at += GUID;
            } else {
                at += 1;
            }
        }
    }

    /// Writes the client's GUID in the place of a recorded one in a message's header.
    pub(super) fn rewrite_bytes(&self, bytes: &mut [u8; 16]) {
        let recorded = Uuid::from_bytes_le(*bytes);
        let bound = self.client_guid(&recorded.to_string());
        if let Some(new) = bound.and_then(|bound| Uuid::try_parse(&bound.to).ok()) {
            *bytes = new.to_bytes_le();
        }
    }
}

/// The text, where it is a hyphenated GUID.
pub(super) fn guid_text(bytes: &[u8]) -> Option<&str> {
    let is_guid = bytes.len() == GUID
        && bytes.iter().enumerate().all(|(n, b)| match n {
            8 | 13 | 18 | 23 => *b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    if is_guid {
        std::str::from_utf8(bytes).ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "0123ABCD-0000-0000-0000-000000000001";
    const B: &str = "4567CDEF-0000-0000-0000-000000000002";

    #[test]
    fn ids_are_bound_once() {
        let mut ids = Ids::default();
        assert!(ids.may_be(A, B) && ids.bind(&format!("uuid:{A}"), &format!("UUID:{}", B.to_lowercase())));
        assert!(ids.bind(&A.to_lowercase(), B));
        assert!(!ids.bind(A, A) && !ids.may_be(B, B));
        assert!(ids.bind("shell", "other shell") && !ids.bind("Shell", "other shell"));
        let before = ids.len();
        assert!(ids.bind("x", "y") && !ids.bind("x", "z"));
        ids.undo(before);
        assert!(ids.bind("x", "z"));
        assert!(ids.bind_uuid(None, Some(Uuid::nil())) && !ids.bind_uuid(Some(Uuid::max()), None));
    }

    #[test]
    fn rewrites_text_and_bytes() {
        let mut ids = Ids::default();
        ids.bind(A, B);
        let mut text = format!("<a b='{A}'>x{}-{A}</a>", A.to_lowercase()).into_bytes();
        ids.rewrite_text(&mut text);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            format!("<a b='{B}'>x{}-{B}</a>", B.to_lowercase())
        );
        let mut bytes = Uuid::try_parse(A).unwrap().to_bytes_le();
        ids.rewrite_bytes(&mut bytes);
        assert_eq!(Uuid::from_bytes_le(bytes), Uuid::try_parse(B).unwrap());
    }
}
