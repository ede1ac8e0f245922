//! Framing against every form that peers write, and against damage.

use proptest::prelude::*;

use super::{EncryptedType, SealedBody, frame, open_body, read_blocks, seal_body};
use crate::{Entropy, Error, SPNEGO_PROTOCOL, SealedBlock, SecurityContext, Step, Unsealed};

const HEADER: &str = "multipart/encrypted;protocol=\"application/HTTP-SPNEGO-session-encrypted\";boundary=\"Encrypted Boundary\"";
const SOAP: &str = "application/soap+xml;charset=UTF-8";

/// A context that turns every bit, cuts into blocks of `chunk` bytes and adds `padding` to each, so that framing can be
/// tested with blocks as Kerberos and CredSSP make them.
struct Turning {
    chunk: usize,
    padding: usize,
    header: Vec<u8>,
}

impl Turning {
    fn new() -> Self {
        Self {
            chunk: usize::MAX,
            padding: 0,
            header: vec![0x5a; 16],
        }
    }
}

impl SecurityContext for Turning {
    fn step(&mut self, _: Option<&[u8]>, _: u64, _: &mut dyn Entropy) -> Result<Step, Error> {
        Ok(Step::Done(None))
    }

    fn is_complete(&self) -> bool {
        true
    }

    fn can_seal(&self) -> bool {
        true
    }

    fn seal(&mut self, plain: &[u8]) -> Result<Vec<SealedBlock>, Error> {
        let chunks: Vec<&[u8]> = if plain.is_empty() {
            vec![plain]
        } else {
            plain.chunks(self.chunk).collect()
        };
        let block = |chunk: &[u8]| SealedBlock {
            header: self.header.clone(),
            data: chunk
                .iter()
                .map(|byte| !byte)
                .chain(std::iter::repeat_n(0, self.padding))
                .collect(),
            plain_length: chunk.len() + self.padding,
        };
        Ok(chunks.into_iter().map(block).collect())
    }

    fn unseal(&mut self, block: &mut [u8], header_length: usize) -> Result<Unsealed, Error> {
        block.iter_mut().for_each(|byte| *byte = !*byte);
        Ok(Unsealed {
            range: header_length..block.len() - self.padding,
            padding: self.padding,
        })
    }

    fn protocol_name(&self) -> &'static str {
        SPNEGO_PROTOCOL
    }
}

fn turned(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| !byte).collect()
}

/// A body in parts, so that tests can replace one.
struct Parts<'a> {
    open: &'a str,
    protocol: &'a str,
    original: &'a str,
    middle: &'a str,
    kind: &'a str,
    signature: &'a [u8],
    data: Vec<u8>,
    close: &'a str,
}

impl Parts<'_> {
    fn plain() -> Self {
        Parts {
            open: "--Encrypted Boundary\r\n",
            protocol: "\tContent-Type: application/HTTP-SPNEGO-session-encrypted\r\n",
            original: "\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length=5\r\n",
            middle: "--Encrypted Boundary\r\n",
            kind: "\tContent-Type: application/octet-stream\r\n",
            signature: b"\x04\0\0\0SIGN",
            data: turned(b"hello"),
            close: "--Encrypted Boundary--\r\n",
        }
    }

    fn body(&self) -> Vec<u8> {
        let text = [self.open, self.protocol, self.original, self.middle, self.kind].concat();
        [text.as_bytes(), self.signature, &self.data, self.close.as_bytes()].concat()
    }

    fn open(&self) -> Result<super::OpenedBody, Error> {
        open_body(&mut Turning::new(), HEADER, self.body())
    }
}

#[test]
fn bodies_are_written_as_windows_writes_them() {
    let SealedBody { content_type, body } = seal_body(&mut Turning::new(), b"hello").unwrap();
    assert_eq!(content_type, HEADER);
    let expected = Parts {
        signature: b"\x10\0\0\0ZZZZZZZZZZZZZZZZ",
        ..Parts::plain()
    }
    .body();
    assert_eq!(body, expected);
}

#[test]
fn every_form_of_the_peers_is_read() {
    let exchange = Parts {
        open: "-- Encrypted Boundary\r\n",
        middle: "-- Encrypted Boundary\r\n",
        close: "-- Encrypted Boundary--\r\n",
        ..Parts::plain()
    };
    let no_tabs = Parts {
        protocol: "Content-Type: application/HTTP-SPNEGO-session-encrypted\r\n",
        original: "OriginalContent: type=application/soap+xml;charset=UTF-8;Length=5\r\n",
        kind: "Content-Type: application/octet-stream\r\n",
        ..Parts::plain()
    };
    let other_case = Parts {
        protocol: "\tcontent-type:application/http-spnego-session-encrypted\r\n",
        original: "  ORIGINALCONTENT: Type=application/soap+xml; charset=UTF-8; length=5;\r\n",
        kind: "\tContent-Type: Application/Octet-Stream\r\n",
        ..Parts::plain()
    };
    let no_last_line_end = Parts {
        close: "--Encrypted Boundary--",
        ..Parts::plain()
    };
    let empty_first_line = Parts {
        open: "\r\n--Encrypted Boundary\r\n",
        ..Parts::plain()
    };
    for parts in [
        Parts::plain(),
        exchange,
        no_tabs,
        other_case,
        no_last_line_end,
        empty_first_line,
    ] {
        let opened = parts.open().unwrap();
        assert_eq!(
            (opened.content_type.replace(' ', ""), &opened.body[..]),
            (SOAP.into(), b"hello".as_slice())
        );
    }
}

