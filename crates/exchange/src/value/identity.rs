use std::fmt;

use psbridge_clixml::from::{Part, Shape, ValueReader};
use psbridge_clixml::{Error, FromClixml, Value};
use uuid::Uuid;

use super::mismatch;
use crate::argument::{Argue, Argument};

/// What names an object of the directory: in a call any of its names, in an answer the name that Exchange gives, and
/// with Full serialization its GUID and distinguished name too.
///
/// A name or alias can be that of several objects; a GUID never is. Used in a call, an identity that knows its GUID goes
/// by it.
///
/// ```
/// use psbridge_exchange::Identity;
///
/// let alias = Identity::from("ann");
/// assert_eq!(alias.to_string(), "ann");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    text: String,
    guid: Option<Uuid>,
    distinguished_name: Option<String>,
}

impl Identity {
    /// The name as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The GUID, where it is known.
    #[must_use]
    pub fn guid(&self) -> Option<Uuid> {
        self.guid
    }

    /// The distinguished name, where it is known.
    #[must_use]
    pub fn distinguished_name(&self) -> Option<&str> {
        self.distinguished_name.as_deref()
    }

    /// The last part of a canonical name: `corp.example/Users/Ann` is `Ann`. A `/` within a name stands as `\/`.
    #[must_use]
    pub fn name(&self) -> String {
        let mut start = 0;
        let bytes = self.text.as_bytes();
        for (at, byte) in bytes.iter().enumerate() {
            let escaped = at > 0 && bytes.get(at - 1) == Some(&b'\\');
            if *byte == b'/' && !escaped {
                start = at + 1;
            }
        }
        self.text.get(start..).unwrap_or_default().replace("\\/", "/")
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<String> for Identity {
    fn from(text: String) -> Self {
        Self {
            guid: Uuid::try_parse(&text).ok(),
            text,
            distinguished_name: None,
        }
    }
}

impl From<&str> for Identity {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<&String> for Identity {
    fn from(text: &String) -> Self {
        Self::from(text.clone())
    }
}

impl From<Uuid> for Identity {
    fn from(guid: Uuid) -> Self {
        Self::from(guid.hyphenated().to_string())
    }
}

impl From<&Identity> for Identity {
    fn from(identity: &Identity) -> Self {
        identity.clone()
    }
}

impl Argue for Identity {
    fn argument(&self) -> Option<Argument> {
        let text = match self.guid {
            Some(guid) => guid.hyphenated().to_string(),
            None => self.text.clone(),
        };
        Some(Argument::Text(text))
    }
}

impl FromClixml for Identity {
    fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
        let mut object = match value.open()? {
            Shape::Nil => return Err(mismatch("an identity", "null")),
            Shape::Primitive(Value::Guid(guid)) => return Ok(Self::from(guid)),
            Shape::Primitive(value) => return ValueReader::primitive(value).text().map(from_text),
            Shape::Object(object) => object,
        };
        let (mut text, mut guid, mut distinguished_name) = (None, None, None);
        while let Some(part) = object.next()? {
            match part {
                Part::ToString(to_string) => text = Some(to_string.to_str_lossy().into_owned()),
                Part::Base(Value::String(base)) => text = Some(base.to_str_lossy().into_owned()),
                Part::Member { name, value, .. } if name.eq_ignore_ascii_case("ObjectGuid") => {
                    guid = Option::<Uuid>::from_clixml(value)?.filter(|guid| !guid.is_nil());
                }
                Part::Member { name, value, .. } if name.eq_ignore_ascii_case("DistinguishedName") => {
                    distinguished_name = Option::<String>::from_clixml(value)?;
                }
                _ => {}
            }
        }
        let text = text.or_else(|| distinguished_name.clone());
        Ok(Self {
            text: text.ok_or_else(|| mismatch("an identity", "an object without a name"))?,
            guid,
            distinguished_name,
        })
    }
}

fn from_text(text: Option<psbridge_clixml::PsString>) -> Identity {
    Identity::from(
        text.map(|text| text.to_str_lossy().into_owned())
            .unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use psbridge_clixml::{Limits, from_message};

    use super::*;

    fn read(clixml: &str) -> Result<Identity, Error> {
        from_message(clixml.as_bytes(), &Limits::default())
    }

    #[test]
    fn every_serialization_gives_the_name() {
        assert_eq!(read("<S>corp.example/Users/Ann</S>").unwrap().name(), "Ann");
        let guid = read("<G>6a2f9d2e-7c0e-4d7a-9a56-0f5f2e8f3b11</G>").unwrap();
        assert_eq!(guid.guid().unwrap().to_string(), guid.as_str());
        let full = read(
            "<Obj RefId='0'><TN RefId='0'><T>Microsoft.Exchange.Data.Directory.ADObjectId</T></TN>\
             <ToString>corp.example/Users/Ann</ToString><Props><Ref N='DomainId' RefId='0'/>\
             <S N='DistinguishedName'>CN=Ann,CN=Users,DC=corp,DC=example</S>\
             <G N='ObjectGuid'>6a2f9d2e-7c0e-4d7a-9a56-0f5f2e8f3b11</G></Props>\
             <MS><BA N='SerializationData'>I3NpZyM=</BA></MS></Obj>",
        );
        let full = full.unwrap();
        assert_eq!(full.as_str(), "corp.example/Users/Ann");
        assert_eq!(
            full.distinguished_name(),
            Some("CN=Ann,CN=Users,DC=corp,DC=example")
        );
        // In a call it goes by what is unique.
        let Some(Argument::Text(text)) = full.argument() else {
            panic!()
        };
        assert_eq!(text, "6a2f9d2e-7c0e-4d7a-9a56-0f5f2e8f3b11");
        assert!(read("<Nil/>").is_err());
    }

    #[test]
    fn a_slash_may_be_part_of_a_name() {
        assert_eq!(Identity::from("corp.example/Teams/R\\/D").name(), "R/D");
        assert_eq!(Identity::from("Ann").name(), "Ann");
    }
}
