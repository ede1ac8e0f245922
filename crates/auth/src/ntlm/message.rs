//! The three messages ([MS-NLMP] 2.2.1).
//!
//! `ntlmclient` encodes NEGOTIATE and reads CHALLENGE and AUTHENTICATE; every length and offset is checked here before
//! it sees them. CHALLENGE and AUTHENTICATE are written here: its own encoders misplace the one's reserved bytes and
//! have no place for the other's MIC.

use ntlmclient::{Flags, Message, NegotiateMessage, OsVersion};

use super::target_info::TargetInfo;
use crate::text::utf16le;
use crate::{AccountName, Error};

pub(super) const NEGOTIATE: &str = "ntlm negotiate message";
pub(super) const CHALLENGE: &str = "ntlm challenge message";
pub(super) const AUTHENTICATE: &str = "ntlm authenticate message";

const SIGNATURE: &[u8; 8] = b"NTLMSSP\0";
/// No field of a message is longer than its 16-bit length says, so nothing sensible is longer than this.
const MAX_MESSAGE: usize = 128 * 1024;
/// Where the MIC of AUTHENTICATE stands, and where its payload begins.
const MIC: std::ops::Range<usize> = 72..88;

/// What a client asks for: 0xE2088235.
pub(super) const OFFERED: Flags = Flags::NEGOTIATE_UNICODE
    .union(Flags::REQUEST_TARGET)
    .union(Flags::NEGOTIATE_SIGN)
    .union(Flags::NEGOTIATE_SEAL)
    .union(Flags::NEGOTIATE_NTLM)
    .union(Flags::NEGOTIATE_ALWAYS_SIGN)
    .union(Flags::NEGOTIATE_NTLM2_KEY)
    .union(Flags::NEGOTIATE_VERSION)
    .union(Flags::NEGOTIATE_128BIT)
    .union(Flags::NEGOTIATE_KEY_EXCHANGE)
    .union(Flags::NEGOTIATE_56BIT);

/// What every context must have, with its name for people.
const REQUIRED: [(Flags, &str); 6] = [
    (Flags::NEGOTIATE_UNICODE, "unicode names"),
    (Flags::NEGOTIATE_SIGN, "signing"),
    (Flags::NEGOTIATE_SEAL, "sealing"),
    (Flags::NEGOTIATE_NTLM2_KEY, "extended session security"),
    (Flags::NEGOTIATE_128BIT, "128-bit keys"),
    (Flags::NEGOTIATE_KEY_EXCHANGE, "key exchange"),
];

/// Refuses flags that would give an unprotected context, whether the peer is old or somebody took them away.
fn require(message: &'static str, flags: Flags) -> Result<(), Error> {
    match REQUIRED.iter().find(|(flag, _)| !flags.contains(*flag)) {
        Some((_, missing)) => Err(Error::Weak { message, missing }),
        None => Ok(()),
    }
}

/// True when a token is NTLM without SPNEGO around it.
pub(crate) fn is_ntlm(token: &[u8]) -> bool {
    token.starts_with(SIGNATURE)
}

/// Checks signature, type and length, and gives the flags at `flags_at`.
fn open(
    what: &'static str,
    token: &[u8],
    number: u32,
    minimum: usize,
    flags_at: usize,
) -> Result<Flags, Error> {
    if !is_ntlm(token) {
        return Err(Error::malformed(what, "no ntlm signature"));
    }
    if u32_at(token, 8) != Some(number) {
        return Err(Error::malformed(what, "a message of another type"));
    }
    if token.len() < minimum {
        return Err(Error::malformed(what, "too short"));
    }
    if token.len() > MAX_MESSAGE {
        return Err(Error::malformed(what, "too long"));
    }
    let bits = u32_at(token, flags_at).ok_or(Error::malformed(what, "too short"))?;
    Ok(Flags::from_bits_retain(bits))
}

