use std::sync::Arc;
use std::time::SystemTime;

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::testing::{APP, AUDIENCE, TENANT, certificate, cloud, grant, is_ahead, refusal};
use super::*;
use crate::certificate::{Algorithm, BlockingSigner, ClientCertificate};
use crate::exchange::ExchangeError;
use crate::http::testing::{Reply, html};
use crate::web::WebClient;
use crate::web::testing::{Asked, WebServer, json};
use crate::{Cloud, Secret};

async fn token(source: &impl TokenSource) -> Result<AccessToken, TokenError> {
    source.token(AUDIENCE).await
}

async fn granting() -> WebServer {
    WebServer::start(|_, _| json(200, &grant("the-token"))).await
}

fn by_secret(server: &WebServer) -> ClientCredentials {
    ClientCredentials::secret(
        &server.web(),
        &cloud(server),
        TENANT,
        APP,
        Secret::from("s&cret="),
    )
}

fn by_certificate(server: &WebServer) -> ClientCredentials {
    ClientCredentials::certificate(&server.web(), &cloud(server), TENANT, APP, certificate())
}

/// Header and claims of an assertion whose signature is right.
fn verified(asked: &Asked, by: &'static dyn VerificationAlgorithm) -> (Value, Value) {
    let assertion = asked.field("client_assertion").unwrap();
    let (signed, signature) = assertion.rsplit_once('.').unwrap();
    let leaf = Certificate::from_der(&certificate().chain()[0]).unwrap();
    let key = leaf
        .tbs_certificate()
        .subject_public_key_info()
        .subject_public_key
        .raw_bytes()
        .to_vec();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(by, key)
        .verify(signed.as_bytes(), &signature)
        .unwrap();
    let part = |at: usize| {
        let part = signed.split('.').nth(at).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    (part(0), part(1))
}

#[tokio::test]
async fn an_app_proves_itself_by_a_secret() {
    let server = granting().await;
    let token = token(&by_secret(&server)).await.unwrap();
    assert_eq!(token.secret().expose(), "the-token");
    assert!(is_ahead(token.expires_at(), 3599));
    let asked = &server.asked()[0];
    assert_eq!(asked.line, format!("POST /{TENANT}/oauth2/v2.0/token"));
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(&asked.body).into_owned().collect();
    let expected = [
        ("grant_type", "client_credentials"),
        ("client_id", APP),
        ("scope", "https://outlook.psbridge.localhost/.default"),
        ("client_secret", "s&cret="),
    ];
    assert_eq!(
        fields,
        expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
}

#[tokio::test]
async fn an_app_proves_itself_by_a_certificate() {
    let server = granting().await;
    token(&by_certificate(&server)).await.unwrap();
    token(&by_certificate(&server)).await.unwrap();
    let asked = server.asked();
    assert_eq!(
        asked[0].field("client_assertion_type").as_deref(),
        Some("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    );
    assert_eq!(asked[0].field("client_secret"), None);
    let (header, claims) = verified(&asked[0], &signature::RSA_PSS_2048_8192_SHA256);
    let sha256 = URL_SAFE_NO_PAD.encode(certificate().thumbprint_sha256());
    assert_eq!(header, json!({"alg": "PS256", "typ": "JWT", "x5t#S256": sha256}));
    assert_eq!(
        claims["aud"],
        format!(
            "{}/{TENANT}/oauth2/v2.0/token",
            server.origin("login.psbridge.localhost")
        )
    );
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!(APP), &json!(APP)));
    let seconds = |name: &str| claims[name].as_u64().unwrap();
    assert_eq!(
        (seconds("nbf"), seconds("exp") - seconds("iat")),
        (seconds("iat"), 600)
    );
    let (_, second) = verified(&asked[1], &signature::RSA_PSS_2048_8192_SHA256);
    assert_ne!(claims["jti"], second["jti"]);
}

#[tokio::test]
async fn older_services_get_rs256_and_sha1() {
    let server = granting().await;
    token(&by_certificate(&server).rs256()).await.unwrap();
    let (header, _) = verified(&server.asked()[0], &signature::RSA_PKCS1_2048_8192_SHA256);
    let sha1 = URL_SAFE_NO_PAD.encode(certificate().thumbprint_sha1());
    assert_eq!(header, json!({"alg": "RS256", "typ": "JWT", "x5t": sha1}));
}

#[tokio::test]
async fn a_certificate_that_cannot_sign_sends_nothing() {
    let server = granting().await;
    let locked = BlockingSigner::new([Algorithm::Ps256], |_, _: &[u8]| {
        Err("the card is locked".to_owned())
    });
    let locked = ClientCertificate::from_signer(certificate().chain().to_vec(), Arc::new(locked)).unwrap();
    let source = ClientCredentials::certificate(&server.web(), &cloud(&server), TENANT, APP, locked);
    let error = token(&source).await.unwrap_err();
    assert!(matches!(&error, TokenError::Certificate(_)), "{error}");
    assert!(error.to_string().contains("the card is locked"), "{error}");
    let past = certificate().not_after() + std::time::Duration::from_secs(1);
    let expired = assertion::sign(&certificate(), Algorithm::Ps256, APP, "https://x", past).await;
    assert!(matches!(expired, Err(TokenError::Certificate(_))));
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn each_number_of_entra_has_its_reason() {
    use RefusalReason::*;
    let cases = [
        (700_016, AppUnknown),
        (7_000_112, AppDisabled),
        (7_000_215, WrongSecret),
        (7_000_222, SecretExpired),
        (7_000_218, CredentialMissing),
        (700_027, CertificateNotOnApp),
        (700_024, AssertionTime),
        (700_023, AssertionAudience),
        (50_027, AssertionInvalid),
        (700_213, FederationMismatch),
        (90_002, TenantUnknown),
        (500_011, ResourceUnknown),
        (70_011, ScopeInvalid),
        (53_003, ConditionalAccess),
        (50_076, MultiFactorNeeded),
        (65_001, ConsentMissing),
        (501_051, NotAssigned),
        (50_126, WrongUserOrPassword),
        (70_008, GrantExpired),
        (700_025, GrantNotAllowed),
        (90_033, Unavailable),
        (123, Other),
    ];
    let server = WebServer::start(move |number, _| {
        json(
            400,
            &refusal("invalid_client", cases[number].0, "No\r\nsuch\u{1b}[2J thing."),
        )
    })
    .await;
    let source = by_secret(&server);
    for (code, reason) in cases {
        let error = token(&source).await.unwrap_err();
        let refusal = error.refusal().unwrap();
        assert_eq!(
            (refusal.reason, error.aadsts(), refusal.status),
            (reason, Some(code), 400)
        );
        assert_eq!(refusal.description, "No such\\u{1b}[2J thing.");
        assert_eq!(refusal.correlation_id.as_deref(), Some("2c3d"));
        assert_eq!(refusal.trace_id.as_deref(), Some("0a1b"));
        let text = error.to_string();
        assert!(text.contains(&format!("invalid_client, AADSTS{code}")), "{text}");
        assert!(!error.advice().is_empty() && error.is_transient() == (reason == Unavailable));
    }
}

#[tokio::test]
async fn oauth_errors_without_a_number_are_understood() {
    let answers = [
        "temporarily_unavailable",
        "unauthorized_client",
        "invalid_scope",
        "consent_required",
        "x",
    ];
    let server = WebServer::start(move |number, _| json(400, &json!({"error": answers[number]}))).await;
    let mut reasons = Vec::new();
    for _ in answers {
        let error = token(&by_secret(&server)).await.unwrap_err();
        reasons.push(error.refusal().unwrap().reason);
    }
    use RefusalReason::*;
    assert_eq!(
        reasons,
        [Unavailable, GrantNotAllowed, ScopeInvalid, ConsentMissing, Other]
    );
}

#[tokio::test]
async fn answers_of_others_are_no_tokens() {
    let server = WebServer::start(|number, _| match number {
        0 => html(200, "<p>Sign in to the hotel</p>"),
        1 => html(403, "blocked"),
        2 => json(200, &json!({"access_token": ""})),
        3 => json(200, &json!({"no": "token"})),
        _ => Reply::Http(
            302,
            vec![("Location", "https://elsewhere.example/".into())],
            Vec::new(),
        ),
    })
    .await;
    for status in [200, 403, 200, 200, 302] {
        let error = token(&by_secret(&server)).await.unwrap_err();
        assert!(
            matches!(&error, TokenError::Unexpected { status: was, .. } if *was == status),
            "{error}"
        );
        assert!(!error.to_string().contains("hotel"));
    }
}

#[tokio::test]
async fn a_busy_endpoint_is_asked_again_and_then_named() {
    let busy = |seconds: &str| Reply::Http(429, vec![("Retry-After", seconds.to_owned())], b"{}".to_vec());
    let server = WebServer::start(move |number, _| match number {
        0 => busy("0"),
        1 => json(200, &grant("late")),
        _ => busy("3600"),
    })
    .await;
    assert_eq!(
        token(&by_secret(&server)).await.unwrap().secret().expose(),
        "late"
    );
    let error = token(&by_secret(&server)).await.unwrap_err();
    let hour = std::time::Duration::from_secs(3600);
    assert!(
        matches!(&error, TokenError::Throttled { status: 429, retry_after: Some(after), .. } if *after == hour),
        "{error}"
    );
    assert!(error.is_transient());
    assert_eq!(server.asked().len(), 3, "nobody waits an hour");
}

#[tokio::test]
async fn a_connection_that_breaks_is_made_anew_once() {
    let server = WebServer::start(|number, _| match number {
        0 => Reply::Close,
        _ => json(200, &grant("second")),
    })
    .await;
    assert_eq!(
        token(&by_secret(&server)).await.unwrap().secret().expose(),
        "second"
    );
    let gone = cloud(&server);
    let nobody = WebServer::start(|_, _| Reply::Close).await;
    let source = ClientCredentials::secret(&nobody.web(), &gone, TENANT, APP, Secret::from("s"));
    let error = token(&source).await.unwrap_err();
    let TokenError::Unreachable(web) = &error else {
        panic!("{error}")
    };
    assert!(
        matches!(web.exchange(), Some(ExchangeError::Tls(_))),
        "the certificate is another server's"
    );
}

#[tokio::test]
async fn what_was_given_is_checked_before_anything_is_sent() {
    let server = granting().await;
    let (web, cloud) = (server.web(), cloud(&server));
    for (tenant, app) in [
        ("", APP),
        ("a/b", APP),
        ("..", APP),
        ("corp?x", APP),
        (TENANT, " "),
    ] {
        let source = ClientCredentials::secret(&web, &cloud, tenant, app, Secret::from("s"));
        let error = token(&source).await.unwrap_err();
        assert!(matches!(error, TokenError::Configuration(_)), "{error}");
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn sources_describe_themselves_without_secrets() {
    let server = granting().await;
    let text = by_secret(&server).describe();
    assert_eq!(
        text,
        format!("app {APP} in tenant {TENANT} (test) by a client secret")
    );
    assert!(
        by_certificate(&server)
            .describe()
            .ends_with("by the certificate CN=exchange app,O=Corp")
    );
    let token = format!("{:?}", AccessToken::new(Secret::from("hidden"), None));
    assert!(!token.contains("hidden"), "{token}");
}

mod fixed {
    use super::*;

    fn jwt(claims: &Value) -> Secret {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        Secret::from(format!("{}.{}.sig", part("{}"), part(&claims.to_string())))
    }

    #[tokio::test]
    async fn a_token_that_was_given_is_given_until_it_ends() {
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let valid = FixedToken::new(jwt(&json!({"exp": now + 1000})));
        assert!(is_ahead(token(&valid).await.unwrap().expires_at(), 1000));
        let expired = FixedToken::new(jwt(&json!({"exp": now - 1})));
        assert!(matches!(token(&expired).await, Err(TokenError::Expired)));
        let opaque = FixedToken::new(Secret::from("opaque"));
        assert_eq!(token(&opaque).await.unwrap().expires_at(), None);
    }

    #[test]
    fn claims_are_read_for_finding_out() {
        let claims = |token: Secret| AccessToken::new(token, None).claims();
        let read = claims(jwt(&json!({
            "aud": AUDIENCE, "tid": TENANT, "appid": APP, "roles": ["Exchange.ManageAsApp"], "exp": 4_000_000_000_u64,
            "other": {"a": [1]},
        })))
        .unwrap();
        assert_eq!(
            (read.aud, read.tid.as_deref()),
            (vec![AUDIENCE.to_owned()], Some(TENANT))
        );
        assert_eq!(read.roles, ["Exchange.ManageAsApp"]);
        let second = claims(jwt(&json!({"aud": ["a", "b"], "azp": APP}))).unwrap();
        assert_eq!((second.app(), second.aud.len()), (Some(APP), 2));
        assert_eq!(claims(Secret::from("opaque")), Err(ClaimsError::NotJwt));
        assert_eq!(claims(Secret::from("a.!.c")), Err(ClaimsError::NotJwt));
        assert_eq!(claims(Secret::from("a.YQ.c")), Err(ClaimsError::NotJson));
        assert_eq!(
            claims(Secret::from("x".repeat(70_000))),
            Err(ClaimsError::TooLarge)
        );
    }
}

mod workload {
    use std::collections::HashMap;

    use super::*;

    #[tokio::test]
    async fn the_file_is_read_for_each_request() {
        let server = granting().await;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let source = WorkloadIdentity::new(&server.web(), &cloud(&server), TENANT, APP, &file);
        let missing = token(&source).await.unwrap_err();
        assert!(matches!(missing, TokenError::FederatedToken { .. }), "{missing}");
        for content in ["first\n", "second"] {
            std::fs::write(&file, content).unwrap();
            token(&source).await.unwrap();
        }
        let asked = server.asked();
        let sent: Vec<_> = asked
            .iter()
            .map(|one| one.field("client_assertion").unwrap())
            .collect();
        assert_eq!(sent, ["first", "second"]);
        assert_eq!(
            asked[0].field("scope").as_deref(),
            Some("https://outlook.psbridge.localhost/.default")
        );
        for wrong in [" \n".to_owned(), "x".repeat(70_000)] {
            std::fs::write(&file, wrong).unwrap();
            assert!(matches!(
                token(&source).await,
                Err(TokenError::FederatedToken { .. })
            ));
        }
        assert_eq!(server.asked().len(), 2);
    }

    #[test]
    fn the_environment_of_the_cluster_is_understood() {
        let from = |given: &[(&str, &str)]| {
            let given: HashMap<String, String> = given
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect();
            WorkloadIdentity::from_variables(&WebClient::default(), &Cloud::default(), |name| {
                given.get(name).cloned()
            })
            .map(|_| ())
        };
        let own = [
            ("AZURE_TENANT_ID", TENANT),
            ("AZURE_CLIENT_ID", APP),
            ("AZURE_FEDERATED_TOKEN_FILE", "/t"),
        ];
        let same = [
            &own[..],
            &[("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com/")],
        ]
        .concat();
        let foreign = [
            &own[..],
            &[("AZURE_AUTHORITY_HOST", "https://login.example.com/")],
        ]
        .concat();
        from(&own).unwrap();
        from(&same).unwrap();
        for wrong in [from(&own[..2]), from(&foreign)] {
            assert!(matches!(wrong, Err(TokenError::Configuration(_))));
        }
    }
}

#[test]
fn the_known_clouds_have_their_endpoints() {
    let endpoint = |name: &str| credentials::token_endpoint(&name.parse::<Cloud>().unwrap(), "t").unwrap();
    assert_eq!(
        endpoint("O365Default"),
        "https://login.microsoftonline.com/t/oauth2/v2.0/token"
    );
    assert_eq!(
        endpoint("O365USGovDoD"),
        "https://login.microsoftonline.us/t/oauth2/v2.0/token"
    );
    assert_eq!(
        endpoint("O365China"),
        "https://login.partner.microsoftonline.cn/t/oauth2/v2.0/token"
    );
}

#[tokio::test]
async fn tokens_are_asked_for_by_https_only() {
    // No definition of a cloud can hold plain http; the client refuses it all the same.
    let request = crate::web::WebRequest::get("http://login.psbridge.localhost/");
    let error = WebClient::default().send(request).await.map(|_| ()).unwrap_err();
    assert!(matches!(error, crate::web::WebError::ClearRefused { .. }));
}
