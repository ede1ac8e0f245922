//! No secret reaches a recording, however the messages are cut.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use psbridge_clixml::Limits;
use psbridge_protocol::fragment::{Fragmenter, ObjectIds};
use psbridge_protocol::message::{Destination, Message, MessageType};
use psbridge_recording::decode::{Data, Item, decode_recording};
use psbridge_recording::{Body, Header, RecordedExchange, RecordedRequest, Recording, Scrubber, Writer};
use std::ops::ControlFlow;
use uuid::Uuid;

const SHELL: &str = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell";

fn send(streams: &str) -> Body {
    Body::Text(format!(
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' \
         xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing' \
         xmlns:w='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd' xmlns:rsp='{SHELL}'><s:Header>\
         <a:To>https://mail.contoso.com/PowerShell/</a:To><a:Action>{SHELL}/Send</a:Action>\
         <w:ResourceURI>http://schemas.microsoft.com/powershell/Microsoft.Exchange</w:ResourceURI>\
         <w:SelectorSet><w:Selector Name='ShellId'>S</w:Selector></w:SelectorSet></s:Header>\
         <s:Body><rsp:Send>{streams}</rsp:Send></s:Body></s:Envelope>"
    ))
}

/// The requests that carry a message, a fragment of so many bytes in each, several streams to a request.
fn requests(clixml: &str, room: usize, per_request: usize) -> Vec<RecordedExchange> {
    let message = Message {
        destination: Destination::Server,
        message_type: MessageType::PipelineInput,
        rpid: Uuid::from_u128(1),
        pid: Some(Uuid::from_u128(2)),
        data: clixml.as_bytes().to_vec(),
    };
    let mut fragmenter = Fragmenter::new(&message, &ObjectIds::new());
    let mut streams = Vec::new();
    while !fragmenter.is_done() {
        let mut bytes = Vec::new();
        fragmenter.write_next(room, &mut bytes).unwrap();
        streams.push(format!(
            "<rsp:Stream Name='stdin' CommandId='C'>{}</rsp:Stream>",
            BASE64.encode(bytes)
        ));
    }
    streams
        .chunks(per_request)
        .zip(0..)
        .map(|(streams, seq)| RecordedExchange {
            seq,
            request: Some(RecordedRequest {
                method: "POST".into(),
                path: "/PowerShell/?token=abc".into(),
                headers: vec![("Authorization".into(), "Basic dTpw".into())],
                body: send(&streams.concat()),
                ..RecordedRequest::default()
            }),
            ..RecordedExchange::default()
        })
        .collect()
}

fn record(exchanges: Vec<RecordedExchange>, scrubber: Scrubber) -> (String, Recording) {
    let mut writer = Writer::new(Vec::new(), Header::new(None), scrubber).unwrap();
    for exchange in exchanges {
        writer.write(exchange).unwrap();
    }
    let file = String::from_utf8(writer.into_inner()).unwrap();
    let recording = Recording::read(file.as_bytes()).unwrap();
    (file, recording)
}

/// The plain JSON of the one message that was recorded, and its length.
fn message(recording: &Recording) -> (String, usize) {
    let mut found = Vec::new();
    let _ = decode_recording(recording, &Limits::default(), |item| {
        if let Item::Message(message) = item.unwrap() {
            let Data::Clixml(document) = &message.data else {
                panic!("no data: {:?}", message.data)
            };
            let text = psbridge_clixml::json::plain(document, document.root().unwrap()).to_string();
            found.push((text, message.message_bytes));
        }
        ControlFlow::Continue(())
    });
    found.pop().unwrap()
}

const SECRETS: &str = "<Obj RefId=\"0\"><MS><S N=\"Name\">ada@contoso.com</S><SS N=\"Secure\">cABhAHMAcwA=</SS>\
    <S N=\"Password\">hunter2</S><I32 N=\"Count\">1234</I32><G N=\"Id\">0123abcd-0000-0000-0000-000000000000</G>\
    <S N=\"Link\">see eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJl end</S></MS></Obj>";

