//! Both ends against each other, and against somebody in between.

use std::sync::Arc;

use ntlmclient::Flags;

use super::{Acceptor, AcceptorOptions, BindingPolicy, Initiator, ServerNames, Target, message};
use crate::testing::Fixed;
use crate::{
    Accounts, ChannelBindings, Credential, Error, Legacy, SealedBlock, SecurityContext, SignatureFault, Step,
};

const NOW: u64 = 133_700_000_000_000_000;
const USER: &str = "CORP\\Älice";
const PASSWORD: &str = "pässwörd";

fn initiator(target: Target) -> Initiator {
    Initiator::new(&Credential::new(USER, PASSWORD), target).unwrap()
}

fn options() -> AcceptorOptions {
    AcceptorOptions::new(ServerNames::standalone("server"))
}

fn acceptor(options: AcceptorOptions) -> Acceptor {
    Acceptor::new(Arc::new(Accounts::new().with(USER, PASSWORD)), options)
}

fn bindings(text: &str) -> ChannelBindings {
    ChannelBindings::from_application_data(text.as_bytes().to_vec())
}

/// The token of a step, whatever its kind.
fn token(step: Step) -> Vec<u8> {
    match step {
        Step::Continue(token) | Step::Done(Some(token)) => token,
        _ => panic!("no token"),
    }
}

/// A handshake in which `change` may alter every message on its way (1, 2 or 3).
fn handshake(
    client: &mut Initiator,
    server: &mut Acceptor,
    mut change: impl FnMut(u8, &mut Vec<u8>),
) -> Result<(), Error> {
    let mut first = token(client.step(None, NOW, &mut Fixed::none())?);
    change(1, &mut first);
    let mut second = token(server.step(Some(&first), NOW, &mut Fixed::seeded(1))?);
    change(2, &mut second);
    let mut third = token(client.step(Some(&second), NOW, &mut Fixed::seeded(2))?);
    change(3, &mut third);
    server.step(Some(&third), NOW, &mut Fixed::none()).map(|_| ())
}

fn pair() -> (Initiator, Acceptor) {
    let (mut client, mut server) = (initiator(Target::new("HTTP/server")), acceptor(options()));
    handshake(&mut client, &mut server, |_, _| {}).unwrap();
    (client, server)
}

fn seal(context: &mut dyn SecurityContext, plain: &[u8]) -> SealedBlock {
    context.seal(plain).unwrap().remove(0)
}

fn unseal(context: &mut dyn SecurityContext, block: &SealedBlock) -> Result<Vec<u8>, Error> {
    let mut bytes = [block.header.as_slice(), &block.data].concat();
    let opened = context.unseal(&mut bytes, block.header.len())?;
    Ok(bytes[opened.range].to_vec())
}

fn flags_of(message: &[u8], at: usize) -> Flags {
    Flags::from_bits_retain(u32::from_le_bytes(message[at..at + 4].try_into().unwrap()))
}

#[test]
fn messages_travel_sealed_in_both_directions() {
    let (mut client, mut server) = pair();
    assert!(client.is_complete() && server.is_complete());
    assert_eq!(server.account().map(ToString::to_string).as_deref(), Some(USER));
    for size in [0, 1, 16, 5000] {
        let plain = vec![0x2d; size];
        let there = seal(&mut client, &plain);
        assert_ne!(there.data, if size == 0 { vec![1] } else { plain.clone() });
        assert_eq!(unseal(&mut server, &there).unwrap(), plain);
        let back = seal(&mut server, &plain);
        assert_eq!(unseal(&mut client, &back).unwrap(), plain);
    }
}

