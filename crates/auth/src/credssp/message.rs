//! The messages in DER ([MS-CSSP] 2.2.1), strictly read and bounded.

use der::asn1::OctetStringRef;
use der::{Decode, Encode, Sequence};
use zeroize::Zeroizing;

use crate::text::{from_utf16le, utf16le};
use crate::{AccountName, Credential, Error};

const REQUEST: &str = "credssp request";
const CREDENTIALS: &str = "credssp credentials";

/// Longer than any request that fits an HTTP header.
const MAX_REQUEST: usize = 128 * 1024;
/// Peers send one; the form allows several.
const MAX_TOKENS: usize = 4;
/// `credType` of a password.
const PASSWORD: u32 = 1;

/// The nonce of versions 5 and above.
pub(super) type Nonce = [u8; 32];

/// `TSRequest`, what both ends send through TLS.
#[derive(Default)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(super) struct Request {
    pub(super) version: u32,
    /// What the inner mechanism says.
    pub(super) token: Option<Vec<u8>>,
    /// Sealed [`Delegated`] credentials.
    pub(super) auth_info: Option<Vec<u8>>,
    /// The sealed proof that both ends see the same TLS key.
    pub(super) pub_key_auth: Option<Vec<u8>>,
    /// An NTSTATUS.
    pub(super) error_code: Option<u32>,
    pub(super) nonce: Option<Nonce>,
}

/// ```asn1
/// TSRequest ::= SEQUENCE {
///     version     [0] INTEGER,
///     negoTokens  [1] NegoData OPTIONAL,       -- SEQUENCE OF SEQUENCE { negoToken [0] OCTET STRING }
///     authInfo    [2] OCTET STRING OPTIONAL,
///     pubKeyAuth  [3] OCTET STRING OPTIONAL,
///     errorCode   [4] INTEGER OPTIONAL,
///     clientNonce [5] OCTET STRING OPTIONAL
/// }
/// ```
#[derive(Sequence)]
struct TsRequest<'a> {
    #[asn1(context_specific = "0")]
    version: u32,
    #[asn1(context_specific = "1", optional = "true")]
    nego_tokens: Option<Vec<NegoToken<'a>>>,
    #[asn1(context_specific = "2", optional = "true")]
    auth_info: Option<&'a OctetStringRef>,
    #[asn1(context_specific = "3", optional = "true")]
    pub_key_auth: Option<&'a OctetStringRef>,
    // Signed or not, as the peer's language has it.
    #[asn1(context_specific = "4", optional = "true")]
    error_code: Option<i64>,
    #[asn1(context_specific = "5", optional = "true")]
    client_nonce: Option<&'a OctetStringRef>,
}

#[derive(Sequence)]
struct NegoToken<'a> {
    #[asn1(context_specific = "0")]
    token: &'a OctetStringRef,
}

#[derive(Sequence)]
struct TsCredentials<'a> {
    #[asn1(context_specific = "0")]
    kind: u32,
    #[asn1(context_specific = "1")]
    credentials: &'a OctetStringRef,
}

#[derive(Sequence)]
struct TsPasswordCreds<'a> {
    #[asn1(context_specific = "0")]
    domain: &'a OctetStringRef,
    #[asn1(context_specific = "1")]
    user: &'a OctetStringRef,
    #[asn1(context_specific = "2")]
    password: &'a OctetStringRef,
}

