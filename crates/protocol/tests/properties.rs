//! What must hold for any bytes, any cuts and any values.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use proptest::collection::vec;
use proptest::prelude::*;
use psbridge_clixml::{Interner, Limits, Value, Writer, read_message};
use psbridge_protocol::ProtocolVersion;
use psbridge_protocol::fragment::{
    Fragmenter, ObjectIds, Outbox, Reassembler, begins_stream, count_fragments, decode_base64_into,
};
use psbridge_protocol::message::{Destination, Message, MessageRef, MessageType};
use psbridge_protocol::payload::{ApartmentState, HostCall, HostResponse, RemoteStreamOptions};
use psbridge_protocol::payload::{
    Argument, Command, CreatePipeline, ErrorCategory, ErrorRecord, HostInfo, InitRunspacePool, Merges,
    Payload, PipelineResultTypes, PipelineState, PipelineStateMessage, PoolRequest, PoolRequestKind,
    PsThreadOptions,
};
use psbridge_protocol::secure::{RsaPublicKey, decode_public_key, encode_public_key};
use psbridge_protocol::wsman::{
    CommandRequest, Fault, Request, RequestBody, RequestHeader, Response, ResponseBody, ShellRequest,
    SignalCode, StreamData, StreamText, WsmanOption, inspect, inspect_partial,
};
use psbridge_protocol::wsman::{EnvelopeBudget, ReceiveResponse};
use uuid::Uuid;

prop_compose! {
    fn uuid()(bytes in any::<[u8; 16]>()) -> Uuid { Uuid::from_bytes(bytes) }
}

prop_compose! {
    fn message()(
        client in any::<bool>(),
        code in prop_oneof![any::<u32>(), (0..MessageType::ALL.len()).prop_map(|i| MessageType::ALL[i].code())],
        rpid in uuid(),
        pid in uuid(),
        data in vec(any::<u8>(), 0..3000),
    ) -> Message {
        Message {
            destination: if client { Destination::Client } else { Destination::Server },
            message_type: MessageType::from_code(code),
            rpid,
            pid: (!pid.is_nil()).then_some(pid),
            data,
        }
    }
}

fn reassembled(stream: &mut Reassembler) -> Vec<Message> {
    let mut messages = Vec::new();
    while let Some(assembled) = stream.next_message().unwrap() {
        messages.push(Message::decode(assembled.bytes).unwrap());
    }
    messages
}

