//! Sessions that are not whole, or not alone, and streams that are not PSRP.

use std::ops::ControlFlow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use psbridge_clixml::Limits;
use psbridge_protocol::fragment::{Fragmenter, ObjectIds};
use psbridge_protocol::message::{Destination, Message, MessageType};
use psbridge_recording::decode::{Item, decode, decode_recording};
use psbridge_recording::{Body, RecordedExchange, RecordedRequest, RecordedResponse, Recording};
use uuid::Uuid;

const SH: &str = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell";
const TRANSFER: &str = "http://schemas.xmlsoap.org/ws/2004/09/transfer";
const POWERSHELL: &str = "http://schemas.microsoft.com/powershell/Microsoft.PowerShell";
const CMD: &str = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/cmd";

fn envelope(header: &str, body: &str) -> Body {
    Body::Text(format!(
        "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope' \
         xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing' \
         xmlns:w='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd' \
         xmlns:x='{TRANSFER}' xmlns:rsp='{SH}'><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ))
}

fn request(action: &str, resource: &str, shell: &str, body: &str) -> Option<RecordedRequest> {
    let header = format!(
        "<a:Action>{action}</a:Action><a:MessageID>uuid:1</a:MessageID><w:ResourceURI>{resource}</w:ResourceURI>\
         <w:SelectorSet><w:Selector Name='ShellId'>{shell}</w:Selector></w:SelectorSet>"
    );
    Some(RecordedRequest {
        body: envelope(&header, body),
        ..RecordedRequest::default()
    })
}

fn receive(resource: &str, shell: &str) -> Option<RecordedRequest> {
    request(
        &format!("{SH}/Receive"),
        resource,
        shell,
        "<rsp:Receive><rsp:DesiredStream>stdout</rsp:DesiredStream></rsp:Receive>",
    )
}

fn received(streams: &[&[u8]]) -> Option<RecordedResponse> {
    let streams: String = streams
        .iter()
        .map(|bytes| format!("<rsp:Stream Name='stdout'>{}</rsp:Stream>", BASE64.encode(bytes)))
        .collect();
    let header = format!("<a:Action>{SH}/ReceiveResponse</a:Action><a:RelatesTo>uuid:1</a:RelatesTo>");
    let body = envelope(
        &header,
        &format!("<rsp:ReceiveResponse>{streams}</rsp:ReceiveResponse>"),
    );
    Some(RecordedResponse {
        status: 200,
        body,
        ..RecordedResponse::default()
    })
}

fn recording(exchanges: Vec<(Option<RecordedRequest>, Option<RecordedResponse>)>) -> Recording {
    let exchanges = exchanges
        .into_iter()
        .zip(0..)
        .map(|((request, response), seq)| RecordedExchange {
            seq,
            request,
            response,
            ..RecordedExchange::default()
        })
        .collect();
    Recording {
        exchanges,
        ..Recording::default()
    }
}

/// The fragments of a message that says `text`, each with so many bytes.
fn fragments(ids: &ObjectIds, text: &str, room: usize) -> Vec<Vec<u8>> {
    let message = Message {
        destination: Destination::Client,
        message_type: MessageType::PipelineOutput,
        rpid: Uuid::from_u128(1),
        pid: Some(Uuid::from_u128(2)),
        data: format!("<S>{text}</S>").into_bytes(),
    };
    let mut fragmenter = Fragmenter::new(&message, ids);
    let mut out = Vec::new();
    while !fragmenter.is_done() {
        let mut bytes = Vec::new();
        fragmenter.write_next(room, &mut bytes).unwrap();
        out.push(bytes);
    }
    out
}

/// What was found, in a few words each.
fn found(recording: &Recording) -> Vec<String> {
    let mut words = Vec::new();
    let _ = decode_recording(recording, &Limits::default(), |item| {
        match item {
            Ok(Item::Message(m)) => words.push(format!(
                "{} {} {} in {}",
                m.exchange.unwrap(),
                m.from,
                m.typed()["data"]["v"].as_str().unwrap_or_default(),
                m.fragments
            )),
            Ok(Item::Bytes(b)) => words.push(format!(
                "{} bytes {}",
                b.exchange.unwrap(),
                String::from_utf8_lossy(&b.bytes)
            )),
            Ok(Item::Fault(f)) => words.push(format!("{} fault {}", f.exchange.unwrap(), f.fault.code)),
            Ok(_) => {}
            Err(problem) => words.push(format!("problem: {problem}")),
        }
        ControlFlow::Continue(())
    });
    words
}

#[test]
fn a_message_goes_over_several_answers_and_faults() {
    let ids = ObjectIds::new();
    let parts = fragments(&ids, "a long text that needs several fragments", 50);
    let (first, rest) = parts.split_first().unwrap();
    let joined = rest.concat();
    let (middle, end) = joined.split_at(7);
    let fault = envelope(
        "<a:Action>http://schemas.dmtf.org/wbem/wsman/1/wsman/fault</a:Action>",
        "<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code><s:Reason><s:Text> no </s:Text></s:Reason></s:Fault>",
    );
    let timeout = RecordedResponse {
        status: 500,
        body: fault,
        ..RecordedResponse::default()
    };
    let recording = recording(vec![
        (receive(POWERSHELL, "S"), received(&[first])),
        (receive(POWERSHELL, "S"), Some(timeout)),
        (receive(POWERSHELL, "S"), received(&[middle, end])),
    ]);
    let count = parts.len();
    assert_eq!(
        found(&recording),
        [
            "1 fault s:Receiver".to_owned(),
            format!("2 server a long text that needs several fragments in {count}")
        ]
    );
}

#[test]
fn a_recording_may_begin_and_end_in_the_middle() {
    let ids = ObjectIds::new();
    let lost = fragments(&ids, "the beginning of this is not here", 50);
    let whole = fragments(&ids, "whole", 500);
    let cut = fragments(&ids, "the end of this is not here", 50);
    let recording = recording(vec![(
        receive(POWERSHELL, "S"),
        received(&[&lost[1..].concat(), &whole[0], &cut[0]]),
    )]);
    let words = found(&recording);
    assert_eq!(words.len(), 3, "{words:?}");
    assert!(
        words[0].starts_with(
            "problem: exchange 0: the server's stream stdout of the shell: fragment 1 of object 1"
        )
    );
    assert_eq!(words[1], "0 server whole in 1");
    assert!(words[2].contains("the capture ends before"), "{}", words[2]);
}

#[test]
fn after_a_connect_the_beginning_may_be_missing() {
    let ids = ObjectIds::new();
    let lost = fragments(&ids, "the beginning of this went to another client", 50);
    let whole = fragments(&ids, "whole", 500);
    let connect = request(&format!("{SH}/Connect"), POWERSHELL, "S", "<rsp:Connect/>");
    let recording = recording(vec![
        (
            connect,
            Some(RecordedResponse {
                status: 200,
                ..RecordedResponse::default()
            }),
        ),
        (
            receive(POWERSHELL, "S"),
            received(&[&lost[1..].concat(), &whole[0]]),
        ),
    ]);
    assert_eq!(found(&recording), ["1 server whole in 1"]);
}

#[test]
fn answers_without_requests_are_told_by_their_bytes() {
    let ids = ObjectIds::new();
    let parts = fragments(&ids, "text", 50).concat();
    let recording = recording(vec![
        (None, received(&[&parts[..10]])),
        (None, received(&[&parts[10..]])),
    ]);
    assert_eq!(found(&recording), ["1 server text in 2"]);
    let text = recording_of_text();
    assert_eq!(
        found(&text),
        ["0 bytes That's all folks!!! said the server.", "1 bytes and more"]
    );
}

fn recording_of_text() -> Recording {
    recording(vec![
        (None, received(&[b"That's all folks!!! said the server."])),
        (None, received(&[b"and more"])),
    ])
}

#[test]
fn shells_are_kept_apart() {
    let (ours, theirs) = (ObjectIds::new(), ObjectIds::new());
    let a = fragments(&ours, "of the first shell, and longer", 60);
    let b = fragments(&theirs, "of the second shell, and longer", 60);
    let recording = recording(vec![
        (receive(POWERSHELL, "A"), received(&[&a[0]])),
        (receive(POWERSHELL, "B"), received(&[&b[0]])),
        (receive(CMD, "C"), received(&[b"plain"])),
        (receive(POWERSHELL, "B"), received(&[&b[1]])),
        (receive(POWERSHELL, "A"), received(&[&a[1]])),
    ]);
    assert_eq!(
        found(&recording),
        [
            "2 bytes plain",
            "3 server of the second shell, and longer in 2",
            "4 server of the first shell, and longer in 2"
        ]
    );
}

#[test]
fn what_a_create_begins_a_send_may_end() {
    let ids = ObjectIds::new();
    let parts = fragments(&ids, "too long for the envelope that creates", 60);
    let xml = format!(
        "<rsp:Shell><creationXml xmlns='http://schemas.microsoft.com/powershell'>{}</creationXml></rsp:Shell>",
        BASE64.encode(&parts[0])
    );
    let header = format!("<a:Action>{TRANSFER}/Create</a:Action><w:ResourceURI>{POWERSHELL}</w:ResourceURI>");
    let create = RecordedRequest {
        body: envelope(&header, &xml),
        ..RecordedRequest::default()
    };
    let created = envelope(
        &format!("<a:Action>{TRANSFER}/CreateResponse</a:Action>"),
        "<x:ResourceCreated><a:ReferenceParameters><w:SelectorSet><w:Selector Name='ShellId'>chosen</w:Selector>\
         </w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>",
    );
    let created = RecordedResponse {
        status: 200,
        body: created,
        ..RecordedResponse::default()
    };
    let send = format!(
        "<rsp:Send><rsp:Stream Name='stdin'>{}</rsp:Stream></rsp:Send>",
        BASE64.encode(parts[1..].concat())
    );
    let recording = recording(vec![
        (Some(create), Some(created)),
        (request(&format!("{SH}/Send"), POWERSHELL, "chosen", &send), None),
    ]);
    assert_eq!(
        found(&recording),
        ["1 client too long for the envelope that creates in 3"]
    );
}

#[test]
fn a_freed_command_owes_nothing() {
    let ids = ObjectIds::new();
    let parts = fragments(&ids, "nobody waits for the rest of this", 50);
    let signal = format!("<rsp:Signal CommandId='C'><rsp:Code>{SH}/signal/Terminate</rsp:Code></rsp:Signal>");
    let mut answer = received(&[&parts[0]]);
    if let Some(Body::Text(text)) = answer.as_mut().map(|r| &mut r.body) {
        *text = text.replace("Name='stdout'", "Name='stdout' CommandId='C'");
    }
    let recording = recording(vec![
        (receive(POWERSHELL, "S"), answer),
        (request(&format!("{SH}/Signal"), POWERSHELL, "S", &signal), None),
    ]);
    assert_eq!(found(&recording), Vec::<String>::new());
}

#[test]
fn other_bodies_are_passed_over() {
    let rest = RecordedExchange {
        seq: 0,
        request: Some(RecordedRequest {
            body: Body::Text("{\"a\":1}".into()),
            ..RecordedRequest::default()
        }),
        response: Some(RecordedResponse {
            status: 404,
            body: Body::Text("<!DOCTYPE html><html>".into()),
            ..RecordedResponse::default()
        }),
        ..RecordedExchange::default()
    };
    let broken = RecordedExchange {
        seq: 1,
        response: Some(RecordedResponse {
            status: 200,
            body: Body::Text("<s:Envelope><unfinished".into()),
            ..RecordedResponse::default()
        }),
        ..RecordedExchange::default()
    };
    let words = found(&Recording {
        exchanges: vec![rest, broken],
        ..Recording::default()
    });
    assert_eq!(words.len(), 1, "{words:?}");
    assert!(words[0].starts_with("problem: exchange 1: the response is a soap envelope that cannot be read"));
}

#[test]
fn bare_fragments_say_who_sent_them() {
    let ids = ObjectIds::new();
    let bytes = [fragments(&ids, "one", 45), fragments(&ids, "two", 500)]
        .concat()
        .concat();
    let mut lines = Vec::new();
    let _ = decode(&bytes, &Limits::default(), |item| {
        if let Item::Message(message) = item.unwrap() {
            lines.push(message.typed());
        }
        ControlFlow::Continue(())
    });
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["from"], "server");
    assert_eq!(lines[1]["object_id"], 2);
    assert!(lines[1].get("exchange").is_none() && lines[0]["fragments"].as_u64() > Some(1));
}
