//! Each kind of answer beside a recorded one of Windows: elements, order, namespaces, attributes, fault detail.
//!
//! Meant differences, besides ids, times and names of hosts:
//! - `p:ActivityId` is always there; Windows leaves it out of faults that it makes before it looks at the operation,
//!   and older builds never write it.
//! - The faults of the PowerShell plugin have texts of our own: no recording has them.
//! - No record "Preparing modules for first use." comes with the first pipeline of a shell.
//! - APPLICATION_PRIVATE_DATA has no debugger entries: clients would have to be served their debugger commands.
//! - Exceptions have no stack trace, source and target site: there is no .NET behind them.
//! - No recording has HTTP heads; 401, 404 and Identify are compared with what is documented (`signin`).

use psbridge_clixml::xml::{Event, Reader};
use psbridge_protocol::message::MessageType;
use psbridge_protocol::payload::{CreatePipeline, GetCommandMetadata, PoolRequestKind};
use psbridge_protocol::wsman::{Request, RequestBody, SignalCode, id_text};
use uuid::Uuid;

use super::client::{Client, command, end, lab, of_type};
use super::recordings;

/// Elements in order with namespace, depth and attributes, and the texts that must be equal.
fn shape(xml: &str) -> Vec<String> {
    // What these hold differs from one server and request to the next.
    const FREE: [&str; 14] = [
        "MessageID",
        "RelatesTo",
        "ActivityId",
        "Address",
        "Selector",
        "ShellId",
        "Owner",
        "ClientIP",
        "ProcessId",
        "CommandId",
        "Stream",
        "IdleTimeOut",
        "ShellInactivity",
        "ShellRunTime",
    ];
    const FREE_ATTRIBUTES: [&str; 2] = ["CommandId", "Machine"];
    let mut reader = Reader::new(xml);
    let mut path: Vec<String> = Vec::new();
    let mut lines: Vec<String> = Vec::new();
    while let Some(event) = reader.next().expect("well-formed") {
        match event {
            Event::Start(start) => {
                path.push(start.local.to_owned());
                let attributes: Vec<String> = start
                    .attributes
                    .iter()
                    .map(|a| {
                        let free = FREE_ATTRIBUTES.contains(&a.local);
                        format!(" {{{}}}{}={}", a.ns, a.local, if free { "*" } else { &a.value })
                    })
                    .collect();
                lines.push(format!(
                    "{}{{{}}}{}{}",
                    "  ".repeat(path.len()),
                    start.ns,
                    start.local,
                    attributes.concat()
                ));
            }
            Event::Text(text) => {
                let free = path.last().is_some_and(|name| FREE.contains(&name.as_str()));
                if !free && !text.trim().is_empty() {
                    lines.push(format!("{}= {text}", "  ".repeat(path.len() + 1)));
                }
            }
            Event::End { .. } => {
                path.pop();
            }
        }
    }
    lines
}

/// The same without the element that older builds do not write.
fn like_windows(ours: &str, theirs: &str, what: &str) {
    let bare = |xml: &str| {
        let lines = shape(xml);
        lines
            .into_iter()
            .filter(|line| !line.contains("}ActivityId"))
            .collect::<Vec<_>>()
    };
    pretty(&bare(ours), &bare(theirs), what);
}

fn pretty(ours: &[String], theirs: &[String], what: &str) {
    assert_eq!(
        ours,
        theirs,
        "{what}:\nours\n{}\n\ntheirs\n{}",
        ours.join("\n"),
        theirs.join("\n")
    );
}

