//! The handshake against a KDC and an endpoint that this file plays, honestly and not.

use der::asn1::{Any, OctetString};
use der::{Decode, Encode};
use zeroize::Zeroizing;

use super::crypto::{Key, Usage};
use super::etype::EncryptionType;
use super::messages::{self as asn1, *};
use super::wrap::{End, Sealing};
use super::{Client, Initiator};
use crate::spnego::{self, MechanismKind};
use crate::testing::Fixed;
use crate::{ChannelBindings, Credential, Denial, Error, KerberosError, SecurityContext, Step, ntlm};

/// 2023-11-14T22:13:20Z
const UNIX: u64 = 1_700_000_000;
const NOW: u64 = (UNIX + 11_644_473_600) * 10_000_000 + 1_234_560;
const PASSWORD: &str = "correct horse";
const REALM: &str = "CORP.EXAMPLE";

fn key(byte: u8) -> Key {
    Key::new(EncryptionType::Aes256, Zeroizing::new(vec![byte; 32])).unwrap()
}

/// What the KDC of the tests may do wrong, or otherwise.
#[derive(Clone, Default)]
struct Kdc {
    /// Refuses with this error: for a request of this kind.
    refuse: Option<(u8, i32, Option<&'static str>)>,
    /// Its clock is ahead.
    ahead: u64,
    no_preauth: bool,
    wrong_nonce: bool,
    other_service: bool,
    other_user: bool,
    /// Knows the user by `user@realm` only.
    enterprise: bool,
    /// Sends on to this realm, which knows the services.
    referral: Option<&'static str>,
    unknown: Vec<&'static str>,
    etype: Option<i32>,
    /// Names no way to make the key.
    no_hint: bool,
    asked: usize,
}

fn string(text: &str) -> KerberosString {
    KerberosString::new(text)
}

fn sealed(key: &Key, usage: Usage, plain: &[u8]) -> EncryptedData {
    key.encrypt_data(usage, plain).unwrap()
}

/// A ticket that only says for whom it is; its key is made of that.
fn ticket(sname: &PrincipalName) -> Any {
    let name = asn1::write(TICKET, "ticket", sname).unwrap();
    Any::from_der(&name).unwrap()
}

fn session_key(sname: &PrincipalName) -> Key {
    key(sname.text().bytes().fold(1, u8::wrapping_add))
}

impl Kdc {
    fn error(&self, code: i32, data: Option<Vec<u8>>, crealm: Option<&str>) -> Vec<u8> {
        let error = KrbError {
            pvno: 5,
            kind: KRB_ERROR,
            ctime: None,
            cusec: None,
            stime: time(UNIX + self.ahead).unwrap(),
            susec: 1,
            code,
            crealm: crealm.map(string),
            cname: None,
            realm: string(REALM),
            sname: PrincipalName::new(2, &["krbtgt", REALM]),
            text: None,
            data: data.map(|bytes| OctetString::new(bytes).unwrap()),
            checksum: None,
        };
        asn1::write(KRB_ERROR, "KRB-ERROR", &error).unwrap()
    }

    fn reply(&self, request: &KdcReq, number: u8, usage: Usage, with: &Key, sname: PrincipalName) -> Vec<u8> {
        let body = &request.body;
        let named = if self.other_service {
            PrincipalName::new(2, &["HTTP", "evil"])
        } else {
            sname.clone()
        };
        let part = EncKdcRepPart {
            key: session_key(&sname).to_message().unwrap(),
            last_req: Any::from_der(&[0x30, 0]).unwrap(),
            nonce: i64::from(body.nonce) + i64::from(self.wrong_nonce),
            key_expiration: None,
            flags: flags(0).unwrap(),
            auth_time: time(UNIX + self.ahead).unwrap(),
            start_time: None,
            end_time: time(UNIX + 36_000).unwrap(),
            renew_till: None,
            srealm: body.realm.clone(),
            sname: named,
            caddr: None,
            padata: None,
        };
        // As MIT's KDCs do it: always this number.
        let plain = asn1::write(ENC_TGS_REP_PART, "part", &part).unwrap();
        let user = if self.other_user { "eve" } else { "ann" };
        let reply = KdcRep {
            pvno: 5,
            kind: number,
            padata: None,
            crealm: string(REALM),
            cname: PrincipalName::new(1, &[user]),
            ticket: ticket(&sname),
            enc_part: sealed(with, usage, &plain),
        };
        asn1::write(number, "KDC-REP", &reply).unwrap()
    }

