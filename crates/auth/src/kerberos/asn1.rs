//! The messages in DER (RFC 4120 section 5, RFC 4121 section 4.1), as far as a client needs them.
//!
//! Names are kept as they are sent: `KerberosString` is `GeneralString`, in which everybody puts UTF-8.

use std::time::Duration;

use der::asn1::{Any, AnyRef, BitString, GeneralizedTime, OctetString};
use der::{
    Decode, DecodeValue, Encode, EncodeValue, FixedTag, Header, Length, Reader, Sequence, Tag, TagNumber,
    Tagged, Writer,
};

use crate::KerberosError;

/// No message here is longer: a ticket of a user in a thousand groups is about 64 KiB.
pub(super) const MAX_MESSAGE: usize = 256 * 1024;

pub(super) const AS_REQ: u8 = 10;
pub(super) const AS_REP: u8 = 11;
pub(super) const TGS_REQ: u8 = 12;
pub(super) const TGS_REP: u8 = 13;
pub(super) const AP_REQ: u8 = 14;
pub(super) const AP_REP: u8 = 15;
pub(super) const KRB_ERROR: u8 = 30;
/// Application numbers of things that are no messages by themselves.
pub(super) const TICKET: u8 = 1;
pub(super) const AUTHENTICATOR: u8 = 2;
pub(super) const ENC_AS_REP_PART: u8 = 25;
pub(super) const ENC_TGS_REP_PART: u8 = 26;
pub(super) const ENC_AP_REP_PART: u8 = 27;

pub(super) const VERSION: u8 = 5;

/// 1.2.840.113554.1.2.2 with its header, as GSS-API tokens begin (RFC 4121 section 4.1).
const MECHANISM: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];

/// `KerberosString`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KerberosString(Vec<u8>);

impl KerberosString {
    pub(super) fn new(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    /// The text, with replacement characters where it is not UTF-8.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FixedTag for KerberosString {
    const TAG: Tag = Tag::GeneralString;
}

impl<'a> DecodeValue<'a> for KerberosString {
    type Error = der::Error;

    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        Ok(Self(reader.read_vec(header.length())?))
    }
}

impl EncodeValue for KerberosString {
    fn value_len(&self) -> der::Result<Length> {
        self.0.len().try_into()
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        writer.write(&self.0)
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Sequence)]
pub(super) struct PrincipalName {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) kind: i32,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) parts: Vec<KerberosString>,
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
pub(super) struct PaData {
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) kind: i32,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
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
pub(crate) struct KrbError {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) pvno: u8,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) kind: u8,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) ctime: Option<GeneralizedTime>,
    #[asn1(context_specific = "3", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) cusec: Option<i64>,
    #[asn1(context_specific = "4", tag_mode = "EXPLICIT")]
    pub(super) stime: GeneralizedTime,
    #[asn1(context_specific = "5", tag_mode = "EXPLICIT")]
    pub(super) susec: i64,
    #[asn1(context_specific = "6", tag_mode = "EXPLICIT")]
    pub(super) code: i32,
    #[asn1(context_specific = "7", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) crealm: Option<KerberosString>,
    #[asn1(context_specific = "8", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) cname: Option<PrincipalName>,
    #[asn1(context_specific = "9", tag_mode = "EXPLICIT")]
    pub(super) realm: KerberosString,
    #[asn1(context_specific = "10", tag_mode = "EXPLICIT")]
    pub(super) sname: PrincipalName,
    #[asn1(context_specific = "11", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) text: Option<KerberosString>,
    #[asn1(context_specific = "12", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) data: Option<OctetString>,
    /// A checksum that RFC 1510 had.
    #[asn1(context_specific = "13", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) checksum: Option<Any>,
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

#[derive(Clone, Sequence)]
pub(super) struct EtypeInfo2Entry {
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) etype: i32,
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) salt: Option<KerberosString>,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) parameters: Option<OctetString>,
}

/// `KERB-ERROR-DATA` ([MS-KILE] 2.2.2).
#[derive(Sequence)]
pub(super) struct KerbErrorData {
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) kind: i32,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) value: Option<OctetString>,
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

pub(super) fn malformed(what: &'static str, reason: &'static str) -> KerberosError {
    KerberosError::Malformed { what, reason }
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

/// Reads `[APPLICATION number] …`, with nothing behind it.
pub(super) fn read<T>(number: u8, what: &'static str, message: &[u8]) -> Result<T, KerberosError>
where
    T: for<'a> Decode<'a>,
{
    if message.len() > MAX_MESSAGE {
        return Err(malformed(what, "too long"));
    }
    let outer = AnyRef::from_der(message).map_err(|_| malformed(what, "not der"))?;
    let expected = Tag::Application {
        constructed: true,
        number: TagNumber(u32::from(number)),
    };
    if outer.tag() != expected {
        return Err(malformed(what, "a message of another kind"));
    }
    T::from_der(outer.value()).map_err(|_| malformed(what, "not of its form"))
}

/// Reads something that has no application number.
pub(super) fn read_plain<T>(what: &'static str, bytes: &[u8]) -> Result<T, KerberosError>
where
    T: for<'a> Decode<'a>,
{
    if bytes.len() > MAX_MESSAGE {
        return Err(malformed(what, "too long"));
    }
    T::from_der(bytes).map_err(|_| malformed(what, "not of its form"))
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

/// What a token of the GSS-API carries (RFC 4121 section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    ApReq,
    ApRep,
    Error,
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

/// Takes the frame of the GSS-API off.
pub(crate) fn unframe(token: &[u8]) -> Result<(TokenKind, &[u8]), KerberosError> {
    const WHAT: &str = "kerberos token";
    if token.len() > MAX_MESSAGE {
        return Err(malformed(WHAT, "too long"));
    }
    let outer = AnyRef::from_der(token).map_err(|_| malformed(WHAT, "not der"))?;
    let framed = Tag::Application {
        constructed: true,
        number: TagNumber(0),
    };
    let inner = outer
        .value()
        .strip_prefix(&MECHANISM)
        .filter(|_| outer.tag() == framed)
        .ok_or(malformed(WHAT, "not of kerberos"))?;
    let kind = match inner.first_chunk::<2>() {
        Some([1, 0]) => TokenKind::ApReq,
        Some([2, 0]) => TokenKind::ApRep,
        Some([3, 0]) => TokenKind::Error,
        _ => return Err(malformed(WHAT, "of an unknown kind")),
    };
    Ok((kind, inner.get(2..).unwrap_or_default()))
}
