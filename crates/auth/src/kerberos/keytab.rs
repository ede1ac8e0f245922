//! Files with the keys of principals, as `ktutil`, `ktpass` and `samba-tool` write them (MIT's format, version 2).

use zeroize::Zeroizing;

use super::crypto::Key;
use super::etype::{EncryptionType, name_of};
use crate::KerberosError;

/// More entries than any tool writes for one account.
const MAX_ENTRIES: usize = 4096;
/// A principal of more parts is none.
const MAX_PARTS: usize = 16;

/// The keys of a keytab. They are wiped when it is dropped; it has no `Debug`.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "holds keys")]
pub struct Keytab {
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    realm: Vec<u8>,
    parts: Vec<Vec<u8>>,
    version: u32,
    number: i32,
    /// Nothing for encryption types that are not known here.
    key: Option<Key>,
}

impl Entry {
    fn is_of(&self, parts: &[&str], realm: &str) -> bool {
        self.realm.eq_ignore_ascii_case(realm.as_bytes())
            && self.parts.len() == parts.len()
            && self
                .parts
                .iter()
                .zip(parts)
                .all(|(one, two)| one.eq_ignore_ascii_case(two.as_bytes()))
    }

    fn name(&self) -> String {
        let parts: Vec<_> = self
            .parts
            .iter()
            .map(|part| String::from_utf8_lossy(part))
            .collect();
        format!("{}@{}", parts.join("/"), String::from_utf8_lossy(&self.realm))
    }
}

impl Keytab {
    /// Reads the content of a keytab file. Deleted entries are passed over.
    ///
    /// # Errors
    /// [`KerberosError::Keytab`] when it is not one, is cut off, or holds more than 4096 entries.
    pub fn parse(bytes: &[u8]) -> Result<Self, KerberosError> {
        let mut cursor = Cursor(bytes);
        if cursor.array::<2>()? != [5, 2] {
            return Err(unusable("it is not a keytab of version 2"));
        }
        let mut entries = Vec::new();
        while !cursor.0.is_empty() {
            let size = i32::from_be_bytes(cursor.array()?);
            let length =
                usize::try_from(size.unsigned_abs()).map_err(|_| unusable("an entry is too long"))?;
            let content = cursor.take(length)?;
            // A negative size marks a hole.
            if size < 0 {
                continue;
            }
            if size == 0 {
                break;
            }
            if entries.len() == MAX_ENTRIES {
                return Err(unusable("it has too many entries"));
            }
            entries.push(entry(content)?);
        }
        Ok(Self { entries })
    }

    /// The principals in it, each once.
    #[must_use]
    pub fn principals(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for entry in &self.entries {
            let name = entry.name();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// The newest key of each known encryption type for this principal, strongest first.
    pub(super) fn keys(&self, parts: &[&str], realm: &str) -> Result<Vec<Key>, KerberosError> {
        let own: Vec<&Entry> = self
            .entries
            .iter()
            .filter(|entry| entry.is_of(parts, realm))
            .collect();
        if own.is_empty() {
            let held = self.principals().join(", ");
            let held = if held.is_empty() { "nobody" } else { &held };
            return Err(unusable(&format!(
                "it has no key of {}@{realm}; it has keys of {held}",
                parts.join("/")
            )));
        }
        let keys: Vec<Key> = EncryptionType::ALL
            .iter()
            .filter_map(|kind| {
                own.iter()
                    .filter(|entry| entry.number == kind.number())
                    .max_by_key(|entry| entry.version)
                    .and_then(|entry| entry.key.clone())
            })
            .collect();
        if keys.is_empty() {
            let mut names: Vec<String> = own.iter().map(|entry| name_of(entry.number)).collect();
            names.dedup();
            return Err(KerberosError::EncryptionType {
                offered: names.join(", "),
            });
        }
        Ok(keys)
    }
}

fn entry(content: &[u8]) -> Result<Entry, KerberosError> {
    let mut cursor = Cursor(content);
    let count = usize::from(u16::from_be_bytes(cursor.array()?));
    if count == 0 || count > MAX_PARTS {
        return Err(unusable("an entry has no name"));
    }
    let realm = cursor.counted()?.to_vec();
    let mut parts = Vec::with_capacity(count);
    for _ in 0..count {
        parts.push(cursor.counted()?.to_vec());
    }
    let _name_type: [u8; 4] = cursor.array()?;
    let _timestamp: [u8; 4] = cursor.array()?;
    let [short_version] = cursor.array::<1>()?;
    let number = i32::from(u16::from_be_bytes(cursor.array()?));
    let bytes = cursor.counted()?;
    let key = EncryptionType::from_number(number)
        .map(|kind| Key::new(kind, Zeroizing::new(bytes.to_vec())))
        .transpose()
        .map_err(|_| unusable("a key has not the length of its encryption type"))?;
    // Version numbers beyond 255 follow the key; old tools write none, some fill up with zeros.
    let version = match cursor
        .0
        .first_chunk::<4>()
        .map(|digits| u32::from_be_bytes(*digits))
    {
        None | Some(0) => u32::from(short_version),
        Some(version) => version,
    };
    Ok(Entry {
        realm,
        parts,
        version,
        number,
        key,
    })
}

fn unusable(reason: &str) -> KerberosError {
    KerberosError::Keytab {
        path: None,
        reason: reason.to_owned(),
    }
}

struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], KerberosError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| unusable("it is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], KerberosError> {
        let (taken, rest) = self
            .0
            .split_first_chunk::<N>()
            .ok_or_else(|| unusable("it is cut off"))?;
        self.0 = rest;
        Ok(*taken)
    }

