//! Kerberos, in a domain of the tests' own.

use psbridge_tests::domain::Realm;

use super::support::{Doctor, canned, doctor, free, http};

/// A call as a user of the realm, in front of its endpoint.
fn as_user(realm: &Realm, target: String, user: &str) -> Doctor {
    with_password(realm, target, user, realm.password())
}

fn with_password(realm: &Realm, target: String, user: &str, password: &str) -> Doctor {
    doctor([target])
        .with([
            "--auth",
            "kerberos",
            "--realm",
            realm.name(),
            "--kdc",
            realm.kdc(),
        ])
        .user(&realm.principal(user), password)
        .filter(realm.kdc(), "KDC:PORT")
}

#[test]
fn all_is_well() {
    let test = "doctor kerberos all_is_well";
    let Some(realm) = Realm::samba(test) else { return };
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    let url = endpoint.url(false, &realm.host("mail"), "/wsman/doctor-well");
    let shown = as_user(realm, url, "alice").ticks();
    assert!(shown.contains("✓ ticket"), "{shown}");
}

#[test]
fn the_kdc_says_no() {
    let test = "doctor kerberos the_kdc_says_no";
    let Some(realm) = Realm::samba(test) else { return };
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    let url = || endpoint.url(false, &realm.host("mail"), "/wsman/doctor-no");
    with_password(realm, url(), "alice", "wrong-Secret").diagnoses("kerberos_password", "password-wrong");
    as_user(realm, url(), "nobody").diagnoses("kerberos_user_unknown", "user-unknown");
    let unknown = endpoint.url(false, &realm.host("unregistered"), "/wsman/doctor-no");
    as_user(realm, unknown, "alice").diagnoses("spn_unknown", "spn-unknown");
    for (user, name, finding) in [
        // Of a locked account the KDC says no more than that it is not let in.
        ("locked", "kerberos_locked", "account-state"),
        ("disabled", "kerberos_disabled", "account-disabled"),
        ("expired", "kerberos_expired", "account-expired"),
        ("mustchange", "kerberos_must_change", "password-expired"),
    ] {
        as_user(realm, url(), user).diagnoses(name, finding);
    }
}

#[test]
fn the_clocks_are_a_day_apart() {
    let test = "doctor kerberos the_clocks_are_a_day_apart";
    let Some(realm) = Realm::tomorrow(test) else {
        return;
    };
    let Some(endpoint) = realm.endpoint(test) else {
        return;
    };
    let url = endpoint.url(false, &realm.host("mail"), "/wsman/doctor-clock");
    as_user(realm, url, "alice").diagnoses("kerberos_clock", "clock-skew");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_no_name() {
    let kerberos = canned(
        free(),
        http("401 Unauthorized", &["WWW-Authenticate: Negotiate"], ""),
    )
    .await;
    doctor([format!("http://{kerberos}/PowerShell/")])
        .with([
            "--auth",
            "kerberos",
            "--realm",
            "CORP.EXAMPLE",
            "--kdc",
            "127.0.0.1:1",
        ])
        .user("reader@CORP.EXAMPLE", "any-Secret")
        .diagnoses("address_with_kerberos", "address-with-kerberos");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_kdc_answers() {
    let kerberos = canned(
        free(),
        http("401 Unauthorized", &["WWW-Authenticate: Negotiate"], ""),
    )
    .await;
    doctor([format!(
        "http://mail.corp.localhost:{}/PowerShell/",
        kerberos.port()
    )])
    .with([
        "--auth",
        "kerberos",
        "--realm",
        "CORP.EXAMPLE",
        "--kdc",
        "127.0.0.1:1",
    ])
    .user("reader@CORP.EXAMPLE", "any-Secret")
    .diagnoses("kdc_unreachable", "kdc-unreachable");
}

/// Tickets of a cache are read by the system's krb5 alone; a build without it says so.
#[tokio::test(flavor = "multi_thread")]
async fn no_ticket_in_the_cache() {
    let kerberos = canned(
        free(),
        http("401 Unauthorized", &["WWW-Authenticate: Negotiate"], ""),
    )
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let cache = folder.path().join("cache").display().to_string();
    let configuration = folder.path().join("krb5.conf");
    std::fs::write(&configuration, "[libdefaults]\n default_realm = CORP.EXAMPLE\n").expect("written");
    let diagnosis = doctor([format!(
        "http://mail.corp.localhost:{}/PowerShell/",
        kerberos.port()
    )])
    .with(["--auth", "kerberos", &format!("--ccache=FILE:{cache}")])
    .env("KRB5_CONFIG", &configuration.display().to_string())
    .filter(&folder.path().display().to_string(), "FOLDER");
    match cfg!(feature = "kerberos-gss") {
        true => diagnosis.diagnoses("no_ticket", "no-ticket"),
        false => diagnosis.diagnoses("no_ticket_cache_in_build", "not-in-build"),
    }
}
