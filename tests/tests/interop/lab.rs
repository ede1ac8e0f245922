//! pypsrp, unmodified, against `psbridge lab`: Basic over HTTPS, NTLM and Negotiate with message encryption over HTTP.

use std::collections::HashMap;
use std::process::Command;
use std::time::Duration;

use psbridge_tests::{Child, psbridge_bin, run};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::peer::python;

const ACCOUNT: (&str, &str) = ("labuser", "Lab-Password 1");

/// `psbridge lab` with its own directory of users.
struct Lab {
    child: Child,
    _work: TempDir,
}

impl Lab {
    fn start(words: &[&str]) -> Self {
        let work = TempDir::new().expect("a folder for the lab");
        let mut command = Command::new(psbridge_bin());
        command
            .args([
                "lab",
                "--users",
                "3000",
                "--groups",
                "20",
                "--seed",
                "7",
                "--account",
            ])
            .arg(format!("{}:{}", ACCOUNT.0, ACCOUNT.1))
            .args(words)
            .current_dir(work.path())
            .env_remove("RUST_LOG");
        Self {
            child: Child::start(&mut command),
            _work: work,
        }
    }

    /// Where pypsrp is sent for a way of signing in.
    fn url(&self, auth: &str, configuration: &str) -> String {
        let secure = auth == "basic";
        let origin = self.child.ready(if secure { "https" } else { "http" });
        let path = if configuration == EXCHANGE {
            "PowerShell"
        } else {
            "wsman"
        };
        format!("{origin}/{path}")
    }
}

const SHELL: &str = "Microsoft.PowerShell";
const EXCHANGE: &str = "Microsoft.Exchange";

/// The three ways of signing in that pypsrp has without Kerberos.
const WAYS: [&str; 3] = ["basic", "ntlm", "negotiate"];

/// Runs scenarios of the driver; each must have come to a result.
fn drive(
    lab: &Lab,
    test: &str,
    auth: &str,
    configuration: &str,
    scenarios: &[&str],
) -> Option<HashMap<String, Value>> {
    let python = python(test)?;
    let mut command = python.script("pypsrp_driver.py");
    command
        .args([
            "--url",
            &lab.url(auth, configuration),
            "--auth",
            auth,
            "--user",
            ACCOUNT.0,
        ])
        .args(["--ca", lab.child.ready("ca"), "--configuration", configuration])
        .args(scenarios)
        .env("PSBRIDGE_PASSWORD", ACCOUNT.1);
    let finished = run(&mut command, b"", Duration::from_secs(240));
    assert_eq!(
        finished.code,
        Some(0),
        "{}\n{}",
        finished.stderr,
        lab.child.stderr()
    );
    let mut results = HashMap::new();
    for line in finished.stdout.lines() {
        let line: Value = serde_json::from_str(line).expect("the driver prints JSON");
        let name = line["scenario"].as_str().expect("a name").to_owned();
        assert_eq!(
            line.get("error"),
            None,
            "{auth} {name}: {}\n{}",
            line["trace"],
            lab.child.stderr()
        );
        results.insert(name, line["result"].clone());
    }
    assert_eq!(results.len(), scenarios.len());
    Some(results)
}

/// PSInvocationState: Completed.
const COMPLETED: u32 = 4;
const STOPPED: u32 = 3;
const FAILED: u32 = 5;

fn array(value: &Value) -> &Vec<Value> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("not an array: {value}"))
}