impl Request {
    /// # Errors
    /// [`Error::Malformed`] for anything but one request in DER.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_REQUEST {
            return Err(Error::malformed(REQUEST, "too long"));
        }
        let request = TsRequest::from_der(bytes).map_err(|_| Error::malformed(REQUEST, "not der"))?;
        let token = match request.nego_tokens {
            None => None,
            Some(tokens) if tokens.len() > MAX_TOKENS => {
                return Err(Error::malformed(REQUEST, "too many tokens"));
            }
            Some(tokens) => match tokens.as_slice() {
                [] => None,
                [one] => Some(one.token.as_bytes().to_vec()),
                _ => return Err(Error::malformed(REQUEST, "more than one token")),
            },
        };
        let error_code = request
            .error_code
            .map(|code| {
                u32::try_from(code)
                    .or_else(|_| i32::try_from(code).map(i32::cast_unsigned))
                    .map_err(|_| Error::malformed(REQUEST, "an error code that is no status"))
            })
            .transpose()?;
        let nonce = request
            .client_nonce
            .map(|nonce| {
                Nonce::try_from(nonce.as_bytes())
                    .map_err(|_| Error::malformed(REQUEST, "a nonce of another length than 32"))
            })
            .transpose()?;
        let owned = |bytes: Option<&OctetStringRef>| bytes.map(|bytes| bytes.as_bytes().to_vec());
        Ok(Self {
            version: request.version,
            token,
            auth_info: owned(request.auth_info),
            pub_key_auth: owned(request.pub_key_auth),
            error_code,
            nonce,
        })
    }

    /// # Errors
    /// [`Error::Malformed`] for contents longer than DER can say.
    pub(super) fn write(&self) -> Result<Vec<u8>, Error> {
        let wrong = |_| Error::malformed(REQUEST, "it cannot be written");
        let token = octets(self.token.as_deref()).map_err(wrong)?;
        TsRequest {
            version: self.version,
            nego_tokens: token.map(|token| vec![NegoToken { token }]),
            auth_info: octets(self.auth_info.as_deref()).map_err(wrong)?,
            pub_key_auth: octets(self.pub_key_auth.as_deref()).map_err(wrong)?,
            // As four bytes: the status is a signed number.
            error_code: self.error_code.map(|code| i64::from(code.cast_signed())),
            client_nonce: octets(self.nonce.as_ref().map(Nonce::as_slice)).map_err(wrong)?,
        }
        .to_der()
        .map_err(wrong)
    }
}

fn octets(bytes: Option<&[u8]>) -> Result<Option<&OctetStringRef>, der::Error> {
    bytes.map(OctetStringRef::new).transpose()
}

/// `TSCredentials` with `TSPasswordCreds` inside: a name and a password in clear, wiped when dropped.
///
/// # Errors
/// [`Error::Credential`] for names longer than DER can say.
pub(super) fn write_credentials(credential: &Credential) -> Result<Zeroizing<Vec<u8>>, Error> {
    let wrong = |_| Error::Credential {
        reason: "too long for credssp",
    };
    let name = credential.name();
    let (domain, user) = (utf16le(&name.domain), utf16le(&name.user));
    let password = Zeroizing::new(utf16le(credential.password()));
    let inner = encode(&TsPasswordCreds {
        domain: OctetStringRef::new(&domain).map_err(wrong)?,
        user: OctetStringRef::new(&user).map_err(wrong)?,
        password: OctetStringRef::new(&password).map_err(wrong)?,
    })
    .map_err(wrong)?;
    encode(&TsCredentials {
        kind: PASSWORD,
        credentials: OctetStringRef::new(&inner).map_err(wrong)?,
    })
    .map_err(wrong)
}

/// Into a buffer of the final size, so that no copy of a password stays behind.
fn encode(value: &impl Encode) -> Result<Zeroizing<Vec<u8>>, der::Error> {
    let length = usize::try_from(value.encoded_len()?)?;
    let mut bytes = Zeroizing::new(vec![0; length]);
    value.encode_to_slice(&mut bytes)?;
    Ok(bytes)
}