#[test]
fn every_form_of_the_name_signs_in() {
    for (account, user) in [
        ("CORP\\alice", "corp\\ALICE"),
        ("CORP\\alice", "alice@corp.example"),
        ("CORP\\alice", "alice"),
        ("alice", "ANY\\alice"),
        ("straße", "STRAßE"),
    ] {
        let mut client = Initiator::new(&Credential::new(user, "x"), Target::default()).unwrap();
        let mut server = Acceptor::new(Arc::new(Accounts::new().with(account, "x")), options());
        handshake(&mut client, &mut server, |_, _| {}).unwrap_or_else(|error| panic!("{user}: {error}"));
    }
}

#[test]
fn wrong_passwords_and_unknown_accounts_are_the_same_refusal() {
    for (user, password) in [
        (USER, "wrong"),
        (USER, ""),
        ("CORP\\eve", PASSWORD),
        ("OTHER\\Älice", PASSWORD),
    ] {
        let mut client = Initiator::new(&Credential::new(user, password), Target::default()).unwrap();
        let mut server = acceptor(options());
        let refused = handshake(&mut client, &mut server, |_, _| {});
        assert!(matches!(refused, Err(Error::LogonDenied)), "{user}");
        assert!(server.account().is_none());
        let again = server.step(Some(&[]), NOW, &mut Fixed::none());
        assert!(
            matches!(again, Err(Error::State { .. })),
            "one attempt for each challenge"
        );
    }
}

#[test]
fn channel_bindings_follow_the_policy() {
    let absent = || Target::new("HTTP/server");
    let right = || absent().with_channel_bindings(bindings("a"));
    let wrong = || absent().with_channel_bindings(bindings("b"));
    for (policy, target, expected) in [
        (BindingPolicy::None, wrong(), None),
        (BindingPolicy::Relaxed, right(), None),
        (BindingPolicy::Relaxed, absent(), None),
        (BindingPolicy::Relaxed, wrong(), Some(false)),
        (BindingPolicy::Strict, right(), None),
        (BindingPolicy::Strict, absent(), Some(true)),
        (BindingPolicy::Strict, wrong(), Some(false)),
    ] {
        let mut server = acceptor(options().with_channel_bindings(bindings("a"), policy));
        let result = handshake(&mut initiator(target), &mut server, |_, _| {});
        match (expected, result) {
            (None, Ok(())) => {}
            (Some(expected), Err(Error::ChannelBindings { missing })) if missing == expected => {}
            (_, other) => panic!("{policy:?}: {other:?}"),
        }
    }
}

#[test]
fn bindings_are_not_looked_at_without_tls() {
    let target = Target::new("HTTP/server").with_channel_bindings(bindings("a"));
    handshake(&mut initiator(target), &mut acceptor(options()), |_, _| {}).unwrap();
}

#[test]
fn no_protection_can_be_negotiated_away() {
    let needed = [
        Flags::NEGOTIATE_UNICODE,
        Flags::NEGOTIATE_SIGN,
        Flags::NEGOTIATE_SEAL,
        Flags::NEGOTIATE_NTLM2_KEY,
        Flags::NEGOTIATE_128BIT,
        Flags::NEGOTIATE_KEY_EXCHANGE,
    ];
    for flag in needed {
        for (number, at) in [(1, 12), (2, 20), (3, 60)] {
            let refused = handshake(
                &mut initiator(Target::default()),
                &mut acceptor(options()),
                |n, message| {
                    if n == number {
                        let flags = flags_of(message, at) - flag;
                        message[at..at + 4].copy_from_slice(&flags.bits().to_le_bytes());
                    }
                },
            );
            assert!(
                matches!(refused, Err(Error::Weak { .. })),
                "{flag:?} in message {number}: {refused:?}"
            );
        }
    }
}

#[test]
fn a_challenge_without_target_information_is_refused() {
    let refused = handshake(
        &mut initiator(Target::default()),
        &mut acceptor(options()),
        |n, message| {
            if n == 2 {
                let flags = flags_of(message, 20) - Flags::NEGOTIATE_TARGET_INFO;
                message[20..24].copy_from_slice(&flags.bits().to_le_bytes());
            }
        },
    );
    assert!(matches!(
        refused,
        Err(Error::Weak {
            missing: "target information",
            ..
        })
    ));
}

