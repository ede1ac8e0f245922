//! Encryption types by number and name (RFC 3961 section 8).

/// The encryption types of this implementation, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EncryptionType {
    Aes256,
    Aes128,
}

impl EncryptionType {
    pub(super) const ALL: [Self; 2] = [Self::Aes256, Self::Aes128];

    pub(super) fn from_number(number: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.number() == number)
    }

    pub(super) fn number(self) -> i32 {
        match self {
            Self::Aes256 => 18,
            Self::Aes128 => 17,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Aes256 => "aes256-cts-hmac-sha1-96",
            Self::Aes128 => "aes128-cts-hmac-sha1-96",
        }
    }
}

/// The name of an encryption type, for people.
pub(super) fn name_of(number: i32) -> String {
    match number {
        1 => "des-cbc-crc".into(),
        3 => "des-cbc-md5".into(),
        16 => "des3-cbc-sha1".into(),
        19 => "aes128-cts-hmac-sha256-128".into(),
        20 => "aes256-cts-hmac-sha384-192".into(),
        23 => "rc4-hmac".into(),
        24 => "rc4-hmac-exp".into(),
        other => EncryptionType::from_number(other)
            .map_or_else(|| format!("number {other}"), |known| known.name().to_owned()),
    }
}