#[test]
fn output_and_errors() {
    let lab = Lab::start(&[]);
    for auth in WAYS {
        // pypsrp takes some milliseconds for each user.
        let many: &[&str] = if auth == "negotiate" { &["many"] } else { &[] };
        let scenarios = [
            &["output", "selected", "errors", "script", "sequence", "two_pools"],
            many,
        ]
        .concat();
        let Some(results) = drive(&lab, "lab::output_and_errors", auth, EXCHANGE, &scenarios) else {
            return;
        };
        let output = &results["output"];
        assert_eq!(output["pool"]["protocol"], "2.3");
        assert_eq!(output["state"], COMPLETED, "{auth}: {output}");
        let users = array(&output["output"]);
        assert_eq!(users.len(), 5);
        for user in users {
            assert_eq!(
                user["types"][0], "Microsoft.Exchange.Data.Directory.Management.User",
                "{user}"
            );
            assert!(user["adapted"]["Name"].is_string(), "{user}");
            assert!(
                user["adapted"]
                    .as_object()
                    .is_some_and(|members| members.len() > 40),
                "{user}"
            );
        }

        let selected = &results["selected"];
        assert_eq!(selected["state"], COMPLETED, "{auth}: {selected}");
        let output = array(&selected["output"]);
        assert_eq!(output.len(), 4, "three users and their count: {selected}");
        for user in output.iter().take(3) {
            let members = user["extended"].as_object().expect("note properties");
            assert_eq!(members.keys().collect::<Vec<_>>(), ["Name", "Guid"], "{user}");
        }
        let count = &output.last().expect("a count")["adapted"]["Count"];
        assert_eq!(count, 3, "{selected}");

        let errors = &results["errors"];
        let record = &errors["record"];
        assert_eq!(
            record["state"], COMPLETED,
            "an error record does not end the pipeline: {record}"
        );
        let error = &record["error"][0];
        assert!(
            error["text"]
                .as_str()
                .is_some_and(|text| text.contains("nobody-at-all")),
            "{error}"
        );
        assert!(error["id"].as_str().is_some_and(|id| !id.is_empty()), "{error}");
        for (name, told) in [("unknown", "Get-Nothing"), ("parameter", "Nonsense")] {
            let failed = &errors[name];
            assert_eq!(failed["state"], FAILED, "{auth} {name}: {failed}");
            let text = failed["error"][0]["text"].as_str().unwrap_or_default();
            assert!(text.contains(told), "{auth} {name}: {failed}");
        }
        assert_eq!(errors["unknown"]["error"][0]["id"], "CommandNotFoundException");
        assert_eq!(array(&errors["after"]["output"]).len(), 1, "the pool lives on");

        let script = &results["script"];
        assert_eq!(script["state"], FAILED, "{script}");
        let text = script["error"][0]["text"].as_str().unwrap_or_default();
        assert!(
            text.contains("The syntax is not supported by this runspace"),
            "{script}"
        );
        assert_eq!(results["sequence"], json!(vec![1; 40]));

        if let Some(many) = results.get("many") {
            assert_eq!(many["count"], 2000, "{auth}: {many}");
            assert_eq!(many["guids"], 2000, "every user is another: {many}");
            assert_eq!(many["state"], COMPLETED);
            // 3,000 users are more than were asked for.
            assert_eq!(array(&many["warning"]).len(), 1, "{many}");
        }
        let pools = &results["two_pools"];
        let counts = json!([20, 21, 22, 23, 24]);
        assert_eq!(
            pools["threads"],
            json!({ "one": counts, "two": counts }),
            "{auth}"
        );
        assert_eq!(pools["interleaved"], json!([150, 150]), "{auth}");
    }
}

#[test]
fn every_stream() {
    let lab = Lab::start(&[]);
    for auth in WAYS {
        let scenarios = ["every_stream", "merged", "host", "event"];
        let Some(results) = drive(&lab, "lab::every_stream", auth, SHELL, &scenarios) else {
            return;
        };
        let streams = &results["every_stream"];
        assert_eq!(streams["state"], COMPLETED, "{auth}: {streams}");
        assert_eq!(streams["output"], json!(["out", "end"]), "{auth}: {streams}");
        assert_eq!(streams["warning"], json!(["careful"]));
        assert_eq!(streams["verbose"], json!(["wordy"]));
        assert_eq!(streams["debug"], json!(["buggy"]));
        let error = &streams["error"][0];
        assert_eq!(error["text"], "wrong", "{error}");
        assert_eq!(error["category"], 13, "ObjectNotFound: {error}");
        assert_eq!(error["target"], "nobody", "{error}");
        assert!(
            error["id"].as_str().is_some_and(|id| id.starts_with("LabError")),
            "{error}"
        );
        let information = &streams["information"][0];
        assert_eq!(information["message_data"], "informed", "{information}");
        assert_eq!(information["tags"], json!(["one", "two"]), "{information}");
        let progress = &streams["progress"][0];
        assert_eq!(progress["activity"], "work", "{progress}");
        assert_eq!(progress["percent_complete"], 50, "{progress}");
        assert_eq!(progress["activity_id"], 3, "{progress}");
        assert_eq!(progress["description"], "half", "{progress}");

        let merged = &results["merged"];
        assert_eq!(merged["warning"], json!([]), "{merged}");
        assert_eq!(merged["error"], json!([]), "{merged}");
        assert_eq!(array(&merged["output"]).len(), 2, "{merged}");

        let host = &results["host"];
        assert_eq!(host["state"], COMPLETED, "{host}");
        assert_eq!(host["output"], json!(["typed"]), "{host}");
        assert_eq!(host["written"], json!(["shown"]), "{host}");
        assert_eq!(array(&results["event"]).len(), 1, "{}", results["event"]);
    }
}

