//! What can be wrong in a domain, produced for real, and the typed error of each.

use std::net::TcpListener;
use std::sync::LazyLock;

use psbridge::KerberosOptions;
use psbridge_auth::{Denial, KerberosError};
use psbridge_tests::domain::Realm;

use crate::client::{Proof, invoke, kerberos_error, path, session};

/// A URL where somebody listens and says nothing: the KDC is asked before anything is sent there.
fn nowhere(realm: &Realm, host: &str) -> String {
    static SILENT: LazyLock<TcpListener> =
        LazyLock::new(|| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let address = SILENT.local_addr().expect("it is bound");
    format!("http://{}:{}/wsman", realm.host(host), address.port())
}

#[tokio::test]
async fn accounts_that_may_not_sign_in() {
    let test = "failures::accounts_that_may_not_sign_in";
    let Some(realm) = Realm::samba(test) else { return };
    for (user, expected) in [
        ("disabled", Some(Denial::AccountDisabled)),
        // Samba's KDC says of locked accounts only that they are revoked.
        ("locked", None),
        ("expired", Some(Denial::AccountExpired)),
        ("mustchange", Some(Denial::PasswordMustChange)),
    ] {
        let opened = session(realm, &nowhere(realm, "mail"), user).open().await;
        match kerberos_error(user, opened) {
            KerberosError::Account { user: named, denial } => {
                assert!(named.starts_with(user), "{named}");
                assert_eq!(denial, expected, "{user}");
            }
            other => panic!("{user}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn accounts_of_mit_that_may_not_sign_in() {
    let test = "failures::accounts_of_mit_that_may_not_sign_in";
    let Some(realm) = Realm::mit(test) else { return };
    for user in ["disabled", "expired", "mustchange"] {
        let opened = session(realm, &nowhere(realm, "mail"), user).open().await;
        let error = kerberos_error(user, opened);
        assert!(
            matches!(error, KerberosError::Account { .. }),
            "{user}: {error:?}"
        );
    }
}

#[tokio::test]
async fn wrong_passwords_names_and_services() {
    let test = "failures::wrong_passwords_names_and_services";
    for realm in [Realm::samba(test), Realm::mit(test)].into_iter().flatten() {
        let name = realm.name();
        let url = nowhere(realm, "mail");
        let opened = session(realm, &url, "alice")
            .credential(realm.principal("alice"), "wrong".to_owned())
            .open()
            .await;
        let error = kerberos_error(name, opened);
        assert!(
            matches!(error, KerberosError::WrongPassword { keytab: false, .. }),
            "{name}: {error:?}"
        );

        let error = kerberos_error(name, session(realm, &url, "nobody").open().await);
        assert!(
            matches!(&error, KerberosError::UserUnknown { user, .. } if user.contains("nobody")),
            "{name}: {error:?}"
        );

        let unknown = nowhere(realm, "unknown");
        let error = kerberos_error(name, session(realm, &unknown, "alice").open().await);
        assert!(
            matches!(&error, KerberosError::ServiceUnknown { service, .. } if service.contains("unknown")),
            "{name}: {error:?}"
        );

        let opened = session(realm, &url, "alice")
            .credential("alice@OTHER.TEST", realm.password().to_owned())
            .open()
            .await;
        // MIT says that it is not its realm, Samba that it knows nobody there.
        let error = kerberos_error(name, opened);
        assert!(
            matches!(
                &error,
                KerberosError::WrongRealm { realm, .. } | KerberosError::UserUnknown { realm, .. }
                    if realm == "OTHER.TEST"
            ),
            "{name}: {error:?}"
        );

        let keytab = KerberosOptions::keytab(realm.keytab("services")).kdc(realm.kdc());
        let error = kerberos_error(name, session(realm, &url, "alice").kerberos(keytab).open().await);
        assert!(matches!(error, KerberosError::Keytab { .. }), "{name}: {error:?}");

        let absent = KerberosOptions::keytab("/nonexistent/keytab").kdc(realm.kdc());
        let error = kerberos_error(name, session(realm, &url, "alice").kerberos(absent).open().await);
        assert!(
            matches!(&error, KerberosError::Keytab { path: Some(path), .. } if path == "/nonexistent/keytab"),
            "{name}: {error:?}"
        );
    }
}

#[tokio::test]
async fn rc4_is_not_for_our_own_implementation() {
    let test = "failures::rc4_is_not_for_our_own_implementation";
    for realm in [Realm::samba(test), Realm::mit(test)].into_iter().flatten() {
        for (user, host) in [("rc4", "mail"), ("alice", "rc4")] {
            // MIT's KDC takes it that every service knows AES.
            if host == "rc4" && realm.name() == "MIT.TEST" {
                continue;
            }
            let opened = session(realm, &nowhere(realm, host), user).open().await;
            let name = format!("{} {user} {host}", realm.name());
            let error = kerberos_error(&name, opened);
            assert!(
                matches!(error, KerberosError::EncryptionType { .. }),
                "{name}: {error:?}"
            );
            assert!(error.advice().contains("kerberos-gss"), "{}", error.advice());
        }
    }
}

#[tokio::test]
async fn a_kdc_that_does_not_answer() {
    let test = "failures::a_kdc_that_does_not_answer";
    let Some(realm) = Realm::mit(test) else { return };
    // A port that was free a moment ago.
    let address = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a free port")
        .to_string();
    let opened = session(realm, &nowhere(realm, "mail"), "alice")
        .kerberos(KerberosOptions::password().kdc(&address))
        .open()
        .await;
    match kerberos_error("refused", opened) {
        KerberosError::KdcUnreachable { tried, .. } => {
            assert!(tried.iter().any(|one| one.contains(&address)), "{tried:?}");
        }
        other => panic!("{other:?}"),
    }
    let opened = session(realm, "http://127.0.0.1:9/wsman", "alice").open().await;
    let error = kerberos_error("an address", opened);
    assert!(matches!(error, KerberosError::Address { .. }), "{error:?}");
}

#[tokio::test]
async fn a_kdc_whose_clock_is_wrong() {
    let test = "failures::a_kdc_whose_clock_is_wrong";
    for (realm, ahead) in [(Realm::tomorrow(test), true), (Realm::yesterday(test), false)] {
        let Some(realm) = realm else { return };
        let opened = session(realm, &nowhere(realm, "mail"), "alice").open().await;
        match kerberos_error("skewed", opened) {
            KerberosError::ClockSkew { seconds, server } => {
                assert!(!server);
                let expected = if ahead { 86_400 } else { -86_400 };
                let seconds = seconds.expect("the KDC tells its time");
                assert!((seconds - expected).abs() < 600, "{seconds}");
            }
            other => panic!("ahead {ahead}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn an_endpoint_whose_clock_is_wrong() {
    let test = "failures::an_endpoint_whose_clock_is_wrong";
    let Some(realm) = Realm::mit(test) else { return };
    let Some(endpoint) = realm.endpoint_ahead(test) else {
        return;
    };
    for act in ["any", "only-kerberos"] {
        let url = endpoint.url(false, &realm.host("mail"), &path(act, test, ""));
        let opened = session(realm, &url, "alice").open().await;
        let error = kerberos_error(act, opened);
        assert!(
            matches!(error, KerberosError::ClockSkew { server: true, .. }),
            "{act}: {error:?}"
        );
    }
}

/// A sign-in by the binary that comes to nothing.
struct Refused<'a> {
    user: &'a str,
    host: &'a str,
    proof: Proof<'a>,
    words: &'a [&'a str],
    /// What its explanation contains, in lower case.
    says: &'a [&'a str],
}

impl Refused<'_> {
    /// The exit code is that of a sign-in, the explanation fits, and nothing went to the endpoint.
    #[track_caller]
    fn holds(&self, test: &str, realm: &Realm) {
        let Some(endpoint) = realm.endpoint(test) else {
            return;
        };
        let name = format!("{} {} {:?}", self.user, self.host, self.proof);
        let path = path("any", test, &name);
        let url = endpoint.url(false, &realm.host(self.host), &path);
        let words = [&["--auth", "kerberos"], self.words].concat();
        let finished = invoke(realm, &url, "Get-Users -Count 3", self.user, self.proof, &words);
        assert_eq!(finished.code, Some(4), "{name}: {}", finished.stderr);
        assert_eq!(finished.stdout, "", "{name}");
        let text = finished.stderr.to_lowercase();
        for word in self.says {
            assert!(text.contains(word), "{name}: {word:?} in {text}");
        }
        assert!(
            !finished.stderr.contains(realm.password()),
            "{name}: no password in {text}"
        );
        assert_eq!(endpoint.heard(&path)["requests"], serde_json::json!([]), "{name}");
    }
}

#[test]
fn the_command_line_says_what_to_do() {
    let test = "failures::the_command_line_says_what_to_do";
    let Some(realm) = Realm::samba(test) else { return };
    let words = ["--kdc", realm.kdc()];
    for (user, host, says) in [
        ("disabled", "mail", ["disabled", "enable"]),
        ("locked", "mail", ["locked", "look the account up"]),
        ("expired", "mail", ["expired", "account"]),
        ("mustchange", "mail", ["password", "change"]),
        ("nobody", "mail", ["nobody", "realm"]),
        ("alice", "unknown", ["unknown", "setspn"]),
        ("rc4", "mail", ["encryption type", "rc4"]),
    ] {
        let refused = Refused {
            user,
            host,
            proof: Proof::Password,
            words: &words,
            says: &says,
        };
        refused.holds(test, realm);
    }
}

#[cfg(feature = "kerberos-gss")]
#[test]
fn the_systems_kerberos_is_told_apart_as_well() {
    let test = "failures::the_systems_kerberos_is_told_apart_as_well";
    let Some(realm) = Realm::samba(test) else { return };
    let folder = tempfile::TempDir::new().expect("a folder for caches");
    let absent = format!("FILE:{}", folder.path().join("absent").display());
    // Delegation is the system's alone. MIT's library says of all accounts only that they are revoked.
    let delegated = ["--delegate"].as_slice();
    for (user, host, proof, words, says) in [
        (
            "disabled",
            "mail",
            Proof::Password,
            delegated,
            ["account", "disabled"],
        ),
        (
            "locked",
            "mail",
            Proof::Password,
            delegated,
            ["account", "locked"],
        ),
        (
            "mustchange",
            "mail",
            Proof::Password,
            delegated,
            ["password", "change"],
        ),
        ("nobody", "mail", Proof::Password, delegated, ["nobody", "realm"]),
        (
            "alice",
            "unknown",
            Proof::Password,
            delegated,
            ["unknown", "setspn"],
        ),
        ("alice", "mail", Proof::Cache(&absent), &[], ["ticket", "kinit"]),
    ] {
        let refused = Refused {
            user,
            host,
            proof,
            words,
            says: &says,
        };
        refused.holds(test, realm);
    }
}

#[cfg(feature = "kerberos-gss")]
#[test]
fn a_ticket_that_has_expired() {
    let test = "failures::a_ticket_that_has_expired";
    let Some(realm) = Realm::yesterday(test) else {
        return;
    };
    let folder = tempfile::TempDir::new().expect("a folder for caches");
    let cache = realm.kinit("alice", folder.path());
    let refused = Refused {
        user: "alice",
        host: "mail",
        proof: Proof::Cache(&cache),
        words: &[],
        says: &["expired", "kinit"],
    };
    refused.holds(test, realm);
}
