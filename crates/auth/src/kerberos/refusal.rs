//! What a KRB-ERROR means (RFC 4120 section 7.5.9, [MS-KILE] 2.2.1).
//!
//! [MS-KILE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-kile/

use super::asn1::{self, EtypeInfo2Entry, KRB_ERROR, KerbErrorData, KrbError, PaData};
use super::etype::name_of;
use crate::{Denial, KerberosError};

pub(super) const USER_UNKNOWN: i32 = 6;
pub(super) const SERVICE_UNKNOWN: i32 = 7;
pub(super) const WRONG_REALM: i32 = 68;
const RESPONSE_TOO_BIG: i32 = 52;
const GENERIC: i32 = 60;
/// An encryption type that a message does not name.
const UNNAMED: &str = "that the KDC has for it";

const PA_PW_SALT: i32 = 3;
const PA_ETYPE_INFO2: i32 = 19;
/// `KERB_ERR_TYPE_EXTENDED`
const EXTENDED: i32 = 3;

/// True for the answer of a KDC that needs more room than a datagram has: ask it again over TCP.
#[must_use]
pub fn wants_tcp(reply: &[u8]) -> bool {
    read(reply).is_ok_and(|error| error.code == RESPONSE_TOO_BIG)
}

pub(crate) fn read(message: &[u8]) -> Result<KrbError, KerberosError> {
    asn1::read(KRB_ERROR, "KRB-ERROR", message)
}

/// What was asked, for the words of an error.
pub(crate) struct Asked<'a> {
    pub(crate) user: &'a str,
    pub(crate) realm: &'a str,
    pub(crate) service: &'a str,
    pub(crate) keytab: bool,
    /// True for the endpoint, false for a KDC.
    pub(crate) server: bool,
    /// Our clock, seconds since 1970.
    pub(crate) now: u64,
    /// The TLS connection was bound.
    pub(crate) bound: bool,
}

/// Seconds by which the peer's clock is ahead of ours.
pub(super) fn skew(error: &KrbError, now: u64) -> i64 {
    difference(error.stime.to_unix_duration().as_secs(), now)
}

pub(super) fn difference(theirs: u64, ours: u64) -> i64 {
    i64::try_from(i128::from(theirs) - i128::from(ours)).unwrap_or_default()
}

/// The refusal as the caller sees it.
pub(crate) fn explain(error: &KrbError, asked: &Asked<'_>) -> KerberosError {
    let user = || asked.user.to_owned();
    let account = |denial| KerberosError::Account { user: user(), denial };
    let status = nt_status(error).map(Denial::from_nt_status);
    // A wrong password and an unknown account have numbers of their own here.
    if let Some(denial) = status.filter(|denial| {
        !matches!(
            denial,
            Denial::WrongPassword | Denial::UnknownAccount | Denial::ClockSkew | Denial::Other(_)
        )
    }) {
        return account(Some(denial));
    }
    match error.code {
        14 => KerberosError::EncryptionType {
            offered: offered(error),
        },
        37 => KerberosError::ClockSkew {
            seconds: Some(skew(error, asked.now)),
            server: asked.server,
        },
        WRONG_REALM => KerberosError::WrongRealm {
            realm: asked.realm.to_owned(),
            named: error.crealm.as_ref().map(|realm| readable(&realm.text())),
        },
        code => {
            let text = error
                .text
                .as_ref()
                .map(|text| readable(text.text().trim_end_matches('\0')))
                .unwrap_or_default();
            by_number(code, text, asked)
        }
    }
}