    fn answer(&mut self, url: &str, request: &[u8]) -> Vec<u8> {
        self.asked += 1;
        let kind = asn1::kind(request).unwrap();
        let message: KdcReq = asn1::read(kind, "KDC-REQ", request).unwrap();
        assert_eq!(url, format!("kerberos://{}", message.body.realm.text()));
        let padata = message.padata.clone().unwrap();
        let stamp = padata.iter().find(|data| data.kind == 2);
        if let Some((refused, code, data)) = self.refuse
            && refused == kind
            && (code == 68 || kind == TGS_REQ || stamp.is_some() || code == 6)
        {
            return self.error(code, data.map(crate::testing::hex), Some("RIGHT.EXAMPLE"));
        }
        let user = Key::of_password(EncryptionType::Aes256, PASSWORD, b"salted", None).unwrap();
        if kind == AS_REQ {
            let cname = message.body.cname.clone().unwrap();
            if self.enterprise && (cname.kind, cname.text()) != (10, format!("ann@{REALM}")) {
                return self.error(6, None, None);
            }
            let sname = message.body.sname.clone().unwrap();
            if self.no_preauth {
                return self.reply(&message, AS_REP, Usage::AsRep, &self.default_key(), sname);
            }
            let Some(stamp) = stamp else {
                let hint = EtypeInfo2Entry {
                    etype: self.etype.unwrap_or(18),
                    salt: Some(string("salted")),
                    parameters: Some(octets([0, 0, 16, 0]).unwrap()),
                };
                let hints = PaData {
                    kind: if self.no_hint { 2 } else { 19 },
                    value: octets(vec![hint].to_der().unwrap()).unwrap(),
                };
                return self.error(25, Some(vec![hints].to_der().unwrap()), None);
            };
            let stamp = EncryptedData::from_der(stamp.value.as_bytes()).unwrap();
            let Some(plain) = user.decrypt_data(Usage::Timestamp, &stamp) else {
                return self.error(24, None, None);
            };
            let stamp = PaEncTsEnc::from_der(&plain).unwrap();
            assert_eq!(
                (stamp.time.to_unix_duration().as_secs(), stamp.usec),
                (UNIX, Some(123_456))
            );
            return self.reply(&message, AS_REP, Usage::AsRep, &user, sname);
        }
        // The checksum ties the request to the ticket.
        let realm = message.body.realm.text();
        let with = session_key(&PrincipalName::new(2, &["krbtgt", &realm]));
        let first = padata.iter().find(|data| data.kind == 1).unwrap();
        let request: ApReq = asn1::read(AP_REQ, "AP-REQ", first.value.as_bytes()).unwrap();
        let plain = with
            .decrypt_data(Usage::TgsReqAuthenticator, &request.authenticator)
            .expect("the key of the ticket");
        let authenticator: Authenticator = asn1::read(AUTHENTICATOR, "Authenticator", &plain).unwrap();
        let sum = with
            .checksum(Usage::TgsReqChecksum, &message.body.to_der().unwrap())
            .unwrap();
        assert_eq!(authenticator.checksum.unwrap().value.as_bytes(), sum);
        let sname = message.body.sname.clone().unwrap();
        if self.unknown.contains(&sname.text().as_str()) {
            return self.error(7, None, None);
        }
        match self.referral {
            Some(next) if next != realm => {
                let nearer = PrincipalName::new(2, &["krbtgt", next]);
                self.reply(&message, TGS_REP, Usage::TgsRep, &with, nearer)
            }
            _ => self.reply(&message, TGS_REP, Usage::TgsRep, &with, sname),
        }
    }