proptest! {
    #[test]
    fn headers_round_trip(message in message()) {
        let bytes = message.encode();
        prop_assert_eq!(bytes.len(), message.encoded_len());
        prop_assert_eq!(&Message::decode(&bytes).unwrap(), &message);
        prop_assert_eq!(MessageRef::decode(&bytes).unwrap().to_message(), message);
        for cut in 0..40 {
            prop_assert!(MessageRef::decode(&bytes[..cut]).is_err());
        }
    }

    /// Messages survive whatever sizes they are fragmented in and wherever their bytes are cut.
    #[test]
    fn reassembly_does_not_depend_on_cuts(
        messages in vec(message(), 1..8),
        sizes in vec(22_usize..4000, 1..5),
        cuts in vec(1_usize..2000, 1..20),
        base64 in any::<bool>(),
        lazy in any::<bool>(),
    ) {
        let ids = ObjectIds::new();
        let mut bytes = Vec::new();
        let mut sizes = sizes.iter().cycle();
        for message in &messages {
            let mut fragmenter = Fragmenter::new(message.clone(), &ids);
            while !fragmenter.write_next(*sizes.next().unwrap(), &mut bytes).unwrap() {}
            prop_assert!(fragmenter.is_done());
        }
        prop_assert!(begins_stream(&bytes));
        let mut stream = Reassembler::new(1 << 20);
        let mut received = Vec::new();
        let mut rest = &bytes[..];
        for cut in cuts.iter().cycle() {
            let (piece, after) = rest.split_at((*cut).min(rest.len()));
            if base64 {
                prop_assert_eq!(stream.push_base64(&BASE64.encode(piece)).unwrap(), piece.len());
            } else {
                stream.push(piece);
            }
            if !lazy {
                received.extend(reassembled(&mut stream));
            }
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        received.extend(reassembled(&mut stream));
        prop_assert_eq!(received, messages);
        prop_assert!(stream.is_idle());
    }

    /// Chunks are never larger than allowed, and together they are the messages.
    #[test]
    fn outboxes_pack_whole_fragments(
        messages in vec(message(), 0..10),
        max in vec(22_usize..5000, 1..5),
        fragment_len in 22_usize..6000,
    ) {
        let mut outbox = Outbox::new(ObjectIds::starting_at(77), fragment_len);
        for message in &messages {
            outbox.push(message.clone());
        }
        let total: usize = messages.iter().map(Message::encoded_len).sum();
        prop_assert_eq!(outbox.pending_bytes(), total);
        let mut stream = Reassembler::new(1 << 20);
        let mut max = max.iter().cycle();
        loop {
            let room = *max.next().unwrap();
            let Some(chunk) = outbox.next_chunk(room).unwrap() else { break };
            prop_assert!(chunk.len() <= room);
            prop_assert!(count_fragments(&chunk).is_some());
            stream.push(&chunk);
        }
        prop_assert!(outbox.is_empty());
        prop_assert_eq!(outbox.pending_bytes(), 0);
        prop_assert_eq!(reassembled(&mut stream), messages);
    }

    #[test]
    fn any_bytes_are_survived(bytes in vec(any::<u8>(), 0..400), limit in 0_usize..500) {
        let mut stream = Reassembler::new(limit);
        stream.push(&bytes);
        while let Ok(Some(assembled)) = stream.next_message() {
            prop_assert!(assembled.bytes.len() <= limit);
            let _ = MessageRef::decode(assembled.bytes);
        }
        stream.resync();
        let _ = stream.next_message();
        let _ = count_fragments(&bytes);
        let _ = inspect_partial(&bytes);
        let _ = decode_public_key(&bytes);
    }

    #[test]
    fn base64_is_taken_with_blanks(bytes in vec(any::<u8>(), 0..300), every in 1_usize..80) {
        let text = BASE64.encode(&bytes);
        let wrapped: Vec<_> = text.as_bytes().chunks(every).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let mut out = vec![7];
        prop_assert_eq!(decode_base64_into(&format!("\n  {}\n", wrapped.join("\r\n\t")), &mut out).unwrap(), bytes.len());
        prop_assert_eq!(&out[1..], &bytes[..]);
        prop_assert!(decode_base64_into("*", &mut out).is_err());
        prop_assert_eq!(out.len(), bytes.len() + 1);
    }

    #[test]
    fn key_blobs_round_trip(mut modulus in vec(any::<u8>(), 256), exponent in any::<u32>()) {
        modulus[0] |= 0x80;
        let key = RsaPublicKey { modulus, exponent };
        prop_assert_eq!(decode_public_key(&encode_public_key(&key)).unwrap(), key);
    }
}

fn text() -> impl Strategy<Value = String> {
    // Line ends and outer blanks are not what XML headers keep.
    "[ -~é\u{1F600}]{0,20}".prop_map(|text| text.trim().to_owned())
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,30}".prop_map(Value::from),
        vec(any::<u8>(), 0..20).prop_map(Value::bytes),
    ]
}

prop_compose! {
    fn merges()(numbers in any::<[u8; 8]>()) -> Merges {
        let types = numbers.map(|number| PipelineResultTypes(i32::from(number % 9)));
        let [my_result, to_result, previous_results, error, warning, verbose, debug, information] = types;
        Merges { my_result, to_result, previous_results, error, warning, verbose, debug, information }
    }
}

prop_compose! {
    fn command()(
        name in "\\PC{0,40}",
        is_script in any::<bool>(),
        use_local_scope in any::<Option<bool>>(),
        arguments in vec((proptest::option::of("[A-Za-z]{1,8}"), value()), 0..4),
        merges in merges(),
    ) -> Command {
        let arguments = arguments.into_iter().map(|(name, value)| Argument { name, value }).collect();
        Command { name, is_script, use_local_scope, arguments, merges }
    }
}

prop_compose! {
    fn create_pipeline()(
        statements in vec(vec(command(), 1..3), 1..3),
        flags in any::<[bool; 4]>(),
        options in 0..16_i32,
        history in proptest::option::of("[a-z ]{1,9}"),
    ) -> CreatePipeline {
        CreatePipeline {
            no_input: flags[0],
            add_to_history: flags[1],
            is_nested: flags[2],
            redirect_shell_error_output_pipe: flags[3],
            remote_stream_options: RemoteStreamOptions(options),
            history,
            ..CreatePipeline::new(statements)
        }
    }
}

