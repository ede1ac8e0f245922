//! Both ends against each other, against NTLM without SPNEGO, and against somebody in between.

use std::sync::Arc;

use super::token::{self, NegState};
use super::{Acceptor, Initiator};
use crate::ntlm::{self, AcceptorOptions, ServerNames, Target};
use crate::testing::{Fixed, hex};
use crate::{Accounts, Credential, Error, SecurityContext, Step};

const NOW: u64 = 133_700_000_000_000_000;
/// `SEQUENCE { 1.2.840.113554.1.2.2 (Kerberos), 1.3.6.1.4.1.311.2.2.10 (NTLM) }`
const KERBEROS_FIRST: &str = "3017 0609 2a864886f712010202 060a 2b06010401823702020a";

fn credential() -> Credential {
    Credential::new("alice", "x")
}

fn initiator() -> Initiator {
    Initiator::new(&credential(), Target::new("HTTP/server")).unwrap()
}

fn raw_initiator() -> ntlm::Initiator {
    ntlm::Initiator::new(&credential(), Target::new("HTTP/server")).unwrap()
}

fn acceptor() -> Acceptor {
    let options = AcceptorOptions::new(ServerNames::standalone("server"));
    Acceptor::new(Arc::new(Accounts::new().with("alice", "x")), options)
}

fn token(step: Step) -> Vec<u8> {
    match step {
        Step::Continue(token) | Step::Done(Some(token)) => token,
        _ => panic!("no token"),
    }
}

fn step(context: &mut dyn SecurityContext, input: Option<&[u8]>) -> Result<Step, Error> {
    context.step(input, NOW, &mut Fixed::seeded(3))
}

/// A handshake in which `change` may alter every token on its way (1 to 4).
fn handshake(
    client: &mut Initiator,
    server: &mut Acceptor,
    mut change: impl FnMut(u8, &mut Vec<u8>),
) -> Result<(), Error> {
    let mut input = None;
    for number in [1, 3] {
        let mut out = token(step(client, input.as_deref())?);
        change(number, &mut out);
        let mut back = token(step(server, Some(&out))?);
        change(number + 1, &mut back);
        input = Some(back);
    }
    match step(client, input.as_deref())? {
        Step::Done(None) => Ok(()),
        _ => panic!("not done"),
    }
}

fn exchange<'a>(client: &'a mut dyn SecurityContext, server: &'a mut dyn SecurityContext, first: u32) {
    for number in first..first + 3 {
        for (from, to) in [(true, b"request".as_slice()), (false, b"response")] {
            let (writer, reader) = if from {
                (&mut *client, &mut *server)
            } else {
                (&mut *server, &mut *client)
            };
            let block = writer.seal(to).unwrap().remove(0);
            assert_eq!(block.header[12..], number.to_le_bytes());
            let mut bytes = [block.header, block.data].concat();
            let opened = reader.unseal(&mut bytes, 16).unwrap();
            assert_eq!(&bytes[opened.range], to);
        }
    }
}

#[test]
fn sealed_messages_begin_with_number_one_and_a_fresh_cipher() {
    let (mut client, mut server) = (initiator(), acceptor());
    handshake(&mut client, &mut server, |_, _| {}).unwrap();
    assert!(client.is_complete() && server.is_complete());
    assert_eq!(server.account().map(|name| name.user.as_str()), Some("alice"));

    // The same randomness without SPNEGO: the cipher stands at the same place, the sequence number does not.
    let mut raw = raw_initiator();
    let mut raw_server = acceptor();
    let second = token(step(&mut raw_server, Some(&token(step(&mut raw, None).unwrap()))).unwrap());
    step(&mut raw, Some(&second)).unwrap();
    assert_eq!(
        raw.seal(b"request").unwrap()[0].data,
        client.seal(b"request").unwrap()[0].data
    );

    let (mut client, mut server) = (initiator(), acceptor());
    handshake(&mut client, &mut server, |_, _| {}).unwrap();
    exchange(&mut client, &mut server, 1);
}

