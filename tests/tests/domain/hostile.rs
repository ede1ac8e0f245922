//! What an attacker on the way or a broken endpoint may do with Kerberos. Nothing of it may be believed.

use psbridge_tests::domain::Realm;
use serde_json::json;

use crate::client::{Proof, invoke, path};

const PIPELINE: &str = "Get-Users -Count 3";

/// Both implementations, by the option that leads to each.
fn implementations(realm: &Realm) -> Vec<(&'static str, Vec<&str>)> {
    vec![
        ("ours", vec!["--kdc", realm.kdc()]),
        #[cfg(feature = "kerberos-gss")]
        ("the system's", vec!["--delegate"]),
    ]
}

#[test]
fn an_endpoint_that_does_not_prove_itself_gets_no_request() {
    let test = "hostile::an_endpoint_that_does_not_prove_itself_gets_no_request";
    let Some(realm) = Realm::mit(test) else { return };
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    for (implementation, more) in implementations(realm) {
        for act in ["no-ap-rep", "wrong-ap-rep", "old-ap-rep", "no-final-token"] {
            for auth in ["kerberos", "negotiate"] {
                for secure in [false, true] {
                    let name = format!("{implementation} {act} {auth} {secure}");
                    // The endpoint reads the act of `/hostile` as well, at an operation that never comes.
                    let path = path(act, test, &name);
                    let url = endpoint.url(secure, &realm.host("mail"), &path);
                    let mut words = more.clone();
                    words.extend(["--auth", auth, "--ca", endpoint.ca()]);
                    let run = || invoke(realm, &url, PIPELINE, "alice", Proof::Password, &words);
                    if act == "old-ap-rep" {
                        // The first handshake of each form is honest, and its proof is what later ones are given.
                        run();
                        let before = endpoint.heard(&path)["requests"].as_array().map(Vec::len);
                        let finished = run();
                        assert_ne!(finished.code, Some(0), "{name}");
                        let after = endpoint.heard(&path)["requests"].as_array().map(Vec::len);
                        assert_eq!(before, after, "{name}: no operation came");
                        continue;
                    }
                    let finished = run();
                    // An answer without any token looks like that of something that is no WinRM.
                    assert!(
                        matches!(finished.code, Some(3..=5)),
                        "{name}: {:?} {}",
                        finished.code,
                        finished.stderr
                    );
                    assert_eq!(finished.stdout, "", "{name}");
                    let heard = endpoint.heard(&path);
                    assert_eq!(heard["requests"], json!([]), "{name}: no operation came");
                    assert_eq!(heard["malformed"], json!([]), "{name}: nothing in clear");
                }
            }
        }
    }
}

#[test]
fn a_changed_answer_is_refused() {
    let test = "hostile::a_changed_answer_is_refused";
    let Some(realm) = Realm::mit(test) else { return };
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    for (implementation, more) in implementations(realm) {
        for act in [
            "tampered",
            "bad-signature",
            "bad-sequence",
            "reordered",
            "bad-length",
            "truncated",
            "signed-only",
            "clear",
        ] {
            for auth in ["kerberos", "negotiate"] {
                for operation in ["Create", "Receive"] {
                    let name = format!("{implementation} {act} {auth} {operation}");
                    let path = format!("/hostile/{act}/{operation}");
                    let url = endpoint.url(false, &realm.host("aes256"), &path);
                    let mut words = more.clone();
                    words.extend(["--auth", auth]);
                    let finished = invoke(realm, &url, PIPELINE, "alice", Proof::Password, &words);
                    assert_eq!(finished.code, Some(5), "{name}: {}", finished.stderr);
                    assert_eq!(finished.stdout, "", "{name}: nothing of it is believed");
                }
            }
        }
        // A silent pipeline asks again on the connection on which it was answered; that answer comes a second time.
        let url = endpoint.url(false, &realm.host("mail"), "/hostile/replayed/Receive");
        let mut words = more.clone();
        words.extend(["--auth", "kerberos"]);
        let finished = invoke(
            realm,
            &url,
            "Wait-Quiet -Seconds 9",
            "alice",
            Proof::Password,
            &words,
        );
        assert_eq!(finished.code, Some(5), "{implementation}: {}", finished.stderr);
        assert_eq!(finished.stdout, "", "{implementation}");
    }
}

#[cfg(feature = "kerberos-gss")]
#[test]
fn a_changed_answer_under_rc4_is_refused() {
    let test = "hostile::a_changed_answer_under_rc4_is_refused";
    let Some(realm) = Realm::mit(test) else { return };
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    for act in [
        "tampered",
        "reordered",
        "bad-length",
        "truncated",
        "signed-only",
        "clear",
    ] {
        let path = format!("/hostile/{act}/Create");
        let url = endpoint.url(false, &realm.host("rc4"), &path);
        let words = ["--auth", "kerberos"];
        let finished = invoke(realm, &url, PIPELINE, "rc4", Proof::Password, &words);
        assert_eq!(finished.code, Some(5), "{act}: {}", finished.stderr);
        assert_eq!(finished.stdout, "", "{act}");
    }
}

#[test]
fn nobody_talks_us_out_of_kerberos() {
    let test = "hostile::nobody_talks_us_out_of_kerberos";
    let Some(realm) = Realm::mit(test) else { return };
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    for (implementation, more) in implementations(realm) {
        for (act, allowed) in [
            // An endpoint, or somebody before it, that would rather have NTLM.
            ("another-mechanism", false),
            // Somebody who takes Kerberos off the list; the endpoint behind is honest.
            ("strip-kerberos", false),
            ("strip-kerberos", true),
        ] {
            let name = format!("{implementation} {act} {allowed}");
            let path = path(act, test, &name);
            let url = endpoint.url(false, &realm.host("mail"), &path);
            let mut words = more.clone();
            words.extend(["--auth", "negotiate"]);
            if allowed {
                words.push("--allow-ntlm");
            }
            let finished = invoke(realm, &url, PIPELINE, "alice", Proof::Password, &words);
            assert!(
                matches!(finished.code, Some(4 | 5)),
                "{name}: {:?} {}",
                finished.code,
                finished.stderr
            );
            assert_eq!(finished.stdout, "", "{name}");
            let heard = endpoint.heard(&path);
            assert_eq!(heard["requests"], json!([]), "{name}: no operation came");
            assert_eq!(heard["malformed"], json!([]), "{name}: nothing in clear");
        }
    }
}
