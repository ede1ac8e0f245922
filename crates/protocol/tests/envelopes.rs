//! Every recorded envelope says what its expectation says.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

mod support;

use std::collections::HashMap;

use psbridge_protocol::fragment::count_fragments;
use psbridge_protocol::wsman::{Fault, Inspected, Request, Response, ResponseBody, inspect};
use serde_json::{Map, Value as Json, json};

#[test]
fn recorded_envelopes_are_understood() {
    let Some(folder) = support::recordings() else {
        return;
    };
    let mut seen = 0;
    for kind in ["psrp", "winrs"] {
        for path in support::files(&folder.join(kind), ".jsonl") {
            seen += check_recording(&path);
        }
    }
    println!("{seen} envelopes");
    assert!(seen > 0, "there are recordings, but no envelopes");
}

fn check_recording(path: &std::path::Path) -> usize {
    let expected = support::json(&support::expectation(path));
    let mut powershell_shells = HashMap::new();
    let mut seen = 0;
    for exchange in support::lines(path) {
        let seq = &exchange["seq"];
        let row = expected["exchanges"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["seq"] == *seq)
            .unwrap();
        let request = exchange["request"]["body"]
            .as_str()
            .map(|body| inspect(body.as_bytes()).unwrap());
        let response = exchange["response"]["body"]
            .as_str()
            .filter(|body| !body.is_empty())
            .map(|body| inspect(body.as_bytes()).unwrap());
        let psrp = is_psrp(request.as_ref(), response.as_ref(), &mut powershell_shells);
        for (side, inspected) in [("request", &request), ("response", &response)] {
            let Some(inspected) = inspected else { continue };
            let mut wanted = row[side].clone();
            for key in ["status", "messages"] {
                wanted.as_object_mut().unwrap().remove(key);
            }
            let found = info(inspected, psrp, side == "response");
            assert_eq!(found, wanted, "{} exchange {seq} {side}", path.display());
            seen += 1;
        }
        check_typed(&exchange, request.as_ref(), response.as_ref());
    }
    seen
}

/// Whether the streams of this exchange carry PSRP.
fn is_psrp(
    request: Option<&Inspected>,
    response: Option<&Inspected>,
    shells: &mut HashMap<String, bool>,
) -> Option<bool> {
    let shell = request.and_then(|request| request.shell_id.clone());
    let own = request.and_then(Inspected::is_powershell);
    let created =
        response.and_then(|response| Some((response.created_shell_id.clone()?, response.is_powershell()?)));
    if let Some((shell, psrp)) = created {
        shells.insert(shell, psrp);
    }
    own.or_else(|| shells.get(&shell?).copied())
}

/// The INFO of recordings/INDEX.md.
fn info(inspected: &Inspected, psrp: Option<bool>, response: bool) -> Json {
    let mut info = Map::new();
    let mut put = |key: &str, value: &Option<String>| {
        if let Some(value) = value {
            info.insert(key.to_owned(), json!(value));
        }
    };
    put("action", &inspected.action);
    put("message_id", &inspected.message_id);
    put("relates_to", &inspected.relates_to);
    put("resource_uri", &inspected.resource_uri);
    put("operation_id", &inspected.operation_id);
    put("shell_id", &inspected.shell_id);
    put("body_element", &inspected.body_element);
    if response {
        put("command_id", &inspected.command_id);
    }
    if let Some(fault) = &inspected.fault {
        info.insert("fault".to_owned(), fault_json(fault));
    }
    if let Some(state) = &inspected.command_state {
        let row = json!({
            "command_id": state.command_id, "state": state.state.name(), "exit_code": state.exit_code,
        });
        info.insert("command_state".to_owned(), row);
    }
    let streams: Vec<Json> = inspected
        .streams
        .iter()
        .map(|stream| {
            let data = stream.data.as_ref().unwrap();
            let mut row = json!({"element": stream.element, "bytes": data.len()});
            if stream.element == "Stream" {
                row["name"] = json!(stream.name);
                row["command_id"] = json!(stream.command_id);
            }
            if let Some(end) = &stream.end {
                row["end"] = json!(end);
            }
            let fragments = count_fragments(data).filter(|_| psrp != Some(false));
            if let Some(fragments) = fragments.filter(|count| *count > 0) {
                row["fragments"] = json!(fragments);
            }
            row
        })
        .collect();
    if !streams.is_empty() {
        info.insert("streams".to_owned(), Json::Array(streams));
    }
    Json::Object(info)
}

fn fault_json(fault: &Fault) -> Json {
    let mut row = json!({"code": fault.code, "subcode": fault.subcode, "reason": fault.reason});
    if let Some(code) = fault.wsman_code {
        row["wsman_code"] = json!(code);
        row["wsman_machine"] = json!(fault.machine);
    }
    if let Some(provider) = &fault.provider {
        row["provider"] = json!(provider.name);
        row["provider_text"] = json!(provider.text);
    } else if fault.wsman_code.is_some() {
        row["wsman_message"] = json!(fault.message);
    }
    row
}

/// The typed readers agree with the general one.
fn check_typed(exchange: &Json, request: Option<&Inspected>, response: Option<&Inspected>) {
    if let Some(inspected) = request {
        // A few of the recorded requests are wrong on purpose.
        if let Ok(request) = Request::parse(exchange["request"]["body"].as_str().unwrap()) {
            assert_eq!(Some(request.body.action()), inspected.action.as_deref());
            assert_eq!(request.header.shell_id(), inspected.shell_id.as_deref());
            assert_eq!(Some(&request.header.message_id), inspected.message_id.as_ref());
            assert_eq!(
                (request.not_understood, request.locale_must_understand),
                (Vec::new(), false)
            );
        } else {
            let fault = response.and_then(|response| response.fault.as_ref());
            assert_eq!(
                fault.and_then(Fault::number),
                Some(2_150_858_767),
                "only bad headers are refused"
            );
        }
    }
    if let Some(inspected) = response {
        let response = Response::parse(exchange["response"]["body"].as_str().unwrap()).unwrap();
        match &response.body {
            ResponseBody::Fault(fault) => {
                assert_eq!(Some(&**fault), inspected.fault.as_ref());
                assert!(fault.number().is_some(), "every recorded fault has a number");
                assert!(!fault.text().is_empty());
            }
            ResponseBody::Command { command_id } => {
                assert_eq!(Some(command_id), inspected.command_id.as_ref())
            }
            ResponseBody::Create(created) => {
                assert_eq!(created.shell_id(), inspected.created_shell_id.as_deref());
            }
            ResponseBody::Receive(receive) => {
                let decoded: Vec<_> = receive
                    .streams
                    .iter()
                    .map(|stream| stream.decode().unwrap())
                    .collect();
                let inspected: Vec<_> = inspected
                    .streams
                    .iter()
                    .map(|stream| stream.data.clone().unwrap())
                    .collect();
                assert_eq!(decoded, inspected);
            }
            _ => {}
        }
    }
}