    /// The key of a user whose salt nobody names.
    fn default_key(&self) -> Key {
        Key::of_password(EncryptionType::Aes256, PASSWORD, b"CORP.EXAMPLEann", None).unwrap()
    }
}

fn step(context: &mut dyn SecurityContext, input: Option<&[u8]>) -> Result<Step, Error> {
    context.step(input, NOW, &mut Fixed::new(&[0x5a; 512]))
}

/// The first token, with everything that is asked on the way.
fn first_token(context: &mut dyn SecurityContext, kdc: &mut Kdc) -> Result<Vec<u8>, Error> {
    let mut made = step(context, None)?;
    for _ in 0..20 {
        match made {
            Step::NeedIo(request) => {
                let reply = kdc.answer(&request.url, &request.data);
                made = step(context, Some(&reply))?;
            }
            Step::Continue(token) => return Ok(token),
            Step::Done(_) => panic!("done before anything was proved"),
        }
    }
    panic!("no end of questions")
}

/// The endpoint's end, from the client's token.
struct Endpoint {
    authenticator: Authenticator,
    session: Key,
}

impl Endpoint {
    fn read(token: &[u8], service: &str) -> Self {
        let (kind, message) = unframe(token).unwrap();
        assert_eq!(kind, TokenKind::ApReq);
        let request: ApReq = asn1::read(AP_REQ, "AP-REQ", message).unwrap();
        assert_eq!(request.options.raw_bytes(), [0x20, 0, 0, 0], "mutual");
        let parts: Vec<&str> = service.split('/').collect();
        let session = session_key(&PrincipalName::new(2, &parts));
        let plain = session
            .decrypt_data(Usage::ApReqAuthenticator, &request.authenticator)
            .unwrap();
        let authenticator = asn1::read(AUTHENTICATOR, "Authenticator", &plain).unwrap();
        Self {
            authenticator,
            session,
        }
    }

    fn answer(&self, change: impl FnOnce(&mut EncApRepPart)) -> Vec<u8> {
        let mut part = EncApRepPart {
            ctime: self.authenticator.ctime,
            cusec: i64::from(self.authenticator.cusec),
            subkey: Some(key(0x77).to_message().unwrap()),
            sequence: Some(99),
        };
        change(&mut part);
        let plain = asn1::write(ENC_AP_REP_PART, "part", &part).unwrap();
        let reply = ApRep {
            pvno: 5,
            kind: AP_REP,
            enc_part: sealed(&self.session, Usage::ApRep, &plain),
        };
        frame(TokenKind::ApRep, &asn1::write(AP_REP, "AP-REP", &reply).unwrap())
    }

