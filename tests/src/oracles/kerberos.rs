//! Answers of strangers to the questions of Kerberos: as a KDC to the first and the second one.

use psbridge_auth::kerberos::{Client, Initiator, wants_tcp};
use psbridge_auth::{SecurityContext, Step};

use super::handshake::{NOW, fixed};

/// The first answer and the second, the first with its length before it.
fn pair(first: &[u8], second: &[u8]) -> Vec<u8> {
    let length = u16::try_from(first.len()).expect("a short message");
    [&length.to_be_bytes(), first, second].concat()
}

fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u8::try_from(content.len()).expect("a short element");
    let mut bytes = vec![tag];
    if length > 127 {
        bytes.push(0x81);
    }
    bytes.push(length);
    bytes.extend(content);
    bytes
}

/// A `KRB-ERROR` with this number and data.
fn error(code: u8, data: &[u8]) -> Vec<u8> {
    let number = |field: u8, value: u8| element(0xa0 + field, &[&element(2, &[&[value]])]);
    let text = |text: &[u8]| element(0x1b, &[text]);
    let names = element(0x30, &[&text(b"krbtgt"), &text(b"CORP.EXAMPLE")]);
    let name = element(0x30, &[&number(0, 2), &element(0xa1, &[&names])]);
    let fields = [
        number(0, 5),
        number(1, 30),
        // The time of the handshakes of these tests.
        element(0xa4, &[&element(0x18, &[b"20251121000000Z"])]),
        number(5, 0),
        number(6, code),
        element(0xa9, &[&text(b"CORP.EXAMPLE")]),
        element(0xaa, &[&name]),
        element(0xac, &[&element(4, &[data])]),
    ];
    element(0x7e, &[&element(0x30, &[&fields.concat()])])
}

/// `METHOD-DATA` with `ETYPE-INFO2`.
fn hint() -> Vec<u8> {
    let entry = element(
        0x30,
        &[
            &element(0xa0, &[&element(2, &[&[18]])]),
            &element(0xa1, &[&element(0x1b, &[b"CORP.EXAMPLEreader"])]),
        ],
    );
    let value = element(4, &[&element(0x30, &[&entry])]);
    let data = element(
        0x30,
        &[
            &element(0xa1, &[&element(2, &[&[19]])]),
            &element(0xa2, &[&value]),
        ],
    );
    element(0x30, &[&data])
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let locked = element(
        0x30,
        &[
            &element(0xa1, &[&element(2, &[&[3]])]),
            &element(
                0xa2,
                &[&element(4, &[&[0x34, 2, 0, 0xc0, 0, 0, 0, 0, 1, 0, 0, 0]])],
            ),
        ],
    );
    vec![
        ("proof-wanted".into(), pair(&error(25, &hint()), &[])),
        (
            "wrong-password".into(),
            pair(&error(25, &hint()), &error(24, &[0x30, 0])),
        ),
        ("locked".into(), pair(&error(25, &hint()), &error(18, &locked))),
        ("too-big".into(), pair(&error(52, &[]), &[])),
    ]
}

pub(super) fn check(input: &[u8]) {
    let Some((length, rest)) = input.split_first_chunk::<2>() else {
        return;
    };
    let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
    let (first, second) = rest.split_at(length);
    let _ = wants_tcp(first);
    let client = Client::with_password("reader", "CORP.EXAMPLE", "secret".to_owned()).expect("a client");
    let mut context = Initiator::new(&client, vec!["HTTP/mail".to_owned()], None);
    let Ok(Step::NeedIo(_)) = context.step(None, NOW, &mut fixed) else {
        panic!("a KDC is asked first")
    };
    for reply in [first, second] {
        match context.step(Some(reply), NOW, &mut fixed) {
            Ok(Step::NeedIo(_)) => {}
            Ok(_) => panic!("a ticket of a stranger"),
            Err(_) => {
                assert!(!context.can_seal() && context.seal(b"secret").is_err());
                assert!(
                    context.step(Some(reply), NOW, &mut fixed).is_err(),
                    "an error is final"
                );
                return;
            }
        }
    }
    assert!(!context.is_complete() && !context.can_seal());
}