#[test]
fn data_may_hold_the_text_of_a_boundary() {
    for text in [
        "a--Encrypted Boundary--\r\nb",
        "--Encrypted Boundary\r\n",
        "-- Encrypted Boundary--\r\n-- Encrypted Boundary--\r\n",
        "\r\n",
        "--",
    ] {
        let original = format!(
            "\tOriginalContent: type=application/soap+xml;Length={}\r\n",
            text.len()
        );
        let parts = Parts {
            data: text.as_bytes().to_vec(),
            original: &original,
            ..Parts::plain()
        };
        assert_eq!(parts.open().unwrap().body[..], turned(text.as_bytes()), "{text}");
    }
}

#[test]
fn a_whole_body_inside_the_data_is_data() {
    let inner = Parts::plain().body();
    let original = format!(
        "\tOriginalContent: type=application/soap+xml;Length={}\r\n",
        inner.len()
    );
    let parts = Parts {
        data: inner.clone(),
        original: &original,
        ..Parts::plain()
    };
    assert_eq!(parts.open().unwrap().body[..], turned(&inner));
    let multiple = open_body(
        &mut Turning::new(),
        &HEADER.replace("encrypted;", "x-multi-encrypted;"),
        parts.body(),
    );
    assert_eq!(multiple.unwrap().body[..], turned(&inner));
}

#[test]
fn lengths_are_verified() {
    for length in ["4", "6", "0", "-5", "+5", "5 5", "", "99999999999999999999999"] {
        let original =
            format!("\tOriginalContent: type=application/soap+xml;charset=UTF-8;Length={length}\r\n");
        let refused = Parts {
            original: &original,
            ..Parts::plain()
        }
        .open();
        assert!(
            matches!(refused, Err(Error::Framing { .. })),
            "{length}: {refused:?}"
        );
    }
    for signature in [
        b"\xff\xff\xff\xff".as_slice(),
        b"\0\0\x01\0",
        b"\x30\0\0\0",
        b"",
        b"\x01\0",
    ] {
        let refused = Parts {
            signature,
            data: Vec::new(),
            ..Parts::plain()
        }
        .open();
        assert!(
            matches!(refused, Err(Error::Framing { .. })),
            "{signature:?}: {refused:?}"
        );
    }
}