#[tokio::test]
async fn answers_have_the_form_of_windows() {
    const TEST: &str = "answers_have_the_form_of_windows";
    let Some(created) = recordings::answer("psrp/psrp_open_runspace", 0, TEST) else {
        return;
    };
    let lab = lab().start().await.unwrap();
    let mut client = Client::new(&lab).await;
    like_windows(&client.create().await.unwrap(), &created, "Create");

    let body = RequestBody::Receive {
        command_id: None,
        streams: "stdout".to_owned(),
    };
    let theirs = recordings::answer("psrp/psrp_open_runspace", 1, TEST).unwrap();
    // Windows gives two messages in this answer and the third in the next one; the lab has all three ready.
    let three = theirs.replacen(
        "</rsp:Stream></rsp:ReceiveResponse>",
        "</rsp:Stream><rsp:Stream Name=\"stdout\">AA==</rsp:Stream></rsp:ReceiveResponse>",
        1,
    );
    like_windows(&client.send(body).await.unwrap(), &three, "Receive (pool)");

    let create = CreatePipeline::new(vec![vec![command("Write-Output", [("InputObject", "x".into())])]]);
    let pid = Uuid::new_v4();
    // The pool's messages were taken above and not shown to the client's pool.
    let mut client = Client::open(&lab).await;
    let mut pipeline = client.pool.pipeline(pid, &create).unwrap();
    let first = pipeline.start(100_000).unwrap();
    let started = client
        .send(RequestBody::powershell_command(pid, &first))
        .await
        .unwrap();
    like_windows(
        &started,
        &recordings::answer("psrp/client_execute_ps", 3, TEST).unwrap(),
        "Command",
    );

    let received = client.receive(&id_text(pid)).await.unwrap();
    let theirs = recordings::answer("psrp/client_copy_expand_vars", 5, TEST).unwrap();
    // Three streams there, output and state here.
    let at = theirs.find("<rsp:Stream ").unwrap();
    let end = theirs[at..].find("</rsp:Stream>").unwrap() + at + "</rsp:Stream>".len();
    like_windows(
        &received,
        &format!("{}{}", &theirs[..at], &theirs[end..]),
        "Receive (command)",
    );

    let freed = client.signal(&id_text(pid), SignalCode::Terminate).await.unwrap();
    // A command of a command shell there; the answer is the same.
    like_windows(
        &freed,
        &recordings::answer("psrp/client_copy_expand_vars", 17, TEST).unwrap(),
        "Signal",
    );
    let deleted = client.send(RequestBody::Delete).await.unwrap();
    like_windows(
        &deleted,
        &recordings::answer("psrp/client_execute_ps", 5, TEST).unwrap(),
        "Delete",
    );
}

#[tokio::test]
async fn an_answer_to_send_has_the_form_of_windows() {
    const TEST: &str = "an_answer_to_send_has_the_form_of_windows";
    let Some(theirs) = recordings::answer("psrp/client_copy_expand_vars", 4, TEST) else {
        return;
    };
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let mut create = CreatePipeline::new(vec![vec![command("Write-Output", [])]]);
    create.no_input = false;
    let id = client.start(&create).await.unwrap();
    let stream = psbridge_protocol::wsman::StreamData {
        name: "stdin".to_owned(),
        command_id: Some(id),
        data: Vec::new(),
        end: false,
    };
    let sent = client.send(RequestBody::Send(vec![stream])).await.unwrap();
    like_windows(&sent, &theirs, "Send");
}

#[tokio::test]
async fn a_pending_host_call_has_the_form_of_windows() {
    const TEST: &str = "a_pending_host_call_has_the_form_of_windows";
    let Some(theirs) = recordings::answer("psrp/psrp_pshost_ui_mocked_methods", 6, TEST) else {
        return;
    };
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let mut create = CreatePipeline::new(vec![vec![command("Read-Host", [("Prompt", "x".into())])]]);
    create.host_info.is_host_null = false;
    create.host_info.is_host_ui_null = false;
    create.host_info.use_runspace_host = false;
    let id = client.start(&create).await.unwrap();
    like_windows(&client.receive(&id).await.unwrap(), &theirs, "Receive (pending)");
}

#[tokio::test]
async fn faults_have_the_form_of_windows() {
    const TEST: &str = "faults_have_the_form_of_windows";
    let Some(timed_out) = recordings::answer("psrp/psrp_long_running_cmdlet", 5, TEST) else {
        return;
    };
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    client.timeout = std::time::Duration::from_millis(50);
    let idle = Request::new(
        client.header(),
        RequestBody::Receive {
            command_id: None,
            streams: "stdout".to_owned(),
        },
    );
    let answer = client.exchange(&idle.to_xml()).await.unwrap();
    assert_eq!(answer.status, 500);
    like_windows(&answer.text(), &timed_out, "operation timeout");

    let unknown = Some(id_text(Uuid::new_v4()));
    let gone = Request::new(
        client.header(),
        RequestBody::Receive {
            command_id: unknown,
            streams: "stdout".to_owned(),
        },
    );
    let answer = client.exchange(&gone.to_xml()).await.unwrap();
    like_windows(
        &answer.text(),
        &recordings::answer("psrp/psrp_receive_failure", 3, TEST).unwrap(),
        "unknown command",
    );

    let xml = idle.to_xml().replace("PT0.050S", "PT-1S");
    let answer = client.exchange(&xml).await.unwrap();
    let theirs = recordings::answer("psrp/psrp_is_alive_other_wsman_error", 3, TEST).unwrap();
    like_windows(&answer.text(), &theirs, "invalid timeout");
}

