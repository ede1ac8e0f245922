use aws_lc_rs::signature::{self, UnparsedPublicKey};
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::*;
use crate::exchange::BoxFuture;
use crate::http::testing::{Reply, html};
use crate::sign_in::testing::{TENANT, VAULT_AUDIENCE, certificate, cloud};
use crate::sign_in::{AccessToken, FixedToken, TokenError};
use crate::web::testing::{Asked, WebServer, json};

const V: &str = "0123456789abcdef0123456789abcdef";
const HOST: &str = "corp.vault.psbridge.localhost";
const PFX_FILE: &[u8] = include_bytes!("../../../testdata/certificates/empty-password.pfx");
const LEAF: &str = include_str!("../../../testdata/certificates/leaf.pem");
const KEY: &str = include_str!("../../../testdata/certificates/pkcs8.key");

fn certificate_bundle(host: &str, exportable: Option<bool>, kty: &str) -> Value {
    json!({
        "id": format!("{host}/certificates/app/{V}"),
        "kid": format!("{host}/keys/app/{V}"),
        "sid": format!("{host}/secrets/app/{V}"),
        "cer": STANDARD.encode(&certificate().chain()[0]),
        "attributes": {"enabled": true},
        "policy": {"key_props": {"exportable": exportable, "kty": kty, "key_size": 2048}},
    })
}

fn secret_bundle(value: &str, content_type: &str) -> Value {
    json!({"value": value, "contentType": content_type, "id": format!("https://{HOST}/secrets/app/{V}")})
}

fn pkcs12() -> Value {
    secret_bundle(&STANDARD.encode(PFX_FILE), "application/x-pkcs12")
}

async fn vault_of(script: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> (WebServer, KeyVault) {
    let server = WebServer::start(script).await;
    let tokens = Arc::new(FixedToken::new(Secret::from("the-token")));
    let vault = KeyVault::new(&server.web(), &cloud(&server), &server.origin(HOST), tokens).unwrap();
    (server, vault)
}

fn failure(result: Result<ClientCertificate, VaultError>) -> VaultError {
    result.unwrap_err()
}

#[tokio::test]
async fn a_certificate_brings_its_key_from_the_secret_of_its_version() {
    let pem = format!("{KEY}{LEAF}");
    for (secret, exportable) in [
        (pkcs12(), Some(true)),
        (secret_bundle(&pem, "application/x-pem-file"), Some(true)),
        (pkcs12(), None),
    ] {
        let (server, vault) = vault_of(move |_, asked| match asked.path().split('/').nth(1) {
            Some("certificates") => json(200, &certificate_bundle("https://other", exportable, "RSA")),
            _ => json(200, &secret),
        })
        .await;
        let found = vault.certificate("app", None).await.unwrap();
        assert_eq!(found.thumbprint_sha256(), certificate().thumbprint_sha256());
        assert!(!found.signs_remotely());
        let lines: Vec<String> = server.asked().iter().map(|one| one.line.clone()).collect();
        let expected = [
            "GET /certificates/app?api-version=7.4".to_owned(),
            format!("GET /secrets/app/{V}?api-version=7.4"),
        ];
        assert_eq!(lines, expected);
        assert!(
            server
                .asked()
                .iter()
                .all(|one| one.header("authorization") == "Bearer the-token")
        );
    }
}

#[tokio::test]
async fn a_key_that_stays_in_the_vault_signs_there() {
    let made = certificate().sign_ps256(b"text").await.unwrap();
    let sealed = secret_bundle(LEAF, "application/x-pem-file");
    for (exportable, questions) in [(Some(false), 2), (None, 3)] {
        let (made, sealed) = (made.clone(), sealed.clone());
        let (server, vault) = vault_of(move |_, asked| match asked.path().split('/').nth(1) {
            Some("certificates") => json(200, &certificate_bundle("https://other", exportable, "RSA-HSM")),
            Some("secrets") => json(200, &sealed),
            _ => json(200, &json!({"kid": "k", "value": URL_SAFE_NO_PAD.encode(&made)})),
        })
        .await;
        let found = vault.certificate("app", Some(V)).await.unwrap();
        assert!(found.signs_remotely());
        let signature = found.sign_ps256(b"text").await.unwrap();
        let leaf = Certificate::from_der(&found.chain()[0]).unwrap();
        let key = leaf
            .tbs_certificate()
            .subject_public_key_info()
            .subject_public_key
            .raw_bytes()
            .to_vec();
        UnparsedPublicKey::new(&signature::RSA_PSS_2048_8192_SHA256, key)
            .verify(b"text", &signature)
            .unwrap();
        let asked = server.asked();
        assert_eq!(
            (asked.len(), asked[0].line.as_str()),
            (
                questions,
                "GET /certificates/app/0123456789abcdef0123456789abcdef?api-version=7.4"
            )
        );
        let last = asked.last().unwrap();
        assert_eq!(last.line, format!("POST /keys/app/{V}/sign?api-version=7.4"));
        // The hash, not the text.
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"text");
        assert_eq!(
            last.json(),
            json!({"alg": "PS256", "value": URL_SAFE_NO_PAD.encode(digest)})
        );
    }
}

