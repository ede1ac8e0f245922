//! Envelopes of strangers, mostly answers of servers: read, looked at, and written again.

use psbridge_protocol::fragment::Reassembler;
use psbridge_protocol::wsman::{
    CommandState, CommandStateKind, CreateResponse, Fault, IdentifyResponse, ReceiveResponse, Request,
    Response, ResponseBody, ShellDescription, StreamText, inspect, inspect_partial,
};

pub(super) fn check(input: &[u8]) {
    let looked = inspect(input);
    let (partial, problem) = inspect_partial(input);
    if let Ok(looked) = &looked {
        assert!(
            problem.is_none(),
            "what reads as a whole reads in part: {problem:?}"
        );
        assert_eq!(looked, &partial);
        if let Some(fault) = &looked.fault {
            let _ = (
                fault.text(),
                fault.number(),
                fault.info(),
                fault.redirect_location(),
            );
        }
    }
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(request) = Request::parse(text) {
        let again = request.to_xml();
        let again = Request::parse(&again).unwrap_or_else(|error| panic!("{error} in {again}"));
        assert_eq!(again.header.message_id, request.header.message_id);
        assert_eq!(again.body.action(), request.body.action());
    }
    let Ok(response) = Response::parse(text) else {
        return;
    };
    assert!(looked.is_ok(), "an answer can be looked at");
    if let ResponseBody::Receive(receive) = &response.body {
        let mut stream = Reassembler::new(4096);
        for text in &receive.streams {
            let bytes = text.decode();
            assert_eq!(bytes.is_ok(), text.decode_into(&mut stream).is_ok());
        }
    }
    if matches!(response.body, ResponseBody::Other { .. }) {
        return;
    }
    let written = response.to_xml();
    let again = Response::parse(&written).unwrap_or_else(|error| panic!("{error} in {written}"));
    // Characters that XML forbids are replaced when they are written, so the first writing may change a text.
    assert_eq!(again.to_xml(), written, "writing is a fixed point");
}

pub(super) fn seeds() -> Vec<(String, Vec<u8>)> {
    let id = "uuid:01234567-89AB-CDEF-0123-456789ABCDEF";
    let command = "C0FFEE00-0000-0000-0000-000000000001";
    let answer = |body: ResponseBody<'_>| Response::new(body, id, Some(id.to_owned())).to_xml().into_bytes();
    let created = CreateResponse {
        address: "http://server:5985/wsman".into(),
        resource_uri: "http://schemas.microsoft.com/powershell/Microsoft.PowerShell".into(),
        selectors: vec![("ShellId".into(), command.into())],
        shell: Some(
            ShellDescription::default()
                .with("ShellId", command)
                .with("State", "Connected"),
        ),
    };
    let received = ReceiveResponse {
        streams: vec![
            StreamText::encode("stdout", Some(command.into()), b"\0\0\0\0\0\0\0\x01"),
            StreamText::encode("stdout", None, b""),
        ],
        command_state: Some(CommandState {
            command_id: Some(command.into()),
            state: CommandStateKind::Done,
            exit_code: Some("0".into()),
        }),
    };
    let fault =
        Fault::windows(2_150_858_793, "SERVER", "not in time").by_provider("Shell provider", "WsmSvc.dll");
    vec![
        (
            "identify".into(),
            answer(ResponseBody::Identify(IdentifyResponse::windows(Some("10.0.1")))),
        ),
        ("created".into(), answer(ResponseBody::Create(created))),
        (
            "command".into(),
            answer(ResponseBody::Command {
                command_id: command.into(),
            }),
        ),
        ("received".into(), answer(ResponseBody::Receive(received))),
        ("sent".into(), answer(ResponseBody::Send)),
        ("signalled".into(), answer(ResponseBody::Signal)),
        ("deleted".into(), answer(ResponseBody::Delete)),
        ("fault".into(), answer(ResponseBody::Fault(Box::new(fault)))),
        (
            "html".into(),
            b"<!DOCTYPE html><html><body>Service Unavailable</body></html>".to_vec(),
        ),
    ]
}