#[test]
fn input_and_values() {
    let lab = Lab::start(&[]);
    for auth in WAYS {
        let scenarios = ["input", "input_lazily", "values", "secret"];
        let Some(results) = drive(&lab, "lab::input_and_values", auth, SHELL, &scenarios) else {
            return;
        };
        let input = &results["input"];
        assert_eq!(input["state"], COMPLETED, "{auth}: {input}");
        // Write-Output takes lists apart.
        let given = json!(["text ü\u{1f600}", 5, true, 1, "two", { "dict": [["key", "value"]] }]);
        assert_eq!(input["output"], given, "{auth}: {input}");
        let lazily = &results["input_lazily"];
        assert_eq!(lazily["output"], json!((0..300).collect::<Vec<_>>()), "{auth}");

        let values = &results["values"];
        assert_eq!(values["state"], COMPLETED, "{auth}: {values}");
        assert!(values["all"].as_u64() >= Some(40), "{values}");
        let named = &values["named"];
        for (name, expected) in [
            // A message without data is null, which pypsrp shows as an empty text.
            ("Nil", json!("")),
            ("String", json!("text with < & > \" ' and ünïcödé \u{1f600}")),
            ("EmptyString", json!("")),
            ("Char", json!("a")),
            ("True", json!(true)),
            ("Byte", json!(255)),
            ("SByte", json!(-128)),
            ("UInt16", json!(65_535)),
            ("Int16", json!(-32_768)),
            ("UInt32", json!(u32::MAX)),
            ("Int32", json!(i32::MIN)),
            ("UInt64", json!(u64::MAX)),
            ("Int64", json!(i64::MIN)),
            ("Single", json!({ "float": "1.1" })),
            ("DoubleNaN", json!({ "float": "nan" })),
            ("DecimalMax", json!("79228162514264337593543950335")),
            ("Bytes", json!({ "bytes": "AAEC/f7/" })),
            ("Guid", json!({ "UUID": "01234567-89ab-cdef-0123-456789abcdef" })),
            ("Uri", json!("https://example.test/a b?q=é")),
            ("Version", json!("5.1")),
            ("Xml", json!("<a b=\"1\"><c>text</c></a>")),
            ("ScriptBlock", json!(" Get-Date ")),
            ("Array", json!([1, "two", null])),
            ("EmptyArray", json!([])),
            ("Queue", json!({ "queue": [1, 2, 3] })),
            ("Hashtable", json!({ "dict": [["a", 1], [2, "two"]] })),
        ] {
            assert_eq!(named[name], json!([expected]), "{auth} {name}");
        }
        let custom = &named["Custom"][0]["extended"];
        assert_eq!(custom["Nested"]["extended"]["Deep"], 2, "{custom}");
        assert_eq!(named["Enum"][0]["to_string"], "Saturday", "{}", named["Enum"]);
        let file = &named["FileInfo"][0];
        assert_eq!(
            (&file["adapted"]["Length"], &file["extended"]["Mode"]),
            (&json!(9), &json!("-a----")),
            "{file}"
        );

        let secret = &results["secret"];
        assert_eq!(secret["input"], json!(["s3cret ü"]), "{auth}: {secret}");
        assert_eq!(secret["parameter"], json!(["s3cret ü"]), "{auth}: {secret}");
    }
}