#[test]
fn the_first_sealed_request_may_travel_with_the_last_token() {
    let (mut client, mut server) = (initiator(), acceptor());
    let second = token(step(&mut server, Some(&token(step(&mut client, None).unwrap()))).unwrap());
    assert!(!client.can_seal());
    let third = token(step(&mut client, Some(&second)).unwrap());
    assert!(client.can_seal() && !client.is_complete());
    let request = client.seal(b"request").unwrap().remove(0);
    let last = token(step(&mut server, Some(&third)).unwrap());
    let mut bytes = [request.header, request.data].concat();
    assert_eq!(server.unseal(&mut bytes, 16).unwrap().range, 16..23);
    step(&mut client, Some(&last)).unwrap();
    assert!(client.is_complete());

    // But no answer is believed before the server has shown its code.
    let (mut client, mut server) = (initiator(), acceptor());
    let second = token(step(&mut server, Some(&token(step(&mut client, None).unwrap()))).unwrap());
    let third = token(step(&mut client, Some(&second)).unwrap());
    step(&mut server, Some(&third)).unwrap();
    let answer = server.seal(b"answer").unwrap().remove(0);
    let mut bytes = [answer.header, answer.data].concat();
    assert!(matches!(client.unseal(&mut bytes, 16), Err(Error::State { .. })));
    assert!(matches!(client.seal(b"more"), Err(Error::State { .. })));
}

#[test]
fn raw_tokens_are_answered_raw_and_count_from_zero() {
    let (mut client, mut server) = (raw_initiator(), acceptor());
    let second = token(step(&mut server, Some(&token(step(&mut client, None).unwrap()))).unwrap());
    assert!(second.starts_with(b"NTLMSSP\0"));
    let third = token(step(&mut client, Some(&second)).unwrap());
    assert!(matches!(step(&mut server, Some(&third)), Ok(Step::Done(None))));
    assert!(server.account().is_some());
    exchange(&mut client, &mut server, 0);
}

#[test]
fn a_server_may_answer_raw() {
    let mut client = initiator();
    let first = token(step(&mut client, None).unwrap());
    let inside = token::read_init(&first).unwrap().mech_token.unwrap().to_vec();
    let mut server = acceptor();
    let second = token(step(&mut server, Some(&inside)).unwrap());
    let third = token(step(&mut client, Some(&second)).unwrap());
    assert!(client.is_complete());
    step(&mut server, Some(&third)).unwrap();
    exchange(&mut client, &mut server, 0);
}

/// A client that would rather use Kerberos and is asked for NTLM; gives the server's answer to its last token.
fn second_choice(
    mech_list: &[u8],
    signed_list: Option<&[u8]>,
) -> Result<(ntlm::Initiator, Acceptor, Vec<u8>), Error> {
    let (mut client, mut server) = (raw_initiator(), acceptor());
    let first = token(step(
        &mut server,
        Some(&token::write_init(mech_list, b"kerberos token")),
    )?);
    let chosen = token::read_resp(&first)?;
    assert_eq!(
        (chosen.state, chosen.token, chosen.mic),
        (Some(NegState::RequestMic), None, None)
    );
    assert_eq!(chosen.mech, Some(token::NTLM));
    let negotiate = token(step(&mut client, None)?);
    let incomplete = NegState::AcceptIncomplete;
    let second = token(step(
        &mut server,
        Some(&token::write_resp(incomplete, None, Some(&negotiate), None)),
    )?);
    let authenticate = token(step(&mut client, token::read_resp(&second)?.token)?);
    let mic = signed_list.map(|list| {
        let sealing = client.sealing("test").unwrap();
        let mic = sealing.sign(list).unwrap();
        sealing.restart_outgoing();
        mic
    });
    let mic = mic.as_ref().map(<[u8; 16]>::as_slice);
    let last = token(step(
        &mut server,
        Some(&token::write_resp(incomplete, None, Some(&authenticate), mic)),
    )?);
    Ok((client, server, last))
}

