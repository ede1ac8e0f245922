//! `psbridge invoke` against psrpcore's server: output, every stream, errors, input, arguments, sizes, stopping.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::endpoint::{Endpoint, done, lines};

/// As `commands.NASTY` of the endpoint.
const NASTY: &str =
    "tab\there _x0041_ _X _ __x nul\0 del\x7f c1\u{85} astral\u{1f600} <&>\"' é\r\nend _x001G_";

#[test]
fn every_way_of_signing_in() {
    let Some(endpoint) = Endpoint::start("client::every_way_of_signing_in") else {
        return;
    };
    for (place, (secure, auth)) in [
        (false, "negotiate"),
        (false, "ntlm"),
        (true, "basic"),
        (true, "negotiate"),
        (true, "ntlm"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut at = endpoint.at(&format!("/shape/sign-in-{place}"));
        if secure {
            at = at.secure();
        }
        let finished = at.invoke("Get-Users -Count 3", &["--auth", auth, "--format", "ndjson"]);
        let users = done(&finished);
        let names: Vec<_> = users.iter().map(|user| &user["Name"]).collect();
        assert_eq!(names, ["User 0", "User 1", "User 2"], "{auth}");

        let heard = at.heard_in_order();
        let requests = heard["requests"].as_array().expect("requests");
        let operations: Vec<_> = requests
            .iter()
            .filter_map(|request| request["operation"].as_str())
            .collect();
        assert_eq!(operations.first(), Some(&"Create"));
        // A long poll of the pool may come to its end while the shell is deleted, and be sent once more.
        let last = operations.iter().rfind(|operation| **operation != "Receive");
        assert_eq!(last, Some(&"Delete"));
        for request in requests {
            let context = format!("{auth} over {}: {request}", if secure { "https" } else { "http" });
            assert_eq!(request["sealed"], !secure, "{context}");
            assert!(request["timeout"].as_f64() > Some(0.0), "{context}");
            match auth {
                "basic" => assert_eq!(request["scheme"], "Basic", "{context}"),
                _ => assert_eq!(request["user"], endpoint.ready("user"), "{context}"),
            }
            let headers = &request["headers"];
            assert_eq!(
                headers["Accept-Encoding"]
                    .as_str()
                    .or(headers["accept-encoding"].as_str()),
                Some("identity")
            );
        }
        // One signed-in connection serves many requests.
        let mut connections: Vec<_> = requests
            .iter()
            .filter_map(|request| request["connection"].as_u64())
            .collect();
        connections.sort_unstable();
        connections.dedup();
        assert!(connections.len() <= 3, "{connections:?} for {operations:?}");
    }
}

#[test]
fn a_domain_account_signs_in() {
    let Some(endpoint) = Endpoint::start("client::a_domain_account_signs_in") else {
        return;
    };
    for auth in ["negotiate", "ntlm"] {
        let mut command = Command::new(psbridge_tests::psbridge_bin());
        command
            .args(["invoke", &endpoint.url(), "Get-Users -Count 1", "--auth", auth])
            .args(["--user", endpoint.ready("domain_user")])
            .env("PSBRIDGE_PASSWORD", endpoint.ready("domain_password"));
        let finished = psbridge_tests::run(&mut command, b"", Duration::from_secs(60));
        assert_eq!(done(&finished).len(), 1);
    }
    let heard = endpoint.heard_in_order();
    assert_eq!(heard["requests"][0]["user"], endpoint.ready("domain_user"));
}

#[test]
fn a_wrong_password_is_exit_code_4() {
    let Some(endpoint) = Endpoint::start("client::a_wrong_password_is_exit_code_4") else {
        return;
    };
    for (at, auth) in [
        (endpoint.clone(), "negotiate"),
        (endpoint.clone(), "ntlm"),
        (endpoint.secure(), "basic"),
    ] {
        let url = at.url();
        let mut command = at.command(&["invoke", &url, "Get-Users", "--auth", auth]);
        command.env("PSBRIDGE_PASSWORD", "Wrong-Passw0rd");
        let finished = psbridge_tests::run(&mut command, b"", Duration::from_secs(60));
        assert_eq!(finished.code, Some(4), "{auth}: {}", finished.stderr);
        assert!(!finished.stderr.contains("Wrong-Passw0rd"), "{}", finished.stderr);
        assert_eq!(finished.stdout, "");
    }
}

#[test]
fn a_certificate_nobody_trusts_is_exit_code_3_and_its_pin_is_enough() {
    let Some(endpoint) = Endpoint::start("client::a_certificate_nobody_trusts") else {
        return;
    };
    let url = endpoint.secure().url();
    let limit = Duration::from_secs(60);
    let mut command = endpoint.command(&["invoke", &url, "Get-Users -Count 1"]);
    let refused = psbridge_tests::run(&mut command, b"", limit);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
    assert!(
        refused.stderr.to_lowercase().contains("certificate"),
        "{}",
        refused.stderr
    );

    let mut command = endpoint.command(&["invoke", &url, "Get-Users -Count 1"]);
    let pinned = psbridge_tests::run(
        command.args(["--pin-sha256", endpoint.ready("sha256")]),
        b"",
        limit,
    );
    assert_eq!(done(&pinned).len(), 1);
    let wrong = "00".repeat(32);
    let mut command = endpoint.command(&["invoke", &url, "Get-Users -Count 1"]);
    let refused = psbridge_tests::run(command.args(["--pin-sha256", &wrong]), b"", limit);
    assert_eq!(refused.code, Some(3), "{}", refused.stderr);
}

#[test]
fn every_value_arrives_as_sent() {
    let Some(endpoint) = Endpoint::start("client::every_value_arrives_as_sent") else {
        return;
    };
    let values = done(&endpoint.invoke("Get-Values", &["--format", "typed"]));
    let list = |types: &str| json!([types, "System.Object"]);
    let all_bytes = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZWltcXV5fYGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6e3x9fn+AgYKDhIWGh4iJiouMjY6PkJGSk5SVlpeYmZqbnJ2en6ChoqOkpaanqKmqq6ytrq+wsbKztLW2t7i5uru8vb6/wMHCw8TFxsfIycrLzM3Oz9DR0tPU1dbX2Nna29zd3t/g4eLj5OXm5+jp6uvs7e7v8PHy8/T19vf4+fr7/P3+/w==";
    let custom = list("System.Management.Automation.PSCustomObject");
    let array = list("System.Collections.ArrayList");
    let object = |types: Value, rest: Value| {
        let mut object = json!({ "t": "Obj", "id": "0", "types": types, "to_string": null });
        let members = object.as_object_mut().expect("an object");
        members.extend(rest.as_object().expect("members").clone());
        object
    };
    let text = |text: &str| json!({ "t": "S", "v": text });
    let expected = [
        text(NASTY),
        text(""),
        json!({ "t": "C", "v": 120 }),
        json!({ "t": "B", "v": true }),
        json!({ "t": "DT", "v": "2026-11-21T03:04:05.6789012Z" }),
        json!({ "t": "DT", "v": "2026-11-21T03:04:05.0000000" }),
        json!({ "t": "TS", "v": 937_840_000_001_i64 }),
        json!({ "t": "By", "v": 255 }),
        json!({ "t": "SB", "v": -128 }),
        json!({ "t": "U16", "v": 65535 }),
        json!({ "t": "I16", "v": -32768 }),
        json!({ "t": "U32", "v": 4_294_967_295_u32 }),
        json!({ "t": "I32", "v": i32::MIN }),
        json!({ "t": "U64", "v": u64::MAX }),
        json!({ "t": "I64", "v": i64::MIN }),
        json!({ "t": "Sg", "v": 1.5 }),
        json!({ "t": "Db", "v": "NaN" }),
        json!({ "t": "Db", "v": 1e300 }),
        json!({ "t": "D", "v": "-79228162514264337593543950335" }),
        json!({ "t": "BA", "v": all_bytes }),
        json!({ "t": "G", "v": "01020304-0506-0708-090a-0b0c0d0e0f10" }),
        json!({ "t": "URI", "v": "https://peer.example/ä b" }),
        json!({ "t": "Nil" }),
        json!({ "t": "Version", "v": "1.2.3.4" }),
        json!({ "t": "XD", "v": "<a b=\"1\">&amp;</a>" }),
        json!({ "t": "SBK", "v": "Get-Item $_" }),
        json!({ "t": "Obj", "id": "0", "types": ["System.ConsoleColor", "System.Enum", "System.ValueType", "System.Object"],
                "to_string": "DarkCyan", "value": { "t": "I32", "v": 3 } }),
        object(
            array.clone(),
            json!({ "list": [{ "t": "I32", "v": 1 }, text("two"), { "t": "Nil" }] }),
        ),
        object(array.clone(), json!({ "list": [] })),
        object(
            list("System.Collections.Stack"),
            json!({ "list": [text("bottom"), text("top")] }),
        ),
        object(
            list("System.Collections.Queue"),
            json!({ "list": [text("first"), text("second")] }),
        ),
        object(
            list("System.Collections.IEnumerable"),
            json!({ "list": [{ "t": "I64", "v": 1 }, { "t": "I64", "v": 2 }] }),
        ),
        object(
            list("System.Collections.Hashtable"),
            json!({ "dict": [
                [text("one"), { "t": "I32", "v": 1 }],
                [text("Two"), { "t": "Obj", "id": "1", "types": array, "to_string": null, "list": [{ "t": "B", "v": true }] }],
            ] }),
        ),
        object(
            json!([]),
            json!({ "value": text("with notes"), "ms": { "PSComputerName": text("peer") } }),
        ),
        object(
            custom.clone(),
            json!({ "ms": {
                "First": { "t": "Obj", "id": "1", "types": custom, "to_string": null, "ms": { "Inner": text("once") } },
                "Again": { "t": "Ref", "v": "1" },
                "Nothing": { "t": "Nil" },
            } }),
        ),
        object(
            custom,
            json!({ "ms": { "Name": text("cycle"), "Self": { "t": "Ref", "v": "0" } } }),
        ),
    ];
    for (place, (value, expected)) in values.iter().zip(&expected).enumerate() {
        assert_eq!(value, expected, "value {place}");
    }
    assert_eq!(values.len(), expected.len());
    endpoint.heard_in_order();
}

#[test]
fn every_stream_arrives_in_order() {
    let Some(endpoint) = Endpoint::start("client::every_stream_arrives_in_order") else {
        return;
    };
    let finished = endpoint.invoke("Write-Streams", &["--all-streams", "--format", "ndjson"]);
    // An error record makes the exit code 1, even where the pipeline completes.
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    let records = lines(&finished);
    let streams: Vec<_> = records
        .iter()
        .filter_map(|record| record["stream"].as_str())
        .collect();
    assert_eq!(
        streams,
        [
            "output",
            "error",
            "warning",
            "verbose",
            "debug",
            "information",
            "progress",
            "progress",
            "output",
            "state"
        ]
    );
    let value = |stream: &str| {
        &records
            .iter()
            .find(|record| record["stream"] == stream)
            .expect("there")["value"]
    };
    assert_eq!(records.first().expect("a record")["value"], "output 1");
    assert_eq!(value("warning")["InformationalRecord_Message"], "a warning");
    assert_eq!(value("verbose")["InformationalRecord_Message"], "a verbose line");
    assert_eq!(value("debug")["InformationalRecord_Message"], "a debug line");
    let error = value("error");
    assert_eq!(error["FullyQualifiedErrorId"], "PeerError,Write-Streams");
    assert_eq!(error["ErrorCategory_Category"], 13);
    assert_eq!(error["ErrorDetails_Message"], "text of the details");
    assert_eq!(error["TargetObject"], "nobody");
    assert_eq!(error["Exception"]["Message"], "exception text");
    let information = value("information");
    assert_eq!(information["MessageData"], "an information");
    assert_eq!(information["Tags"], json!(["PSHOST", "tagged"]));
    assert_eq!(information["ProcessId"], 4242);
    assert_eq!(information["TimeGenerated"], "2026-11-21T01:02:03Z");
    let progress = value("progress");
    assert_eq!(progress["Activity"], "an activity");
    assert_eq!(progress["PercentComplete"], 50);
    assert_eq!(progress["SecondsRemaining"], 10);

    // Without --all-streams only objects are on standard output, and the rest is told on standard error.
    let finished = endpoint.invoke("Write-Streams", &["--format", "ndjson"]);
    assert_eq!(finished.code, Some(1));
    assert_eq!(lines(&finished), ["output 1", "output 2"]);
    for text in ["text of the details", "a warning"] {
        assert!(finished.stderr.contains(text), "{text} in {}", finished.stderr);
    }
    endpoint.heard_in_order();
}

#[test]
fn failures_are_told_once_after_what_came_before() {
    let Some(endpoint) = Endpoint::start("client::failures_are_told_once") else {
        return;
    };
    let finished = endpoint.invoke("Write-Failures", &["--format", "ndjson"]);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert_eq!(lines(&finished), ["before the failure"]);
    assert_eq!(
        finished.stderr.matches("it is over").count(),
        1,
        "{}",
        finished.stderr
    );
    assert_eq!(
        finished.stderr.matches("not fatal").count(),
        1,
        "{}",
        finished.stderr
    );

    let finished = endpoint.invoke("Get-Nothing", &[]);
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert!(finished.stderr.contains("Get-Nothing"), "{}", finished.stderr);
    assert!(finished.stderr.contains("not recognized"), "{}", finished.stderr);

    let finished = endpoint.invoke("Get-Users", &["--configuration", "Unknown.Configuration"]);
    assert_eq!(finished.code, Some(5), "{}", finished.stderr);
    assert!(finished.stderr.contains("2150858811"), "{}", finished.stderr);
    assert!(
        finished.stderr.contains("Unknown.Configuration"),
        "{}",
        finished.stderr
    );
    endpoint.heard_in_order();
}

#[test]
fn arguments_have_the_types_that_powershell_would_send() {
    let Some(endpoint) = Endpoint::start("client::arguments_have_the_types") else {
        return;
    };
    let pipeline = "Get-Arguments -Text some -Quoted 'it''s' -Count 5 -Big 5000000000 -Share 1.5 -Flag -Off:$false \
                    -On:$true -Nothing $null -Names a,'b c' -Table @{one=1;two='x'} positional 7";
    let arguments = done(&endpoint.invoke(pipeline, &["--format", "ndjson"]));
    let heard: Vec<_> = arguments
        .iter()
        .map(|argument| {
            (
                argument["Name"].as_str().map(str::to_owned),
                argument["Text"].as_str().expect("a description").to_owned(),
            )
        })
        .collect();
    let expected = [
        (Some("Text"), "PSString(some)"),
        (Some("Quoted"), "PSString(it's)"),
        (Some("Count"), "PSInt(5)"),
        (Some("Big"), "PSInt64(5000000000)"),
        (Some("Share"), "PSDouble(1.5)"),
        (Some("Flag"), "bool(True)"),
        (Some("Off"), "bool(False)"),
        (Some("On"), "bool(True)"),
        (Some("Nothing"), "NoneType(None)"),
        (Some("Names"), "[PSString(a), PSString(b c)]"),
        (Some("Table"), "{one=PSInt(1), two=PSString(x)}"),
        (None, "PSString(positional)"),
        (None, "PSInt(7)"),
    ];
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(name, text)| (name.map(str::to_owned), text.to_owned()))
        .collect();
    assert_eq!(heard, expected);
}