#[tokio::test]
async fn the_key_may_have_another_name_but_not_another_vault() {
    let server = WebServer::start(|_, _| html(500, "")).await;
    let tokens = Arc::new(FixedToken::new(Secret::from("t")));
    let vault = KeyVault::new(&server.web(), &cloud(&server), &server.origin(HOST), tokens).unwrap();
    let own = format!("{}/keys/other/{V}", server.origin(HOST));
    assert_eq!(vault.key_of(&own), Some(("other".into(), V.into())));
    for foreign in [
        "https://elsewhere.example/keys/a/b",
        "nonsense",
        &own.replace("keys", "secrets"),
        &own.replace("other", ".."),
    ] {
        assert_eq!(vault.key_of(foreign), None, "{foreign}");
    }
}

#[tokio::test]
async fn elliptic_keys_in_the_vault_are_refused_by_name() {
    let (_server, vault) =
        vault_of(|_, _| json(200, &certificate_bundle("https://other", Some(false), "EC-HSM"))).await;
    let error = failure(vault.certificate("app", None).await);
    assert!(
        matches!(error, VaultError::Certificate(CertificateError::Algorithm { .. })),
        "{error}"
    );
}

#[tokio::test]
async fn secrets_are_given_as_they_are() {
    let (server, vault) = vault_of(|number, _| match number {
        0 => json(200, &secret_bundle("the value", "text/plain\u{1b}")),
        _ => json(200, &json!({"value": STANDARD.encode(PFX_FILE), "id": "x"})),
    })
    .await;
    let secret = vault.secret("name", Some("1a")).await.unwrap();
    assert_eq!(
        (secret.value.expose(), secret.version.as_deref()),
        ("the value", Some(V))
    );
    assert_eq!(secret.content_type.as_deref(), Some("text/plain\\u{1b}"));
    assert_eq!(server.asked()[0].line, "GET /secrets/name/1a?api-version=7.4");
    vault.certificate_from_secret("pfx", None, None).await.unwrap();
}

#[tokio::test]
async fn only_vaults_of_the_cloud_are_spoken_to() {
    let server = WebServer::start(|_, _| html(500, "")).await;
    let known = Cloud::default();
    let made = |cloud: &Cloud, url: &str| {
        KeyVault::new(
            &server.web(),
            cloud,
            url,
            Arc::new(FixedToken::new(Secret::from("t"))),
        )
        .map(|_| ())
    };
    made(&known, "https://corp.vault.azure.net/").unwrap();
    made(&cloud(&server), &server.origin(HOST)).unwrap();
    for url in [
        "http://corp.vault.azure.net",
        "https://corp.vault.azure.net.example.com",
        "https://corp.vault.azure.cn",
        "https://vault.azure.net",
        "https://corp.vault.azure.net:8443",
        "https://me:pass@corp.vault.azure.net",
        "https://corp.vault.azure.net/certificates/app",
        "corp",
    ] {
        let error = made(&known, url).unwrap_err();
        assert!(matches!(error, VaultError::Address { .. }), "{url}: {error}");
    }
}

