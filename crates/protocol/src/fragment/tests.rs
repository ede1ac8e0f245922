use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::message::{Destination, Message, MessageType};

fn fragment(object_id: u64, fragment_id: u64, flags: u8, blob: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Header {
        object_id,
        fragment_id,
        start: flags & 1 != 0,
        end: flags & 2 != 0,
        blob_len: blob.len() as u32,
    }
    .write(&mut bytes);
    bytes.extend_from_slice(blob);
    bytes
}

fn stream(fragments: &[Vec<u8>]) -> Reassembler {
    let mut stream = Reassembler::new(1000);
    stream.push(&fragments.concat());
    stream
}

fn message(len: usize) -> Message {
    Message {
        destination: Destination::Server,
        message_type: MessageType::PipelineInput,
        rpid: Uuid::nil(),
        pid: None,
        data: vec![b'x'; len],
    }
}

#[test]
fn header_is_laid_out_as_specified() {
    let bytes = fragment(0x0102_0304_0506_0708, 9, 3, b"ab");
    assert_eq!(
        bytes[..21],
        [1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 9, 3, 0, 0, 0, 2]
    );
    assert_eq!(Header::read(&bytes[..20]), None);
    // Reserved bits are not looked at.
    let mut odd = bytes.clone();
    odd[16] = 0xFF;
    assert_eq!(Header::read(&odd), Header::read(&bytes));
}

#[test]
fn fragments_of_one_message_are_joined() {
    let mut stream = stream(&[
        fragment(7, 0, 1, b"ab"),
        fragment(7, 1, 0, b"cd"),
        fragment(7, 2, 2, b"e"),
    ]);
    let assembled = stream.next_message().unwrap().unwrap();
    assert_eq!(
        (assembled.object_id, assembled.fragments, assembled.bytes),
        (7, 3, &b"abcde"[..])
    );
    assert_eq!(stream.next_message(), Ok(None));
    assert!(stream.is_idle());
}

#[test]
fn gaps_between_object_ids_are_normal() {
    let mut stream = stream(&[
        fragment(46, 0, 3, b"a"),
        fragment(1 << 40, 0, 3, b"b"),
        fragment(2, 0, 3, b"c"),
    ]);
    let mut ids = Vec::new();
    while let Some(assembled) = stream.next_message().unwrap() {
        ids.push(assembled.object_id);
    }
    assert_eq!(ids, [46, 1 << 40, 2]);
}

#[test]
fn broken_sequences_are_refused_for_good() {
    let cases = [
        (
            vec![fragment(1, 0, 2, b"a")],
            FragmentError::NotStarted {
                object_id: 1,
                fragment_id: 0,
            },
        ),
        (
            vec![fragment(1, 0, 1, b"a"), fragment(2, 0, 3, b"b")],
            FragmentError::Interrupted {
                object_id: 2,
                open: 1,
            },
        ),
        (
            vec![fragment(1, 0, 1, b"a"), fragment(2, 1, 2, b"b")],
            FragmentError::ObjectId {
                expected: 1,
                found: 2,
            },
        ),
        (
            vec![fragment(1, 0, 1, b"a"), fragment(1, 2, 2, b"b")],
            FragmentError::FragmentId {
                object_id: 1,
                expected: 1,
                found: 2,
            },
        ),
        (
            vec![fragment(1, 0, 1, b"a"), fragment(1, 0, 0, b"b")],
            FragmentError::FragmentId {
                object_id: 1,
                expected: 1,
                found: 0,
            },
        ),
        (
            vec![fragment(1, 4, 3, b"a")],
            FragmentError::FragmentId {
                object_id: 1,
                expected: 0,
                found: 4,
            },
        ),
        (vec![fragment(1 << 63, 0, 3, b"a")], FragmentError::NegativeId),
        (
            vec![fragment(1, 0, 3, &[0; 1001])],
            FragmentError::TooLarge {
                object_id: 1,
                len: 1001,
                limit: 1000,
            },
        ),
        (
            vec![fragment(1, 0, 1, &[0; 600]), fragment(1, 1, 2, &[0; 401])],
            FragmentError::TooLarge {
                object_id: 1,
                len: 1001,
                limit: 1000,
            },
        ),
    ];
    for (fragments, error) in cases {
        let mut stream = stream(&fragments);
        assert_eq!(stream.next_message(), Err(error.clone()));
        stream.push(&fragment(9, 0, 3, b"fine"));
        assert_eq!(stream.next_message(), Err(error));
    }
}

/// The length is judged by the header, before the bytes are there.
#[test]
fn too_large_a_fragment_is_not_waited_for() {
    let mut stream = Reassembler::new(1000);
    stream.push(&fragment(1, 0, 3, &[0; 2000])[..21]);
    assert!(matches!(
        stream.next_message(),
        Err(FragmentError::TooLarge { .. })
    ));
}