#[test]
fn secrets_are_taken_out_and_lengths_stay() {
    for (room, per_request) in [(32_768, 1), (100, 10), (60, 3), (22, 1), (24, 1), (30, 1)] {
        let exchanges = requests(SECRETS, room, per_request);
        let (file, recording) = record(
            exchanges,
            Scrubber::new().hide("Contoso").hide("1234").hide("0123ABCD"),
        );
        for secret in ["contoso", "token=abc", "dTpw"] {
            assert!(!file.to_lowercase().contains(secret), "{secret} is in the file");
        }
        let (text, length) = message(&recording);
        assert_eq!(length, 40 + SECRETS.len());
        let context = format!("{room} bytes, {per_request} streams: {text}");
        assert!(text.contains(r#""Password":"*******""#), "{context}");
        assert!(
            text.contains("<SecureString>") && !text.contains("cABh"),
            "{context}"
        );
        assert!(!text.contains("1234,"), "{context}");
        assert!(
            !text.contains("contoso") && !text.contains("0123abcd"),
            "{context}"
        );
        // A token is known by its first part, which says how it is signed.
        assert!(
            !text.contains("eyJzdWIi") && !text.contains("c2lnbm"),
            "{context}"
        );
        assert!(text.ends_with("* end\"}"), "{context}");
        if room > 1000 {
            assert!(text.contains(r#""Name":"ada@*******.com""#), "{context}");
            assert!(text.contains(r#""Count":1111"#), "{context}");
        }
    }
}

#[test]
fn session_keys_are_taken_out() {
    let key = "<Obj RefId=\"0\"><MS><S N=\"EncryptedSessionKey\">AQIAABBmAAAApAAA+w==</S></MS></Obj>";
    let (_, recording) = record(requests(key, 32_768, 1), Scrubber::new());
    assert_eq!(
        message(&recording).0,
        r#"{"EncryptedSessionKey":"AAAAAAAAAAAAAAAAAA=="}"#
    );
}

#[test]
fn what_is_hidden_is_not_named() {
    let scrubber = Scrubber::new().hide("contoso");
    assert!(!format!("{scrubber:?} {:?}", scrubber.rules()).contains("contoso"));
    let mut header = Header::new(None);
    header
        .endpoint
        .insert("origin".into(), "https://mail.contoso.com".into());
    let file = Writer::new(Vec::new(), header, scrubber).unwrap().into_inner();
    let file = String::from_utf8(file).unwrap();
    assert!(
        file.contains("https://mail.*******.com") && file.contains("patterns:1"),
        "{file}"
    );
}

#[test]
fn texts_of_command_shells_are_scrubbed_too() {
    let body = send(&format!(
        "<rsp:Stream Name='stdout'>{}</rsp:Stream>",
        BASE64.encode("user contoso\\ada logged on")
    ));
    let body = Body::Text(
        String::from_utf8(body.into_bytes())
            .unwrap()
            .replace("powershell/Microsoft.Exchange", "cmd"),
    );
    let exchange = RecordedExchange {
        request: Some(RecordedRequest {
            body,
            ..RecordedRequest::default()
        }),
        ..RecordedExchange::default()
    };
    let (file, _) = record(vec![exchange], Scrubber::new().hide("contoso"));
    assert!(
        file.contains(&BASE64.encode("user *******\\ada logged on")),
        "{file}"
    );
}

/// However small the pieces: the resource tells that the stream is PSRP.
#[test]
fn pieces_of_fragments_are_scrubbed() {
    let [whole] = <[RecordedExchange; 1]>::try_from(requests(SECRETS, 32_768, 1)).unwrap();
    let text = String::from_utf8(whole.request.unwrap().body.into_bytes()).unwrap();
    let start = text.find("CommandId='C'>").unwrap() + "CommandId='C'>".len();
    let end = start + text[start..].find('<').unwrap();
    let bytes = BASE64.decode(&text[start..end]).unwrap();
    let pieces = bytes.chunks(7).zip(0..).map(|(piece, seq)| {
        let body = format!("{}{}{}", &text[..start], BASE64.encode(piece), &text[end..]);
        let request = RecordedRequest {
            body: Body::Text(body),
            ..RecordedRequest::default()
        };
        RecordedExchange {
            seq,
            request: Some(request),
            ..RecordedExchange::default()
        }
    });
    let (_, recording) = record(pieces.collect(), Scrubber::new());
    let (found, length) = message(&recording);
    assert_eq!(length, 40 + SECRETS.len());
    assert!(
        found.contains(r#""Password":"*******""#) && !found.contains("eyJzdWIi"),
        "{found}"
    );
}
