//! NTLM with the accounts of a domain, whose controller says who is right.

use psbridge_tests::domain::{Realm, system_library};
use psbridge_tests::skip;
use serde_json::json;

use crate::client::path;

fn invoke(realm: &Realm, url: &str, auth: &str, user: &str, password: &str) -> psbridge_tests::Finished {
    let mut command = std::process::Command::new(psbridge_tests::psbridge_bin());
    command
        .args(["invoke", url, "Get-Users -Count 3", "--format", "ndjson"])
        .args(["--auth", auth, "--user", user])
        .env("PSBRIDGE_PASSWORD", password)
        // As on a machine that knows of no realm: there Negotiate is NTLM.
        .env("KRB5_CONFIG", "/dev/null")
        .env_remove("RUST_LOG");
    assert_eq!(realm.ready("netbios"), "PSBRIDGE");
    psbridge_tests::run(&mut command, b"", std::time::Duration::from_secs(120))
}

#[test]
fn the_controller_checks_ntlm_of_domain_accounts() {
    let test = "ntlm::the_controller_checks_ntlm_of_domain_accounts";
    if system_library("libnss_wrapper.so").is_none() {
        return skip(test, "no nss_wrapper (Debian package libnss-wrapper)");
    }
    let Some(realm) = Realm::samba(test) else { return };
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    let host = "127.0.0.1";
    for auth in ["ntlm", "negotiate"] {
        for user in ["PSBRIDGE\\alice", "alice@psbridge.test"] {
            let path = path("controller", test, &format!("{auth} {user}"));
            let url = endpoint.url(false, host, &path);
            let finished = invoke(realm, &url, auth, user, realm.password());
            assert_eq!(finished.code, Some(0), "{auth} {user}: {}", finished.stderr);
            assert_eq!(finished.stdout.lines().count(), 3, "{auth} {user}");
            let heard = endpoint.heard(&path);
            assert_eq!(heard["malformed"], json!([]));
            for request in heard["requests"].as_array().expect("requests") {
                assert_eq!(request["user"], "PSBRIDGE\\alice", "{auth} {user}");
                assert_eq!(request["sealed"], true, "{auth} {user}");
            }
        }
        for (user, password, status) in [
            ("alice", "wrong", "NT_STATUS_LOGON_FAILURE"),
            ("nobody", realm.password(), "NT_STATUS_LOGON_FAILURE"),
            ("disabled", realm.password(), "NT_STATUS_ACCOUNT_DISABLED"),
            ("locked", realm.password(), "NT_STATUS_ACCOUNT_LOCKED_OUT"),
            ("expired", realm.password(), "NT_STATUS_ACCOUNT_EXPIRED"),
            ("mustchange", realm.password(), "NT_STATUS_PASSWORD_MUST_CHANGE"),
        ] {
            let path = path("controller", test, &format!("{auth} {user}"));
            let url = endpoint.url(false, host, &path);
            let finished = invoke(realm, &url, auth, &format!("PSBRIDGE\\{user}"), password);
            assert_eq!(finished.code, Some(4), "{auth} {user}: {}", finished.stderr);
            let heard = endpoint.heard(&path);
            assert_eq!(heard["requests"], json!([]), "{auth} {user}");
            let refused = heard["refused"].to_string();
            let nobody = user == "nobody" && refused.contains("NT_STATUS_NO_SUCH_USER");
            assert!(refused.contains(status) || nobody, "{auth} {user}: {refused}");
        }
    }
}