/// Tags, names and types of a message's data, in order; texts and numbers are not compared.
fn outline(value: &serde_json::Value, depth: usize, out: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let tag = value["t"].as_str().unwrap_or("?");
    if tag != "Obj" {
        out.push(format!("{indent}{tag}"));
        return;
    }
    out.push(format!("{indent}Obj {}", value["types"]));
    for key in ["props", "ms"] {
        for (name, inner) in value[key].as_object().into_iter().flatten() {
            out.push(format!("{indent} {key}.{name}"));
            outline(inner, depth + 1, out);
        }
    }
    for inner in value["list"].as_array().into_iter().flatten() {
        outline(inner, depth + 1, out);
    }
    for entry in value["dict"].as_array().into_iter().flatten() {
        out.push(format!("{indent} [{}]", entry[0]["v"]));
        outline(&entry[1], depth + 1, out);
    }
    if value.get("value").is_some() {
        outline(&value["value"], depth + 1, out);
    }
}

fn same_outline(ours: &serde_json::Value, theirs: &serde_json::Value, what: &str) {
    let lines = |value| {
        let mut lines = Vec::new();
        outline(value, 0, &mut lines);
        lines
    };
    pretty(&lines(ours), &lines(theirs), what);
}

#[tokio::test]
async fn pool_messages_have_the_form_of_windows() {
    const TEST: &str = "pool_messages_have_the_form_of_windows";
    let open = "psrp/client_copy_expand_vars";
    let Some(capability) = recordings::message(open, "SESSION_CAPABILITY", 0, TEST) else {
        return;
    };
    let lab = lab().start().await.unwrap();
    let mut client = Client::new(&lab).await;
    client.create().await.unwrap();
    let opened = client.opened().await;
    assert_eq!(
        opened.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
        [
            MessageType::SessionCapability,
            MessageType::ApplicationPrivateData,
            MessageType::RunspacePoolState
        ]
    );
    assert_eq!(opened[0].1, capability);
    let theirs = recordings::message(open, "APPLICATION_PRIVATE_DATA", 0, TEST).unwrap();
    same_outline(&opened[1].1, &theirs, "APPLICATION_PRIVATE_DATA");
    assert_eq!(
        opened[2].1,
        recordings::message(open, "RUNSPACEPOOL_STATE", 0, TEST).unwrap()
    );

    let answers = client.request(PoolRequestKind::GetAvailableRunspaces).await;
    let theirs = recordings::message("psrp/psrp_set_runspaces", "RUNSPACE_AVAILABILITY", 0, TEST).unwrap();
    same_outline(&answers[0].1, &theirs, "RUNSPACE_AVAILABILITY");
}

#[tokio::test]
async fn records_have_the_form_of_windows() {
    const TEST: &str = "records_have_the_form_of_windows";
    if recordings::folder(TEST).is_none() {
        return;
    }
    let theirs = |name: &str, kind: &str| recordings::message(name, kind, 0, TEST).unwrap();
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let on = || psbridge_clixml::Value::Bool(true);
    let merged = "psrp/psrp_merge_commands";
    for (cmdlet, switch, kind, recorded) in [
        (
            "Write-Verbose",
            "Verbose",
            MessageType::VerboseRecord,
            "VERBOSE_RECORD",
        ),
        ("Write-Debug", "Debug", MessageType::DebugRecord, "DEBUG_RECORD"),
        (
            "Write-Warning",
            "Verbose",
            MessageType::WarningRecord,
            "WARNING_RECORD",
        ),
    ] {
        let all = client
            .run(vec![command(cmdlet, [("Message", "m".into()), (switch, on())])])
            .await;
        let mut theirs = theirs(merged, recorded);
        // RemoteStreamOptions asked that server for the invocation.
        let members = theirs["ms"].as_object_mut().unwrap();
        members
            .retain(|name, _| name.starts_with("InformationalRecord_") && !name.ends_with("IterationInfo"));
        same_outline(&of_type(&all, kind)[0], &theirs, recorded);
    }
    let all = client
        .run(vec![command("Write-Information", [("MessageData", "m".into())])])
        .await;
    let theirs_information = theirs(merged, "INFORMATION_RECORD");
    same_outline(
        &of_type(&all, MessageType::InformationRecord)[0],
        &theirs_information,
        "INFORMATION_RECORD",
    );

    let all = client
        .run(vec![command("Write-Progress", [("Activity", "a".into())])])
        .await;
    let progress = theirs("psrp/client_execute_ps", "PROGRESS_RECORD");
    same_outline(
        &of_type(&all, MessageType::ProgressRecord)[0],
        &progress,
        "PROGRESS_RECORD",
    );

    let all = client
        .run(vec![command("Write-Error", [("Message", "m".into())])])
        .await;
    let mut error = theirs(merged, "ERROR_RECORD");
    let members = error["ms"].as_object_mut().unwrap();
    members.retain(|name, _| {
        !name.starts_with("InvocationInfo_")
            && !name.starts_with("CommandInfo_")
            && name != "SerializeExtent"
            && name != "PipelineIterationInfo"
    });
    same_outline(
        &of_type(&all, MessageType::ErrorRecord)[0],
        &error,
        "ERROR_RECORD",
    );
    assert_eq!(end(&all).0, 4);
}