#[test]
fn whole_messages_before_an_error_are_given() {
    let mut stream = stream(&[fragment(1, 0, 3, b"a"), fragment(2, 3, 0, b"b")]);
    assert_eq!(stream.next_message().unwrap().unwrap().bytes, b"a");
    assert!(stream.next_message().is_err());
}

#[test]
fn after_a_connect_the_rest_of_a_message_is_skipped() {
    let mut stream = stream(&[
        fragment(5, 3, 0, b"mid"),
        fragment(5, 4, 2, b"end"),
        fragment(6, 0, 3, b"whole"),
    ]);
    stream.resync();
    assert_eq!(stream.next_message().unwrap().unwrap().bytes, b"whole");
    // From there on the rules hold again.
    stream.push(&fragment(7, 1, 2, b"x"));
    assert!(stream.next_message().is_err());
    stream.resync();
    stream.push(&fragment(8, 0, 3, b"y"));
    assert_eq!(stream.next_message().unwrap().unwrap().bytes, b"y");
}

#[test]
fn what_is_left_is_told() {
    let mut stream = stream(&[fragment(1, 0, 1, b"abc"), fragment(1, 1, 2, b"d")[..5].to_vec()]);
    assert_eq!(stream.next_message(), Ok(None));
    let rest = stream.rest().unwrap();
    assert_eq!((rest.open, rest.assembled, rest.bytes), (Some((1, 1)), 3, 5));
    assert_eq!(
        stream.finish().unwrap_err().to_string(),
        "stream ended in the middle of an object: object 1 has 1 fragments with 3 bytes, and 5 bytes of the next one"
    );
    assert_eq!(Reassembler::new(10).finish(), Ok(()));
}

#[test]
fn chains_of_fragments_are_recognised() {
    let (first, second) = (fragment(3, 0, 1, b"ab"), fragment(3, 1, 2, b"c"));
    assert_eq!(
        count_fragments(&[first.clone(), second.clone()].concat()),
        Some(2)
    );
    assert_eq!(count_fragments(&second), Some(1), "goes on from before");
    assert_eq!(count_fragments(&[second.clone(), second.clone()].concat()), None);
    assert_eq!(count_fragments(&first[..22]), None);
    assert_eq!(count_fragments(b"dir c:\\windows\\system32 /b"), None);
    assert_eq!(count_fragments(b""), Some(0));
    assert!(begins_stream(&first) && !begins_stream(&second) && !begins_stream(b""));
}

#[test]
fn object_ids_are_shared_and_positive() {
    let ids = ObjectIds::new();
    assert_eq!((ids.next_id(), ids.clone().next_id(), ids.next_id()), (1, 2, 3));
    assert_eq!(ObjectIds::starting_at(u64::MAX).next_id(), u64::MAX >> 1);
}

#[test]
fn the_first_fragment_leaves_alone() {
    let mut outbox = Outbox::new(ObjectIds::new(), usize::MAX);
    outbox.push(message(100));
    outbox.push(message(10));
    let first = outbox.next_fragment(10_000).unwrap().unwrap();
    assert_eq!(count_fragments(&first), Some(1));
    assert_eq!(outbox.pending_bytes(), 50);
    assert!(!outbox.is_empty());
    outbox.clear();
    assert_eq!(outbox.next_chunk(1000), Ok(None));
}

#[test]
fn small_messages_share_a_request_and_large_ones_fill_it() {
    let mut outbox = Outbox::new(ObjectIds::new(), usize::MAX);
    for _ in 0..5 {
        outbox.push(message(10));
    }
    assert_eq!(
        count_fragments(&outbox.next_chunk(10_000).unwrap().unwrap()),
        Some(5)
    );
    outbox.push(message(10));
    outbox.push(message(20_000));
    let chunk = outbox.next_chunk(10_000).unwrap().unwrap();
    assert_eq!((chunk.len(), count_fragments(&chunk)), (10_000, Some(2)));
    assert_eq!(
        count_fragments(&outbox.next_chunk(100_000).unwrap().unwrap()),
        Some(1),
        "the room grew meanwhile"
    );
}

#[test]
fn a_budget_without_room_is_an_error() {
    let mut outbox = Outbox::new(ObjectIds::new(), 32_768);
    outbox.push(message(10));
    assert_eq!(outbox.next_chunk(21), Err(FragmentError::NoRoom { max: 21 }));
    assert_eq!(outbox.next_chunk(100).map(|chunk| chunk.is_some()), Ok(true));
}

proptest! {
    /// A message that fits one fragment is read where it lies, and pushing costs no more than what is pushed.
    #[test]
    fn the_buffer_does_not_grow_beyond_what_waits(sizes in proptest::collection::vec(1_usize..400, 1..60)) {
        let mut stream = Reassembler::new(1 << 20);
        for (id, size) in (1..).zip(sizes) {
            stream.push(&fragment(id, 0, 3, &vec![0; size]));
            prop_assert_eq!(stream.next_message().unwrap().unwrap().bytes.len(), size);
            prop_assert!(stream.is_idle());
        }
    }
}
