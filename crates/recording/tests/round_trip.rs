//! What is written is read again, and nothing that is read makes the crate fall over.

use std::ops::ControlFlow;

use proptest::prelude::*;
use psbridge_clixml::Limits;
use psbridge_recording::decode::decode;
use psbridge_recording::{
    Body, Header, Millis, Packet, Reader, RecordedExchange, RecordedRequest, RecordedResponse, Recording,
    Scrubber, Side, WireBytes, Writer,
};

/// Text in which the scrubber finds nothing to do.
fn text() -> impl Strategy<Value = String> {
    "[ a-z<>&\"'\\\\\u{0}-\u{1f}\u{e9}\u{1f600}]{0,40}"
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        Just(Body::None),
        text()
            .prop_filter("an empty text is a text of its own", |t| !t.is_empty())
            .prop_map(Body::Text),
        prop::collection::vec(0x80_u8..0xC0, 1..40).prop_map(Body::Bytes),
    ]
}

fn headers() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(("[A-Z][a-z-]{0,9}", text()), 0..4)
}

prop_compose! {
    fn request()(
        method in "[A-Z]{1,6}", origin in prop::option::of("https://[a-z]{1,9}"), path in "/[a-z/]{0,20}",
        headers in headers(), body in body(),
    ) -> RecordedRequest {
        RecordedRequest { method, origin, path, headers, body }
    }
}

prop_compose! {
    fn response()(
        status in 100_u16..600, status_recorded in prop::option::of(any::<bool>()), headers in headers(), body in body(),
    ) -> RecordedResponse {
        RecordedResponse { status, status_recorded, headers, body }
    }
}

prop_compose! {
    fn exchange()(
        seq in 0_u64..1000, conn in prop::option::of(any::<u64>()), at in prop::option::of(0_u64..1 << 50),
        ms in prop::option::of(0_u64..1 << 50), wire in prop::option::of((any::<u64>(), any::<u64>())),
        request in prop::option::of(request()), response in prop::option::of(response()),
        error in prop::option::of(text()),
    ) -> RecordedExchange {
        RecordedExchange {
            seq,
            conn,
            at_ms: at.map(Millis::from_micros),
            first_byte_ms: ms.map(|ms| Millis::from_micros(ms / 2)),
            ms: ms.map(Millis::from_micros),
            wire_bytes: wire.map(|(request, response)| WireBytes { request, response }),
            request,
            response,
            error,
            recording_notes: None,
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(exchanges in prop::collection::vec(exchange(), 0..6)) {
        let mut writer = Writer::new(Vec::new(), Header::new(None), Scrubber::new()).unwrap();
        for exchange in &exchanges {
            writer.write(exchange.clone()).unwrap();
        }
        let file = writer.into_inner();
        let found = Recording::read(file.as_slice()).unwrap();
        let mut expected = exchanges;
        expected.sort_by_key(|exchange| exchange.seq);
        prop_assert_eq!(found.header.unwrap().scrubbed, Scrubber::new().rules());
        prop_assert_eq!(found.exchanges, expected);
    }

    #[test]
    fn packets_are_read_as_they_are_written(
        seq in any::<u64>(), client in any::<bool>(), element in "[A-Z][A-Za-z]{1,9}",
        guid in any::<[u8; 16]>(), data in prop::option::of("[A-Za-z0-9+/]{0,40}"),
    ) {
        let packet = Packet {
            seq,
            from: if client { Side::Client } else { Side::Server },
            element,
            stream: data.as_ref().map(|_| "Default".to_owned()),
            psguid: uuid::Uuid::from_bytes(guid),
            data,
        };
        let line = serde_json::to_string(&packet).unwrap();
        let outcome = Reader::new().read(line.as_bytes());
        prop_assert!(outcome.errors.is_empty());
        prop_assert_eq!(outcome.capture, psbridge_recording::Capture::Packets(vec![packet]));
    }

    #[test]
    fn a_recording_that_is_cut_off_is_good_up_to_its_last_line(
        exchanges in prop::collection::vec(exchange(), 1..4), cut in any::<prop::sample::Index>(),
    ) {
        let mut writer = Writer::new(Vec::new(), Header::new(None), Scrubber::new()).unwrap();
        for exchange in &exchanges {
            writer.write(exchange.clone()).unwrap();
        }
        let file = writer.into_inner();
        let kept = &file[..cut.index(file.len())];
        let whole = kept.iter().filter(|b| **b == b'\n').count().saturating_sub(1);
        let outcome = Reader::new().read(kept);
        let psbridge_recording::Capture::Exchanges(recording) = outcome.capture else { panic!("packets") };
        // The line that was cut may have given something, too.
        prop_assert!((whole..=whole + 1).contains(&recording.exchanges.len()));
        for exchange in &exchanges[..whole] {
            prop_assert!(recording.exchanges.contains(exchange));
        }
    }

    #[test]
    fn nothing_makes_decoding_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes, &Limits::default(), |_| ControlFlow::Continue(()));
    }

    #[test]
    fn no_envelope_makes_decoding_panic(
        parts in prop::collection::vec(prop_oneof![
            Just("<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' xmlns:r='http://schemas.microsoft.com/wbem/wsman/1/windows/shell'>"),
            Just("<s:Header>"), Just("</s:Header>"), Just("<s:Body>"), Just("</s:Body>"), Just("</s:Envelope>"),
            Just("<r:ReceiveResponse>"), Just("<r:Stream Name='stdout' CommandId='x'>"), Just("</r:Stream>"),
            Just("AAAAAAAAAAEAAAAAAAAAAAMAAADKAgAAAAIAAQAAAAAAAAAAAAAAAAAAAAA="), Just("<!DOCTYPE a>"), Just("&#xD83D;"),
            Just("\"}"), Just("<![CDATA["), Just("]]>"), Just("<a b='"), Just("<"), Just("&amp;"),
        ], 0..12),
        line in any::<bool>(),
    ) {
        let body = parts.concat();
        let exchange = RecordedExchange {
            response: Some(RecordedResponse { status: 200, body: Body::Text(body.clone()), ..RecordedResponse::default() }),
            ..RecordedExchange::default()
        };
        let input = if line { serde_json::to_string(&exchange).unwrap() } else { body };
        let _ = decode(input.as_bytes(), &Limits::default(), |_| ControlFlow::Continue(()));
        let scrubbed = Scrubber::new().hide("a").hide("Name").scrub(exchange.clone());
        let length = |e: &RecordedExchange| e.response.as_ref().map(|r| r.body.as_bytes().len());
        prop_assert_eq!(length(&scrubbed), length(&exchange));
    }
}