fn u16_at(token: &[u8], at: usize) -> Option<u16> {
    token.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn u32_at(token: &[u8], at: usize) -> Option<u32> {
    token.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}

/// Reads the descriptor at `at` and gives the bytes that it points to, which must lie behind the fixed part.
fn field<'a>(what: &'static str, token: &'a [u8], at: usize, payload: usize) -> Result<&'a [u8], Error> {
    let (length, offset) = u16_at(token, at)
        .zip(u32_at(token, at + 4))
        .ok_or(Error::malformed(what, "too short"))?;
    if length == 0 {
        return Ok(&[]);
    }
    let start = usize::try_from(offset).map_err(|_| Error::malformed(what, "a field outside the message"))?;
    let end = start.checked_add(usize::from(length));
    match end.and_then(|end| token.get(start..end)) {
        Some(bytes) if start >= payload => Ok(bytes),
        Some(_) => Err(Error::malformed(what, "a field inside the fixed part")),
        None => Err(Error::malformed(what, "a field outside the message")),
    }
}

fn text_field<'a>(what: &'static str, token: &'a [u8], at: usize, payload: usize) -> Result<&'a [u8], Error> {
    let bytes = field(what, token, at, payload)?;
    if bytes.len() % 2 == 0 {
        Ok(bytes)
    } else {
        Err(Error::malformed(what, "half a utf-16 unit"))
    }
}

/// The version that is sent where one is expected: Windows 10, NTLM revision 15.
fn version(build_number: u16) -> OsVersion {
    OsVersion {
        major_version: 10,
        minor_version: 0,
        build_number,
        reserved: [0; 3],
        ntlm_revision: 15,
    }
}

/// NEGOTIATE: 40 bytes, no names.
pub(super) fn write_negotiate() -> Result<Vec<u8>, Error> {
    Message::Negotiate(NegotiateMessage {
        flags: OFFERED,
        supplied_domain: String::new(),
        supplied_workstation: String::new(),
        os_version: version(0),
    })
    .to_bytes()
    .map_err(|_| Error::malformed(NEGOTIATE, "cannot be written"))
}

/// The flags of a NEGOTIATE message. Its names mean nothing and are not read.
pub(super) fn read_negotiate(token: &[u8]) -> Result<Flags, Error> {
    let flags = open(NEGOTIATE, token, 1, 16, 12)?;
    require(NEGOTIATE, flags)?;
    Ok(flags)
}

/// What a client needs of CHALLENGE.
pub(super) struct Challenge {
    pub(super) flags: Flags,
    pub(super) server_challenge: [u8; 8],
    pub(super) target_info: TargetInfo,
}

pub(super) fn read_challenge(token: &[u8]) -> Result<Challenge, Error> {
    let flags = open(CHALLENGE, token, 2, 56, 20)?;
    require(CHALLENGE, flags)?;
    if !flags.contains(Flags::NEGOTIATE_TARGET_INFO) {
        return Err(Error::Weak {
            message: CHALLENGE,
            missing: "target information",
        });
    }
    text_field(CHALLENGE, token, 12, 48)?;
    field(CHALLENGE, token, 40, 48)?;
    match Message::try_from(token) {
        Ok(Message::Challenge(message)) => Ok(Challenge {
            flags,
            server_challenge: message.challenge,
            target_info: TargetInfo::from_pairs(CHALLENGE, message.target_information)?,
        }),
        _ => Err(Error::malformed(
            CHALLENGE,
            "unreadable names or target information",
        )),
    }
}

/// CHALLENGE: fixed part of 56 bytes, target name, target information.
pub(super) fn write_challenge(
    flags: Flags,
    server_challenge: [u8; 8],
    target_name: &str,
    target_info: &TargetInfo,
    build_number: u16,
) -> Result<Vec<u8>, Error> {
    let info = target_info.write(CHALLENGE)?;
    let name = utf16le(target_name);
    let mut payload = Payload::after(CHALLENGE, 56);
    let mut token = Vec::with_capacity(56 + name.len() + info.len());
    token.extend(SIGNATURE);
    token.extend(2_u32.to_le_bytes());
    token.extend(payload.place(&name)?);
    token.extend(flags.bits().to_le_bytes());
    token.extend(server_challenge);
    token.extend([0; 8]);
    token.extend(payload.place(&info)?);
    token.extend(if flags.contains(Flags::NEGOTIATE_VERSION) {
        version(build_number).to_bytes()
    } else {
        vec![0; 8]
    });
    token.extend(payload.bytes);
    Ok(token)
}

/// What a client puts into AUTHENTICATE.
pub(super) struct Authenticate<'a> {
    pub(super) flags: Flags,
    pub(super) name: &'a AccountName,
    pub(super) workstation: &'a str,
    pub(super) lm_response: &'a [u8],
    pub(super) nt_response: &'a [u8],
    pub(super) encrypted_key: &'a [u8; 16],
}

