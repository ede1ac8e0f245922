//! Encrypted bodies: framing of strangers, and genuine ones that somebody changed.

use psbridge_auth::SPNEGO_PROTOCOL;
use psbridge_auth::encrypted::{EncryptedType, open_body, read_blocks, seal_body};

use super::handshake::connected;

const PLAIN: &[u8] = b"<s:Envelope>--Encrypted Boundary\r\n</s:Envelope>";

pub(super) fn check(input: &[u8]) {
    let content_type =
        format!("multipart/encrypted;protocol=\"{SPNEGO_PROTOCOL}\";boundary=\"Encrypted Boundary\"");
    for multiple in [false, true] {
        let mut kind = EncryptedType::parse(&content_type).expect("an encrypted type");
        kind.multiple = multiple;
        let Ok(blocks) = read_blocks(&kind, input) else {
            continue;
        };
        let mut at = 0;
        for block in &blocks {
            assert!(at <= block.header.start, "blocks follow each other");
            assert_eq!(block.header.end, block.data.start, "data follows its header");
            assert!(block.data.start <= block.data.end);
            at = block.data.end;
        }
        assert!(at <= input.len(), "blocks lie within the body");
        assert!(multiple || blocks.len() == 1);
    }

    // Nothing but what the peer sealed ever opens.
    let (mut client, _) = connected();
    if let Ok(opened) = open_body(client.as_mut(), &content_type, input.to_vec()) {
        assert_eq!(opened.body.as_ref(), PLAIN, "only the genuine body opens");
    }

    // And that one only unchanged.
    let (mut client, mut server) = connected();
    let sealed = seal_body(server.as_mut(), PLAIN).expect("it seals");
    let mut body = sealed.body.clone();
    for pair in input.chunks_exact(2) {
        let [at, change] = *pair else { continue };
        let length = body.len();
        if let Some(byte) = body.get_mut(usize::from(at) * 4 % length) {
            *byte ^= change;
        }
    }
    let changed = body != sealed.body;
    match open_body(client.as_mut(), &sealed.content_type, body) {
        Ok(opened) => assert_eq!(opened.body.as_ref(), PLAIN),
        Err(error) => assert!(changed, "the genuine body opens: {error}"),
    }
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let (_, mut server) = connected();
    let genuine = seal_body(server.as_mut(), PLAIN).expect("it seals").body;
    let as_text = String::from_utf8_lossy(&genuine).into_owned();
    let mut twice = genuine.clone();
    twice.extend_from_slice(&genuine);
    vec![
        ("genuine".into(), genuine),
        (
            "spaced".into(),
            as_text.replace("--Encrypted", "-- Encrypted").into_bytes(),
        ),
        ("twice".into(), twice),
        ("no-data".into(), b"--Encrypted Boundary--\r\n".to_vec()),
        ("changes".into(), vec![0, 1, 40, 255, 200, 7]),
    ]
}