/// The refusal with this number, without what else a message may say.
pub(crate) fn by_number(code: i32, text: String, asked: &Asked<'_>) -> KerberosError {
    let user = || asked.user.to_owned();
    let account = |denial| KerberosError::Account { user: user(), denial };
    match code {
        1 => account(Some(Denial::AccountExpired)),
        USER_UNKNOWN => KerberosError::UserUnknown {
            user: user(),
            realm: asked.realm.to_owned(),
        },
        SERVICE_UNKNOWN => KerberosError::ServiceUnknown {
            service: asked.service.to_owned(),
            realm: asked.realm.to_owned(),
        },
        12 => account(Some(Denial::Restricted)),
        14 => KerberosError::EncryptionType {
            offered: UNNAMED.to_owned(),
        },
        18 => account(None),
        23 => account(Some(Denial::PasswordExpired)),
        24 => KerberosError::WrongPassword {
            user: user(),
            keytab: asked.keytab,
        },
        // The KDC cannot read the preauthentication: with AES that is a key of another password.
        31 if !asked.server => KerberosError::WrongPassword {
            user: user(),
            keytab: asked.keytab,
        },
        32 | 33 => KerberosError::TicketExpired,
        37 => KerberosError::ClockSkew {
            seconds: None,
            server: asked.server,
        },
        31 | 35 | 41 | 44 | 45 if asked.server => KerberosError::ServerKey {
            service: asked.service.to_owned(),
        },
        WRONG_REALM => KerberosError::WrongRealm {
            realm: asked.realm.to_owned(),
            named: None,
        },
        // MIT's acceptors say no more than that.
        GENERIC if asked.server && asked.bound => KerberosError::Bindings,
        code => KerberosError::Refused {
            code,
            text: if text.is_empty() {
                meaning(code).to_owned()
            } else {
                text
            },
            server: asked.server,
        },
    }
}

/// Text of the peer without anything that steers a terminal.
fn readable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// What the KDC says about how the password becomes a key, in its order.
pub(super) fn key_hints(padata: &[PaData]) -> Vec<EtypeInfo2Entry> {
    padata
        .iter()
        .filter(|data| data.kind == PA_ETYPE_INFO2)
        .find_map(|data| asn1::read_plain::<Vec<EtypeInfo2Entry>>("ETYPE-INFO2", data.value.as_bytes()).ok())
        .unwrap_or_default()
}

/// The `METHOD-DATA` of an error.
pub(super) fn methods(error: &KrbError) -> Vec<PaData> {
    error
        .data
        .as_ref()
        .and_then(|data| asn1::read_plain("METHOD-DATA", data.as_bytes()).ok())
        .unwrap_or_default()
}

/// The encryption types that a KDC names, for people.
pub(super) fn offered(error: &KrbError) -> String {
    let names: Vec<String> = key_hints(&methods(error))
        .iter()
        .map(|entry| name_of(entry.etype))
        .collect();
    if names.is_empty() {
        UNNAMED.to_owned()
    } else {
        names.join(", ")
    }
}

/// The NTSTATUS that domain controllers add: in `KERB-ERROR-DATA`, or as `PA-PW-SALT` of `METHOD-DATA` (status, reserved,
/// flags; 12 bytes, little-endian).
fn nt_status(error: &KrbError) -> Option<u32> {
    let data = error.data.as_ref()?.as_bytes();
    let extended = asn1::read_plain::<KerbErrorData>("KERB-ERROR-DATA", data)
        .ok()
        .filter(|data| data.kind == EXTENDED)
        .and_then(|data| data.value);
    let bytes = match extended {
        Some(value) => value.as_bytes().to_vec(),
        None => methods(error)
            .into_iter()
            .find(|data| data.kind == PA_PW_SALT && data.value.as_bytes().len() == 12)?
            .value
            .as_bytes()
            .to_vec(),
    };
    let status = u32::from_le_bytes(*bytes.first_chunk::<4>()?);
    (status != 0).then_some(status)
}

/// The meaning of the numbers that have no case of their own.
fn meaning(code: i32) -> &'static str {
    match code {
        3 => "another version of the protocol",
        8 => "the principal is not unique",
        9 => "the principal has no key",
        10 => "the ticket cannot be postdated",
        11 => "the ticket would never be valid",
        13 => "an option that the policy forbids",
        15 => "a checksum that it does not know",
        16 => "a form of preauthentication that it does not know",
        17 => "a transited list that it does not know",
        19 => "the service is locked",
        20 => "the ticket was revoked",
        21 => "the account is not valid yet",
        22 => "the service is not valid yet",
        26 => "the ticket is for another service",
        27 => "the service takes only user-to-user tickets",
        28 => "the way over other realms is refused",
        29 => "a service of the KDC is not available",
        34 => "the request is a repetition",
        36 => "ticket and authenticator do not match",
        38 => "the ticket is for another address",
        39 | 40 => "a message of another kind was expected",
        42 => "the messages are out of order",
        46 => "mutual authentication failed",
        47 => "a message of the wrong direction",
        48 => "another way to authenticate is needed",
        49 => "a wrong sequence number",
        50 => "an inappropriate checksum",
        GENERIC => "no reason given",
        61 => "a field is too long",
        _ => "",
    }
}