#[test]
fn a_second_choice_is_taken_when_the_list_is_protected() {
    let list = hex(KERBEROS_FIRST);
    let (mut client, mut server, last) = second_choice(&list, Some(&list)).unwrap();
    let last = token::read_resp(&last).unwrap();
    assert_eq!(last.state, Some(NegState::AcceptCompleted));
    let sealing = client.sealing("test").unwrap();
    sealing.verify(&list, last.mic.unwrap()).unwrap();
    sealing.restart_incoming();
    exchange(&mut client, &mut server, 1);
}

#[test]
fn a_client_cannot_be_talked_out_of_its_first_choice() {
    // The client offered Kerberos first and signed that; the list that arrived is another.
    let offered = hex(KERBEROS_FIRST);
    let arrived = hex("3019 060b 2a864886f7120102020303 060a 2b06010401823702020a");
    let refused = second_choice(&arrived, Some(&offered)).err();
    assert!(
        matches!(refused, Some(Error::Integrity { missing: false, .. })),
        "{refused:?}"
    );
    let refused = second_choice(&offered, None).err();
    assert!(
        matches!(refused, Some(Error::Integrity { missing: true, .. })),
        "{refused:?}"
    );
}

/// Rebuilds a later token without its code or with another.
fn replace_mic(message: &mut Vec<u8>, mic: Option<&[u8]>) {
    let resp = token::read_resp(message).unwrap();
    *message = token::write_resp(resp.state.unwrap(), None, resp.token, mic);
}

#[test]
fn codes_over_the_list_are_required_and_verified_by_both_ends() {
    for (number, mic, expect_missing) in [
        (3, None, true),
        (3, Some([1; 16]), false),
        (4, None, true),
        (4, Some([1; 16]), false),
    ] {
        let (mut client, mut server) = (initiator(), acceptor());
        let refused = handshake(&mut client, &mut server, |n, message| {
            if n == number {
                replace_mic(message, mic.as_ref().map(<[u8; 16]>::as_slice));
            }
        });
        match refused {
            Err(Error::Integrity { missing, .. }) => assert_eq!(missing, expect_missing),
            other => panic!("token {number}: {other:?}"),
        }
        let context: &mut dyn SecurityContext = if number == 3 { &mut server } else { &mut client };
        assert!(!context.can_seal() && context.seal(b"x").is_err());
    }
}

#[test]
fn the_end_of_the_handshake_must_be_told() {
    let (mut client, mut server) = (initiator(), acceptor());
    let second = token(step(&mut server, Some(&token(step(&mut client, None).unwrap()))).unwrap());
    step(&mut client, Some(&second)).unwrap();
    assert!(matches!(
        step(&mut client, None),
        Err(Error::Integrity { missing: true, .. })
    ));
}

#[test]
fn states_that_do_not_fit_are_refused() {
    for (number, state) in [
        (2, NegState::AcceptCompleted),
        (2, NegState::Reject),
        (4, NegState::AcceptIncomplete),
        (4, NegState::RequestMic),
        (4, NegState::Reject),
        (3, NegState::Reject),
    ] {
        let result = handshake(&mut initiator(), &mut acceptor(), |n, message| {
            if n == number {
                let resp = token::read_resp(message).unwrap();
                *message = token::write_resp(state, None, resp.token, resp.mic);
            }
        });
        match (state, result) {
            (NegState::Reject, Err(Error::Refused)) | (_, Err(Error::Malformed { .. })) => {}
            (_, other) => panic!("{state:?} in token {number}: {other:?}"),
        }
    }
}

