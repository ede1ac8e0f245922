use psbridge_clixml::{Document, Object, Value, Version};

use super::bag::{Bag, items};
use super::{Payload, PayloadError};
use crate::ProtocolVersion;

/// SESSION_CAPABILITY (protocol.md 4.3.1).
#[derive(Debug, Clone, PartialEq)]
pub struct SessionCapability {
    /// Version of PSRP.
    pub protocol_version: Version,
    /// Always 2.0.
    pub ps_version: Version,
    /// Always 1.1.0.1.
    pub serialization_version: Version,
    /// The client's time zone as .NET's BinaryFormatter writes it; Windows PowerShell sends it.
    pub time_zone: Option<Vec<u8>>,
}

impl SessionCapability {
    /// The version of PowerShell that every capability names.
    pub const PS_VERSION: Version = Version::new(2, 0);
    /// The version of CLIXML that every capability names.
    pub const SERIALIZATION_VERSION: Version = Version::full(1, 1, 0, 1);

    /// What a side says that speaks `version`.
    pub fn new(version: ProtocolVersion) -> Self {
        Self {
            protocol_version: Version::new(version.major, version.minor),
            ps_version: Self::PS_VERSION,
            serialization_version: Self::SERIALIZATION_VERSION,
            time_zone: None,
        }
    }

    /// Major and minor number of the protocol.
    pub fn protocol(&self) -> ProtocolVersion {
        ProtocolVersion {
            major: self.protocol_version.major,
            minor: self.protocol_version.minor,
        }
    }
}

impl Payload for SessionCapability {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "SESSION_CAPABILITY")?;
        let version = |property| match bag.required(property)?.base() {
            Value::Version(version) => Ok(*version),
            Value::String(text) => text
                .to_str_lossy()
                .parse()
                .map_err(|_| bag.kind(property, "a version")),
            _ => Err(bag.kind(property, "a version")),
        };
        Ok(Self {
            protocol_version: version("protocolversion")?,
            ps_version: version("PSVersion")?,
            serialization_version: version("SerializationVersion")?,
            time_zone: match bag.get("TimeZone") {
                Some(Value::Bytes(bytes)) => Some(bytes.clone()),
                _ => None,
            },
        })
    }

    fn to_value(&self) -> Value {
        let bag = Object::bag()
            .extended("protocolversion", self.protocol_version)
            .extended("PSVersion", self.ps_version)
            .extended("SerializationVersion", self.serialization_version);
        match &self.time_zone {
            Some(bytes) => bag.extended("TimeZone", Value::bytes(bytes.clone())).into(),
            None => bag.into(),
        }
    }
}

/// APPLICATION_PRIVATE_DATA: a primitive dictionary, or nothing (protocol.md 4.3.9).
#[derive(Debug, Clone, PartialEq)]
pub struct ApplicationPrivateData {
    /// The dictionary, or Nil.
    pub data: Value,
}

impl ApplicationPrivateData {
    /// The entry of the dictionary at the end of `path`, as `["PSVersionTable", "PSVersion"]`.
    pub fn entry(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.data, |value, name| {
            let entries = value.as_dictionary()?;
            let same = |key: &Value| key.as_text().is_some_and(|key| key.eq_ignore_ascii_case(name));
            entries.iter().find(|(key, _)| same(key)).map(|(_, value)| value)
        })
    }

    /// Version of the server's PowerShell.
    pub fn ps_version(&self) -> Option<String> {
        self.entry(&["PSVersionTable", "PSVersion"])
            .and_then(super::bag::text)
    }

    /// The versions that a server of this protocol version tells about itself.
    pub fn version_table(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Self {
        let table = primitive_dictionary(entries);
        Self {
            data: primitive_dictionary([("PSVersionTable", table)]),
        }
    }

    /// `PSCompatibleVersions` of such a table.
    pub fn compatible_versions(versions: impl IntoIterator<Item = Version>) -> Value {
        Object::list(["System.Version[]", "System.Array", "System.Object"], versions).into()
    }

    /// The versions in `PSCompatibleVersions`.
    pub fn compatible(&self, document: &Document) -> Vec<String> {
        let list = self
            .entry(&["PSVersionTable", "PSCompatibleVersions"])
            .and_then(|value| items(document, value));
        list.unwrap_or_default()
            .iter()
            .filter_map(super::bag::text)
            .collect()
    }
}

impl Payload for ApplicationPrivateData {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "APPLICATION_PRIVATE_DATA")?;
        Ok(Self {
            data: bag.value("ApplicationPrivateData"),
        })
    }

    fn to_value(&self) -> Value {
        Object::bag()
            .extended("ApplicationPrivateData", self.data.clone())
            .into()
    }
}

/// A `PSPrimitiveDictionary`, the form of application arguments and private data.
pub fn primitive_dictionary<K: Into<Value>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
    let names = [
        "System.Management.Automation.PSPrimitiveDictionary",
        "System.Collections.Hashtable",
        "System.Object",
    ];
    Object::dictionary(names, entries).into()
}
