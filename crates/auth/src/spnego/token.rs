//! The tokens in DER (RFC 4178 section 4.2).

use x509_cert::der::asn1::{AnyRef, ObjectIdentifier};
use x509_cert::der::{Decode, Header, Reader, SliceReader, Tag, TagNumber, Tagged};

use crate::Error;

const TOKEN: &str = "spnego token";
/// Longer than any token that fits an HTTP header.
const MAX_TOKEN: usize = 128 * 1024;
/// More elements than any structure of SPNEGO has, and more mechanisms than there are.
const MAX_ELEMENTS: usize = 32;

/// 1.3.6.1.5.5.2
const SPNEGO: &[u8] = &[0x2b, 6, 1, 5, 5, 2];
/// 1.3.6.1.4.1.311.2.2.10
pub(super) const NTLM: &[u8] = &[0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 0x0a];
/// 1.2.840.113554.1.2.2
pub(super) const KERBEROS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];
/// 1.2.840.48018.1.2.2, the same with a bit lost: what Windows names first ([MS-SPNG] 3.1.5.2).
pub(super) const MS_KERBEROS: &[u8] = &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2];

const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const ENUMERATED: u8 = 0x0a;
const APPLICATION_0: u8 = 0x60;
/// Constructed, context-specific; the number is added.
const CONTEXT: u8 = 0xa0;

/// `negState`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NegState {
    AcceptCompleted = 0,
    AcceptIncomplete = 1,
    Reject = 2,
    RequestMic = 3,
}

/// `NegTokenInit`, or the server's `NegTokenInit2` with hints.
pub(super) struct Init<'a> {
    /// The DER form of `MechTypeList` as it stands in the token: what `mechListMIC` protects.
    pub(super) mech_list: &'a [u8],
    pub(super) mechs: Vec<&'a [u8]>,
    pub(super) mech_token: Option<&'a [u8]>,
}

impl Init<'_> {
    /// The error that names everything that the peer offers.
    pub(super) fn nothing_in_common(&self) -> Error {
        let names: Vec<String> = self.mechs.iter().map(|oid| name(oid)).collect();
        Error::Mechanism {
            offered: names.join(", "),
        }
    }
}

/// `NegTokenResp`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Resp<'a> {
    pub(super) state: Option<NegState>,
    pub(super) mech: Option<&'a [u8]>,
    pub(super) token: Option<&'a [u8]>,
    pub(super) mic: Option<&'a [u8]>,
}

/// An object identifier with dots.
pub(super) fn name(oid: &[u8]) -> String {
    ObjectIdentifier::from_bytes(oid)
        .map_or_else(|_| "an unreadable identifier".into(), |oid| oid.to_string())
}

/// The mechanism of an initial token of any mechanism (RFC 2743 section 3.1). What follows the identifier may have any
/// form, so only as much as that is read.
pub(super) fn initial_mechanism(token: &[u8]) -> Option<&[u8]> {
    let mut reader = SliceReader::new(token).ok()?;
    let header = Header::decode(&mut reader).ok()?;
    let framed = Tag::Application {
        constructed: true,
        number: TagNumber(0),
    };
    let mech = AnyRef::decode(&mut reader).ok()?;
    (header.tag() == framed && mech.tag() == Tag::ObjectIdentifier).then(|| mech.value())
}

/// Reads an initial token: GSS-API framing with SPNEGO's identifier, then `NegTokenInit`.
pub(super) fn read_init(token: &[u8]) -> Result<Init<'_>, Error> {
    if token.len() > MAX_TOKEN {
        return Err(Error::malformed(TOKEN, "too long"));
    }
    let outer = one(token)?;
    if outer.tag()
        != (Tag::Application {
            constructed: true,
            number: TagNumber(0),
        })
    {
        return Err(Error::malformed(TOKEN, "not an initial token"));
    }
    let [mech, inner] = elements(outer.value())?[..] else {
        return Err(Error::malformed(TOKEN, "not an initial token"));
    };
    if mech.tag() != Tag::ObjectIdentifier || mech.value() != SPNEGO {
        return Err(Error::malformed(TOKEN, "another mechanism than spnego"));
    }
    let mut init = Init {
        mech_list: &[],
        mechs: Vec::new(),
        mech_token: None,
    };
    for (number, content) in fields(inner, 0)? {
        match number {
            0 => {
                let list = expect(content, Tag::Sequence)?;
                for mech in elements(list)? {
                    if mech.tag() != Tag::ObjectIdentifier {
                        return Err(Error::malformed(TOKEN, "a mechanism that is no identifier"));
                    }
                    init.mechs.push(mech.value());
                }
                init.mech_list = content;
            }
            2 => init.mech_token = Some(expect(content, Tag::OctetString)?),
            // 1 request flags, 3 hints or a code, 4 a code: nothing that an NTLM handshake needs at its beginning.
            _ => {
                one(content)?;
            }
        }
    }
    if init.mechs.is_empty() {
        return Err(Error::malformed(TOKEN, "no mechanisms"));
    }
    Ok(init)
}