#[test]
fn any_bit_changed_on_the_way_is_noticed() {
    let mut lengths = [0; 4];
    handshake(
        &mut initiator(Target::default()),
        &mut acceptor(options()),
        |n, message| {
            lengths[usize::from(n)] = message.len();
        },
    )
    .unwrap();
    for number in 1..=3_u8 {
        for at in 0..lengths[usize::from(number)] * 8 {
            let (mut client, mut server) = (initiator(Target::default()), acceptor(options()));
            let result = handshake(&mut client, &mut server, |n, message| {
                if n == number {
                    message[at / 8] ^= 1 << (at % 8);
                }
            });
            assert!(result.is_err(), "bit {at} of message {number}");
        }
    }
}

#[test]
fn messages_cut_anywhere_are_malformed() {
    for number in 1..=3_u8 {
        let mut at = 0;
        loop {
            let mut length = 0;
            let result = handshake(
                &mut initiator(Target::default()),
                &mut acceptor(options()),
                |n, message| {
                    if n == number {
                        length = message.len();
                        message.truncate(at);
                    }
                },
            );
            if at >= length {
                assert!(result.is_ok());
                break;
            }
            // A NEGOTIATE message may end behind its flags, but the MIC protects the whole.
            match result {
                Err(Error::Malformed { .. } | Error::Integrity { .. }) => {}
                other => panic!("message {number} cut at {at}: {other:?}"),
            }
            at += 1;
        }
    }
}

/// AUTHENTICATE made from parts, as an old or hostile client would send it.
fn authenticate(user: &str, flags: Flags, lm: &[u8], nt: &[u8]) -> Vec<u8> {
    message::write_authenticate(&message::Authenticate {
        flags,
        name: &crate::AccountName::parse(user),
        workstation: "",
        lm_response: lm,
        nt_response: nt,
        encrypted_key: &[0; 16],
    })
    .unwrap()
}

#[test]
fn old_and_anonymous_sign_ins_are_refused() {
    let agreed = message::OFFERED | Flags::NEGOTIATE_TARGET_INFO;
    let anonymous = agreed | Flags::NEGOTIATE_ANONYMOUS;
    for (user, flags, lm, nt, expected) in [
        ("alice", agreed, &[1; 24][..], &[2; 24][..], Legacy::NtlmV1),
        ("alice", agreed, &[1; 24], &[], Legacy::Lm),
        ("alice", agreed, &[], &[], Legacy::Anonymous),
        ("", agreed, &[0], &[], Legacy::Anonymous),
        ("", agreed, &[1; 24], &[2; 60], Legacy::Anonymous),
        ("alice", anonymous, &[1; 24], &[2; 60], Legacy::Anonymous),
    ] {
        let mut server = acceptor(options());
        server
            .step(
                Some(&message::write_negotiate().unwrap()),
                NOW,
                &mut Fixed::seeded(1),
            )
            .unwrap();
        let refused = server.step(Some(&authenticate(user, flags, lm, nt)), NOW, &mut Fixed::none());
        match refused {
            Err(Error::Legacy(legacy)) => assert_eq!(legacy, expected),
            Err(other) => panic!("{expected:?}: {other}"),
            Ok(_) => panic!("{expected:?} was accepted"),
        }
    }
    let anonymous = Initiator::new(&Credential::new("", ""), Target::default());
    assert!(matches!(anonymous, Err(Error::Legacy(Legacy::Anonymous))));
}

#[test]
fn fields_that_point_elsewhere_are_refused() {
    // Offsets: before the payload, behind the message, over the end of the address space.
    for offset in [0_u32, 12, 63, 80, 100_000, u32::MAX] {
        for descriptor in [12, 20, 28, 36, 52] {
            let result = handshake(
                &mut initiator(Target::default()),
                &mut acceptor(options()),
                |n, message| {
                    if n == 3 {
                        message[descriptor + 4..descriptor + 8].copy_from_slice(&offset.to_le_bytes());
                    }
                },
            );
            assert!(result.is_err(), "{descriptor} at {offset}");
        }
    }
}