/// The name and the password that a client hands over.
///
/// # Errors
/// [`Error::Malformed`] for anything but a password in DER.
pub(super) fn read_credentials(bytes: &[u8]) -> Result<(AccountName, Zeroizing<String>), Error> {
    let not_der = |_| Error::malformed(CREDENTIALS, "not der");
    let outer = TsCredentials::from_der(bytes).map_err(not_der)?;
    if outer.kind != PASSWORD {
        return Err(Error::malformed(CREDENTIALS, "another kind than a password"));
    }
    let inner = TsPasswordCreds::from_der(outer.credentials.as_bytes()).map_err(not_der)?;
    let text = |bytes: &OctetStringRef| {
        from_utf16le(bytes.as_bytes()).ok_or(Error::malformed(CREDENTIALS, "not utf-16"))
    };
    let name = AccountName {
        user: text(inner.user)?,
        domain: text(inner.domain)?,
    };
    Ok((name, Zeroizing::new(text(inner.password)?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::hex;

    fn any_request() -> impl Strategy<Value = Request> {
        let bytes = || proptest::option::of(proptest::collection::vec(any::<u8>(), 0..300));
        (
            any::<u32>(),
            bytes(),
            bytes(),
            bytes(),
            proptest::option::of(any::<u32>()),
            proptest::option::of(any::<Nonce>()),
        )
            .prop_map(
                |(version, token, auth_info, pub_key_auth, error_code, nonce)| Request {
                    version,
                    token,
                    auth_info,
                    pub_key_auth,
                    error_code,
                    nonce,
                },
            )
    }

    proptest! {
        #[test]
        fn requests_come_back(request in any_request()) {
            let written = request.write().unwrap();
            let read = Request::read(&written).unwrap();
            prop_assert_eq!(&request, &read);
            // There is one way to write it.
            prop_assert_eq!(read.write().unwrap(), written);
        }

        #[test]
        fn a_part_of_a_request_is_none(request in any_request(), at in any::<proptest::sample::Index>()) {
            let written = request.write().unwrap();
            prop_assert!(Request::read(&written[..at.index(written.len())]).is_err());
            prop_assert!(Request::read(&[written, vec![0]].concat()).is_err());
        }

        #[test]
        fn what_is_read_is_der(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Ok(request) = Request::read(&bytes)
                && request.error_code.is_none_or(|code| code <= i32::MAX.cast_unsigned())
                && !bytes.windows(4).any(|window| window == hex("a1023000"))
            {
                prop_assert_eq!(request.write().unwrap(), bytes);
            }
        }

        #[test]
        fn credentials_come_back(user in "\\PC{1,20}", domain in "[^\\\\]{0,20}", password in any::<String>()) {
            let name = AccountName { user, domain };
            let written = write_credentials(&Credential::with_name(name.clone(), password.clone())).unwrap();
            let (read, secret) = read_credentials(&written).unwrap();
            prop_assert_eq!((read, secret.as_str()), (name, password.as_str()));
        }
    }

    #[test]
    fn requests_are_written_as_the_specification_shows_them() {
        let request = Request {
            version: 6,
            token: Some(vec![1, 2]),
            ..Request::default()
        };
        assert_eq!(
            request.write().unwrap(),
            hex("3011 a003 020106 a10a 3008 3006 a004 0402 0102")
        );
        let request = Request {
            version: 6,
            error_code: Some(0xc000_006d),
            ..Request::default()
        };
        assert_eq!(
            request.write().unwrap(),
            hex("300d a003 020106 a406 0204 c000006d")
        );
    }

    #[test]
    fn both_forms_of_a_status_are_read() {
        for text in ["a406 0204 c000006d", "a407 0205 00c000006d"] {
            let body = [hex("a003 020106"), hex(text)].concat();
            let whole = [vec![0x30, u8::try_from(body.len()).unwrap()], body].concat();
            assert_eq!(
                Request::read(&whole).unwrap().error_code,
                Some(0xc000_006d),
                "{text}"
            );
        }
    }

    #[test]
    fn only_der_is_read() {
        for (text, why) in [
            ("", "nothing"),
            ("3000", "no version"),
            ("3080 a003 020106 0000", "indefinite length"),
            ("308105 a003 020106", "length longer than needed"),
            ("3006 a004 02020006", "number longer than needed"),
            ("3005 a003 0201ff", "a negative version"),
            ("3005 8001 06", "a primitive field"),
            ("300a a003 020106 a003 020106", "a field twice"),
            ("300f a203 040100 a003 020106 a303 040100", "fields out of order"),
            ("300a a003 020106 a603 020106", "an unknown field"),
            ("3008 a003 020106 a301 04", "a cut field"),
            (
                "3018 a003 020106 a111 300f 3006 a004 0402 0102 3005 a003 0401 01",
                "two tokens",
            ),
            ("300c a003 020106 a505 0403 010203", "a short nonce"),
            ("3010 a003 020106 a409 0207 01000000000000", "no status"),
            ("a005 a003 020106", "no sequence"),
        ] {
            assert!(Request::read(&hex(text)).is_err(), "{why}");
        }
        assert!(Request::read(&vec![0x30; MAX_REQUEST + 1]).is_err());
    }

    #[test]
    fn only_passwords_are_taken() {
        let good = write_credentials(&Credential::new("CORP\\alice", "pä")).unwrap();
        assert_eq!(
            good.as_slice(),
            hex(
                "302d a003 020101 a126 0424 3022 a00a 0408 43004f0052005000 a10c 040a 61006c00690063006500 \
                 a206 0404 7000e400"
            )
            .as_slice()
        );
        let mut card = good.to_vec();
        card[6] = 2;
        assert!(read_credentials(&card).is_err());
        for end in 0..good.len() {
            assert!(read_credentials(&good[..end]).is_err(), "{end}");
        }
        let odd = hex("3014 a003 020101 a10d 040b 3009 a001 04 a102 0400 a202 0400");
        assert!(read_credentials(&odd).is_err());
        let half = hex("3019 a003 020101 a112 0410 300e a003 0401 41 a103 0401 41 a202 0400");
        assert!(read_credentials(&half).is_err(), "half a character");
    }
}