#[test]
fn several_commands_and_statements_and_scripts() {
    let Some(endpoint) = Endpoint::start("client::several_commands_and_statements") else {
        return;
    };
    let values = done(&endpoint.invoke(
        "Get-Users -Count 7 | Measure-Input; Get-Blob -Size 3",
        &["--format", "ndjson"],
    ));
    assert_eq!(values, [json!({ "Count": 7 }), json!("012")]);
    let values = done(&endpoint.invoke("$x = 1; $x | % { $_ + 1 }", &["--script", "--format", "ndjson"]));
    assert_eq!(values, [json!("script: $x = 1; $x | % { $_ + 1 }")]);
    endpoint.heard_in_order();
}

#[test]
fn input_is_streamed() {
    let Some(endpoint) = Endpoint::start("client::input_is_streamed") else {
        return;
    };
    let input = "\"text ü\u{1f600}\"\n5\n5000000000\n1.5\ntrue\nnull\n[1,\"two\"]\n{\"key\":\"value\"}\n";
    let words = ["--input", "-", "--format", "ndjson"];
    let described = done(&endpoint.invoke_with("Describe-Input", &words, input.as_bytes()));
    let described: Vec<_> = described
        .iter()
        .map(|text| text.as_str().expect("text").to_owned())
        .collect();
    for (text, expected) in described.iter().zip([
        "PSString(text ü\u{1f600})",
        "PSInt(5)",
        "PSInt64(5000000000)",
        "PSDouble(1.5)",
        "bool(True)",
        "NoneType(None)",
        "[PSInt(1), PSString(two)]",
    ]) {
        assert_eq!(text, expected);
    }
    assert_eq!(described.len(), 8, "{described:?}");

    // Many messages, and a big one that needs several requests.
    let mut input: String = (0..3000).map(|number| format!("{number}\n")).collect();
    let counted = done(&endpoint.invoke_with("Measure-Input", &words, input.as_bytes()));
    assert_eq!(counted, [json!({ "Count": 3000 })]);
    input = format!("{}\n", Value::from("x".repeat(2_000_000)));
    let echoed = done(&endpoint.invoke_with("Echo-Input", &words, input.as_bytes()));
    assert_eq!(echoed, [json!("x".repeat(2_000_000))]);
    let heard = endpoint.heard_in_order();
    for request in heard["requests"].as_array().expect("requests") {
        let (size, limit) = (request["size"].as_u64(), request["max_envelope"].as_u64());
        assert!(size <= Some(512_000), "{request}");
        assert!(limit <= Some(512_000), "{request}");
    }
}

