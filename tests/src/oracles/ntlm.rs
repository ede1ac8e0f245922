//! Tokens of strangers: NTLM and SPNEGO messages at every point of a handshake.

use super::handshake::{NOW, acceptor, fixed, initiator, token};

/// The three tokens of a handshake between two honest ends.
fn genuine(with_spnego: bool) -> [Vec<u8>; 3] {
    let (mut client, mut server) = (initiator(with_spnego), acceptor(with_spnego));
    let made = |step| token(step).expect("a token");
    let first = made(client.step(None, NOW, &mut fixed).expect("a first token"));
    let second = made(server.step(Some(&first), NOW, &mut fixed).expect("a challenge"));
    let third = made(client.step(Some(&second), NOW, &mut fixed).expect("an answer"));
    [first, second, third]
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let mut seeds = Vec::new();
    for (with_spnego, form) in [(false, "raw"), (true, "spnego")] {
        for (place, token) in (0_u8..).zip(genuine(with_spnego)) {
            let choice = place << 1 | u8::from(with_spnego);
            seeds.push((format!("{form}-{place}"), [vec![choice], token].concat()));
        }
    }
    seeds
}

pub(super) fn check(input: &[u8]) {
    let Some((choice, token)) = input.split_first() else {
        return;
    };
    let with_spnego = choice & 1 != 0;
    match choice >> 1 & 3 {
        // As the first token of a client.
        0 => {
            let mut server = acceptor(with_spnego);
            let answer = server.step(Some(token), NOW, &mut fixed);
            assert!(!server.is_complete(), "one token signs nobody in");
            assert!(!server.can_seal());
            if answer.is_err() {
                assert!(
                    server.step(Some(token), NOW, &mut fixed).is_err(),
                    "an error is final"
                );
            }
        }
        // As the challenge of a server.
        1 => {
            let mut client = initiator(with_spnego);
            client.step(None, NOW, &mut fixed).expect("a first token");
            if client.step(Some(token), NOW, &mut fixed).is_err() {
                assert!(!client.can_seal(), "no keys after an error");
                assert!(client.seal(b"secret").is_err());
            }
        }
        // As the last token of a client: only the genuine one signs in.
        _ => {
            let mut server = acceptor(with_spnego);
            let mut client = initiator(with_spnego);
            let first = super::handshake::token(client.step(None, NOW, &mut fixed).expect("a first token"));
            server
                .step(first.as_deref(), NOW, &mut fixed)
                .expect("a challenge");
            let answer = server.step(Some(token), NOW, &mut fixed);
            if server.is_complete() {
                let [_, _, genuine] = genuine(with_spnego);
                assert!(
                    with_spnego || token == genuine,
                    "a token that differs from the genuine one signs nobody in"
                );
            } else if answer.is_err() {
                assert!(server.seal(b"secret").is_err());
            }
        }
    }
}
