//! Every proof, encryption type, form and realm, into an endpoint that is not ours.

use psbridge_tests::domain::Realm;
use serde_json::json;

use crate::client::{self, Proof, heard_by_kerberos, invoke, path};

const PIPELINE: &str = "Get-Users -Count 3";

/// What the two implementations can, and on which host the session's keys have which type.
struct Case<'a> {
    name: &'a str,
    user: &'a str,
    proof: Proof<'a>,
    host: &'a str,
    more: &'a [&'a str],
}

fn cases_hold(test: &str, realm: &Realm, cases: &[Case<'_>]) {
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    for case in cases {
        // Raw where nothing else is offered, and inside SPNEGO.
        for (act, auth, scheme) in [
            ("only-kerberos", "kerberos", "Kerberos"),
            ("any", "negotiate", "Negotiate"),
        ] {
            let name = format!("{} {} {scheme}", realm.name(), case.name);
            let path = path(act, test, &name);
            let url = endpoint.url(false, &realm.host(case.host), &path);
            let words = [case.more, &["--auth", auth]].concat();
            let finished = invoke(realm, &url, PIPELINE, case.user, case.proof, &words);
            assert_eq!(finished.code, Some(0), "{name}: {}", finished.stderr);
            assert_eq!(finished.stdout.lines().count(), 3, "{name}: {}", finished.stdout);
            let heard = heard_by_kerberos(endpoint, &path, &realm.principal(case.user));
            for request in heard["requests"].as_array().expect("requests") {
                assert_eq!(request["scheme"], scheme, "{name}");
                assert_eq!(request["sealed"], true, "{name}");
                let form = if case.user == "rc4" { "rfc4757" } else { "rfc4121" };
                assert_eq!(request["wrap_form"], form, "{name}");
                assert_eq!(
                    request["delegated"],
                    json!(case.more.contains(&"--delegate")),
                    "{name}"
                );
            }
        }
    }
}

fn own_implementation(test: &str, realm: &Realm) {
    let kdc = ["--kdc", realm.kdc()];
    let (alice, aes128) = (realm.keytab("alice"), realm.keytab("aes128"));
    let (alice, aes128) = (alice.to_str().expect("text"), aes128.to_str().expect("text"));
    let case = |name, user, proof, host| Case {
        name,
        user,
        proof,
        host,
        more: &kdc,
    };
    cases_hold(
        test,
        realm,
        &[
            case("password, AES-256", "alice", Proof::Password, "aes256"),
            case("password, AES-128 service", "alice", Proof::Password, "aes128"),
            case("password, AES-128 user", "aes128", Proof::Password, "mail"),
            case("keytab, AES-256", "alice", Proof::Keytab(alice), "mail"),
            case("keytab, AES-128 user", "aes128", Proof::Keytab(aes128), "aes128"),
        ],
    );
}

#[test]
fn our_kerberos_signs_in_with_tickets_of_active_directory() {
    let test = "sign_in::our_kerberos_signs_in_with_tickets_of_active_directory";
    if let Some(realm) = Realm::samba(test) {
        own_implementation(test, realm);
    }
}

#[test]
fn our_kerberos_signs_in_with_tickets_of_mit() {
    let test = "sign_in::our_kerberos_signs_in_with_tickets_of_mit";
    if let Some(realm) = Realm::mit(test) {
        own_implementation(test, realm);
    }
}

/// Without `--kdc`, as a machine of the domain is set up; the system's krb5 takes over where ours does not reach.
#[cfg(feature = "kerberos-gss")]
fn system_implementation(test: &str, realm: &Realm) {
    let folder = tempfile::TempDir::new().expect("a folder for caches");
    let caches = ["alice", "aes128", "rc4"].map(|user| realm.kinit(user, folder.path()));
    let [alice, aes128, rc4] = caches.each_ref().map(String::as_str);
    let keytabs = ["alice", "rc4"].map(|user| realm.keytab(user));
    let [alice_keys, rc4_keys] = keytabs.each_ref().map(|path| path.to_str().expect("text"));
    let case = |name, user, proof, host| Case {
        name,
        user,
        proof,
        host,
        more: &[],
    };
    let delegated = |name, user, proof, host| Case {
        more: &["--delegate"],
        ..case(name, user, proof, host)
    };
    cases_hold(
        test,
        realm,
        &[
            case("cache, AES-256", "alice", Proof::Cache(alice), "aes256"),
            case("cache, AES-128", "aes128", Proof::Cache(aes128), "aes128"),
            case("cache, RC4 service", "alice", Proof::Cache(alice), "rc4"),
            case("cache, RC4 user", "rc4", Proof::Cache(rc4), "mail"),
            case("password, RC4 service", "alice", Proof::Password, "rc4"),
            case("password, RC4 user", "rc4", Proof::Password, "mail"),
            case("keytab, RC4 user", "rc4", Proof::Keytab(rc4_keys), "rc4"),
            delegated("password, delegated", "alice", Proof::Password, "mail"),
            delegated("keytab, delegated", "alice", Proof::Keytab(alice_keys), "mail"),
        ],
    );
}

#[cfg(feature = "kerberos-gss")]
#[test]
fn the_systems_kerberos_signs_in_with_tickets_of_active_directory() {
    let test = "sign_in::the_systems_kerberos_signs_in_with_tickets_of_active_directory";
    if let Some(realm) = Realm::samba(test) {
        system_implementation(test, realm);
    }
}

#[cfg(feature = "kerberos-gss")]
#[test]
fn the_systems_kerberos_signs_in_with_tickets_of_mit() {
    let test = "sign_in::the_systems_kerberos_signs_in_with_tickets_of_mit";
    if let Some(realm) = Realm::mit(test) {
        system_implementation(test, realm);
    }
}

#[test]
fn the_service_is_found_by_either_name_or_the_one_given() {
    let test = "sign_in::the_service_is_found_by_either_name_or_the_one_given";
    let Some(realm) = Realm::samba(test) else { return };
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    let kdc = ["--auth", "kerberos", "--kdc", realm.kdc()];
    for (name, host, more) in [
        // The KDC does not know host/web.
        ("HTTP only", "web", [].as_slice()),
        ("host only", "plain", &[]),
        ("given", "balancer", &["--spn", "HTTP/mail.psbridge.localhost"]),
    ] {
        let path = path("any", test, name);
        let url = endpoint.url(false, &realm.host(host), &path);
        let words = [kdc.as_slice(), more].concat();
        let finished = invoke(realm, &url, PIPELINE, "alice", Proof::Password, &words);
        assert_eq!(finished.code, Some(0), "{name}: {}", finished.stderr);
        heard_by_kerberos(endpoint, &path, &realm.principal("alice"));
    }
}

#[test]
fn channel_bindings_are_sent_and_those_of_another_connection_are_refused() {
    let test = "sign_in::channel_bindings_are_sent_and_those_of_another_connection_are_refused";
    let Some(realm) = Realm::mit(test) else { return };
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    let kdc = ["--kdc", realm.kdc()];
    let ways = [
        ("ours", Proof::Password, kdc.as_slice()),
        #[cfg(feature = "kerberos-gss")]
        ("the system's", Proof::Password, &["--delegate"]),
    ];
    for (name, proof, more) in ways {
        for auth in ["kerberos", "negotiate"] {
            let words = [more, &["--auth", auth, "--ca", endpoint.ca()]].concat();
            let name = format!("{name} {auth}");
            let right = path("any", test, &name);
            let url = endpoint.url(true, &realm.host("mail"), &right);
            let finished = invoke(realm, &url, PIPELINE, "alice", proof, &words);
            assert_eq!(finished.code, Some(0), "{name}: {}", finished.stderr);
            let heard = heard_by_kerberos(endpoint, &right, &realm.principal("alice"));
            for request in heard["requests"].as_array().expect("requests") {
                assert_eq!(request["bound"], true, "{name}");
            }

            let wrong = path("other-bindings", test, &name);
            let url = endpoint.url(true, &realm.host("mail"), &wrong);
            let finished = invoke(realm, &url, PIPELINE, "alice", proof, &words);
            assert_eq!(finished.code, Some(4), "{name}: {}", finished.stderr);
            let heard = endpoint.heard(&wrong);
            assert_eq!(heard["requests"], json!([]), "{name}");
            let refused = heard["refused"].to_string();
            assert!(refused.contains("binding"), "{name}: {refused}");
        }
    }
}

#[tokio::test]
async fn the_library_signs_in_and_many_connections_share_one_ticket() {
    let test = "sign_in::the_library_signs_in_and_many_connections_share_one_ticket";
    let Some(realm) = Realm::mit(test) else { return };
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    let path = path("any", test, "");
    let url = endpoint.url(false, &realm.host("mail"), &path);
    let session = client::session(realm, &url, "alice")
        .max_runspaces(3)
        .open()
        .await
        .expect("the session opens");
    let run = |count: i32| {
        let pipeline = session.pipeline(psbridge::Command::new("Get-Users").parameter("Count", count));
        async move { pipeline.start().await?.collect().await }
    };
    let (one, two, three) = tokio::join!(run(3), run(4), run(5));
    for (count, outcome) in [(3, one), (4, two), (5, three)] {
        assert_eq!(outcome.expect("it runs").output().count(), count);
    }
    session.close().await.expect("it closes");
    heard_by_kerberos(endpoint, &path, &realm.principal("alice"));
}
