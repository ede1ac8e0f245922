//! What opens sessions besides passwords: tokens of every grant, and a certificate in the handshake of TLS.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use psbridge::certificate::ClientCertificate;
use psbridge::sign_in::{
    ClientCredentials, DeviceCode, EXCHANGE_PUBLIC_CLIENT, FixedToken, IdentityEndpoint, ManagedIdentity,
    TokenSource, WorkloadIdentity,
};
use psbridge::web::{WebClient, WebOptions};
use psbridge::{Authentication, Cloud, CloudDefinition, Secret, Session, TlsOptions};
use psbridge_lab::cloud::{SeenRequest, Service};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use tempfile::TempDir;

use super::{Secrets, USER, World, mark};
use crate::plain::der_of_pem;

/// Who gives the federated token.
const ISSUER: &str = "https://issuer.psbridge.test";

/// A certificate that the lab knows as the account, with its key.
pub(super) struct Known {
    pub(super) certificate: String,
    key: String,
}

impl Known {
    pub(super) fn new(secrets: &mut Secrets) -> Self {
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
        let parameters = CertificateParams::new(vec!["known.psbridge.test".to_owned()]).unwrap();
        let certificate = parameters.self_signed(&key).unwrap().pem();
        let key = key.serialize_pem();
        // Behind the public number stand those that are secret.
        let der = der_of_pem(&key);
        secrets.push(("bytes of the known key".to_owned(), der[700..730].to_vec()));
        let line = key.lines().nth(16).unwrap();
        assert_eq!(line.len(), 64);
        secrets.push(("a line of the known key".to_owned(), line.as_bytes().to_vec()));
        Self { certificate, key }
    }

    fn file(folder: &TempDir, name: &str, text: &str) -> String {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

/// The lab's cloud, as the library is told of it.
pub(super) fn cloud(world: &World) -> Cloud {
    let definition = CloudDefinition {
        name: "lab".to_owned(),
        authority: world.cloud().login(),
        exchange: world.cloud().exchange(),
        powershell: "/powershell-liveid/".to_owned(),
        audience: world.cloud().exchange_resource().to_owned(),
        graph: world.cloud().graph(),
        graph_audience: "https://graph.psbridge.localhost".to_owned(),
        vault_suffix: "vault.psbridge.localhost".to_owned(),
        vault_audience: "https://vault.psbridge.localhost".to_owned(),
        hosts: vec!["psbridge.localhost".to_owned()],
    };
    Cloud::custom(definition).unwrap()
}

fn web(world: &World) -> WebClient {
    WebClient::new(WebOptions {
        tls: TlsOptions::new().ca_file(world.ca()),
        ..WebOptions::default()
    })
}

/// The signature of a token, in every form that the token itself could take: what stands before it is no secret.
fn push_token(secrets: &mut Secrets, name: &str, token: &str) {
    let (_, signature) = token.rsplit_once('.').expect("a JWT");
    assert!(signature.len() > 100, "{name}");
    secrets.push((name.to_owned(), signature.as_bytes().to_vec()));
}

/// Takes the refresh tokens that persons hold among what is searched for.
fn push_refresh_tokens(world: &World, secrets: &mut Secrets) {
    let held = world.cloud().refresh_tokens();
    assert!(!held.is_empty(), "a person signed in");
    for token in held {
        if !secrets.iter().any(|(_, secret)| secret == token.as_bytes()) {
            secrets.push(("a refresh token".to_owned(), token.as_bytes().to_vec()));
        }
    }
}

/// That the cloud gave tokens by every grant that was meant, so that none hid behind another.
fn every_grant_was_used(world: &World) {
    let journal = world.cloud().journal();
    let given = |service: Service| {
        journal
            .iter()
            .filter(move |seen| seen.service == service && seen.status == Some(200))
    };
    for service in [Service::Imds, Service::AppService, Service::Automation] {
        assert!(given(service).count() > 0, "{service:?}");
    }
    let federated = |seen: &SeenRequest| {
        seen.claims
            .as_ref()
            .is_some_and(|claims| claims.get("iss").is_some_and(|iss| iss == ISSUER))
    };
    assert!(given(Service::Login).any(federated), "a federated token");
    let by_code = |seen: &SeenRequest| {
        let grant = seen.fields.get("grant_type");
        grant.is_some_and(|grant| grant == "urn:ietf:params:oauth:grant-type:device_code")
    };
    assert!(given(Service::Login).any(by_code), "a device code");
}

/// A token of another issuer that stands for the app from now on, in a file.
async fn federated(world: &World, pfx: &Path, secrets: &mut Secrets) -> PathBuf {
    let bytes = std::fs::read(pfx).unwrap();
    let key = ClientCertificate::from_pfx(&bytes, &Secret::from(mark("pfx"))).unwrap();
    let (issuer, subject, audience) = (
        ISSUER,
        "system:serviceaccount:mail:operator",
        "api://AzureADTokenExchange",
    );
    let app = world.cloud().app().app_id;
    world
        .cloud()
        .add_federation(app, issuer, subject, audience, &key.chain()[0]);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let header = serde_json::json!({"alg": "PS256", "typ": "JWT"});
    let claims = serde_json::json!({
        "iss": issuer, "sub": subject, "aud": audience, "iat": now, "nbf": now, "exp": now + 3_600,
    });
    let encode = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&header), encode(&claims));
    let signature = key.sign_ps256(signed.as_bytes()).await.unwrap();
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature));
    push_token(secrets, "the federated token", &token);
    let path = world.folder.path().join("federated.jwt");
    std::fs::write(&path, token).unwrap();
    path
}