/// Reads `NegTokenResp`.
pub(super) fn read_resp(token: &[u8]) -> Result<Resp<'_>, Error> {
    if token.len() > MAX_TOKEN {
        return Err(Error::malformed(TOKEN, "too long"));
    }
    let mut resp = Resp::default();
    for (number, content) in fields(one(token)?, 1)? {
        match number {
            0 => {
                resp.state = Some(match expect(content, Tag::Enumerated)? {
                    [0] => NegState::AcceptCompleted,
                    [1] => NegState::AcceptIncomplete,
                    [2] => NegState::Reject,
                    [3] => NegState::RequestMic,
                    _ => return Err(Error::malformed(TOKEN, "an unknown state")),
                });
            }
            1 => resp.mech = Some(expect(content, Tag::ObjectIdentifier)?),
            2 => resp.token = Some(expect(content, Tag::OctetString)?),
            3 => resp.mic = Some(expect(content, Tag::OctetString)?),
            _ => {
                one(content)?;
            }
        }
    }
    // Old servers repeat the token in the place of the code.
    if resp.mic == resp.token {
        resp.mic = None;
    }
    Ok(resp)
}

/// Exactly one element, nothing behind it.
fn one(bytes: &[u8]) -> Result<AnyRef<'_>, Error> {
    AnyRef::from_der(bytes).map_err(|_| Error::malformed(TOKEN, "not der"))
}

/// The content of exactly one element with this tag.
fn expect(bytes: &[u8], tag: Tag) -> Result<&[u8], Error> {
    let element = one(bytes)?;
    if element.tag() == tag {
        Ok(element.value())
    } else {
        Err(Error::malformed(TOKEN, "an element of another type"))
    }
}

/// Elements one after another.
fn elements(bytes: &[u8]) -> Result<Vec<AnyRef<'_>>, Error> {
    let not_der = |_| Error::malformed(TOKEN, "not der");
    let mut reader = SliceReader::new(bytes).map_err(not_der)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        if found.len() == MAX_ELEMENTS {
            return Err(Error::malformed(TOKEN, "too many elements"));
        }
        found.push(AnyRef::decode(&mut reader).map_err(not_der)?);
    }
    Ok(found)
}

/// The numbered fields of `choice [number] SEQUENCE { … }`, in rising order.
fn fields(choice: AnyRef<'_>, number: u32) -> Result<Vec<(u32, &[u8])>, Error> {
    if choice.tag()
        != (Tag::ContextSpecific {
            constructed: true,
            number: TagNumber(number),
        })
    {
        return Err(Error::malformed(TOKEN, "a message of another kind"));
    }
    let mut found: Vec<(u32, &[u8])> = Vec::new();
    for element in elements(expect(choice.value(), Tag::Sequence)?)? {
        let Tag::ContextSpecific {
            constructed: true,
            number,
        } = element.tag()
        else {
            return Err(Error::malformed(TOKEN, "a field without a number"));
        };
        if found.last().is_some_and(|(last, _)| *last >= number.value()) {
            return Err(Error::malformed(TOKEN, "fields out of order"));
        }
        found.push((number.value(), element.value()));
    }
    Ok(found)
}

/// The DER form of a `MechTypeList`.
pub(super) fn mech_list(oids: &[&[u8]]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = oids
        .iter()
        .map(|oid| element(OBJECT_IDENTIFIER, &[oid]))
        .collect();
    let parts: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
    element(SEQUENCE, &parts)
}

/// An initial token.
pub(super) fn write_init(mech_list: &[u8], mech_token: &[u8]) -> Vec<u8> {
    let fields = element(
        SEQUENCE,
        &[
            &field(0, mech_list),
            &field(2, &element(OCTET_STRING, &[mech_token])),
        ],
    );
    element(
        APPLICATION_0,
        &[&element(OBJECT_IDENTIFIER, &[SPNEGO]), &field(0, &fields)],
    )
}

/// A later token. The acceptor's first answer names the mechanism.
pub(super) fn write_resp(
    state: NegState,
    mech: Option<&[u8]>,
    token: Option<&[u8]>,
    mic: Option<&[u8]>,
) -> Vec<u8> {
    let mut fields = field(0, &element(ENUMERATED, &[&[state as u8]]));
    if let Some(mech) = mech {
        fields.extend(field(1, &element(OBJECT_IDENTIFIER, &[mech])));
    }
    for (number, content) in [(2, token), (3, mic)] {
        if let Some(content) = content {
            fields.extend(field(number, &element(OCTET_STRING, &[content])));
        }
    }
    field(1, &element(SEQUENCE, &[&fields]))
}

fn field(number: u8, content: &[u8]) -> Vec<u8> {
    element(CONTEXT + number, &[content])
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(length + 6);
    bytes.push(tag);
    match u8::try_from(length) {
        Ok(short @ 0..=127) => bytes.push(short),
        _ => {
            let digits: Vec<u8> = length
                .to_be_bytes()
                .into_iter()
                .skip_while(|byte| *byte == 0)
                .collect();
            // A length has at most 8 digits.
            bytes.push(0x80 | digits.len().to_le_bytes().first().copied().unwrap_or(0));
            bytes.extend(digits);
        }
    }
    parts.iter().for_each(|part| bytes.extend(*part));
    bytes
}
