use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;

use super::*;
use crate::Secret;
use crate::http::Proxy;
use crate::http::testing::{Reply, html};
use crate::sign_in::testing::{AUDIENCE, is_ahead};
use crate::web::testing::{WebServer, json};

const RESOURCE_ID: &str = "/subscriptions/1/resourcegroups/g/providers/Microsoft.ManagedIdentity/x";

/// As the metadata service writes it: every number a text.
fn grant() -> serde_json::Value {
    json!({
        "access_token": "the-token", "client_id": "c", "expires_in": "86399", "expires_on": "1700000000",
        "ext_expires_in": "86399", "not_before": "1", "resource": AUDIENCE, "token_type": "Bearer",
    })
}

fn imds(server: &WebServer) -> IdentityEndpoint {
    IdentityEndpoint::Imds {
        origin: format!("http://127.0.0.1:{}/", server.port),
    }
}

fn app_service(server: &WebServer) -> IdentityEndpoint {
    IdentityEndpoint::AppService {
        url: format!("http://localhost:{}/msi/token", server.port),
        header: Secret::from("the-header"),
    }
}

fn automation(server: &WebServer) -> IdentityEndpoint {
    IdentityEndpoint::Automation {
        url: format!("http://127.0.0.1:{}/oauth2/token", server.port),
        header: Some(Secret::from("the-header")),
    }
}

fn quick(mut identity: ManagedIdentity) -> ManagedIdentity {
    identity.patience.first = Duration::from_millis(1);
    identity.patience.gone = Duration::from_millis(1);
    identity
}

async fn token(identity: &ManagedIdentity) -> Result<AccessToken, TokenError> {
    identity.token(AUDIENCE).await
}

#[tokio::test]
async fn each_platform_is_asked_in_its_own_way() {
    let server = WebServer::start(|_, _| json(200, &grant())).await;
    let web = server.web();
    let resource = "resource=https%3A%2F%2Foutlook.psbridge.localhost";
    type Endpoint = fn(&WebServer) -> IdentityEndpoint;
    let cases: [(Endpoint, &str, [&str; 3]); 3] = [
        (
            imds,
            "/metadata/identity/oauth2/token?api-version=2018-02-01",
            ["client_id", "object_id", "msi_res_id"],
        ),
        (
            app_service,
            "/msi/token?api-version=2019-08-01",
            ["client_id", "principal_id", "mi_res_id"],
        ),
        (
            automation,
            "/oauth2/token",
            ["client_id", "object_id", "mi_res_id"],
        ),
    ];
    for (endpoint, path, [client, object, resource_name]) in cases {
        let identities = [
            (ManagedIdentity::system(&web), String::new()),
            (ManagedIdentity::client_id(&web, "1-2"), format!("&{client}=1-2")),
            (ManagedIdentity::object_id(&web, "3-4"), format!("&{object}=3-4")),
            (
                ManagedIdentity::resource_id(&web, RESOURCE_ID),
                format!("&{resource_name}={}", RESOURCE_ID.replace('/', "%2F")),
            ),
        ];
        for (identity, selector) in identities {
            let token = token(&identity.endpoint(endpoint(&server))).await.unwrap();
            assert_eq!(token.secret().expose(), "the-token");
            assert!(is_ahead(token.expires_at(), 86_399));
            let asked = server.asked().pop().unwrap();
            let joint = if path.contains('?') { '&' } else { '?' };
            assert_eq!(asked.line, format!("GET {path}{joint}{resource}{selector}"));
            assert!(!asked.https);
            let imds = path.contains("metadata");
            assert_eq!(
                asked.header("x-identity-header"),
                if imds { "" } else { "the-header" }
            );
            assert_eq!(
                asked.header("metadata").to_lowercase(),
                if path.contains("msi") { "" } else { "true" }
            );
        }
    }
}

#[tokio::test]
async fn a_proxy_never_sees_the_question() {
    let server = WebServer::start(|_, _| json(200, &grant())).await;
    let mut options = server.options();
    // Nobody listens there.
    options.proxy = Proxy::url("http://127.0.0.1:1");
    let identity = ManagedIdentity::system(&WebClient::new(options)).endpoint(imds(&server));
    token(&identity).await.unwrap();
}