#[test]
fn a_five_megabyte_object_and_two_thousand_objects() {
    let Some(endpoint) = Endpoint::start("client::a_five_megabyte_object") else {
        return;
    };
    let size = 5 * 1024 * 1024;
    let values = done(&endpoint.invoke(&format!("Get-Blob -Size {size}"), &["--format", "ndjson"]));
    let text = values.first().and_then(Value::as_str).expect("a text");
    assert_eq!(text.len(), size);
    assert!(
        text.bytes()
            .zip(b"0123456789abcdef".iter().cycle())
            .all(|(a, b)| a == *b)
    );

    let users = done(&endpoint.invoke("Get-Users -Count 2000", &["--format", "ndjson"]));
    assert_eq!(users.len(), 2000);
    for (number, user) in users.iter().enumerate() {
        assert_eq!(user["Number"], number);
        assert_eq!(user["HiddenFromAddressListsEnabled"], number % 2 == 0);
        assert_eq!(
            user["EmailAddresses"][0],
            format!("SMTP:user{number}@peer.example")
        );
    }
    endpoint.heard_in_order();
}

#[test]
fn odd_but_lawful_servers() {
    let Some(endpoint) = Endpoint::start("client::odd_but_lawful_servers") else {
        return;
    };
    let words = ["--format", "ndjson"];
    for shape in [
        "one-byte",
        "cut-anywhere",
        "bom",
        "big-ids",
        "server-ids",
        "unknown-messages",
        "spaced-boundary",
        "protocol-2.1",
        "protocol-2.2",
    ] {
        let at = endpoint.at(&format!("/shape/{shape}"));
        let finished = at.invoke("Get-Users -Count 2", &words);
        let users = done(&finished);
        assert_eq!(users.len(), 2, "{shape}: {}", finished.stderr);
        assert_eq!(users.get(1).expect("a user")["Name"], "User 1", "{shape}");
    }
    let at = endpoint.at("/shape/pool-warning");
    let finished = at.invoke("Get-Users -Count 2", &words);
    assert_eq!(done(&finished).len(), 2);
    assert!(
        finished.stderr.contains("old pool"),
        "a warning of the pool is shown: {}",
        finished.stderr
    );

    // One object that cannot be read costs that object alone.
    let at = endpoint.at("/shape/bad-object");
    let finished = at.invoke_with(
        "Echo-Input",
        &["--input", "-", "--format", "ndjson"],
        b"1\n\"spoil me\"\n3\n",
    );
    assert_eq!(finished.code, Some(1), "{}", finished.stderr);
    assert_eq!(lines(&finished), [json!(1), json!(3)]);
}