/// Sessions by the command line; each must open.
pub(super) async fn command_line(world: &mut World, known: &Known, pfx: &Path, secrets: &mut Secrets) {
    let (url, ca) = (world.url(true), world.ca().to_str().unwrap().to_owned());
    let certificate = Known::file(&world.folder, "known.cer", &known.certificate);
    let key = Known::file(&world.folder, "known.key", &known.key);
    let options = [
        "--auth",
        "certificate",
        "--cert",
        &certificate,
        "--key",
        &key,
        "--ca",
        &ca,
    ];
    world.invoke("a known certificate", &url, &options, &[], 0);

    let (organization, app) = (
        world.cloud().organization(),
        world.cloud().app().app_id.to_string(),
    );
    let file = world.cloud().file().to_str().unwrap().to_owned();
    let secret = world.cloud().app_secret().to_owned();
    let header = world.cloud().identity_header().to_owned();
    let (imds, app_service) = (world.cloud().imds(), world.cloud().app_service());
    let automation = world.cloud().automation();
    let jwt = federated(world, pfx, secrets).await;
    let (jwt, pfx_password) = (jwt.to_str().unwrap(), mark("pfx"));
    let by_secret = ClientCredentials::secret(
        &web(world),
        &cloud(world),
        organization.as_str(),
        app.as_str(),
        Secret::from(secret.as_str()),
    );
    let token = by_secret.token(cloud(world).audience()).await.unwrap();
    let token = token.secret().expose().to_owned();
    push_token(secrets, "a token for the command line", &token);
    world.cloud().device_codes(0, false);
    world.cloud().forget();

    let identity = [
        ("IDENTITY_ENDPOINT", app_service.as_str()),
        ("IDENTITY_HEADER", header.as_str()),
    ];
    let runbook = [
        ("IDENTITY_ENDPOINT", automation.as_str()),
        ("IDENTITY_HEADER", header.as_str()),
        ("AUTOMATION_ASSET_ACCOUNTID", "1"),
    ];
    let workload = [
        ("AZURE_FEDERATED_TOKEN_FILE", jwt),
        ("AZURE_CLIENT_ID", app.as_str()),
        ("AZURE_TENANT_ID", organization.as_str()),
    ];
    let by_app = ["--app-id", app.as_str()];
    let by_pfx = ["--app-id", &app, "--pfx", pfx.to_str().unwrap()];
    type Case<'a> = (&'a str, &'a [&'a str], &'a [(&'a str, &'a str)]);
    let cases: [Case<'_>; 7] = [
        ("a client secret", &by_app, &[("PSBRIDGE_CLIENT_SECRET", &secret)]),
        (
            "a client certificate",
            &by_pfx,
            &[("PSBRIDGE_PFX_PASSWORD", &pfx_password)],
        ),
        (
            "a managed identity",
            &["--managed-identity"],
            &[("AZURE_POD_IDENTITY_AUTHORITY_HOST", &imds)],
        ),
        ("an identity header", &["--managed-identity"], &identity),
        ("a runbook", &["--managed-identity"], &runbook),
        ("a workload", &["--workload-identity"], &workload),
        ("a person", &["--device-code"], &[]),
    ];
    for auth in ["bearer", "basic-bearer"] {
        let options = ["--auth", auth, "--user", USER];
        let options = &options[..if auth == "bearer" { 2 } else { 4 }];
        let token = [("PSBRIDGE_PASSWORD", token.as_str())];
        let by_token = [options, &["--ca", &ca]].concat();
        world.invoke(&format!("a token as {auth}"), &url, &by_token, &token, 0);
        for (door, more, environment) in cases {
            let common = ["--organization", &organization, "--cloud", &file, "--ca", &ca];
            let all = [options, &common, more].concat();
            world.invoke(&format!("{door} as {auth}"), &url, &all, environment, 0);
        }
    }
    push_refresh_tokens(world, secrets);
    every_grant_was_used(world);
}