#[tokio::test]
async fn a_service_that_is_not_ready_is_asked_again() {
    let server = WebServer::start(|number, _| match [404, 410, 429, 500].get(number) {
        Some(status) => html(*status, "later"),
        None => json(200, &grant()),
    })
    .await;
    let identity = quick(ManagedIdentity::system(&server.web()).endpoint(imds(&server)));
    token(&identity).await.unwrap();
    assert_eq!(server.asked().len(), 5);

    let busy = WebServer::start(|_, _| html(429, "never")).await;
    let identity = quick(ManagedIdentity::system(&busy.web()).endpoint(imds(&busy)));
    let error = token(&identity).await.unwrap_err();
    assert!(
        matches!(error, TokenError::Throttled { status: 429, .. }),
        "{error}"
    );
    assert_eq!(busy.asked().len(), 6);
}

#[tokio::test]
async fn refusals_keep_their_words() {
    let answers = [
        json!({"error": "invalid_request", "error_description": "Identity not found"}),
        json!({"statusCode": 400, "message": "No User Assigned Managed Identity found\u{1b}."}),
        json!({"error": {"code": "unsupported_resource", "message": "no such resource"}}),
        json!({}),
    ];
    let sent = answers.clone();
    let server = WebServer::start(move |number, _| json(400, &sent[number])).await;
    let mut texts = Vec::new();
    for _ in 0..3 {
        let error = token(&ManagedIdentity::system(&server.web()).endpoint(imds(&server)))
            .await
            .unwrap_err();
        let TokenError::ManagedIdentity {
            status: 400,
            error,
            message,
        } = error
        else {
            panic!("{error}")
        };
        texts.push((error, message));
    }
    let expected = [
        ("invalid_request", "Identity not found"),
        ("", "No User Assigned Managed Identity found\\u{1b}."),
        ("unsupported_resource", "no such resource"),
    ];
    assert_eq!(
        texts,
        expected.map(|(error, message)| (error.to_owned(), message.to_owned()))
    );
    let last = token(&ManagedIdentity::system(&server.web()).endpoint(imds(&server)))
        .await
        .unwrap_err();
    assert!(
        matches!(last, TokenError::Unexpected { status: 400, .. }),
        "{last}"
    );
}

#[tokio::test]
async fn nobody_there_means_no_managed_identity() {
    let endpoint = IdentityEndpoint::Imds {
        origin: "http://127.0.0.1:1".into(),
    };
    let error = token(&ManagedIdentity::system(&WebClient::default()).endpoint(endpoint))
        .await
        .unwrap_err();
    assert!(matches!(error, TokenError::NoManagedIdentity { .. }), "{error}");
}

#[tokio::test]
async fn only_the_machine_itself_is_asked() {
    let server = WebServer::start(|_, _| json(200, &grant())).await;
    for url in [
        "http://192.0.2.1/msi/token",
        "http://example.com/",
        "https://example.com/msi/token",
        "http://localhost.example.com/",
        "ftp://127.0.0.1/",
        "nonsense",
    ] {
        let endpoint = IdentityEndpoint::AppService {
            url: url.into(),
            header: Secret::from("the-header"),
        };
        let error = token(&ManagedIdentity::system(&server.web()).endpoint(endpoint))
            .await
            .unwrap_err();
        assert!(matches!(error, TokenError::Configuration(_)), "{url}: {error}");
    }
    for origin in [
        "http://169.254.169.254",
        "http://[fe80::1]",
        "http://[::1]:8080",
        "http://127.0.0.1:1/",
    ] {
        let endpoint = IdentityEndpoint::Imds {
            origin: origin.into(),
        };
        endpoint.address(AUDIENCE, None).unwrap();
    }
}