    /// Bytes with their number before them.
    fn counted(&mut self) -> Result<&'a [u8], KerberosError> {
        let length = usize::from(u16::from_be_bytes(self.array()?));
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hex;

    fn one(parts: &[&str], realm: &str, version: u32, number: u16, key: &[u8], wide: bool) -> Vec<u8> {
        let counted = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes(), bytes].concat();
        let mut content = (parts.len() as u16).to_be_bytes().to_vec();
        content.extend(counted(realm.as_bytes()));
        for part in parts {
            content.extend(counted(part.as_bytes()));
        }
        content.extend([0, 0, 0, 1, 0, 0, 0, 0, version as u8]);
        content.extend(number.to_be_bytes());
        content.extend(counted(key));
        if wide {
            content.extend(version.to_be_bytes());
        }
        [(content.len() as i32).to_be_bytes().to_vec(), content].concat()
    }

    fn file(entries: &[Vec<u8>]) -> Vec<u8> {
        [vec![5, 2], entries.concat()].concat()
    }

    #[test]
    fn the_newest_key_of_each_type_is_found() {
        let hole = hex("fffffffc 01020304");
        let bytes = file(&[
            one(&["reader"], "CORP.EXAMPLE", 1, 18, &[1; 32], false),
            hole,
            one(&["reader"], "CORP.EXAMPLE", 300, 18, &[2; 32], true),
            one(&["reader"], "CORP.EXAMPLE", 300, 17, &[3; 16], true),
            one(&["reader"], "CORP.EXAMPLE", 300, 23, &[4; 16], true),
            one(&["HTTP", "mail"], "CORP.EXAMPLE", 1, 23, &[5; 16], true),
        ]);
        let keytab = Keytab::parse(&bytes).unwrap();
        assert_eq!(
            keytab.principals(),
            ["reader@CORP.EXAMPLE", "HTTP/mail@CORP.EXAMPLE"]
        );
        let keys = keytab.keys(&["Reader"], "corp.example").unwrap();
        let kinds: Vec<_> = keys.iter().map(Key::kind).collect();
        assert_eq!(kinds, [EncryptionType::Aes256, EncryptionType::Aes128]);
        let newest = Key::new(EncryptionType::Aes256, Zeroizing::new(vec![2; 32])).unwrap();
        let sealed = newest.encrypt(super::super::crypto::Usage::ApRep, b"x").unwrap();
        assert!(
            keys[0]
                .decrypt(super::super::crypto::Usage::ApRep, &sealed)
                .is_some()
        );

        match keytab.keys(&["HTTP", "mail"], "CORP.EXAMPLE").err() {
            Some(KerberosError::EncryptionType { offered }) => assert_eq!(offered, "rc4-hmac"),
            other => panic!("{other:?}"),
        }
        match keytab.keys(&["other"], "CORP.EXAMPLE").err() {
            Some(KerberosError::Keytab { reason, .. }) => {
                assert!(reason.contains("reader@CORP.EXAMPLE"), "{reason}")
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_is_cut_off_or_something_else_is_refused() {
        let good = file(&[one(&["reader"], "R", 1, 18, &[1; 32], true)]);
        Keytab::parse(&good).unwrap();
        for length in (0..good.len()).filter(|length| *length != 2) {
            assert!(Keytab::parse(&good[..length]).is_err(), "{length}");
        }
        assert!(Keytab::parse(b"\x05\x01").is_err());
        assert!(Keytab::parse(&file(&[one(&["reader"], "R", 1, 18, &[1; 31], true)])).is_err());
        assert!(Keytab::parse(&file(&[one(&[], "R", 1, 18, &[1; 32], true)])).is_err());
        assert!(Keytab::parse(&hex("0502 80000000")).is_err());
    }
}