#[test]
fn stopping_and_waiting() {
    let lab = Lab::start(&[]);
    for auth in WAYS {
        let scenarios = ["stop", "stop_silent", "idle", "close_while_running"];
        let Some(results) = drive(&lab, "lab::stopping_and_waiting", auth, SHELL, &scenarios) else {
            return;
        };
        let stop = &results["stop"];
        assert_eq!(stop["state"], STOPPED, "{auth}: {stop}");
        assert!(stop["seen"].as_u64() >= Some(20), "{stop}");
        assert_eq!(stop["after"]["output"], json!(["after"]), "{stop}");
        let silent = &results["stop_silent"];
        assert_eq!(silent["running"], 1, "{silent}");
        assert_eq!(silent["state"], STOPPED, "{silent}");
        assert_eq!(silent["after"]["output"], json!(["after"]), "{silent}");
        let idle = &results["idle"];
        assert_eq!(idle["output"], json!(["awake"]), "{auth}: {idle}");
    }
}

#[test]
fn sizes_and_pools() {
    let lab = Lab::start(&[]);
    for auth in WAYS {
        let scenarios = ["big", "numbers", "runspaces", "reset", "metadata", "script"];
        let Some(results) = drive(&lab, "lab::sizes_and_pools", auth, SHELL, &scenarios) else {
            return;
        };
        let size = 5 * 1024 * 1024;
        let big = &results["big"];
        assert_eq!(big["parameter"], json!([size]), "{auth}");
        assert_eq!(big["input"], json!([size]), "{auth}");
        assert_eq!(big["made"], json!([size]), "{auth}");
        assert_eq!(big["equal"], true, "{auth}");
        assert_eq!(
            results["numbers"]["output"],
            json!((1..=2000).collect::<Vec<_>>()),
            "{auth}"
        );
        let runspaces = &results["runspaces"];
        assert_eq!(
            runspaces,
            &json!({ "available": 3, "max": 5, "min": 2 }),
            "{auth}"
        );
        assert_eq!(
            results["reset"]["state"], COMPLETED,
            "{auth}: {}",
            results["reset"]
        );
        let names: Vec<_> = array(&results["metadata"])
            .iter()
            .map(|command| &command["name"])
            .collect();
        assert_eq!(names, ["Get-LabNumber", "Select-Object"], "{auth}");
        let script = &results["script"];
        assert_eq!(script["output"], json!([1, 2, 3, "x"]), "{auth}: {script}");
    }
}

#[test]
fn refusals() {
    let lab = Lab::start(&[]);
    for auth in WAYS {
        let scenarios = ["wrong_password", "wrong_configuration"];
        let Some(results) = drive(&lab, "lab::refusals", auth, SHELL, &scenarios) else {
            return;
        };
        assert_eq!(
            results["wrong_password"]["refused"], "AuthenticationError",
            "{auth}"
        );
        let configuration = &results["wrong_configuration"];
        assert_eq!(
            configuration["refused"], "WSManFaultError",
            "{auth}: {configuration}"
        );
        assert_eq!(
            configuration["code"], 2_150_858_811_u32,
            "{auth}: {configuration}"
        );
    }
}

#[test]
fn old_and_anonymous_sign_ins_are_not_served() {
    let Some(python) = python("lab::old_and_anonymous_sign_ins_are_not_served") else {
        return;
    };
    let lab = Lab::start(&[]);
    let mut command = python.script("weak_client.py");
    command
        .args(["--url", &lab.url("ntlm", SHELL), "--user", ACCOUNT.0])
        .env("PSBRIDGE_PASSWORD", ACCOUNT.1);
    let finished = run(&mut command, b"", Duration::from_secs(120));
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let mut kinds = 0;
    for line in finished.stdout.lines() {
        let line: Value = serde_json::from_str(line).expect("the client prints JSON");
        // The right password proves nothing here.
        let (statuses, response) = match line["kind"].as_str().expect("a kind") {
            "ntlmv2" => {
                assert_eq!(line["statuses"], json!([401, 200]), "{line}");
                assert_eq!(
                    line["after"], 400,
                    "it is asked for a body, not who it is: {line}"
                );
                assert!(line["response"].as_u64() > Some(24), "{line}");
                kinds += 1;
                continue;
            }
            // Without extended session security there is no challenge at all.
            "level-0" => (json!([401]), json!(null)),
            "level-1" | "level-2" => (json!([401, 401]), json!(24)),
            _ => (json!([401, 401]), json!(0)),
        };
        assert_eq!(line["statuses"], statuses, "{line}");
        assert_eq!(line["response"], response, "{line}");
        assert_eq!(line["after"], 401, "nor is the connection signed in: {line}");
        kinds += 1;
    }
    assert_eq!(kinds, 12, "{}", finished.stdout);
}