#[test]
fn authenticate_says_what_it_must_and_no_key() {
    let (mut client, mut server) = (
        initiator(Target::new("HTTP/server").with_channel_bindings(bindings("a"))),
        acceptor(options()),
    );
    let mut messages = Vec::new();
    handshake(&mut client, &mut server, |_, message| {
        messages.push(message.clone())
    })
    .unwrap();
    let [negotiate, challenge, authenticate] = &messages[..] else {
        panic!("three messages")
    };
    assert_eq!(negotiate.len(), 40);
    assert_eq!(flags_of(negotiate, 12).bits(), 0xe208_8235);
    assert_eq!(
        flags_of(authenticate, 60),
        message::OFFERED | Flags::NEGOTIATE_TARGET_INFO
    );
    let response = message::read_authenticate(authenticate).unwrap();
    // The server gave a timestamp: no LMv2, and the response carries that time.
    assert_eq!(response.lm_response, [0; 24]);
    assert_eq!(response.nt_response[24..32], NOW.to_le_bytes());
    let info = super::target_info::TargetInfo::read("test", &response.nt_response[44..]).unwrap();
    assert!(info.has_mic());
    assert_eq!(info.channel_bindings(), Some(bindings("a").md5()));
    let name = crate::text::utf16le("HTTP/server");
    assert!(
        response
            .nt_response
            .windows(name.len())
            .any(|window| window == name)
    );
    // What the source of randomness gave as session key leaves only encrypted.
    let exported: Vec<u8> = {
        let mut drawn = [0; 24];
        crate::Entropy::fill(&mut Fixed::seeded(2), &mut drawn).unwrap();
        drawn[8..].to_vec()
    };
    assert!(!authenticate.windows(16).any(|window| window == exported));
    assert!(!challenge.windows(16).any(|window| window == exported));
}

#[test]
fn a_member_of_a_domain_shows_its_names_as_windows_does() {
    let names = ServerNames {
        netbios_computer: "MAIL".into(),
        netbios_domain: "CORP".into(),
        dns_computer: "mail.corp.example".into(),
        dns_domain: "corp.example".into(),
        dns_tree: Some("corp.example".into()),
        build_number: 20348,
    };
    let mut server = acceptor(AcceptorOptions::new(names));
    let negotiate = message::write_negotiate().unwrap();
    let challenge = token(server.step(Some(&negotiate), NOW, &mut Fixed::seeded(1)).unwrap());
    let Ok(ntlmclient::Message::Challenge(read)) = ntlmclient::Message::try_from(&challenge[..]) else {
        panic!("a challenge");
    };
    assert_eq!(read.target_name, "CORP");
    assert!(
        read.flags.contains(Flags::TARGET_TYPE_DOMAIN) && !read.flags.contains(Flags::TARGET_TYPE_SERVER)
    );
    assert_eq!(
        (read.os_version.major_version, read.os_version.build_number),
        (10, 20348)
    );
    let ids: Vec<u16> = read
        .target_information
        .iter()
        .map(|pair| pair.entry_type.into())
        .collect();
    assert_eq!(ids, [2, 1, 4, 3, 5, 7, 0]);
    assert_eq!(
        ServerNames::standalone("a-very-long-host-name").netbios_computer,
        "A-VERY-LONG-HOS"
    );
}

