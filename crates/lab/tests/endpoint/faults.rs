//! The faults of WS-Management, and those that are ordered.

use std::time::Duration;

use psbridge_lab::{FaultPlan, Lab};
use psbridge_protocol::message::MessageType;
use psbridge_protocol::payload::CreatePipeline;
use psbridge_protocol::wsman::{Fault, Request, RequestBody, SignalCode, StreamData, WsmanOption, id_text};
use uuid::Uuid;

use super::client::{Client, EXCHANGE, SHELL, command, end, lab, of_type, outputs};

fn code(result: Result<String, Box<Fault>>) -> u32 {
    result.expect_err("a fault").number().expect("a code")
}

#[tokio::test]
async fn creating_refuses_what_windows_refuses() {
    let lab = lab().start().await.unwrap();
    type Change = fn(&mut Request);
    let cases: [(&str, u32, Change); 9] = [
        ("unknown resource", 2_150_858_811, |r| {
            r.header.resource_uri = format!("{SHELL}x")
        }),
        ("resource of another path", 2_150_858_811, |r| {
            r.header.resource_uri = EXCHANGE.to_owned()
        }),
        ("no version", 0x8054_0BC7, |r| r.header.options.clear()),
        ("major version", 0x8054_0BC5, |r| {
            r.header.options = vec![WsmanOption::protocol_version("3.0")]
        }),
        ("version without minor", 0x8054_0BC5, |r| {
            r.header.options = vec![WsmanOption::protocol_version("2")]
        }),
        ("option", 0x8054_0BC6, |r| {
            let option = WsmanOption {
                name: "PS_X".to_owned(),
                value: "1".to_owned(),
                must_comply: true,
            };
            r.header.options.push(option);
        }),
        ("no creationXml", 0x8054_0FA0, |r| {
            if let RequestBody::Create(shell) = &mut r.body {
                shell.creation_xml = None;
            }
        }),
        ("not fragments", 0x8054_0FA0, |r| {
            if let RequestBody::Create(shell) = &mut r.body {
                shell.creation_xml = Some(vec![0xFF; 50]);
            }
        }),
        ("idle timeout too short", 87, |r| {
            if let RequestBody::Create(shell) = &mut r.body {
                shell.idle_timeout = Some(Duration::from_secs(5));
            }
        }),
    ];
    for (what, expected, change) in cases {
        let mut client = Client::new(&lab).await;
        let mut request = client.create_request();
        change(&mut request);
        assert_eq!(code(client.call(&request).await), expected, "{what}");
    }
    assert_eq!(lab.stats().shells, 0);
    assert_eq!(lab.stats().faults, 9);
}

#[tokio::test]
async fn operations_on_nothing_are_faults() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let nobody = id_text(Uuid::new_v4());
    let receive = |id: Option<String>, streams: &str| RequestBody::Receive {
        command_id: id,
        streams: streams.to_owned(),
    };
    let input = |name: &str, id: Option<String>| {
        RequestBody::Send(vec![StreamData {
            name: name.to_owned(),
            command_id: id,
            data: Vec::new(),
            end: false,
        }])
    };
    let signal = RequestBody::Signal {
        command_id: Some(nobody.clone()),
        code: SignalCode::Terminate,
    };
    assert_eq!(
        code(client.send(receive(Some(nobody.clone()), "stdout")).await),
        2_150_858_843
    );
    assert_eq!(code(client.send(receive(None, "stderr")).await), 0x8054_0BC0);
    assert_eq!(
        code(client.send(input("stdin", Some(nobody.clone()))).await),
        2_150_858_843
    );
    assert_eq!(code(client.send(input("other", None)).await), 0x8054_0BBE);
    assert_eq!(code(client.send(signal).await), 2_150_858_843);
    let mut two = RequestBody::powershell_command(Uuid::new_v4(), b"x");
    if let RequestBody::Command(command) = &mut two {
        command.arguments.push(String::new());
    }
    assert_eq!(code(client.send(two).await), 0x8054_0BC4);
    let other = RequestBody::Other {
        action: "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get".to_owned(),
        element: None,
    };
    assert_eq!(code(client.send(other).await), 2_150_858_753);

    // A signal to the shell itself does nothing.
    let to_shell = RequestBody::Signal {
        command_id: None,
        code: SignalCode::Stop,
    };
    client.send(to_shell).await.unwrap();
    let mut without = Request::new(client.header(), receive(None, "stdout"));
    without.header.selectors.clear();
    assert_eq!(code(client.call(&without).await), 2_150_858_842);
    // Ids of shells are compared with their case.
    without.header.selectors = vec![("ShellId".to_owned(), client.shell_id.to_lowercase())];
    assert_eq!(code(client.call(&without).await), 2_150_858_843);

    client.send(RequestBody::Delete).await.unwrap();
    assert_eq!(code(client.send(RequestBody::Delete).await), 2_150_858_843);
    assert_eq!(code(client.send(receive(None, "stdout")).await), 2_150_858_843);
}