#[test]
fn a_silent_pipeline_outlives_many_receives() {
    let Some(endpoint) = Endpoint::start("client::a_silent_pipeline_outlives_many_receives") else {
        return;
    };
    let values = done(&endpoint.invoke("Wait-Quiet -Seconds 5", &["--format", "ndjson"]));
    assert_eq!(values, ["awake"]);
    let heard = endpoint.heard_in_order();
    // The endpoint holds a Receive for two seconds.
    assert!(heard["shells"][0]["receives"].as_u64() >= Some(4), "{heard}");
}

#[test]
fn a_host_call_is_refused_and_nothing_hangs() {
    let Some(endpoint) = Endpoint::start("client::a_host_call_is_refused") else {
        return;
    };
    let values = done(&endpoint.invoke("Invoke-Host", &["--format", "ndjson"]));
    let answer = values.last().expect("an answer");
    assert_eq!(answer["Refused"], true, "{answer}");
    assert_eq!(answer["Returned"], Value::Null, "{answer}");
    assert!(
        answer["Text"].as_str().is_some_and(|text| text.len() > 5),
        "it says why: {answer}"
    );
    // An event of the pool disturbs nothing.
    assert_eq!(
        done(&endpoint.invoke("Raise-Event", &["--format", "ndjson"])),
        ["raised"]
    );
    endpoint.heard_in_order();
}