/// AUTHENTICATE with a MIC of zeros: fixed part of 88 bytes, then the fields in the order in which Windows writes them.
pub(super) fn write_authenticate(message: &Authenticate<'_>) -> Result<Vec<u8>, Error> {
    let mut payload = Payload::after(AUTHENTICATE, MIC.end);
    let domain = payload.place(&utf16le(&message.name.domain))?;
    let user = payload.place(&utf16le(&message.name.user))?;
    let workstation = payload.place(&utf16le(message.workstation))?;
    let lm = payload.place(message.lm_response)?;
    let nt = payload.place(message.nt_response)?;
    let key = payload.place(message.encrypted_key)?;
    let mut token = Vec::with_capacity(MIC.end + payload.bytes.len());
    token.extend(SIGNATURE);
    token.extend(3_u32.to_le_bytes());
    for descriptor in [lm, nt, domain, user, workstation, key] {
        token.extend(descriptor);
    }
    token.extend(message.flags.bits().to_le_bytes());
    token.extend(version(0).to_bytes());
    token.extend([0; 16]);
    token.extend(payload.bytes);
    Ok(token)
}

/// Writes the MIC into its place.
pub(super) fn put_mic(authenticate: &mut [u8], mic: &[u8; 16]) {
    if let Some(place) = authenticate.get_mut(MIC) {
        place.copy_from_slice(mic);
    }
}

/// What an acceptor needs of AUTHENTICATE.
pub(super) struct Response {
    pub(super) flags: Flags,
    pub(super) name: AccountName,
    pub(super) lm_response: Vec<u8>,
    pub(super) nt_response: Vec<u8>,
    pub(super) encrypted_key: Vec<u8>,
}

pub(super) fn read_authenticate(token: &[u8]) -> Result<Response, Error> {
    let flags = open(AUTHENTICATE, token, 3, 72, 60)?;
    for at in [12, 20, 52] {
        field(AUTHENTICATE, token, at, 64)?;
    }
    for at in [28, 36, 44] {
        text_field(AUTHENTICATE, token, at, 64)?;
    }
    require(AUTHENTICATE, flags)?;
    match Message::try_from(token) {
        Ok(Message::Authenticate(message)) => Ok(Response {
            flags,
            name: AccountName {
                user: message.user_name,
                domain: message.domain_name,
            },
            lm_response: message.lm_response,
            nt_response: message.ntlm_response,
            encrypted_key: message.session_key,
        }),
        _ => Err(Error::malformed(AUTHENTICATE, "unreadable names")),
    }
}

/// Takes the MIC out of AUTHENTICATE and leaves zeros in its place. Refused when a field reaches into that place.
pub(super) fn take_mic(authenticate: &mut [u8]) -> Result<[u8; 16], Error> {
    for at in [12, 20, 28, 36, 44, 52] {
        field(AUTHENTICATE, authenticate, at, MIC.end)?;
    }
    let place = authenticate.get_mut(MIC).and_then(<[u8]>::first_chunk_mut::<16>);
    place
        .map(std::mem::take)
        .ok_or(Error::malformed(AUTHENTICATE, "too short for its integrity code"))
}

/// The variable part of a message while it is built.
struct Payload {
    what: &'static str,
    start: usize,
    bytes: Vec<u8>,
}

impl Payload {
    fn after(what: &'static str, start: usize) -> Self {
        Self {
            what,
            start,
            bytes: Vec::new(),
        }
    }

    /// Appends a field and gives its descriptor: length, capacity, offset.
    fn place(&mut self, field: &[u8]) -> Result<[u8; 8], Error> {
        let too_long = || Error::malformed(self.what, "a field too long to be sent");
        let length = u16::try_from(field.len()).map_err(|_| too_long())?;
        let offset = u32::try_from(self.start + self.bytes.len()).map_err(|_| too_long())?;
        self.bytes.extend(field);
        let mut descriptor = [0; 8];
        let bytes = length
            .to_le_bytes()
            .into_iter()
            .cycle()
            .take(4)
            .chain(offset.to_le_bytes());
        descriptor
            .iter_mut()
            .zip(bytes)
            .for_each(|(place, byte)| *place = byte);
        Ok(descriptor)
    }
}