#[test]
fn the_environment_tells_the_platform() {
    let with = |given: &[(&str, &str)], arc: bool| {
        let given: HashMap<String, String> = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        IdentityEndpoint::from_variables(|name| given.get(name).cloned(), arc)
    };
    let from = |given: &[(&str, &str)]| with(given, false);
    let endpoint = ("IDENTITY_ENDPOINT", "http://127.0.0.1:41741/msi/token/");
    let header = ("IDENTITY_HEADER", "h");
    assert!(matches!(from(&[]), Ok(IdentityEndpoint::Imds { origin }) if origin == "http://169.254.169.254"));
    let pod = from(&[("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")]);
    assert!(matches!(pod, Ok(IdentityEndpoint::Imds { origin }) if origin == "http://127.0.0.1:9"));
    assert!(matches!(
        from(&[endpoint, header]),
        Ok(IdentityEndpoint::AppService { .. })
    ));
    for own in [
        ("AUTOMATION_ASSET_ACCOUNTID", "1"),
        ("AZUREPS_HOST_ENVIRONMENT", "AzureAutomation/1"),
    ] {
        assert!(matches!(
            from(&[endpoint, header, own]),
            Ok(IdentityEndpoint::Automation { .. })
        ));
    }
    assert!(matches!(
        from(&[endpoint, ("IMDS_ENDPOINT", "http://127.0.0.1")]),
        Ok(IdentityEndpoint::Arc { .. })
    ));
    assert!(matches!(with(&[], true), Ok(IdentityEndpoint::Arc { .. })));
    assert!(matches!(
        with(&[endpoint, header], true),
        Ok(IdentityEndpoint::AppService { .. })
    ));
    for wrong in [
        vec![endpoint],
        vec![endpoint, header, ("IDENTITY_SERVER_THUMBPRINT", "x")],
    ] {
        assert!(matches!(from(&wrong), Err(TokenError::Configuration(_))));
    }
}

mod arc {
    use super::super::arc::answer_in;
    use super::*;

    fn challenge(value: &str) -> WebResponse {
        WebResponse {
            status: 401,
            headers: vec![("www-authenticate".into(), value.into())],
            body: Vec::new().into(),
        }
    }

    #[tokio::test]
    async fn only_key_files_of_the_agent_are_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| format!("Basic realm={}", folder.path().join(name).display());
        std::fs::write(folder.path().join("a.key"), "the key\n").unwrap();
        std::fs::write(folder.path().join("b.txt"), "no key").unwrap();
        std::fs::write(folder.path().join("long.key"), "x".repeat(5000)).unwrap();
        let answer = answer_in(&challenge(&path("a.key")), folder.path())
            .await
            .unwrap();
        assert_eq!(*answer, "Basic the key");
        let outside = format!("Basic realm={}/../a.key", folder.path().display());
        let wrong = [
            &path("b.txt"),
            &path("long.key"),
            &path("none.key"),
            "Basic realm=/etc/shadow",
            &outside,
            "Bearer",
        ];
        for value in wrong {
            let error = answer_in(&challenge(value), folder.path()).await.unwrap_err();
            assert!(
                matches!(error, TokenError::ManagedIdentity { status: 401, .. }),
                "{value}"
            );
        }
    }

    #[tokio::test]
    async fn the_agent_is_asked_with_its_own_parameters() {
        let server = WebServer::start(|_, _| {
            Reply::Http(
                401,
                vec![("WWW-Authenticate", "Basic realm=/etc/shadow".into())],
                Vec::new(),
            )
        })
        .await;
        let endpoint = || IdentityEndpoint::Arc {
            url: format!("http://localhost:{}/metadata/identity/oauth2/token", server.port),
        };
        let error = token(&ManagedIdentity::system(&server.web()).endpoint(endpoint()))
            .await
            .unwrap_err();
        assert!(error.to_string().contains("outside of its folder"), "{error}");
        let asked = server.asked();
        assert_eq!((asked.len(), asked[0].header("metadata")), (1, "true"));
        assert_eq!(asked[0].field("api-version").as_deref(), Some("2019-11-01"));
        let named = ManagedIdentity::client_id(&server.web(), "1").endpoint(endpoint());
        assert!(matches!(token(&named).await, Err(TokenError::Configuration(_))));
    }
}
