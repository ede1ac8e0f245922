//! CredSSP whose password is proved by Kerberos, to an endpoint that is not ours.

use psbridge::exchange::ExchangeError;
use psbridge::{Authentication, Command, TlsOptions};
use psbridge_tests::domain::Realm;
use serde_json::json;

use crate::client::{heard_by_kerberos, path, session};

const TEST: &str = "credssp::kerberos_proves_the_password_that_is_handed_over";

#[tokio::test(flavor = "multi_thread")]
async fn kerberos_proves_the_password_that_is_handed_over() {
    for realm in [Realm::samba(TEST), Realm::mit(TEST)].into_iter().flatten() {
        let Some(endpoint) = realm.endpoint(TEST) else {
            return;
        };
        for (form, secure) in [("6-tls13", false), ("5-tls12", false), ("6-tls12", true)] {
            let case = format!("{} {form}", realm.name());
            let path = path(&format!("credssp-{form}"), TEST, &case);
            let host = realm.host("mail");
            let session = session(realm, &endpoint.url(secure, &host, &path), "alice")
                .authentication(Authentication::Credssp)
                .spn(format!("HTTP/{host}"))
                .tls(TlsOptions::new().ca_file(endpoint.ca()))
                .open()
                .await
                .unwrap_or_else(|error| panic!("{case}: {error}"));
            let collected = session
                .run(Command::new("Get-Users").parameter("Count", 3))
                .await
                .unwrap_or_else(|error| panic!("{case}: {error}"));
            assert_eq!(collected.output().count(), 3, "{case}");
            session.close().await.expect("it closes");

            let heard = heard_by_kerberos(endpoint, &path, &realm.principal("alice"));
            for request in heard["requests"].as_array().expect("requests") {
                assert_eq!(request["scheme"], "CredSSP", "{case}");
                assert_eq!(request["sealed"], !secure, "{case}");
            }
            let given = &heard["handed_over"][0];
            assert_eq!(given["user"], json!(realm.principal("alice")), "{case}");
            assert_eq!(given["password"], json!(realm.password()), "{case}");
        }
        // Without a ticket nothing begins, and nothing is handed over.
        let path = path("credssp-6-tls13", TEST, "wrong password");
        let opened = session(realm, &endpoint.url(false, &realm.host("mail"), &path), "alice")
            .authentication(Authentication::Credssp)
            .credential(realm.principal("alice"), "Wrong-Password-1")
            .open()
            .await;
        let Err(error) = opened else {
            panic!("{}: it is refused", realm.name());
        };
        assert!(
            matches!(error.exchange(), Some(ExchangeError::Kerberos(_))),
            "{error}"
        );
        assert_eq!(endpoint.heard(&path)["handed_over"], json!([]));
    }
}
