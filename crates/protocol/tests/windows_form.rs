//! What we answer has the form of what Windows answers: every recorded answer of an operation that we build is the
//! same, byte for byte, when it is read and written again, and so are its faults when they are built from their code.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests state what must hold"
)]

mod support;

use std::collections::BTreeMap;

use psbridge_protocol::wsman::{Fault, Response, ResponseBody};

/// Answers as they came from Windows; some of the recordings were put into another layout by those who stored them.
fn answers() -> Vec<(String, String)> {
    let Some(folder) = support::recordings() else {
        return Vec::new();
    };
    let mut answers = Vec::new();
    for kind in ["psrp", "winrs"] {
        for path in support::files(&folder.join(kind), ".jsonl") {
            for exchange in support::lines(&path) {
                let Some(body) = exchange["response"]["body"].as_str() else {
                    continue;
                };
                if body.starts_with("<s:Envelope xml:lang=\"en-US\" xmlns:s=") && !body.contains(">\n") {
                    answers.push((format!("{} {}", path.display(), exchange["seq"]), body.to_owned()));
                }
            }
        }
    }
    answers
}

#[test]
fn recorded_answers_survive_reading_and_writing() {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let answers = answers();
    for (place, body) in &answers {
        let response = Response::parse(body).unwrap();
        if matches!(response.body, ResponseBody::Other { .. } | ResponseBody::Fault(_)) {
            continue;
        }
        assert_eq!(&response.to_xml(), body, "{place}");
        *counts
            .entry(response.header.action.rsplit('/').next().unwrap().to_owned())
            .or_default() += 1;
    }
    println!("{counts:?}");
    for name in ["Create", "Command", "Send", "Receive", "Signal", "Delete"] {
        assert!(
            answers.is_empty() || counts.contains_key(&format!("{name}Response")),
            "no answer to {name}"
        );
    }
}

#[test]
fn recorded_faults_are_built_from_their_codes() {
    let mut built = 0;
    for (place, body) in answers() {
        let response = Response::parse(&body).unwrap();
        let ResponseBody::Fault(recorded) = &response.body else {
            continue;
        };
        let mut fault = Fault::windows(
            recorded.wsman_code.unwrap(),
            recorded.machine.clone().unwrap(),
            untrimmed(&body),
        );
        if let Some(provider) = &recorded.provider {
            fault = fault.by_provider(provider.name.clone(), provider.path.clone().unwrap());
        }
        let ours = Response {
            header: response.header.clone(),
            body: ResponseBody::Fault(Box::new(fault)),
        };
        // One host left the language of the reason empty.
        assert_eq!(
            ours.to_xml(),
            body.replace("<s:Text xml:lang=\"\">", "<s:Text xml:lang=\"en-US\">"),
            "{place}"
        );
        let ResponseBody::Fault(fault) = &ours.body else {
            unreachable!()
        };
        assert_eq!(fault.action(), response.header.action, "{place}");
        built += 1;
    }
    println!("{built} faults");
}

/// The innermost text of the detail, with the blank that Windows puts behind it.
fn untrimmed(body: &str) -> &str {
    let end = body
        .find("</f:ProviderFault>")
        .or_else(|| body.find("</f:Message>"))
        .unwrap();
    &body[body[..end].rfind('>').unwrap() + 1..end]
}
