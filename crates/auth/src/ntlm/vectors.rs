//! The values of [MS-NLMP] 4.2.1 and 4.2.4: user `User` of `Domain`, password `Password`.

use std::sync::Arc;

use super::crypto::{self, From, Key};
use super::sealing::Sealing;
use super::{Acceptor, AcceptorOptions, ServerNames, message};
use crate::testing::{Fixed, hex};
use crate::{AccountName, Accounts, Error, NtHash, SecurityContext, Step};

const SERVER_CHALLENGE: [u8; 8] = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef];
const CLIENT_CHALLENGE: [u8; 8] = [0xaa; 8];
const PROOF: &str = "68cd0ab851e51c96aabc927bebef6a1c";
const ENCRYPTED_KEY: &str = "c5dad2544fc9799094ce1ce90bc9d03e";
const SEALED: &str = "54e50165bf1936dc996020c1811b0f06fb5f";
const SIGNATURE: &str = "010000007fb38ec5c55d497600000000";

fn name() -> AccountName {
    AccountName::parse("Domain\\User")
}

fn ntowf() -> Key {
    crypto::ntowf_v2(&NtHash::of_password("Password"), &name())
}

/// NbDomainName `Domain`, NbComputerName `Server`, end.
fn target_info() -> Vec<u8> {
    hex("02000c0044006f006d00610069006e00 01000c00530065007200760065007200 00000000")
}

fn exported() -> Key {
    Key::new([0x55; 16])
}

fn plain() -> Vec<u8> {
    crate::text::utf16le("Plaintext")
}

#[test]
fn one_way_functions() {
    assert_eq!(
        NtHash::of_password("Password").as_bytes()[..],
        hex("a4f49c406510bdcab6824ee7c30fd852")
    );
    assert_eq!(ntowf()[..], hex("0c868a403bfd7a93a3001ef22ef02e3f"));
}

#[test]
fn ntlmclient_has_the_same_one_way_function() {
    for (user, domain, password) in [
        ("User", "Domain", "Password"),
        ("señor", "", "pässwörd"),
        ("a@b.c", "", ""),
    ] {
        let theirs = ntlmclient::ntlm_v2_password_func(&ntlmclient::Credentials {
            username: user.into(),
            password: password.into(),
            domain: domain.into(),
        });
        let name = AccountName {
            user: user.into(),
            domain: domain.into(),
        };
        assert_eq!(
            *crypto::ntowf_v2(&NtHash::of_password(password), &name),
            theirs,
            "{user}"
        );
    }
}

#[test]
fn responses_and_session_keys() {
    let blob = crypto::blob([0; 8], CLIENT_CHALLENGE, &target_info());
    let proof = crypto::proof(&ntowf(), &SERVER_CHALLENGE, &blob);
    assert_eq!(proof[..], hex(PROOF));
    assert_eq!(
        crypto::lm_v2(&ntowf(), &SERVER_CHALLENGE, CLIENT_CHALLENGE)[..],
        hex("86c35097ac9cec102554764a57cccc19 aaaaaaaaaaaaaaaa")
    );
    let base = crypto::session_base_key(&ntowf(), &proof);
    assert_eq!(base[..], hex("8de40ccadbc14a82f15cb0ad0de95ca3"));
    assert_eq!(crypto::exchange_key(&base, &exported())[..], hex(ENCRYPTED_KEY));
}

#[test]
fn signing_and_sealing_keys() {
    assert_eq!(
        crypto::seal_key(&exported(), From::Client)[..],
        hex("59f600973cc4960a25480a7c196e4c58")
    );
    assert_eq!(
        crypto::sign_key(&exported(), From::Client)[..],
        hex("4788dc861b4782f35d43fd98fe1a2d39")
    );
}

#[test]
fn sealed_message() {
    let sealed = Sealing::new(&exported(), From::Client).seal(&plain()).unwrap();
    assert_eq!(sealed.data, hex(SEALED));
    assert_eq!(sealed.header, hex(SIGNATURE));
    assert_eq!(sealed.plain_length, 18);
}

/// The AUTHENTICATE message of 4.2.4.3: fields in the order LM, NT, domain, user, workstation, key behind a fixed part of
/// 72 bytes, no MIC.
fn authenticate() -> Vec<u8> {
    [
        hex("4e544c4d53535000 03000000 18001800 6c000000 54005400 84000000 0c000c00 48000000 08000800 54000000"),
        hex("10001000 5c000000 10001000 d8000000 358288e2 0501280a0000000f"),
        hex("44006f006d00610069006e00 5500730065007200 43004f004d0050005500540045005200"),
        hex("86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"),
        hex(PROOF),
        crypto::blob([0; 8], CLIENT_CHALLENGE, &target_info()),
        hex(ENCRYPTED_KEY),
    ]
    .concat()
}

fn acceptor(password: &str) -> Acceptor {
    let accounts = Arc::new(Accounts::new().with("Domain\\User", password));
    let mut acceptor = Acceptor::new(accounts, AcceptorOptions::new(ServerNames::standalone("Server")));
    let negotiate = message::write_negotiate().unwrap();
    let step = acceptor
        .step(Some(&negotiate), 0, &mut Fixed::new(&SERVER_CHALLENGE))
        .unwrap();
    assert!(matches!(step, Step::Continue(_)));
    acceptor
}

#[test]
fn acceptor_takes_the_authenticate_message_and_its_sealed_message() {
    let mut acceptor = acceptor("Password");
    let step = acceptor
        .step(Some(&authenticate()), 0, &mut Fixed::none())
        .unwrap();
    assert!(matches!(step, Step::Done(None)));
    assert_eq!(acceptor.account(), Some(&name()));
    let mut block = [hex(SIGNATURE), hex(SEALED)].concat();
    let opened = acceptor.unseal(&mut block, 16).unwrap();
    assert_eq!(block[opened.range], plain());
}

#[test]
fn acceptor_refuses_another_password() {
    let refused = acceptor("password").step(Some(&authenticate()), 0, &mut Fixed::none());
    assert!(matches!(refused, Err(Error::LogonDenied)));
}
