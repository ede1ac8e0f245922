//! The other messages in DER, as far as a client needs them (RFC 4120 section 5).

use std::time::Duration;

use der::asn1::{Any, BitString, GeneralizedTime, OctetString};
use der::{Encode, Sequence, Tag, Tagged};

pub(super) use super::asn1::*;
use crate::KerberosError;

pub(super) const AS_REQ: u8 = 10;
pub(super) const AS_REP: u8 = 11;
pub(super) const TGS_REQ: u8 = 12;
pub(super) const TGS_REP: u8 = 13;
pub(super) const AP_REQ: u8 = 14;
pub(super) const AP_REP: u8 = 15;
/// Application numbers of things that are no messages by themselves.
pub(super) const TICKET: u8 = 1;
pub(super) const AUTHENTICATOR: u8 = 2;
pub(super) const ENC_AS_REP_PART: u8 = 25;
pub(super) const ENC_TGS_REP_PART: u8 = 26;
pub(super) const ENC_AP_REP_PART: u8 = 27;

pub(super) const VERSION: u8 = 5;

impl KerberosString {
    pub(super) fn new(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl PrincipalName {
    pub(super) fn new(kind: i32, parts: &[&str]) -> Self {
        Self {
            kind,
            parts: parts.iter().map(|part| KerberosString::new(part)).collect(),
        }
    }

    /// `HTTP/mail.corp.example`
    pub(super) fn text(&self) -> String {
        let parts: Vec<String> = self.parts.iter().map(KerberosString::text).collect();
        parts.join("/")
    }

    /// The same name; KDCs of Windows give it back in the case that the directory has.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.parts.len() == other.parts.len()
            && self
                .parts
                .iter()
                .zip(&other.parts)
                .all(|(one, two)| one.as_bytes().eq_ignore_ascii_case(two.as_bytes()))
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Sequence)]
pub(super) struct EncryptedData {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) etype: i32,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) kvno: Option<i64>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    pub(super) cipher: OctetString,
}

/// No `Debug`: it is a key.
#[derive(Sequence)]
pub(super) struct EncryptionKey {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) kind: i32,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) value: OctetString,
}

#[derive(Clone, Sequence)]
pub(super) struct KdcReqBody {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) options: BitString,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) cname: Option<PrincipalName>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    pub(super) realm: KerberosString,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) sname: Option<PrincipalName>,
    #[asn1(context_specific = "5", tag_mode = "EXPLICIT")]
    pub(super) till: GeneralizedTime,
    #[asn1(context_specific = "7", tag_mode = "EXPLICIT")]
    pub(super) nonce: u32,
    #[asn1(context_specific = "8", tag_mode = "EXPLICIT")]
    pub(super) etypes: Vec<i32>,
}

#[derive(Sequence)]
pub(super) struct KdcReq {
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) pvno: u8,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    pub(super) kind: u8,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) padata: Option<Vec<PaData>>,
    #[asn1(context_specific = "4", tag_mode = "EXPLICIT")]
    pub(super) body: KdcReqBody,
}

#[derive(Sequence)]
pub(super) struct KdcRep {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) pvno: u8,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) kind: u8,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) padata: Option<Vec<PaData>>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    pub(super) crealm: KerberosString,
    #[asn1(context_specific = "4", tag_mode = "EXPLICIT")]
    pub(super) cname: PrincipalName,
    /// Opaque to a client but for its outside.
    #[asn1(context_specific = "5", tag_mode = "EXPLICIT")]
    pub(super) ticket: Any,
    #[asn1(context_specific = "6", tag_mode = "EXPLICIT")]
    pub(super) enc_part: EncryptedData,
}

/// `EncASRepPart` and `EncTGSRepPart`.
#[derive(Sequence)]
pub(super) struct EncKdcRepPart {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) key: EncryptionKey,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) last_req: Any,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    pub(super) nonce: i64,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) key_expiration: Option<GeneralizedTime>,
    #[asn1(context_specific = "4", tag_mode = "EXPLICIT")]
    pub(super) flags: BitString,
    #[asn1(context_specific = "5", tag_mode = "EXPLICIT")]
    pub(super) auth_time: GeneralizedTime,
    #[asn1(context_specific = "6", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) start_time: Option<GeneralizedTime>,
    #[asn1(context_specific = "7", tag_mode = "EXPLICIT")]
    pub(super) end_time: GeneralizedTime,
    #[asn1(context_specific = "8", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) renew_till: Option<GeneralizedTime>,
    #[asn1(context_specific = "9", tag_mode = "EXPLICIT")]
    pub(super) srealm: KerberosString,
    #[asn1(context_specific = "10", tag_mode = "EXPLICIT")]
    pub(super) sname: PrincipalName,
    #[asn1(context_specific = "11", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) caddr: Option<Any>,
    #[asn1(context_specific = "12", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) padata: Option<Any>,
}