    fn sealing(&self) -> Sealing {
        let number = self.authenticator.sequence.unwrap();
        Sealing::new(key(0x77), End::Acceptor, true, 99, number)
    }
}

fn client() -> Client {
    Client::with_password("ann", REALM, PASSWORD.to_owned()).unwrap()
}

fn names(services: &[&str]) -> Vec<String> {
    services.iter().map(|name| (*name).to_owned()).collect()
}

fn initiator() -> Initiator {
    Initiator::new(&client(), names(&["HTTP/mail"]), None)
}

#[track_caller]
fn refused(kdc: Kdc) -> KerberosError {
    let mut context = initiator();
    match first_token(&mut context, &mut kdc.clone()) {
        Err(Error::Kerberos(error)) => {
            assert!(!context.can_seal() && context.seal(b"x").is_err());
            assert!(step(&mut context, None).is_err(), "every error is final");
            error
        }
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("a token"),
    }
}

#[test]
fn a_password_becomes_sealed_messages() {
    let mut kdc = Kdc::default();
    let client = client();
    let bindings = ChannelBindings::from_application_data(b"tls-server-end-point:x".to_vec());
    for (connection, bound) in [(0, None), (1, Some(bindings))] {
        let mut context = Initiator::new(&client, names(&["HTTP/mail"]), bound.clone());
        let token = first_token(&mut context, &mut kdc).unwrap();
        // The second connection has the ticket already.
        assert_eq!(kdc.asked, 3, "{connection}");
        assert!(!context.can_seal() && !context.is_complete());
        let endpoint = Endpoint::read(&token, "HTTP/mail");
        let checksum = endpoint.authenticator.checksum.as_ref().unwrap();
        assert_eq!(checksum.kind, 0x8003);
        let expected = [
            &16_u32.to_le_bytes()[..],
            &bound.as_ref().map_or([0; 16], ChannelBindings::md5),
            &0x3e_u32.to_le_bytes(),
        ]
        .concat();
        assert_eq!(checksum.value.as_bytes(), expected);
        let answer = endpoint.answer(|_| {});
        assert!(matches!(step(&mut context, Some(&answer)), Ok(Step::Done(None))));
        assert!(context.is_complete());
        let mut server = endpoint.sealing();
        for _ in 0..3 {
            let block = context.seal(b"request").unwrap().remove(0);
            assert_eq!((block.header.len(), block.data.len()), (60, 7));
            let mut bytes = [block.header, block.data].concat();
            let opened = server.unseal(&mut bytes).unwrap();
            assert_eq!(&bytes[opened.range], b"request");
            let block = server.seal(b"answer").unwrap();
            let mut bytes = [block.header, block.data].concat();
            let opened = context.unseal(&mut bytes, 60).unwrap();
            assert_eq!(&bytes[opened.range], b"answer");
        }
        let seen = context.ticket().unwrap();
        assert_eq!(
            (seen.client.as_str(), seen.service.as_str(), seen.ends),
            ("ann@CORP.EXAMPLE", "HTTP/mail@CORP.EXAMPLE", UNIX + 36_000)
        );
    }
    assert!(client.has_ticket(&names(&["HTTP/mail"]), NOW));
    assert!(!client.has_ticket(&names(&["HTTP/mail"]), NOW + 36_000 * 10_000_000));
}

#[test]
fn an_account_without_preauthentication_signs_in_and_shows_a_wrong_password() {
    let mut kdc = Kdc {
        no_preauth: true,
        ..Kdc::default()
    };
    let token = first_token(&mut initiator(), &mut kdc).unwrap();
    Endpoint::read(&token, "HTTP/mail");
    let wrong = Client::with_password("ann", REALM, "wrong".to_owned()).unwrap();
    let mut context = Initiator::new(&wrong, names(&["HTTP/mail"]), None);
    assert!(matches!(
        first_token(&mut context, &mut kdc),
        Err(Error::Kerberos(KerberosError::WrongPassword {
            keytab: false,
            ..
        }))
    ));
}

#[test]
fn refusals_of_the_kdc_have_their_cases() {
    let wrong = Client::with_password("ann", REALM, "wrong".to_owned()).unwrap();
    let mut context = Initiator::new(&wrong, names(&["HTTP/mail"]), None);
    assert!(matches!(
        first_token(&mut context, &mut Kdc::default()),
        Err(Error::Kerberos(KerberosError::WrongPassword {
            keytab: false,
            ..
        }))
    ));
    let locked = "3017 3015 a103 020103 a20e 040c 340200c0 00000000 01000000";
    for (code, data, expected) in [
        (18, Some(locked), Some(Denial::AccountLocked)),
        (18, None, None),
        (23, None, Some(Denial::PasswordExpired)),
    ] {
        match refused(Kdc {
            refuse: Some((AS_REQ, code, data)),
            ..Kdc::default()
        }) {
            KerberosError::Account { user, denial } => {
                assert_eq!((user.as_str(), denial), ("ann@CORP.EXAMPLE", expected));
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(matches!(
        refused(Kdc {
            refuse: Some((AS_REQ, 6, None)),
            ..Kdc::default()
        }),
        KerberosError::UserUnknown { .. }
    ));
    assert!(matches!(
        refused(Kdc { etype: Some(23), ..Kdc::default() }),
        KerberosError::EncryptionType { offered } if offered == "rc4-hmac"
    ));
    assert!(matches!(
        refused(Kdc {
            no_hint: true,
            ..Kdc::default()
        }),
        KerberosError::EncryptionType { .. }
    ));
    assert!(matches!(
        refused(Kdc {
            refuse: Some((TGS_REQ, 14, None)),
            ..Kdc::default()
        }),
        KerberosError::EncryptionType { .. }
    ));
    match refused(Kdc {
        ahead: 3600,
        ..Kdc::default()
    }) {
        KerberosError::ClockSkew { seconds, server } => assert_eq!((seconds, server), (Some(3600), false)),
        other => panic!("{other:?}"),
    }
    match refused(Kdc {
        unknown: vec!["HTTP/mail"],
        ..Kdc::default()
    }) {
        KerberosError::ServiceUnknown { service, realm } => {
            assert_eq!((service.as_str(), realm.as_str()), ("HTTP/mail", REALM));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn answers_that_do_not_belong_to_the_request_are_refused() {
    for kdc in [
        Kdc {
            wrong_nonce: true,
            ..Kdc::default()
        },
        Kdc {
            other_service: true,
            ..Kdc::default()
        },
        Kdc {
            other_user: true,
            ..Kdc::default()
        },
    ] {
        assert!(matches!(refused(kdc), KerberosError::Malformed { .. }));
    }
    for reply in [b"".as_slice(), b"\x6b\x00", b"\x7e\x02\x30\x00", &[0x30; 300_000]] {
        let mut context = initiator();
        assert!(matches!(step(&mut context, None), Ok(Step::NeedIo(_))));
        assert!(step(&mut context, Some(reply)).is_err());
    }
}

#[test]
fn another_name_of_the_service_or_the_user_is_tried() {
    let mut kdc = Kdc {
        unknown: vec!["host/mail"],
        ..Kdc::default()
    };
    let mut context = Initiator::new(&client(), names(&["host/mail", "HTTP/mail"]), None);
    Endpoint::read(&first_token(&mut context, &mut kdc).unwrap(), "HTTP/mail");
    let mut kdc = Kdc {
        enterprise: true,
        ..Kdc::default()
    };
    Endpoint::read(&first_token(&mut initiator(), &mut kdc).unwrap(), "HTTP/mail");
}

#[test]
fn realms_send_on_to_each_other_and_not_in_circles() {
    let mut kdc = Kdc {
        referral: Some("SUB.CORP.EXAMPLE"),
        ..Kdc::default()
    };
    Endpoint::read(&first_token(&mut initiator(), &mut kdc).unwrap(), "HTTP/mail");
    assert_eq!(kdc.asked, 4);
    // A realm that is only named is an error that names it.
    match refused(Kdc {
        refuse: Some((AS_REQ, 68, None)),
        ..Kdc::default()
    }) {
        KerberosError::WrongRealm { realm, named } => {
            assert_eq!((realm.as_str(), named.as_deref()), (REALM, Some("RIGHT.EXAMPLE")));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_endpoint_that_does_not_prove_itself_is_refused() {
    type Change = fn(&mut EncApRepPart);
    let changes: [Change; 2] = [
        |part| part.cusec += 1,
        |part| part.ctime = time(UNIX + 1).unwrap(),
    ];
    for change in changes {
        let mut context = initiator();
        let token = first_token(&mut context, &mut Kdc::default()).unwrap();
        let answer = Endpoint::read(&token, "HTTP/mail").answer(change);
        assert!(matches!(
            step(&mut context, Some(&answer)),
            Err(Error::Kerberos(KerberosError::Unproved { .. }))
        ));
    }
    let start = || {
        let mut context = initiator();
        let token = first_token(&mut context, &mut Kdc::default()).unwrap();
        (context, token)
    };
    let (mut context, token) = start();
    let mut endpoint = Endpoint::read(&token, "HTTP/mail");
    endpoint.session = key(1);
    let answer = endpoint.answer(|_| {});
    assert!(matches!(
        step(&mut context, Some(&answer)),
        Err(Error::Kerberos(KerberosError::Unproved { .. }))
    ));
    let (mut context, _) = start();
    assert!(matches!(
        step(&mut context, None),
        Err(Error::Kerberos(KerberosError::Unproved { .. }))
    ));
    let (mut context, token) = start();
    assert!(step(&mut context, Some(&token)).is_err(), "reflected");
    // An RC4 key of the endpoint's own would be weaker than what was agreed.
    let (mut context, token) = start();
    let answer = Endpoint::read(&token, "HTTP/mail").answer(|part| {
        part.subkey = Some(EncryptionKey {
            kind: 23,
            value: octets([1; 16]).unwrap(),
        });
    });
    assert!(matches!(
        step(&mut context, Some(&answer)),
        Err(Error::Kerberos(KerberosError::EncryptionType { .. }))
    ));
}

#[test]
fn refusals_of_the_endpoint_are_read_and_cost_the_ticket() {
    let client = client();
    let services = names(&["HTTP/mail"]);
    for (code, bound, expected) in [
        (41, false, "key"),
        (37, false, "clock"),
        (60, true, "channel bindings"),
    ] {
        let bindings = bound.then(|| ChannelBindings::from_application_data(b"x".to_vec()));
        let mut context = Initiator::new(&client, services.clone(), bindings);
        first_token(&mut context, &mut Kdc::default()).unwrap();
        let error = Kdc {
            ahead: 900,
            ..Kdc::default()
        }
        .error(code, None, None);
        let refusal = step(&mut context, Some(&frame(TokenKind::Error, &error)))
            .err()
            .unwrap();
        assert!(refusal.to_string().contains(expected), "{refusal}");
        assert!(!client.has_ticket(&services, NOW));
    }
}

/// A negotiation that offers Kerberos and NTLM, with its first token sent.
fn negotiation() -> (spnego::Initiator, Endpoint) {
    let credential = Credential::new("ann", PASSWORD);
    let ntlm = ntlm::Initiator::new(&credential, ntlm::Target::new("HTTP/mail")).unwrap();
    let mut context = spnego::Initiator::over(vec![Box::new(initiator()), Box::new(ntlm)]).unwrap();
    let token = first_token(&mut context, &mut Kdc::default()).unwrap();
    // The mechanism's token begins with its frame, inside that of the negotiation.
    let at = (1..token.len())
        .find(|at| unframe(&token[*at..]).is_ok_and(|(kind, _)| kind == TokenKind::ApReq))
        .expect("an optimistic token");
    let endpoint = Endpoint::read(&token[at..], "HTTP/mail");
    (context, endpoint)
}

const MS_KERBEROS: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2];
const NTLM: &[u8] = &[6, 10, 0x2b, 6, 1, 4, 1, 0x82, 0x37, 2, 2, 0x0a];

/// `NegTokenResp`
fn resp(state: u8, mech: Option<&[u8]>, token: Option<&[u8]>, mic: Option<&[u8]>) -> Vec<u8> {
    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let mut bytes = vec![tag, 0x82];
        bytes.extend((content.len() as u16).to_be_bytes());
        // DER wants the shortest form.
        match content.len() {
            short @ 0..=127 => bytes = vec![tag, short as u8],
            long @ 128..=255 => bytes = vec![tag, 0x81, long as u8],
            _ => {}
        }
        bytes.extend(content);
        bytes
    }
    let mut fields = element(0xa0, &[0x0a, 1, state]);
    if let Some(mech) = mech {
        fields.extend(element(0xa1, mech));
    }
    for (number, content) in [(0xa2, token), (0xa3, mic)] {
        if let Some(content) = content {
            fields.extend(element(number, &element(4, content)));
        }
    }
    element(0xa1, &element(0x30, &fields))
}

/// The list that [`negotiation`] sends.
fn mech_list() -> Vec<u8> {
    let standard: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2];
    let list = [MS_KERBEROS, standard, NTLM].concat();
    [&[0x30, list.len() as u8], list.as_slice()].concat()
}

#[test]
fn kerberos_inside_spnego_is_done_with_the_first_answer() {
    let (mut context, endpoint) = negotiation();
    let answer = resp(0, Some(MS_KERBEROS), Some(&endpoint.answer(|_| {})), None);
    assert!(matches!(step(&mut context, Some(&answer)), Ok(Step::Done(None))));
    assert_eq!(context.mechanism(), Some(MechanismKind::Kerberos));
    assert_eq!(context.protocol_name(), crate::SPNEGO_PROTOCOL);
    let block = context.seal(b"request").unwrap().remove(0);
    let mut bytes = [block.header, block.data].concat();
    endpoint.sealing().unseal(&mut bytes).unwrap();
}

#[test]
fn codes_over_the_list_are_made_and_checked_with_kerberos_too() {
    // The server sends its code at once: it must be right.
    let (mut context, endpoint) = negotiation();
    let code = endpoint.sealing().sign(&mech_list()).unwrap();
    let answer = resp(0, Some(MS_KERBEROS), Some(&endpoint.answer(|_| {})), Some(&code));
    assert!(matches!(step(&mut context, Some(&answer)), Ok(Step::Done(None))));
    let (mut context, endpoint) = negotiation();
    let code = endpoint.sealing().sign(b"another list").unwrap();
    let answer = resp(0, Some(MS_KERBEROS), Some(&endpoint.answer(|_| {})), Some(&code));
    assert!(matches!(
        step(&mut context, Some(&answer)),
        Err(Error::Integrity { missing: false, .. })
    ));
    // The server asks for codes: ours goes, and its own must come.
    for (honest, expect_missing) in [(true, false), (false, true)] {
        let (mut context, endpoint) = negotiation();
        let answer = resp(3, Some(MS_KERBEROS), Some(&endpoint.answer(|_| {})), None);
        let Ok(Step::Continue(token)) = step(&mut context, Some(&answer)) else {
            panic!("no code")
        };
        let mut server = endpoint.sealing();
        let code = token.get(token.len() - 28..).unwrap();
        server.verify(&mech_list(), code).unwrap();
        assert!(!context.is_complete());
        let own = server.sign(&mech_list()).unwrap();
        let last = resp(0, None, None, honest.then_some(own.as_slice()));
        match step(&mut context, Some(&last)) {
            Ok(Step::Done(None)) => assert!(honest),
            Err(Error::Integrity { missing, .. }) => assert_eq!((missing, honest), (expect_missing, false)),
            _ => panic!("{honest}"),
        }
    }
}

#[test]
fn nobody_is_talked_out_of_kerberos_unproved() {
    // The choice of NTLM is followed, as it is offered, but only a code over the list makes it count.
    let (mut context, _) = negotiation();
    let Ok(Step::Continue(token)) = step(&mut context, Some(&resp(3, Some(NTLM), None, None))) else {
        panic!("no token of the second choice")
    };
    assert_eq!(context.mechanism(), Some(MechanismKind::Ntlm));
    assert!(token.windows(8).any(|window| window == b"NTLMSSP\0"));
    for (answer, why) in [
        (resp(0, Some(NTLM), None, None), "accepted at once"),
        (resp(1, Some(NTLM), Some(b"x"), None), "a token of another"),
        (resp(0, Some(MS_KERBEROS), None, None), "accepted without a proof"),
        (resp(1, Some(&[6, 3, 0x2a, 3, 4]), None, None), "not offered"),
        (resp(2, Some(MS_KERBEROS), None, None), "rejected"),
        (b"NTLMSSP\0\x02\0\0\0".to_vec(), "raw"),
    ] {
        let (mut context, _) = negotiation();
        assert!(step(&mut context, Some(&answer)).is_err(), "{why}");
        assert!(context.seal(b"x").is_err(), "{why}");
    }
    // Kerberos alone is offered: there is nothing else to choose.
    let mut context = spnego::Initiator::over(vec![Box::new(initiator())]).unwrap();
    first_token(&mut context, &mut Kdc::default()).unwrap();
    assert!(matches!(
        step(&mut context, Some(&resp(3, Some(NTLM), None, None))),
        Err(Error::Mechanism { .. })
    ));
    assert!(spnego::Initiator::over(Vec::new()).is_err());
    assert!(spnego::Initiator::over(vec![Box::new(initiator()), Box::new(initiator())]).is_err());
}

#[test]
fn a_rejection_says_why_when_the_mechanism_does() {
    let (mut context, _) = negotiation();
    let error = frame(TokenKind::Error, &Kdc::default().error(41, None, None));
    let refusal = step(
        &mut context,
        Some(&resp(2, Some(MS_KERBEROS), Some(&error), None)),
    );
    assert!(matches!(
        refusal,
        Err(Error::Kerberos(KerberosError::ServerKey { .. }))
    ));
}
