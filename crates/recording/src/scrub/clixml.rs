//! Secrets in the CLIXML of messages.

use zeroize::Zeroizing;

use super::Patterns;
use super::text::{Escapes, Mask, is_secret_name, mask_patterns, mask_quoted, mask_tokens};
use crate::edit::xml::{Element, Place, Region, Visit, Walk};

/// How much of a region's earlier bytes is kept for texts that go over a cut.
const TAIL: usize = 4096;

/// The scrubbing of one message, which may come in several bodies.
#[derive(Debug, Default)]
pub(super) struct MessageScrub {
    walk: Walk,
    rules: Rules,
}

impl MessageScrub {
    /// Masks what must be masked in the next part of a message's data.
    pub(super) fn scrub(&mut self, data: &mut [u8], patterns: &Patterns) {
        self.walk.walk(
            data,
            &mut Visitor {
                rules: &mut self.rules,
                patterns,
            },
        );
    }
}

/// Which text is being collected, to know what the next value is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Collect {
    #[default]
    Nothing,
    /// `N="N"` in an argument, `N="Key"` in a dictionary.
    Name,
    /// `N="Cmd"`.
    Command,
}

#[derive(Debug, Default)]
struct Rules {
    depth: usize,
    /// The depth of the element whose whole content is a secret.
    secret: Option<usize>,
    collect: Collect,
    text: Zeroizing<String>,
    /// The name or key that came last is that of a secret.
    next_is_secret: bool,
    /// The last command makes secure strings.
    makes_secure_string: bool,
    tail: Zeroizing<Vec<u8>>,
    in_token: bool,
}

struct Visitor<'a> {
    rules: &'a mut Rules,
    patterns: &'a Patterns,
}

fn name_of(element: &Element) -> &str {
    element.attribute("N").unwrap_or_default()
}

/// What hides in an element of this name, `None` where its attribute or structure must stay.
fn mask_of(region: &Region<'_>) -> Option<Mask> {
    let element = region.element.map_or("", |e| e.name.as_str());
    match (region.place, region.attribute, element) {
        (Place::Attribute, "N", _) => Some(Mask::Stars),
        (Place::Attribute, ..) => None,
        (_, _, "S" | "SBK" | "URI" | "XD" | "T" | "ToString" | "AV" | "SD") => Some(Mask::Stars),
        (_, _, "BA" | "SS") => Some(Mask::Base64),
        _ => Some(Mask::Typed),
    }
}