#[test]
fn a_server_without_a_timestamp_gets_an_lmv2_response_and_still_a_mic() {
    let mut client = initiator(Target::default());
    client.step(None, NOW, &mut Fixed::none()).unwrap();
    let mut info = super::target_info::TargetInfo::new();
    info.push_text(ntlmclient::TargetInfoType::NtServer, "OLD");
    let flags = message::OFFERED | Flags::NEGOTIATE_TARGET_INFO;
    let challenge = message::write_challenge(flags, [7; 8], "OLD", &info, 0).unwrap();
    let third = token(client.step(Some(&challenge), NOW, &mut Fixed::seeded(2)).unwrap());
    let response = message::read_authenticate(&third).unwrap();
    assert_ne!(response.lm_response, [0; 24]);
    assert_eq!(response.nt_response[24..32], NOW.to_le_bytes());
    assert_ne!(third[72..88], [0; 16]);
}

#[test]
fn repeated_left_out_and_reordered_messages_are_refused() {
    let (mut client, mut server) = pair();
    let first = seal(&mut client, b"one");
    let second = seal(&mut client, b"two");
    unseal(&mut server, &first).unwrap();
    let refused = unseal(&mut server, &first);
    let fault = SignatureFault::Sequence {
        expected: 1,
        received: 0,
    };
    assert!(matches!(refused, Err(Error::Signature(found)) if found == fault));
    assert!(
        matches!(unseal(&mut server, &second), Err(Error::State { .. })),
        "a refusal is final"
    );

    let (mut client, mut server) = pair();
    seal(&mut client, b"lost");
    let second = seal(&mut client, b"two");
    let fault = SignatureFault::Sequence {
        expected: 0,
        received: 1,
    };
    assert!(matches!(unseal(&mut server, &second), Err(Error::Signature(found)) if found == fault));
    assert!(!server.can_seal());
}

#[test]
fn changed_messages_are_refused_and_leave_no_plain_text() {
    for at in 0..16 + 4 {
        let (mut client, mut server) = pair();
        let block = seal(&mut client, b"text");
        let mut bytes = [block.header, block.data].concat();
        bytes[at] ^= 0x40;
        assert!(
            matches!(server.unseal(&mut bytes, 16), Err(Error::Signature(_))),
            "byte {at}"
        );
        assert!(
            !bytes
                .windows(3)
                .any(|window| b"text".windows(3).any(|plain| plain == window))
        );
    }
    for header_length in [0, 15, 17, 20, 21, usize::MAX] {
        let (mut client, mut server) = pair();
        let block = seal(&mut client, b"text");
        let mut bytes = [block.header, block.data].concat();
        assert!(
            server.unseal(&mut bytes, header_length).is_err(),
            "{header_length}"
        );
    }
}

#[test]
fn a_message_cannot_be_sent_back_to_its_writer() {
    let (mut client, _) = pair();
    let block = seal(&mut client, b"text");
    assert!(matches!(
        unseal(&mut client, &block),
        Err(Error::Signature(SignatureFault::Checksum))
    ));
}

#[test]
fn calls_out_of_turn_are_errors() {
    let mut client = initiator(Target::default());
    assert!(matches!(client.seal(b"x"), Err(Error::State { .. })));
    let mut server = acceptor(options());
    assert!(matches!(
        server.unseal(&mut [0; 20], 16),
        Err(Error::State { .. })
    ));
    assert!(server.step(None, NOW, &mut Fixed::none()).is_err());
    let (mut client, mut server) = pair();
    assert!(matches!(
        client.step(None, NOW, &mut Fixed::none()),
        Err(Error::State { .. })
    ));
    assert!(matches!(
        server.step(Some(&[]), NOW, &mut Fixed::none()),
        Err(Error::State { .. })
    ));
}

#[test]
fn a_failing_source_of_randomness_is_an_error() {
    let mut client = initiator(Target::default());
    let mut server = acceptor(options());
    let first = token(client.step(None, NOW, &mut Fixed::none()).unwrap());
    assert!(matches!(
        server.step(Some(&first), NOW, &mut Fixed::new(&[1; 7])),
        Err(Error::Entropy(_))
    ));
}
