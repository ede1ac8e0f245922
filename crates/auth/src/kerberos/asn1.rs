//! What refusals are made of, in DER (RFC 4120 section 5, RFC 4121 section 4.1).
//!
//! Names are kept as they are sent: `KerberosString` is `GeneralString`, in which everybody puts UTF-8.

use der::asn1::{Any, AnyRef, GeneralizedTime, OctetString};
use der::{
    Decode, DecodeValue, EncodeValue, FixedTag, Header, Length, Reader, Sequence, Tag, TagNumber, Tagged,
    Writer,
};

use crate::KerberosError;

/// No message here is longer: a ticket of a user in a thousand groups is about 64 KiB.
pub(super) const MAX_MESSAGE: usize = 256 * 1024;

pub(super) const KRB_ERROR: u8 = 30;

/// 1.2.840.113554.1.2.2 with its header, as GSS-API tokens begin (RFC 4121 section 4.1).
pub(super) const MECHANISM: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];

/// `KerberosString`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct KerberosString(pub(super) Vec<u8>);

impl KerberosString {
    /// The text, with replacement characters where it is not UTF-8.
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
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

#[derive(Clone, Sequence)]
pub(super) struct PaData {
    #[asn1(context_specific = "1", tag_mode = "EXPLICIT")]
    pub(super) kind: i32,
    #[asn1(context_specific = "2", tag_mode = "EXPLICIT")]
    pub(super) value: OctetString,
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

pub(super) fn malformed(what: &'static str, reason: &'static str) -> KerberosError {
    KerberosError::Malformed { what, reason }
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

/// What a token of the GSS-API carries (RFC 4121 section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    ApReq,
    ApRep,
    Error,
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
