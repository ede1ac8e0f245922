//! A forgiving walk over XML text that is to be edited where it lies.
//!
//! The walk never fails and can be interrupted anywhere, so that it follows a message over several bodies. It knows no
//! namespaces: what it finds is only ever masked or replaced, not believed.

/// Longest attribute value or text that is remembered.
const REMEMBERED: usize = 256;
/// Elements deeper than this are counted and not remembered.
const MAX_DEPTH: usize = 4096;

/// What is known of an element that is open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// The name without its prefix.
    pub(crate) name: String,
    /// Attributes by the name without prefix, raw, cut at 256 bytes; namespace declarations left out.
    pub(crate) attributes: Vec<(String, String)>,
}

impl Element {
    /// The value of an attribute, as it is in the text.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }
}

/// Where a region stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Between tags.
    Text,
    /// Within a CDATA section, where nothing is escaped but by CLIXML.
    CData,
    /// The value of an attribute.
    Attribute,
}

/// A run of text or an attribute value.
#[derive(Debug)]
pub(crate) struct Region<'a> {
    pub(crate) place: Place,
    /// The element that it is in; `None` outside of all. For an attribute it lacks what comes later in the tag.
    pub(crate) element: Option<&'a Element>,
    /// The name of the attribute without its prefix; empty for text.
    pub(crate) attribute: &'a str,
    /// The region began before these bytes.
    pub(crate) continues: bool,
    /// The region goes on after these bytes.
    pub(crate) unfinished: bool,
    /// Where it begins in the bytes of this walk.
    pub(crate) offset: usize,
    pub(crate) bytes: &'a mut [u8],
}

/// Told what is found.
pub(crate) trait Visit {
    /// A start tag is complete.
    fn start(&mut self, element: &Element);
    /// An element ended.
    fn end(&mut self, element: &Element);
    /// Text or the value of an attribute other than a namespace, perhaps in several parts.
    fn region(&mut self, region: Region<'_>);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Text,
    Open,
    Name,
    Tag,
    AttributeName,
    Equals,
    Value(u8),
    Empty,
    EndTag,
    Bang,
    Comment,
    CData,
    Instruction,
}

/// The state of a walk.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    state: State,
    stack: Vec<Element>,
    /// Elements open beyond [`MAX_DEPTH`].
    deeper: usize,
    element: Element,
    attribute: String,
    value: String,
    /// The last bytes of what a longer delimiter is looked for in.
    recent: [u8; 8],
    /// A region is open across bodies.
    in_region: bool,
}

impl Default for Walk {
    fn default() -> Self {
        Self {
            state: State::Text,
            stack: Vec::new(),
            deeper: 0,
            element: Element::default(),
            attribute: String::new(),
            value: String::new(),
            recent: [0; 8],
            in_region: false,
        }
    }
}

fn remember(text: &mut String, byte: u8) {
    if text.len() < REMEMBERED {
        text.push(char::from(byte));
    }
}

fn local(name: &mut String) {
    if let Some(colon) = name.rfind(':') {
        name.drain(..=colon);
    }
}

fn is_namespace(attribute: &str) -> bool {
    attribute == "xmlns" || attribute.starts_with("xmlns:")
}