#[test]
fn a_hint_of_the_server_is_read() {
    // NegTokenInit2 with NTLM and `negHints`, as Windows sends it.
    let hint = [
        hex("6048 0606 2b0601050502 a03e 303c a00e 300c 060a 2b06010401823702020a a32a 3028 a026 1b24"),
        b"not_defined_in_RFC4178@please_ignore".to_vec(),
    ]
    .concat();
    let mut client = initiator();
    assert!(matches!(step(&mut client, Some(&hint)), Ok(Step::Continue(_))));

    let kerberos = hex("6017 0606 2b0601050502 a00d 300b a009 3007 0605 2a03040506");
    match step(&mut initiator(), Some(&kerberos)) {
        Err(Error::Mechanism { offered }) => assert_eq!(offered, "1.2.3.4.5.6"),
        other => panic!("{:?}", other.err()),
    }
}

#[test]
fn any_byte_changed_on_the_way_is_noticed() {
    let mut lengths = [0; 5];
    handshake(&mut initiator(), &mut acceptor(), |n, message| {
        lengths[usize::from(n)] = message.len()
    })
    .unwrap();
    for number in 1..=4_u8 {
        for at in 0..lengths[usize::from(number)] {
            let result = handshake(&mut initiator(), &mut acceptor(), |n, message| {
                if n == number {
                    message[at] ^= 0x11;
                }
            });
            assert!(result.is_err(), "byte {at} of token {number}");
            let result = handshake(&mut initiator(), &mut acceptor(), |n, message| {
                if n == number {
                    message.truncate(at);
                }
            });
            assert!(result.is_err(), "token {number} cut at {at}");
        }
        let result = handshake(&mut initiator(), &mut acceptor(), |n, message| {
            if n == number {
                message.push(0);
            }
        });
        assert!(result.is_err(), "token {number} with a byte behind it");
    }
}

#[test]
fn only_der_is_read() {
    for (text, why) in [
        ("a180 3080 a003 0a0100 0000 0000", "indefinite length"),
        ("a108 3081 05 a003 0a0100", "length longer than needed"),
        ("a10c 300a a003 0a0101 a003 0a0100", "a field twice"),
        ("a10f 300d a202 0400 a003 0a0101 a302 0400", "fields out of order"),
        ("a107 3005 a003 0a0107", "unknown state"),
        ("a106 3004 a002 0a00", "empty enumeration"),
        ("a107 3005 8003 0a0100", "a primitive field"),
        ("a007 3005 a003 0a0100", "the other choice"),
        ("a184ffffffff", "a length beyond the token"),
        ("", "nothing"),
    ] {
        assert!(token::read_resp(&hex(text)).is_err(), "{why}");
    }
    let unknown_field = hex("a10b 3009 a003 0a0100 a802 0500");
    let good = token::read_resp(&unknown_field).unwrap();
    assert_eq!(good.state, Some(NegState::AcceptCompleted));
    let many = [hex("a181ee 3081eb"), hex("a003 0a0100").repeat(47)].concat();
    assert!(matches!(
        token::read_resp(&many),
        Err(Error::Malformed {
            reason: "too many elements",
            ..
        })
    ));
}

#[test]
fn tokens_longer_than_a_byte_counts_are_written_and_read() {
    for length in [0, 1, 127, 128, 255, 256, 65535, 65536] {
        let content = vec![7; length];
        let written = token::write_resp(
            NegState::AcceptIncomplete,
            Some(token::NTLM),
            Some(&content),
            Some(&[1]),
        );
        let read = token::read_resp(&written).unwrap();
        assert_eq!(
            (read.token, read.mic),
            (Some(content.as_slice()), Some([1].as_slice()))
        );
        let list = token::mech_list(&[token::NTLM]);
        let written = token::write_init(&list, &content);
        let read = token::read_init(&written).unwrap();
        assert_eq!(
            (read.mech_list, read.mech_token),
            (list.as_slice(), Some(content.as_slice()))
        );
        assert_eq!(read.mechs, [token::NTLM]);
    }
}