/// What is read from what was written.
fn again<T: Payload>(payload: &T) -> T {
    let data = Writer::new().bom(true).message(&payload.to_value()).unwrap();
    T::from_document(&read_message(&data, &Limits::default(), &mut Interner::new()).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn pipelines_round_trip(pipeline in create_pipeline()) {
        prop_assert_eq!(again(&pipeline), pipeline);
    }

    #[test]
    fn old_pipelines_keep_their_commands(pipeline in create_pipeline(), minor in 0..3_u32) {
        let version = ProtocolVersion { major: 2, minor };
        let data = Writer::new().message(&pipeline.to_value_for(version)).unwrap();
        let text = std::str::from_utf8(&data).unwrap();
        prop_assert!(!text.contains("MergeInformation"));
        prop_assert_eq!(text.contains("MergeWarning"), minor == 2);
        let document = read_message(&data, &Limits::default(), &mut Interner::new()).unwrap();
        let read = CreatePipeline::from_document(&document).unwrap();
        prop_assert_eq!(&read.statements[0][0].arguments, &pipeline.statements[0][0].arguments);
        prop_assert!(read.statements[0].iter().all(|command| command.merges.error.0 <= 5));
    }

    #[test]
    fn pools_round_trip(min in 1..9_i32, more in 0..9_i32, threads in 0..4_i32, apartment in 0..3_i32, arg in value()) {
        let pool = InitRunspacePool {
            min_runspaces: min,
            max_runspaces: min + more,
            thread_options: PsThreadOptions::from_number(threads).unwrap(),
            apartment_state: ApartmentState::from_number(apartment).unwrap(),
            application_arguments: arg,
            host_info: HostInfo::none(),
        };
        prop_assert_eq!(again(&pool), pool);
    }

    #[test]
    fn errors_round_trip(
        message in "\\PC{0,40}", id in "\\PC{0,20}", category in -2..40_i32, activity in "\\PC{0,10}",
        details in proptest::option::of("\\PC{0,20}"), on_stream in any::<bool>(),
    ) {
        let mut error = ErrorRecord::new(&message, &["System.Exception"], id, ErrorCategory(category));
        error = error.about(&activity, Value::from(message.as_str()), &message, "String");
        error.details_message = details;
        if on_stream {
            error = error.on_error_stream();
        }
        let mut read = again(&error);
        // Objects get their number when they are written.
        prop_assert_eq!(read.message(), error.message());
        prop_assert_eq!(read.exception_type(), error.exception_type());
        read.exception = error.exception.clone();
        prop_assert_eq!(&read, &error);
        let state = PipelineStateMessage::with_error(PipelineState::Failed, error);
        prop_assert_eq!(again(&state).error.unwrap().message(), state.error.unwrap().message());
    }

    #[test]
    fn host_calls_round_trip(call_id in any::<i64>(), method_id in any::<i32>(), parameters in vec(value(), 0..5), result in value()) {
        let call = HostCall { call_id, method_id, parameters };
        prop_assert_eq!(again(&call), call.clone());
        let response: HostResponse = call.respond(result);
        prop_assert_eq!(again(&response), response);
    }

    #[test]
    fn requests_of_pools_round_trip(count in any::<i32>(), call_id in any::<i64>(), which in 0..4_u8) {
        let kind = match which {
            0 => PoolRequestKind::SetMaxRunspaces(count),
            1 => PoolRequestKind::SetMinRunspaces(count),
            2 => PoolRequestKind::GetAvailableRunspaces,
            _ => PoolRequestKind::ResetRunspaceState,
        };
        let request = PoolRequest { kind, call_id };
        let data = Writer::new().message(&request.to_value()).unwrap();
        let document = read_message(&data, &Limits::default(), &mut Interner::new()).unwrap();
        prop_assert_eq!(PoolRequest::read(request.message_type(), &document).unwrap(), request);
    }
}

prop_compose! {
    fn header()(
        texts in proptest::array::uniform4(text()),
        optional in proptest::array::uniform4(proptest::option::of(text())),
        numbers in any::<[Option<u32>; 2]>(),
        timeout in proptest::option::of(0..10_000_000_u64),
        selectors in vec((text(), text()), 0..3),
        options in vec((text(), text(), any::<bool>()), 0..3),
        id in uuid(),
    ) -> RequestHeader {
        let [to, resource, ..] = texts;
        let [session_id, operation_id, locale, data_locale] = optional;
        RequestHeader {
            session_id,
            operation_id,
            locale,
            data_locale,
            sequence_id: numbers[0].map(u64::from),
            max_envelope_size: numbers[1].map(u64::from),
            operation_timeout: timeout.map(Duration::from_millis),
            selectors,
            options: options
                .into_iter()
                .map(|(name, value, must_comply)| WsmanOption { name, value, must_comply })
                .collect(),
            ..RequestHeader::new(to, resource, id)
        }
    }
}

fn stream_data() -> impl Strategy<Value = StreamData> {
    (
        text(),
        proptest::option::of(text()),
        vec(any::<u8>(), 0..100),
        any::<bool>(),
    )
        .prop_map(|(name, command_id, data, end)| StreamData {
            name,
            command_id,
            data,
            end,
        })
}

fn body() -> impl Strategy<Value = RequestBody> {
    let id = || proptest::option::of(text());
    prop_oneof![
        (
            id(),
            id(),
            text(),
            proptest::option::of(vec(any::<u8>(), 0..99)),
            proptest::option::of(0..99_999_u64)
        )
            .prop_map(
                |(shell_id, name, streams, creation_xml, idle)| RequestBody::Create(ShellRequest {
                    shell_id,
                    name,
                    idle_timeout: idle.map(Duration::from_millis),
                    input_streams: streams.clone(),
                    output_streams: streams,
                    creation_xml,
                })
            ),
        (id(), text(), vec(text(), 0..3)).prop_map(|(command_id, command, arguments)| {
            RequestBody::Command(CommandRequest {
                command_id,
                command,
                arguments,
            })
        }),
        vec(stream_data(), 0..3).prop_map(RequestBody::Send),
        (id(), text()).prop_map(|(command_id, streams)| RequestBody::Receive { command_id, streams }),
        (id(), text()).prop_map(|(command_id, code)| RequestBody::Signal {
            command_id,
            code: SignalCode::from_text(&code)
        }),
        Just(RequestBody::Delete),
    ]
}

proptest! {
    #[test]
    fn requests_round_trip(header in header(), body in body(), cut in any::<prop::sample::Index>()) {
        let request = Request::new(header, body);
        let xml = request.to_xml();
        prop_assert_eq!(&Request::parse(&xml).unwrap(), &request);
        prop_assert!(request.overhead() <= xml.len() + 100);
        let inspected = inspect(xml.as_bytes()).unwrap();
        prop_assert_eq!(inspected.action.as_deref(), Some(request.body.action()));
        // Cut anywhere it is an error, and never a panic.
        let cut = cut.index(xml.len());
        prop_assert!(inspect(&xml.as_bytes()[..cut]).is_err());
        let (_, error) = inspect_partial(&xml.as_bytes()[..cut]);
        prop_assert!(error.is_some());
    }

    /// What the budget allows fits into the envelope.
    #[test]
    fn payloads_fit_the_envelope(header in header(), len in 0..400_000_usize, raised in any::<bool>()) {
        let mut budget = EnvelopeBudget::new(512_000);
        if raised {
            budget.negotiated(ProtocolVersion::V2_2);
        }
        let command_id = Some("0A0A0A0A-0000-0000-0000-000000000000".to_owned());
        let stream = StreamData { name: "stdin".to_owned(), command_id, data: Vec::new(), end: false };
        let mut request = Request::new(header, RequestBody::Send(vec![stream]));
        let room = budget.payload_of(&request);
        if let RequestBody::Send(streams) = &mut request.body {
            streams[0].data = vec![0; len.min(room)];
        }
        prop_assert!(request.to_xml().len() <= budget.envelope_size());
        prop_assert_eq!(budget.payload_of(&request), room, "data does not count as overhead");
    }

    #[test]
    fn answers_round_trip(names in vec((text(), proptest::option::of(text()), vec(any::<u8>(), 0..80)), 0..4), id in text()) {
        let streams = names.into_iter().map(|(name, command, data)| StreamText::encode(name, command, &data)).collect();
        let body = ResponseBody::Receive(ReceiveResponse { streams, command_state: None });
        let response = Response::new(body, "uuid:1", Some(id.clone()));
        let xml = response.to_xml();
        let read = Response::parse(&xml).unwrap();
        prop_assert_eq!(&read, &response);
        prop_assert!(read.check_relates_to(&id).is_ok());
        prop_assert!(read.check_relates_to("uuid:other").is_err());
    }

    #[test]
    fn faults_round_trip(code in any::<u32>(), machine in text(), message in "[!-~]{1,9}", provider in any::<bool>()) {
        let mut fault = Fault::windows(code, machine, message);
        fault.reason = fault.reason.trim().to_owned();
        if provider {
            fault = fault.by_provider("Shell plugin", "%systemroot%\\x.dll");
        }
        let response = Response::new(ResponseBody::Fault(Box::new(fault)), "uuid:1", None);
        let xml = response.to_xml();
        prop_assert_eq!(&Response::parse(&xml).unwrap(), &response);
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}", tags in vec("[<>/a-z:=\" ]{0,9}", 0..30)) {
        for text in [text, tags.concat()] {
            let _ = Request::parse(&text);
            let _ = Response::parse(&text);
            let _ = inspect(text.as_bytes());
            let envelope = format!(
                "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>{text}</s:Body></s:Envelope>"
            );
            let _ = Request::parse(&envelope);
            let _ = Response::parse(&envelope);
        }
    }
}