/// Starts endless output and reads some lines of it.
fn endless(endpoint: &Endpoint) -> (std::process::Child, BufReader<std::process::ChildStdout>) {
    let url = endpoint.url();
    let mut process = endpoint
        .command(&["invoke", &url, "Get-Endless", "--format", "ndjson"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psbridge starts");
    let mut output = BufReader::new(process.stdout.take().expect("stdout is piped"));
    let mut line = String::new();
    for number in 0..50 {
        line.clear();
        output.read_line(&mut line).expect("a line");
        let user: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(user["Number"], number);
    }
    (process, output)
}

fn wait(process: &mut std::process::Child) -> Option<i32> {
    let started = Instant::now();
    loop {
        if let Some(status) = process.try_wait().expect("a child can be waited for") {
            return status.code();
        }
        assert!(started.elapsed() < Duration::from_secs(60), "psbridge ends");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_interrupt_stops_the_pipeline_and_closes_the_session() {
    let Some(endpoint) = Endpoint::start("client::an_interrupt_stops_the_pipeline") else {
        return;
    };
    let (mut process, output) = endless(&endpoint);
    let interrupted = Command::new("kill")
        .args(["-INT", &process.id().to_string()])
        .status();
    assert!(interrupted.expect("kill runs").success());
    let drained = std::thread::spawn(move || output.lines().count());
    assert_eq!(wait(&mut process), Some(130));
    drained.join().expect("the rest can be read");
    let heard = endpoint.heard_in_order();
    assert_eq!(heard["shells"][0]["stopped"], 1, "the stop signal was sent");
}

#[test]
fn a_reader_that_goes_away_stops_the_pipeline() {
    let Some(endpoint) = Endpoint::start("client::a_reader_that_goes_away") else {
        return;
    };
    let (mut process, output) = endless(&endpoint);
    drop(output);
    let code = wait(&mut process);
    assert!(code.is_some(), "it ends by itself");
    endpoint.heard_in_order();
}

#[test]
fn a_reader_that_pauses_pauses_the_server() {
    let Some(endpoint) = Endpoint::start("client::a_reader_that_pauses") else {
        return;
    };
    let (mut process, output) = endless(&endpoint);
    let produced = || {
        endpoint.heard()["shells"][0]["produced"]
            .as_u64()
            .expect("a count")
    };
    // Everything between the two ends is bounded, so that production comes to a stop.
    let mut last = produced();
    let started = Instant::now();
    loop {
        std::thread::sleep(Duration::from_millis(1500));
        let now = produced();
        if now == last {
            break;
        }
        last = now;
        assert!(
            started.elapsed() < Duration::from_secs(90),
            "{now} objects and no end"
        );
    }
    drop(output);
    wait(&mut process);
    endpoint.heard_in_order();
}