#[tokio::test]
async fn terminating_errors_have_the_members_of_powershell() {
    const TEST: &str = "terminating_errors_have_the_members_of_powershell";
    if recordings::folder(TEST).is_none() {
        return;
    }
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let names = |value: &serde_json::Value, key: &str| -> Vec<String> {
        value[key]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    };
    for (recorded, run) in [
        ("pwsh/unknown_command", command("Get-Nothing", [])),
        (
            "pwsh/unknown_parameter",
            command("Get-Date", [("NoSuch", 1.into())]),
        ),
    ] {
        let all = client.run(vec![run]).await;
        assert!(of_type(&all, MessageType::ErrorRecord).is_empty(), "{recorded}");
        let ours = &of_type(&all, MessageType::PipelineState)[0]["ms"]["ExceptionAsErrorRecord"];
        let state = recordings::message(recorded, "PIPELINE_STATE", 0, TEST).unwrap();
        let theirs = &state["ms"]["ExceptionAsErrorRecord"];
        assert_eq!(names(ours, "ms"), names(theirs, "ms"), "{recorded}");
        for member in [
            "FullyQualifiedErrorId",
            "ErrorCategory_Category",
            "ErrorCategory_Message",
            "TargetObject",
        ] {
            assert_eq!(ours["ms"][member], theirs["ms"][member], "{recorded} {member}");
        }
        let (mine, other) = (&ours["ms"]["Exception"], &theirs["ms"]["Exception"]);
        assert_eq!(mine["types"], other["types"], "{recorded}");
        let sorted = |value| {
            let mut all = names(value, "props");
            // .NET 5.1 and 7 enumerate the properties of every exception in different orders.
            all.sort();
            all
        };
        assert_eq!(sorted(mine), sorted(other), "{recorded}");
    }
}

#[tokio::test]
async fn command_metadata_has_the_form_of_windows() {
    const TEST: &str = "command_metadata_has_the_form_of_windows";
    let recorded = "psrp/psrp_get_command_metadata";
    let Some(count) = recordings::message(recorded, "PIPELINE_OUTPUT", 0, TEST) else {
        return;
    };
    let lab = lab().start().await.unwrap();
    let mut client = Client::open(&lab).await;
    let pid = Uuid::new_v4();
    let query = GetCommandMetadata::new(["Write-*"]);
    let mut pipeline = client.pool.command_metadata(pid, &query).unwrap();
    let first = pipeline.start(100_000).unwrap();
    client
        .send(RequestBody::powershell_command(pid, &first))
        .await
        .unwrap();
    let all = client.finish(&id_text(pid)).await;
    let objects = of_type(&all, MessageType::PipelineOutput);
    same_outline(&objects[0], &count, "the count");
    assert_eq!(
        objects[0]["ms"]["Count"]["v"].as_u64(),
        Some(objects.len() as u64 - 1)
    );
    // One parameter each is enough; how many there are is the command's affair.
    let trim = |mut value: serde_json::Value| {
        let parameters = value["ms"]["Parameters"]["dict"].as_array_mut().unwrap();
        parameters.truncate(1);
        parameters[0][0]["v"] = "P".into();
        parameters[0][1]["props"]["Aliases"]["list"] = serde_json::json!([]);
        value["ms"]["OutputType"]["list"] = serde_json::json!([]);
        value
    };
    let theirs = recordings::message(recorded, "PIPELINE_OUTPUT", 1, TEST).unwrap();
    same_outline(&trim(objects[1].clone()), &trim(theirs), "a command");
}