#[tokio::test]
async fn headers_are_checked() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let request = Request::new(client.header(), RequestBody::Delete).to_xml();
    let must = r#"<x:New xmlns:x="urn:x" s:mustUnderstand="true">1</x:New></s:Header>"#;
    let cases = [
        (request.replace("</s:Header>", must), 2_150_858_768_u32),
        (
            request.replace(
                "\"en-US\" s:mustUnderstand=\"false\"",
                "\"en-US\" s:mustUnderstand=\"true\"",
            ),
            2_150_858_887,
        ),
        (request.replace("PT20.000S", "soon"), 2_150_858_767),
        (request.replace("<s:Body>", "<s:Broken>"), 2_150_858_767),
        (String::from("hello"), 2_150_858_767),
        (request.replace("PT20.000S", &" ".repeat(520_000)), 2_150_858_790),
    ];
    for (xml, expected) in cases {
        let answer = client.exchange(&xml).await.expect("an answer");
        assert_eq!(answer.status, 500);
        assert!(
            answer.text().contains(&format!("Code=\"{expected}\"")),
            "{expected}: {}",
            answer.text()
        );
    }
    let answer = client.exchange(&" ".repeat(700_000)).await;
    assert!(answer.is_none_or(|answer| answer.status == 413));
}

#[tokio::test]
async fn a_client_that_takes_little_gets_little() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let create = CreatePipeline::new(vec![vec![command("Get-LabText", [("Size", 100_000.into())])]]);
    let id = client.start(&create).await.unwrap();
    client.envelope = 20_000;
    let xml = client.receive(&id).await.unwrap();
    assert!(xml.len() <= 20_000 && xml.len() > 10_000, "{}", xml.len());
    client.envelope = 2_000;
    assert_eq!(code(client.receive(&id).await), 2_150_858_805);
    client.signal(&id, SignalCode::Terminate).await.unwrap();
}

#[tokio::test]
async fn stopping_and_freeing_end_a_pipeline() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let sleep = || CreatePipeline::new(vec![vec![command("Start-Sleep", [("Seconds", 600.into())])]]);
    let id = client.start(&sleep()).await.unwrap();
    client.timeout = Duration::from_millis(20);
    assert_eq!(code(client.receive(&id).await), 2_150_858_793);
    client.timeout = Duration::from_secs(20);
    client.signal(&id, SignalCode::Stop).await.unwrap();
    let all = client.finish(&id).await;
    assert_eq!(end(&all), (3, "PipelineStopped".to_owned()));
    assert_eq!(code(client.receive(&id).await), 2_150_858_843);

    let id = client.start(&sleep()).await.unwrap();
    let code_of_others = SignalCode::Other("powershell/signal/ctrl_c".to_owned());
    client.signal(&id, code_of_others).await.unwrap();
    assert_eq!(code(client.receive(&id).await), 2_150_858_843);
}

#[tokio::test]
async fn the_end_is_told_once() {
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let id = client
        .start(&CreatePipeline::new(vec![vec![command("Get-Date", [])]]))
        .await
        .unwrap();
    let request = client.header();
    let receive = RequestBody::Receive {
        command_id: Some(id.clone()),
        streams: "stdout".to_owned(),
    };
    let request = Request::new(request, receive);
    let first = client.call(&request).await.unwrap();
    assert!(first.contains("CommandState/Done"));
    // The same request again is answered again: its answer may have been lost.
    let again = client.call(&request).await.unwrap();
    let body = |xml: &str| xml.split_once("<s:Body>").unwrap().1.to_owned();
    assert_eq!(body(&first), body(&again));
    assert_eq!(code(client.receive(&id).await), 2_150_858_843);
}

#[tokio::test]
async fn another_user_does_not_see_the_shell() {
    let lab = lab().account("other", "Else-1").start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let request = Request::new(client.header(), RequestBody::Delete).to_xml();
    let other = format!(
        "Basic {}",
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, "other:Else-1")
    );
    let answer = client
        .http
        .post("/wsman", &[("Authorization", &other)], request.as_bytes())
        .await
        .unwrap();
    assert!(answer.text().contains("2150858843"));
    client.send(RequestBody::Delete).await.unwrap();
}

async fn with_plan(plan: &str) -> Lab {
    lab()
        .faults(plan.parse::<FaultPlan>().unwrap())
        .start()
        .await
        .unwrap()
}

#[tokio::test]
async fn ordered_faults_come_when_they_are_ordered() {
    let lab =
        with_plan("fault:2150859173@create/1;status:503@create/2;html:404@create/3;delay:1@create/4").await;
    let mut client = Client::new(&lab).await;
    let request = client.create_request();
    assert_eq!(code(client.call(&request).await), 2_150_859_173);
    let answer = client.exchange(&request.to_xml()).await.unwrap();
    assert_eq!((answer.status, answer.body.len()), (503, 0));
    let answer = client.exchange(&request.to_xml()).await.unwrap();
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("<HTML>"));
    client.call(&request).await.unwrap();
    // Three times nothing was processed.
    assert_eq!(lab.stats().shells, 1);
}

#[tokio::test]
async fn an_answer_that_is_cut_is_given_again() {
    // The third Receive is the first one of the command.
    for plan in ["cut@receive/2", "cut:700@receive/2", "drop@receive/2"] {
        let lab = with_plan(plan).await;
        let mut client = Client::open(&lab).await;
        let create = CreatePipeline::new(vec![vec![command("Get-LabNumber", [("Count", 3.into())])]]);
        let id = client.start(&create).await.unwrap();
        let body = RequestBody::Receive {
            command_id: Some(id.clone()),
            streams: "stdout".to_owned(),
        };
        let request = Request::new(client.header(), body).to_xml();
        assert!(client.exchange(&request).await.is_none(), "{plan}");
        client.http = super::client::Http::connect(&lab).await;
        let all = client.finish(&id).await;
        assert_eq!(outputs(&all).len(), 3, "{plan}");
        assert_eq!(of_type(&all, MessageType::PipelineState).len(), 1, "{plan}");
    }
}