#[cfg(feature = "kerberos")]
#[cfg(test)]
mod tests {
    use der::asn1::GeneralizedTime;
    use std::time::Duration;

    use super::*;
    use crate::kerberos::messages::{self as asn1, KerberosString, PrincipalName, octets};
    use crate::testing::hex;

    const NOW: u64 = 1_700_000_000;

    fn error(code: i32, data: Option<Vec<u8>>) -> KrbError {
        KrbError {
            pvno: 5,
            kind: KRB_ERROR,
            ctime: None,
            cusec: Some(3),
            stime: GeneralizedTime::from_unix_duration(Duration::from_secs(NOW + 7200)).unwrap(),
            susec: 999_999,
            code,
            crealm: Some(KerberosString::new("RIGHT")),
            cname: None,
            realm: KerberosString::new("CORP"),
            sname: PrincipalName::new(2, &["krbtgt", "CORP"]),
            text: Some(KerberosString::new("N\u{1b}O\0")),
            data: data.map(|bytes| octets(bytes).unwrap()),
            checksum: None,
        }
    }

    fn asked(server: bool) -> Asked<'static> {
        Asked {
            user: "ann",
            realm: "CORP",
            service: "HTTP/mail",
            keytab: false,
            server,
            now: NOW,
            bound: false,
        }
    }

    #[test]
    fn numbers_become_cases() {
        let of = |code, server| explain(&error(code, None), &asked(server));
        assert!(matches!(of(6, false), KerberosError::UserUnknown { .. }));
        assert!(matches!(of(7, false), KerberosError::ServiceUnknown { .. }));
        assert!(matches!(of(14, false), KerberosError::EncryptionType { .. }));
        assert!(matches!(
            of(18, false),
            KerberosError::Account { denial: None, .. }
        ));
        assert!(matches!(
            of(23, false),
            KerberosError::Account {
                denial: Some(Denial::PasswordExpired),
                ..
            }
        ));
        assert!(matches!(
            of(24, false),
            KerberosError::WrongPassword { keytab: false, .. }
        ));
        assert!(matches!(of(31, false), KerberosError::WrongPassword { .. }));
        assert!(matches!(of(31, true), KerberosError::ServerKey { .. }));
        assert!(matches!(of(41, true), KerberosError::ServerKey { .. }));
        assert!(matches!(of(32, true), KerberosError::TicketExpired));
        assert_eq!(
            of(37, true),
            KerberosError::ClockSkew {
                seconds: Some(7200),
                server: true
            }
        );
        assert_eq!(
            of(68, false),
            KerberosError::WrongRealm {
                realm: "CORP".into(),
                named: Some("RIGHT".into())
            }
        );
        assert_eq!(
            of(99, false),
            KerberosError::Refused {
                code: 99,
                text: "NO".into(),
                server: false
            }
        );
    }

    #[test]
    fn domain_controllers_say_why_an_account_stays_out() {
        // METHOD-DATA with PA-PW-SALT, and KERB-ERROR-DATA: STATUS_ACCOUNT_LOCKED_OUT, reserved, flags.
        let salt = hex("3015 3013 a103 020103 a20c 040a");
        assert!(matches!(
            explain(&error(18, Some(salt)), &asked(false)),
            KerberosError::Account { denial: None, .. }
        ));
        for data in [
            "3017 3015 a103 020103 a20e 040c 340200c0 00000000 01000000",
            "3015 a103 020103 a20e 040c 340200c0 00000000 01000000",
        ] {
            match explain(&error(18, Some(hex(data))), &asked(false)) {
                KerberosError::Account { denial, .. } => assert_eq!(denial, Some(Denial::AccountLocked)),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn an_answer_too_long_for_a_datagram_is_recognised() {
        let message = asn1::write(KRB_ERROR, "KRB-ERROR", &error(52, None)).unwrap();
        assert!(wants_tcp(&message));
        let message = asn1::write(KRB_ERROR, "KRB-ERROR", &error(25, None)).unwrap();
        assert!(!wants_tcp(&message) && !wants_tcp(b"") && !wants_tcp(&message[1..]));
        assert_eq!(read(&message).unwrap().susec, 999_999);
    }
}