impl Walk {
    /// Goes over the next bytes.
    pub(crate) fn walk(&mut self, bytes: &mut [u8], visit: &mut impl Visit) {
        let mut region_start = 0;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let before = self.place();
            let next = self.step(byte);
            if let Some(place) = before
                && self.ends_region(next)
            {
                let mut end = at;
                if place == Place::CData {
                    end = at.saturating_sub(2).max(region_start);
                }
                self.region(place, bytes, region_start..end, false, visit);
            }
            self.enter(next, byte, visit);
            at += 1;
            if before != self.place() {
                region_start = at;
                self.in_region = false;
            }
        }
        if let Some(place) = self.place() {
            let end = bytes.len();
            self.region(place, bytes, region_start..end, true, visit);
            self.in_region = true;
        }
    }

    fn place(&self) -> Option<Place> {
        match self.state {
            State::Text => Some(Place::Text),
            State::CData => Some(Place::CData),
            State::Value(quote) if quote != 0 && !is_namespace(&self.attribute) => Some(Place::Attribute),
            _ => None,
        }
    }

    fn ends_region(&self, next: State) -> bool {
        next != self.state
    }

    fn region(
        &self,
        place: Place,
        bytes: &mut [u8],
        range: std::ops::Range<usize>,
        unfinished: bool,
        visit: &mut impl Visit,
    ) {
        let offset = range.start;
        let (element, attribute) = match place {
            Place::Attribute => (Some(&self.element), self.attribute.as_str()),
            Place::Text | Place::CData => (self.stack.last(), ""),
        };
        let attribute = attribute.rsplit(':').next().unwrap_or_default();
        if let Some(bytes) = bytes.get_mut(range)
            && (!bytes.is_empty() || self.in_region)
        {
            visit.region(Region {
                place,
                element,
                attribute,
                continues: self.in_region && offset == 0,
                unfinished,
                offset,
                bytes,
            });
        }
    }

    /// The state after this byte, without its effects.
    fn step(&mut self, byte: u8) -> State {
        self.recent.rotate_left(1);
        if let Some(last) = self.recent.last_mut() {
            *last = byte;
        }
        let space = byte.is_ascii_whitespace();
        match (self.state, byte) {
            (State::Text, b'<') => State::Open,
            (State::Open, b'/') => State::EndTag,
            (State::Open, b'!') => State::Bang,
            (State::Open, b'?') => State::Instruction,
            (State::Open, _) => State::Name,
            (State::Name | State::Tag | State::AttributeName | State::Empty, b'>')
            | (State::EndTag | State::Bang, b'>') => State::Text,
            (State::Name | State::Tag | State::AttributeName, b'/') => State::Empty,
            (State::Name, _) if space => State::Tag,
            (State::Tag | State::Empty, _) if space => self.state,
            (State::Tag | State::Empty, _) => State::AttributeName,
            (State::AttributeName, b'=') => State::Value(0),
            (State::AttributeName, _) if space => State::Equals,
            (State::Equals, b'=') => State::Value(0),
            (State::Equals, b'>') => State::Text,
            (State::Value(0), b'"' | b'\'') => State::Value(byte),
            (State::Value(0), b'>') => State::Text,
            (State::Value(quote), _) if quote == byte => State::Tag,
            (State::Bang, _) if self.recent.ends_with(b"<!--") => State::Comment,
            (State::Bang, _) if self.recent.ends_with(b"![CDATA[") => State::CData,
            (State::Comment, b'>') if self.recent.ends_with(b"-->") => State::Text,
            (State::CData, b'>') if self.recent.ends_with(b"]]>") => State::Text,
            (State::Instruction, b'>') if self.recent.ends_with(b"?>") => State::Text,
            (state, _) => state,
        }
    }

    /// Goes to the next state, with its effects.
    fn enter(&mut self, next: State, byte: u8, visit: &mut impl Visit) {
        match (self.state, next) {
            (State::Open, State::Name) => {
                self.element = Element::default();
                remember(&mut self.element.name, byte);
            }
            (State::Name, State::Name) => remember(&mut self.element.name, byte),
            (State::Tag | State::Empty, State::AttributeName) => {
                self.attribute.clear();
                remember(&mut self.attribute, byte);
            }
            (State::AttributeName, State::AttributeName) => remember(&mut self.attribute, byte),
            (State::Value(0), State::Value(quote)) if quote != 0 => self.value.clear(),
            (State::Value(quote), State::Value(_)) if quote != 0 => remember(&mut self.value, byte),
            (State::Value(_), State::Tag) => {
                let mut name = std::mem::take(&mut self.attribute);
                if !is_namespace(&name) && self.element.attributes.len() < 64 {
                    local(&mut name);
                    self.element
                        .attributes
                        .push((name, std::mem::take(&mut self.value)));
                }
            }
            _ => {}
        }
        if next == State::Text {
            match self.state {
                State::Name | State::Tag | State::AttributeName | State::Equals | State::Value(_) => {
                    self.open(visit);
                }
                State::Empty => {
                    self.open(visit);
                    self.close(visit);
                }
                State::EndTag => self.close(visit),
                _ => {}
            }
        }
        self.state = next;
    }

    fn open(&mut self, visit: &mut impl Visit) {
        let mut element = std::mem::take(&mut self.element);
        local(&mut element.name);
        visit.start(&element);
        if self.stack.len() < MAX_DEPTH {
            self.stack.push(element);
        } else {
            self.deeper += 1;
        }
    }

    fn close(&mut self, visit: &mut impl Visit) {
        if self.deeper > 0 {
            self.deeper -= 1;
        } else if let Some(element) = self.stack.pop() {
            visit.end(&element);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Seen(Vec<String>);

    impl Visit for Seen {
        fn start(&mut self, element: &Element) {
            self.0.push(format!("<{} {:?}", element.name, element.attributes));
        }
        fn end(&mut self, element: &Element) {
            self.0.push(format!("/{}", element.name));
        }
        fn region(&mut self, region: Region<'_>) {
            let text = String::from_utf8_lossy(region.bytes).into_owned();
            let element = region.element.map_or("", |e| &e.name);
            self.0.push(format!("{:?} in {element}: {text}", region.place));
        }
    }

    const TEXT: &str = "<?xml version=\"1.0\"?><s:a xmlns:s='u' s:N = \"x>y\" b='2'>t1<!-- <no> --><b/>t2<![CDATA[<c>]]]>t3</s:a >";

    #[test]
    fn finds_elements_and_regions() {
        let mut seen = Seen::default();
        Walk::default().walk(&mut TEXT.as_bytes().to_vec(), &mut seen);
        assert_eq!(
            seen.0,
            [
                "Attribute in s:a: x>y",
                "Attribute in s:a: 2",
                "<a [(\"N\", \"x>y\"), (\"b\", \"2\")]",
                "Text in a: t1",
                "<b []",
                "/b",
                "Text in a: t2",
                "CData in a: <c>]",
                "Text in a: t3",
                "/a",
            ]
        );
    }

    #[test]
    fn goes_on_after_any_cut() {
        let mut whole = Seen::default();
        Walk::default().walk(&mut TEXT.as_bytes().to_vec(), &mut whole);
        let elements = |seen: &Seen| {
            seen.0
                .iter()
                .filter(|s| s.starts_with(['<', '/']))
                .cloned()
                .collect::<Vec<_>>()
        };
        for cut in 0..TEXT.len() {
            let (a, b) = TEXT.as_bytes().split_at(cut);
            let mut seen = Seen::default();
            let mut walk = Walk::default();
            walk.walk(&mut a.to_vec(), &mut seen);
            walk.walk(&mut b.to_vec(), &mut seen);
            assert_eq!(elements(&seen), elements(&whole), "cut at {cut}");
        }
    }
}
