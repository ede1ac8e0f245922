//! Reassembly does not depend on how the bytes are cut, keeps its limit, and stays broken once it is.

use psbridge_protocol::fragment::{Fragmenter, ObjectIds, Reassembler, count_fragments};
use psbridge_protocol::message::{Destination, Message, MessageType};

const LIMIT: usize = 4096;

/// Everything that a stream gives when it is pushed in pieces of the given sizes, and how it ends.
fn reassemble(bytes: &[u8], mut sizes: impl Iterator<Item = usize>) -> (Vec<(u64, Vec<u8>)>, String) {
    let mut stream = Reassembler::new(LIMIT);
    let mut messages = Vec::new();
    let mut rest = bytes;
    loop {
        loop {
            match stream.next_message() {
                Ok(Some(message)) => {
                    assert!(message.bytes.len() <= LIMIT, "the limit holds");
                    messages.push((message.object_id, message.bytes.to_vec()));
                }
                Ok(None) => break,
                Err(error) => {
                    stream.push(rest);
                    assert_eq!(
                        stream.next_message().err().as_ref(),
                        Some(&error),
                        "once broken, always broken"
                    );
                    return (messages, error.to_string());
                }
            }
        }
        if rest.is_empty() {
            return (
                messages,
                stream.rest().map_or(String::new(), |rest| rest.to_string()),
            );
        }
        let size = sizes.next().unwrap_or(rest.len()).clamp(1, rest.len());
        let (piece, after) = rest.split_at(size);
        stream.push(piece);
        rest = after;
    }
}

pub(super) fn check(input: &[u8]) {
    // The first bytes say how to cut the others.
    let (cuts, bytes) = input.split_at(input.len().min(4));
    let whole = reassemble(bytes, std::iter::empty());
    let pieces = reassemble(bytes, cuts.iter().cycle().map(|cut| usize::from(*cut) + 1));
    assert_eq!(whole.0, pieces.0, "cutting changes nothing");
    assert_eq!(whole.1, pieces.1, "nor how it ends");

    if let Some(count) = count_fragments(bytes) {
        assert!(count <= bytes.len() / 21, "every fragment has a header");
    }

    // What we take apart comes together again.
    let Some((_, data)) = whole.0.first() else { return };
    let Ok(message) = Message::decode(data) else {
        return;
    };
    assert_eq!(&message.encode(), data, "a message is its bytes");
    let mut fragmenter = Fragmenter::new(&message, &ObjectIds::new());
    let mut sent = Vec::new();
    for cut in cuts.iter().cycle() {
        let last = fragmenter
            .write_next(22 + usize::from(*cut), &mut sent)
            .expect("22 bytes are room enough");
        if last {
            break;
        }
    }
    assert_eq!(reassemble(&sent, std::iter::empty()).0, [(1, data.clone())]);
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let message = |data: &[u8]| Message {
        destination: Destination::Client,
        message_type: MessageType::PipelineOutput,
        rpid: uuid::Uuid::from_u128(1),
        pid: Some(uuid::Uuid::from_u128(2)),
        data: data.to_vec(),
    };
    let cut = |messages: &[&[u8]], size: usize| {
        let ids = ObjectIds::new();
        let mut out = vec![1, 20, 7, 255];
        for data in messages {
            let mut fragmenter = Fragmenter::new(message(data), &ids);
            while !fragmenter
                .write_next(size, &mut out)
                .expect("room for a fragment")
            {}
        }
        out
    };
    let mut broken = cut(&[b"<S>one</S>", b"<S>two</S>"], 40);
    // The second message's first fragment now claims to be its second.
    if let Some(byte) = broken.len().checked_sub(100).and_then(|at| broken.get_mut(at)) {
        *byte ^= 1;
    }
    vec![
        ("one".into(), cut(&[b"<S>hello</S>"], 32_768)),
        ("null".into(), cut(&[b""], 32_768)),
        (
            "several".into(),
            cut(&[b"<S>hello</S>", b"", b"<I32>5</I32>"], 32_768),
        ),
        ("pieces".into(), cut(&[b"<S>a longer text in pieces</S>"], 25)),
        ("single-bytes".into(), cut(&[b"<Nil />"], 22)),
        ("broken".into(), broken),
    ]
}