/// The same through the library, whose tokens the test sees.
pub(super) async fn library(world: &mut World, known: &Known, secrets: &mut Secrets) {
    let tls = TlsOptions::new().ca_file(world.ca());
    let certificate =
        ClientCertificate::from_pem(known.certificate.as_bytes(), known.key.as_bytes()).unwrap();
    let builder = Session::builder(world.url(true))
        .authentication(Authentication::Certificate)
        .client_certificate(certificate)
        .tls(tls.clone());
    world.library("a known certificate", builder, true).await;

    world.cloud().forget();
    let (web, cloud) = (web(world), cloud(world));
    let (organization, app) = (
        world.cloud().organization(),
        world.cloud().app().app_id.to_string(),
    );
    let header = || Secret::from(world.cloud().identity_header());
    let endpoints = [
        (
            "a managed identity",
            IdentityEndpoint::Imds {
                origin: world.cloud().imds(),
            },
        ),
        (
            "an identity header",
            IdentityEndpoint::AppService {
                url: world.cloud().app_service(),
                header: header(),
            },
        ),
        (
            "a runbook",
            IdentityEndpoint::Automation {
                url: world.cloud().automation(),
                header: Some(header()),
            },
        ),
    ];
    let mut sources: Vec<(&str, Arc<dyn TokenSource>)> = Vec::new();
    for (door, endpoint) in endpoints {
        let identity = ManagedIdentity::system(&web).endpoint(endpoint);
        sources.push((door, Arc::new(identity)));
    }
    let file = world.folder.path().join("federated.jwt");
    let workload = WorkloadIdentity::new(&web, &cloud, &organization, &app, file);
    sources.push(("a workload", Arc::new(workload)));
    let person = DeviceCode::new(&web, &cloud, "organizations", EXCHANGE_PUBLIC_CLIENT, |_| {});
    sources.push(("a person", Arc::new(person)));
    for (door, source) in sources {
        world.written.add(door, source.describe());
        let token = source.token(cloud.audience()).await;
        let token = token.unwrap_or_else(|error| panic!("{door}: {error}"));
        world.written.add(door, format!("{token:?} {token:#?}"));
        push_token(secrets, &format!("the token of {door}"), token.secret().expose());
        if door == "a person" {
            // What the next token is bought with.
            push_refresh_tokens(world, secrets);
        }
        let fixed = Secret::from(token.secret().expose());
        for authentication in [Authentication::Bearer, Authentication::BasicBearer] {
            let name = format!("{door} as {}", authentication.name());
            let given: Arc<dyn TokenSource> = Arc::new(FixedToken::new(fixed.clone()));
            for tokens in [Arc::clone(&source), given] {
                let builder = Session::builder(world.url(true))
                    .authentication(authentication)
                    .user(USER)
                    .tls(tls.clone())
                    .cloud(cloud.clone())
                    .tokens(tokens);
                world.library(&name, builder, true).await;
            }
        }
    }
    push_refresh_tokens(world, secrets);
    every_grant_was_used(world);
    let journal = world.cloud().journal();
    let refreshed = journal.iter().find(|seen| {
        let grant = seen.fields.get("grant_type");
        seen.status == Some(200) && grant.is_some_and(|grant| grant == "refresh_token")
    });
    assert!(refreshed.is_some(), "a refresh token bought a token");
}