#[tokio::test]
async fn names_cannot_leave_their_place_in_the_path() {
    let (server, vault) = vault_of(|_, _| html(500, "")).await;
    for (name, version) in [
        ("a/b", None),
        ("..", None),
        ("", None),
        ("a", Some("../x")),
        ("a?x", None),
    ] {
        let error = failure(vault.certificate(name, version).await);
        assert!(matches!(error, VaultError::Name { .. }), "{name}: {error}");
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn refusals_say_what_is_missing() {
    let inner = |code: &str, inner: &str| json!({"error": {"code": code, "message": "Caller is not\r\nauthorized.", "innererror": {"code": inner}}});
    let answers = [
        (403, inner("Forbidden", "AccessDenied")),
        (403, inner("Forbidden", "ForbiddenByFirewall")),
        (
            404,
            json!({"error": {"code": "CertificateNotFound", "message": "not found"}}),
        ),
        (429, json!({})),
        (400, json!({"error": {"code": "BadParameter", "message": "odd"}})),
    ];
    let (_server, vault) = vault_of(move |number, _| match answers.get(number) {
        Some((429, _)) => Reply::Http(429, vec![("Retry-After", "999".into())], Vec::new()),
        Some((status, body)) => json(*status, body),
        None => html(200, "<p>not a vault</p>"),
    })
    .await;
    let mut errors = Vec::new();
    for _ in 0..6 {
        errors.push(failure(vault.certificate("app", None).await));
    }
    assert!(
        matches!(&errors[0], VaultError::Forbidden { kind: "certificate", code, message, .. }
        if code == "AccessDenied" && message == "Caller is not authorized.")
    );
    assert!(errors[0].advice().contains("Key Vault Certificate User"));
    assert!(errors[1].advice().contains("firewall"));
    assert!(matches!(&errors[2], VaultError::NotFound { name, .. } if name == "app"));
    assert!(matches!(
        &errors[3],
        VaultError::Throttled {
            status: 429,
            retry_after: Some(_),
            ..
        }
    ));
    assert!(matches!(&errors[4], VaultError::Refused { status: 400, code, .. } if code == "BadParameter"));
    assert!(matches!(&errors[5], VaultError::Unexpected { status: 200, .. }));
    let statuses: Vec<_> = errors.iter().map(VaultError::status).collect();
    assert_eq!(
        statuses,
        [Some(403), Some(403), Some(404), Some(429), Some(400), Some(200)]
    );
}

/// Counts how often its tokens were refused.
#[derive(Default)]
struct Refused(std::sync::atomic::AtomicUsize);

impl TokenSource for Refused {
    fn token<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<AccessToken, TokenError>> {
        assert_eq!(resource, VAULT_AUDIENCE);
        let number = self.0.load(std::sync::atomic::Ordering::SeqCst);
        let claims = URL_SAFE_NO_PAD.encode(json!({"tid": TENANT, "n": number}).to_string());
        let token = AccessToken::new(Secret::from(format!("h.{claims}.s")), None);
        Box::pin(std::future::ready(Ok(token)))
    }

    fn invalidate(&self) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }

    fn describe(&self) -> String {
        "refused".to_owned()
    }
}

#[tokio::test]
async fn a_challenge_is_followed_to_the_clouds_own_authority_only() {
    let own = |server: &WebServer| server.origin("login.psbridge.localhost");
    type Named = fn(&str) -> String;
    let cases: [(Named, bool); 6] = [
        (
            |own| format!("Bearer authorization=\"{own}/{TENANT}\", resource=\"{VAULT_AUDIENCE}\""),
            true,
        ),
        (
            |own| {
                format!("bearer authorization_uri = \"{own}/{TENANT}\" , scope=\"{VAULT_AUDIENCE}/.default\"")
            },
            true,
        ),
        (
            |_| format!("Bearer authorization=\"https://login.example.com/{TENANT}\""),
            false,
        ),
        (
            |own| format!("Bearer authorization=\"{own}/another-tenant\""),
            false,
        ),
        (
            |own| format!("Bearer authorization=\"{own}/{TENANT}\", resource=\"https://elsewhere.example\""),
            false,
        ),
        (|_| "Bearer authorization=\"nonsense\"".to_owned(), false),
    ];
    for (header, followed) in cases {
        let named = Arc::new(std::sync::Mutex::new(String::new()));
        let server = WebServer::start({
            let named = Arc::clone(&named);
            move |number, _| match number {
                0 => Reply::Http(
                    401,
                    vec![("WWW-Authenticate", named.lock().unwrap().clone())],
                    Vec::new(),
                ),
                _ => json(200, &secret_bundle("v", "text/plain")),
            }
        })
        .await;
        *named.lock().unwrap() = header(&own(&server));
        let tokens = Arc::new(Refused::default());
        let vault = KeyVault::new(
            &server.web(),
            &cloud(&server),
            &server.origin(HOST),
            tokens.clone(),
        )
        .unwrap();
        let answer = vault.secret("app", None).await;
        let asked = server.asked();
        if followed {
            assert_eq!(answer.unwrap().value.expose(), "v");
            assert_ne!(
                asked[0].header("authorization"),
                asked[1].header("authorization"),
                "a new token"
            );
        } else {
            let error = answer.map(|_| ()).unwrap_err();
            assert!(matches!(error, VaultError::Challenge { .. }), "{error}");
            assert_eq!(asked.len(), 1);
        }
    }
}

#[tokio::test]
async fn a_vault_that_takes_no_token_is_asked_twice() {
    let (server, vault) = vault_of(|_, _| {
        json(
            401,
            &json!({"error": {"code": "Unauthorized", "message": "AKV10032: Invalid issuer."}}),
        )
    })
    .await;
    let error = vault.secret("app", None).await.map(|_| ()).unwrap_err();
    assert!(
        matches!(error, VaultError::Forbidden { status: 401, .. }),
        "{error}"
    );
    assert_eq!(server.asked().len(), 2);
}