#[test]
fn broken_framing_is_an_error_with_its_place() {
    let plain = Parts::plain;
    let part = plain();
    let first = part.open.len();
    let second = first + part.protocol.len() + part.original.len();
    let end = part.body().len();
    for (parts, place) in [
        (
            Parts {
                open: "--Other Boundary\r\n",
                ..plain()
            },
            0,
        ),
        (
            Parts {
                open: "Encrypted Boundary\r\n",
                ..plain()
            },
            0,
        ),
        (
            Parts {
                protocol: "",
                ..plain()
            },
            first,
        ),
        (
            Parts {
                middle: "",
                ..plain()
            },
            second,
        ),
        (
            Parts {
                kind: "\tContent-Type: text/plain\r\n",
                ..plain()
            },
            second + part.middle.len(),
        ),
        (
            Parts {
                close: "--Encrypted Boundary\r\n",
                ..plain()
            },
            end - 2,
        ),
        (Parts { close: "", ..plain() }, end - part.close.len()),
    ] {
        match parts.open() {
            Err(Error::Framing { offset, .. }) => assert_eq!(offset, place, "{:?}", parts.open()),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_body_cut_anywhere_is_an_error() {
    let body = Parts::plain().body();
    // Without the last line end it is whole.
    for end in 0..body.len() - 2 {
        let refused = open_body(&mut Turning::new(), HEADER, body[..end].to_vec());
        assert!(
            matches!(refused, Err(Error::Framing { .. })),
            "cut at {end}: {refused:?}"
        );
    }
}

#[test]
fn several_blocks_become_one_message() {
    let text = vec![b'x'; 100];
    for (chunk, padding, header) in [(16, 0, 16), (16, 1, 45), (40, 37, 17), (100, 0, 0), (1, 0, 1)] {
        let mut context = Turning {
            chunk,
            padding,
            header: vec![1; header],
        };
        let sealed = seal_body(&mut context, &text).unwrap();
        let kind = EncryptedType::parse(&sealed.content_type).unwrap();
        assert_eq!(kind.multiple, chunk < 100);
        assert_eq!(
            read_blocks(&kind, &sealed.body).unwrap().len(),
            text.len().div_ceil(chunk)
        );
        assert_eq!(
            open_body(&mut context, &sealed.content_type, sealed.body)
                .unwrap()
                .body,
            text
        );
    }
}

#[test]
fn blocks_whose_data_is_longer_than_their_text_are_found() {
    // TLS records: the length field counts the trailer alone, the rest of the record follows as data.
    let mut body = Vec::new();
    for number in 0..3_u8 {
        let block = SealedBlock {
            header: vec![number; 16],
            data: vec![b'-'; 50],
            plain_length: 37,
        };
        frame::write_block(&mut body, "application/HTTP-CredSSP-session-encrypted", &block).unwrap();
    }
    frame::write_end(&mut body);
    let kind = EncryptedType::parse("multipart/x-multi-encrypted").unwrap();
    let blocks = read_blocks(&kind, &body).unwrap();
    assert_eq!(blocks.len(), 3);
    assert!(
        blocks
            .iter()
            .all(|block| block.data.len() == 50 && block.original_length == 37)
    );
}

#[test]
fn one_block_stays_where_it_was_received() {
    let body = Parts::plain().body();
    let place = body.as_ptr() as usize;
    let opened = open_body(&mut Turning::new(), HEADER, body).unwrap();
    assert!((place..place + 300).contains(&(opened.body.as_ptr() as usize)));
}

#[test]
fn content_types_are_recognised() {
    for (header, multiple, protocol, boundary) in [
        (HEADER, false, Some(SPNEGO_PROTOCOL), "Encrypted Boundary"),
        ("Multipart/Encrypted", false, None, "Encrypted Boundary"),
        (
            "multipart/encrypted; boundary=Encrypted Boundary",
            false,
            None,
            "Encrypted Boundary",
        ),
        (
            "multipart/encrypted; Boundary=\"a;b\" ; PROTOCOL=x",
            false,
            Some("x"),
            "a;b",
        ),
        (
            "multipart/x-multi-encrypted;boundary=\"\"",
            true,
            None,
            "Encrypted Boundary",
        ),
    ] {
        let found = EncryptedType::parse(header).unwrap();
        assert_eq!(
            (found.multiple, found.protocol.as_deref(), found.boundary.as_str()),
            (multiple, protocol, boundary)
        );
    }
    for header in [
        "",
        SOAP,
        "multipart/mixed",
        "text/html; x=multipart/encrypted",
        "multipart/encryptedx",
    ] {
        assert_eq!(EncryptedType::parse(header), None, "{header}");
    }
}

#[test]
fn bodies_of_another_mechanism_are_refused() {
    for header in [
        "application/soap+xml;charset=UTF-8",
        "multipart/encrypted;protocol=\"application/HTTP-Kerberos-session-encrypted\";boundary=\"Encrypted Boundary\"",
    ] {
        let refused = open_body(&mut Turning::new(), header, Parts::plain().body());
        assert!(matches!(refused, Err(Error::ContentType { .. })), "{header}");
    }
    let kerberos = "\tContent-Type: application/HTTP-Kerberos-session-encrypted\r\n";
    let refused = Parts {
        protocol: kerberos,
        ..Parts::plain()
    }
    .open();
    assert!(matches!(refused, Err(Error::ContentType { .. })));
}

proptest! {
    #[test]
    fn sealed_bodies_open_again(
        text in prop::collection::vec(any::<u8>(), 0..2000),
        chunk in 1_usize..700,
        padding in 0_usize..20,
        header in prop::collection::vec(any::<u8>(), 0..70),
    ) {
        let mut context = Turning { chunk, padding, header };
        let sealed = seal_body(&mut context, &text).unwrap();
        let opened = open_body(&mut context, &sealed.content_type, sealed.body).unwrap();
        prop_assert_eq!(opened.body, text);
    }

    #[test]
    fn damaged_bodies_do_no_harm(at in 0_usize..260, byte: u8, multiple: bool, insert: bool) {
        let mut body = Parts::plain().body();
        let at = at.min(body.len() - 1);
        if insert { body.insert(at, byte) } else { body[at] = byte }
        let kind = EncryptedType { multiple, ..EncryptedType::parse(HEADER).unwrap() };
        if let Ok(blocks) = read_blocks(&kind, &body) {
            for block in blocks {
                prop_assert!(block.header.end == block.data.start && block.data.end <= body.len());
            }
        }
    }
}