impl Visit for Visitor<'_> {
    fn start(&mut self, element: &Element) {
        let rules = &mut *self.rules;
        rules.depth += 1;
        let name = name_of(element);
        let value = matches!(name, "V" | "Value");
        if rules.secret.is_none() && (is_secret_name(name) || value && rules.next_is_secret) {
            rules.secret = Some(rules.depth);
        }
        if value {
            rules.next_is_secret = false;
        }
        rules.text.clear();
        rules.collect = match name {
            "N" | "Key" => Collect::Name,
            "Cmd" => Collect::Command,
            _ => Collect::Nothing,
        };
    }

    fn end(&mut self, _element: &Element) {
        let rules = &mut *self.rules;
        match std::mem::take(&mut rules.collect) {
            Collect::Nothing => {}
            Collect::Name => {
                let plain =
                    rules.makes_secure_string && rules.text.to_ascii_lowercase().starts_with("-string");
                rules.next_is_secret = is_secret_name(&rules.text) || plain;
            }
            Collect::Command => {
                rules.makes_secure_string = rules.text.eq_ignore_ascii_case("ConvertTo-SecureString");
            }
        }
        if rules.secret == Some(rules.depth) {
            rules.secret = None;
        }
        rules.depth = rules.depth.saturating_sub(1);
    }

    fn region(&mut self, region: Region<'_>) {
        let rules = &mut *self.rules;
        if !region.continues {
            rules.tail.clear();
            rules.in_token = false;
        }
        let original = region.bytes.to_vec();
        if region.place != Place::Attribute && rules.collect != Collect::Nothing && rules.text.len() < TAIL {
            rules.text.push_str(&String::from_utf8_lossy(&original));
        }
        let Some(mask) = mask_of(&region) else { return };
        let escapes = if region.place == Place::CData {
            Escapes::CData
        } else {
            Escapes::Xml
        };
        let element = region.element.map_or("", |e| e.name.as_str());
        let is_text = region.place != Place::Attribute;
        let key = region
            .element
            .is_some_and(|e| name_of(e) == "EncryptedSessionKey");
        if is_text && (element == "SS" || key) {
            Mask::Base64.apply(region.bytes);
        } else if is_text && rules.secret.is_some() && mask == Mask::Stars {
            Mask::Stars.apply(region.bytes);
        } else {
            let patterns = self.patterns.iter();
            mask_patterns(
                patterns,
                &rules.tail,
                region.bytes,
                escapes,
                mask,
                region.unfinished,
            );
            if mask == Mask::Stars {
                rules.in_token = mask_tokens(&rules.tail, region.bytes, rules.in_token);
            }
            if rules.collect == Collect::Command
                && rules.text.to_ascii_lowercase().contains("convertto-securestring")
            {
                mask_quoted(region.bytes);
            }
        }
        rules.tail.extend_from_slice(&original);
        let excess = rules.tail.len().saturating_sub(TAIL);
        rules.tail.drain(..excess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scrub(text: &str, hidden: &[&str]) -> String {
        let patterns = Patterns::new(hidden.iter().copied());
        let mut whole = text.as_bytes().to_vec();
        MessageScrub::default().scrub(&mut whole, &patterns);
        let whole = String::from_utf8(whole).unwrap();
        assert_eq!(whole.len(), text.len());
        for cut in 0..text.len() {
            let (a, b) = text.as_bytes().split_at(cut);
            let (mut a, mut b) = (a.to_vec(), b.to_vec());
            let mut scrub = MessageScrub::default();
            scrub.scrub(&mut a, &patterns);
            scrub.scrub(&mut b, &patterns);
            let cut_text = [a, b].concat();
            let differ = cut_text
                .iter()
                .zip(whole.as_bytes())
                .filter(|(a, b)| a != b)
                .count();
            assert!(
                differ <= 3,
                "cut at {cut}: {}",
                String::from_utf8_lossy(&cut_text)
            );
        }
        whole
    }

    #[test]
    fn masks_secure_strings_and_session_keys() {
        assert_eq!(
            scrub(
                "<Obj><MS><SS N=\"Password\">cABhAHMAcwA=</SS><I32 N=\"a\">1</I32></MS></Obj>",
                &[]
            ),
            "<Obj><MS><SS N=\"Password\">AAAAAAAAAAA=</SS><I32 N=\"a\">1</I32></MS></Obj>"
        );
        assert_eq!(
            scrub(
                "<Obj><MS><S N=\"EncryptedSessionKey\">AQIAAA+/</S></MS></Obj>",
                &[]
            ),
            "<Obj><MS><S N=\"EncryptedSessionKey\">AAAAAAAA</S></MS></Obj>"
        );
    }

    #[test]
    fn masks_arguments_named_as_secrets() {
        assert_eq!(
            scrub(
                "<MS><S N=\"N\">-Password</S><S N=\"V\">hunter2</S></MS><MS><S N=\"N\">-Name</S><S N=\"V\">x</S></MS>",
                &[]
            ),
            "<MS><S N=\"N\">-Password</S><S N=\"V\">*******</S></MS><MS><S N=\"N\">-Name</S><S N=\"V\">x</S></MS>"
        );
        assert_eq!(
            scrub(
                "<En><S N=\"Key\">ClientSecret</S><Obj N=\"Value\"><LST><S>a</S><I32>1</I32></LST></Obj></En><S>b</S>",
                &[]
            ),
            "<En><S N=\"Key\">ClientSecret</S><Obj N=\"Value\"><LST><S>*</S><I32>1</I32></LST></Obj></En><S>b</S>"
        );
        assert_eq!(
            scrub(
                "<S N=\"Cmd\">ConvertTo-SecureString</S><S N=\"N\">-String:</S><S N=\"V\">pw</S>",
                &[]
            ),
            "<S N=\"Cmd\">ConvertTo-SecureString</S><S N=\"N\">-String:</S><S N=\"V\">**</S>"
        );
    }

    #[test]
    fn masks_plain_text_in_scripts() {
        let text = "<S N=\"Cmd\">$p = ConvertTo-SecureString 'pw' -AsPlainText -Force</S>";
        let mut bytes = text.as_bytes().to_vec();
        MessageScrub::default().scrub(&mut bytes, &Patterns::new([]));
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            "<S N=\"Cmd\">$p = ConvertTo-SecureString '**' -AsPlainText -Force</S>"
        );
    }

    #[test]
    fn masks_named_texts_and_keeps_structure() {
        assert_eq!(
            scrub(
                "<Obj RefId=\"12\"><TN><T>Contoso.User</T></TN><S N=\"contoso\">bob@CONTOSO.com</S></Obj>",
                &["contoso", "12"]
            ),
            "<Obj RefId=\"12\"><TN><T>*******.User</T></TN><S N=\"*******\">bob@*******.com</S></Obj>"
        );
        assert_eq!(
            scrub(
                "<G>12345678-90ab-cdef-0000-000000000012</G><I32>12</I32><DT>2012-12-12T00:00:00Z</DT>",
                &["12"]
            ),
            "<G>11345678-90ab-cdef-0000-000000000011</G><I32>11</I32><DT>2011-11-11T00:00:00Z</DT>"
        );
    }
}