#[derive(Sequence)]
pub(super) struct Checksum {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) kind: i32,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) value: OctetString,
}

#[derive(Sequence)]
pub(super) struct Authenticator {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) version: u8,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) crealm: KerberosString,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    pub(super) cname: PrincipalName,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) checksum: Option<Checksum>,
    #[asn1(context_specific = "4", tag_mode = "EXPLICIT")]
    pub(super) cusec: u32,
    #[asn1(context_specific = "5", tag_mode = "EXPLICIT")]
    pub(super) ctime: GeneralizedTime,
    #[asn1(context_specific = "6", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) subkey: Option<EncryptionKey>,
    #[asn1(context_specific = "7", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) sequence: Option<u32>,
}

#[derive(Sequence)]
pub(super) struct ApReq {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) pvno: u8,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) kind: u8,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    pub(super) options: BitString,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT")]
    pub(super) ticket: Any,
    #[asn1(context_specific = "4", tag_mode = "EXPLICIT")]
    pub(super) authenticator: EncryptedData,
}

#[derive(Sequence)]
pub(super) struct ApRep {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) pvno: u8,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) kind: u8,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    pub(super) enc_part: EncryptedData,
}

#[derive(Sequence)]
pub(super) struct EncApRepPart {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) ctime: GeneralizedTime,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) cusec: i64,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) subkey: Option<EncryptionKey>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) sequence: Option<i64>,
}

#[derive(Sequence)]
pub(super) struct PaEncTsEnc {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) time: GeneralizedTime,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) usec: Option<u32>,
}

/// A bit string of 32 flags.
pub(super) fn flags(bits: u32) -> Result<BitString, KerberosError> {
    BitString::from_bytes(&bits.to_be_bytes()).map_err(|_| malformed("flags", "not encodable"))
}

pub(super) fn time(unix_seconds: u64) -> Result<GeneralizedTime, KerberosError> {
    GeneralizedTime::from_unix_duration(Duration::from_secs(unix_seconds))
        .map_err(|_| malformed("time", "out of range"))
}

pub(super) fn octets(bytes: impl Into<Vec<u8>>) -> Result<OctetString, KerberosError> {
    OctetString::new(bytes.into()).map_err(|_| malformed("octets", "too long"))
}

/// The application number of a message.
pub(super) fn kind(message: &[u8]) -> Option<u8> {
    match message.first()? {
        tag @ 0x60..=0x7e => Some(tag & 0x1f),
        _ => None,
    }
}

/// The application number of something that was read as it is.
pub(super) fn kind_of_any(any: &Any) -> Option<u8> {
    match any.tag() {
        Tag::Application { number, .. } => u8::try_from(number.value()).ok(),
        _ => None,
    }
}

/// Writes `[APPLICATION number] …`.
pub(super) fn write(number: u8, what: &'static str, content: &impl Encode) -> Result<Vec<u8>, KerberosError> {
    let content = write_plain(what, content)?;
    let mut message = Vec::with_capacity(content.len() + 6);
    message.push(0x60 | number);
    put_length(&mut message, content.len());
    message.extend(content);
    Ok(message)
}

pub(super) fn write_plain(what: &'static str, content: &impl Encode) -> Result<Vec<u8>, KerberosError> {
    content.to_der().map_err(|_| malformed(what, "not encodable"))
}

fn put_length(message: &mut Vec<u8>, length: usize) {
    match u8::try_from(length) {
        Ok(short @ 0..=127) => message.push(short),
        _ => {
            let digits: Vec<u8> = length
                .to_be_bytes()
                .into_iter()
                .skip_while(|byte| *byte == 0)
                .collect();
            // A length has at most 8 digits.
            message.push(0x80 | digits.len().to_le_bytes().first().copied().unwrap_or(0));
            message.extend(digits);
        }
    }
}

/// `60 length 06 09 <Kerberos> TOK_ID message`
pub(super) fn frame(kind: TokenKind, message: &[u8]) -> Vec<u8> {
    let id: [u8; 2] = match kind {
        TokenKind::ApReq => [1, 0],
        TokenKind::ApRep => [2, 0],
        TokenKind::Error => [3, 0],
    };
    let mut token = vec![0x60];
    put_length(&mut token, MECHANISM.len() + id.len() + message.len());
    token.extend(MECHANISM);
    token.extend(id);
    token.extend(message);
    token
}
