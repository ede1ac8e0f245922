//! Every grant for a token: against the lab's cloud, and judged claim by claim by PyJWT.

use std::path::{Path, PathBuf};
use std::process::Command as Process;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use psbridge::certificate::ClientCertificate;
use psbridge::sign_in::{
    AccessToken, CachedTokens, ClientCredentials, DeviceCode, EXCHANGE_PUBLIC_CLIENT, IdentityEndpoint,
    KeyVault, ManagedIdentity, TokenError, TokenSource, VaultError, WorkloadIdentity,
};
use psbridge::web::{WebClient, WebOptions, WebRequest};
use psbridge::{Authentication, Cloud, CloudDefinition, Command, ErrorKind, Secret, Session, TlsOptions};
use psbridge_lab::Lab;
use psbridge_lab::cloud::{CloudHandle, Order, Service, VaultFormat};
use psbridge_tests::{Child, Python, psbridge_bin, run, skip};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::plain::{der_of_pem, get_json};

const PFX_PASSWORD: &str = "pfx pässword";

/// Makes NAME.key, NAME.cer and NAME.pfx by the command line.
fn new_certificate(folder: &TempDir, name: &str) -> PathBuf {
    let path = folder.path().join(name);
    let made = run(
        Process::new(psbridge_bin())
            .args(["certificate", "new", "--key-size", "2048", "--days", "30"])
            .arg(&path)
            .env("PSBRIDGE_PFX_PASSWORD", PFX_PASSWORD),
        b"",
        Duration::from_secs(120),
    );
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    path
}

fn certificate(path: &Path) -> ClientCertificate {
    ClientCertificate::from_file(path.with_extension("pfx"), Some(&Secret::from(PFX_PASSWORD)))
        .expect("our own PFX is read")
}

fn web(ca: &Path) -> WebClient {
    let options = WebOptions {
        tls: TlsOptions::new().ca_file(ca),
        ..WebOptions::default()
    };
    WebClient::new(options)
}

/// A lab's cloud, and how it is reached.
struct There {
    lab: Lab,
    web: WebClient,
    cloud: Cloud,
}

impl There {
    async fn new() -> Self {
        let lab = Lab::builder()
            .cloud(([127, 0, 0, 1], 0).into())
            .start()
            .await
            .expect("the lab starts");
        Self::of(lab)
    }

    fn of(lab: Lab) -> Self {
        let web = web(lab.ca_file().expect("a cloud has a CA"));
        let handle = lab.cloud().expect("it was asked for");
        let port = handle.address().port();
        let text = std::fs::read_to_string(handle.file()).expect("the description is there");
        assert!(
            text.contains(&format!("https://login.psbridge.localhost:{port}")),
            "{text}"
        );
        let cloud = Cloud::custom(CloudDefinition {
            name: "lab".to_owned(),
            authority: handle.login(),
            exchange: handle.exchange(),
            powershell: "/powershell-liveid/".to_owned(),
            audience: handle.exchange_resource().to_owned(),
            graph: handle.graph(),
            graph_audience: handle.graph(),
            vault_suffix: "vault.psbridge.localhost".to_owned(),
            vault_audience: "https://vault.psbridge.localhost".to_owned(),
            hosts: vec!["psbridge.localhost".to_owned()],
        })
        .expect("a sound description");
        Self { lab, web, cloud }
    }

    fn handle(&self) -> &CloudHandle {
        self.lab.cloud().expect("it was asked for")
    }

    fn tenant(&self) -> String {
        self.handle().organization()
    }

    fn app(&self) -> String {
        self.handle().app().app_id.to_string()
    }

    fn secret(&self) -> Arc<dyn TokenSource> {
        let secret = Secret::from(self.handle().app_secret());
        Arc::new(ClientCredentials::secret(
            &self.web,
            &self.cloud,
            self.tenant(),
            self.app(),
            secret,
        ))
    }

    async fn token(&self, source: &dyn TokenSource) -> Result<AccessToken, TokenError> {
        source.token(self.cloud.audience()).await
    }

    /// What the front of Exchange says to a token.
    async fn probe(&self, token: &AccessToken) -> u16 {
        let url = format!(
            "{}/adminapi/beta/{}/InvokeCommand",
            self.cloud.exchange(),
            self.tenant()
        );
        let body = json!({"CmdletInput": {"CmdletName": "Get-OrganizationConfig", "Parameters": {}}});
        let request = WebRequest::json("POST", url, &body).bearer(token.secret());
        self.web.send(request).await.expect("an answer").status
    }
}

#[track_caller]
fn number(answer: Result<AccessToken, TokenError>) -> Option<u32> {
    answer.expect_err("it is refused").aadsts()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lab_gives_tokens_for_secrets_and_for_certificates_of_its_vault() {
    let there = There::new().await;
    let by_secret = there.token(&*there.secret()).await.expect("the secret is right");
    assert_eq!(there.probe(&by_secret).await, 200);

    let vault = KeyVault::new(
        &there.web,
        &there.cloud,
        &there.handle().vault("corp"),
        there.secret(),
    )
    .expect("a vault of the cloud");
    for name in ["exchange", "exchange-pem", "exchange-sealed"] {
        let certificate = vault
            .certificate(name, None)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(
            Some(certificate.chain()[0].to_vec()),
            there.handle().vault_certificate(name)
        );
        assert_eq!(certificate.signs_remotely(), name == "exchange-sealed");
        let source = ClientCredentials::certificate(
            &there.web,
            &there.cloud,
            there.tenant(),
            there.app(),
            certificate,
        );
        // Each assertion has its own jti, or the second would be refused.
        for _ in 0..2 {
            let token = there
                .token(&source)
                .await
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(there.probe(&token).await, 200, "{name}");
        }
    }
    let seen = there.handle().journal();
    let secret = there.handle().app_secret();
    assert!(
        !format!("{seen:?}").contains(secret),
        "the journal holds no secret"
    );
    let bought: Vec<_> = seen
        .iter()
        .filter(|seen| seen.service == Service::Login && seen.fields.contains_key("client_assertion_type"))
        .collect();
    assert_eq!(bought.len(), 6);
    for request in bought {
        let claims = request.claims.as_ref().expect("a sound assertion");
        assert_eq!(
            claims["aud"],
            json!(there.handle().token_endpoint(&there.tenant()))
        );
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&json!(there.app()), &json!(there.app()))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lab_refuses_with_the_numbers_of_the_real_one() {
    let there = There::new().await;
    let folder = TempDir::new().expect("a folder");
    let (handle, tenant, app) = (there.handle(), there.tenant(), there.app());
    let with_secret = |tenant: &str, app: &str, secret: &str| {
        ClientCredentials::secret(&there.web, &there.cloud, tenant, app, Secret::from(secret))
    };
    let right = handle.app_secret().to_owned();
    let expired = handle.add_secret(handle.app().app_id, SystemTime::now() - Duration::from_secs(1));
    let stranger = "00001111-aaaa-2222-bbbb-3333cccc4444";
    let other = handle.add_tenant("other.onmicrosoft.com").to_string();
    let unready = handle.new_app().app_id.to_string();
    for (tenant, app, secret, expected) in [
        ("nowhere.onmicrosoft.com", app.as_str(), right.as_str(), 90002),
        (&tenant, stranger, &right, 700_016),
        (&other, &app, &right, 700_016),
        (&tenant, &unready, &right, 7_000_229),
        (&tenant, &app, "wrong", 7_000_215),
        (&tenant, &app, &expired, 7_000_222),
    ] {
        let answer = there.token(&with_secret(tenant, app, secret)).await;
        assert_eq!(number(answer), Some(expected));
    }
    let good = with_secret(&tenant, &app, &right);
    assert_eq!(number(good.token("https://nothing.example").await), Some(500_011));
    handle.order(Order::aadsts(50034));
    assert_eq!(number(there.token(&good).await), Some(50034));
    handle.remove_exchange();
    assert_eq!(number(there.token(&good).await), Some(500_011));

    let path = new_certificate(&folder, "unknown");
    let by_certificate = ClientCredentials::certificate(
        &there.web,
        &there.cloud,
        tenant.as_str(),
        app.as_str(),
        certificate(&path),
    );
    assert_eq!(
        number(by_certificate.token(there.cloud.graph_audience()).await),
        Some(700_027)
    );
    handle.add_certificate(handle.app().app_id, &certificate(&path).chain()[0]);
    by_certificate
        .token(there.cloud.graph_audience())
        .await
        .expect("it is registered now");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lab_tells_apart_who_may_use_exchange() {
    let there = There::new().await;
    let handle = there.handle();
    let app = handle.app().app_id;
    handle.take_roles(app);
    let token = there.token(&*there.secret()).await.expect("a token all the same");
    assert_eq!(there.probe(&token).await, 403, "no directory role");
    handle.take_app_roles(app);
    let token = there.token(&*there.secret()).await.expect("a token all the same");
    assert_eq!(there.probe(&token).await, 401, "no Exchange.ManageAsApp");
    let for_graph = there
        .secret()
        .token(there.cloud.graph_audience())
        .await
        .expect("another audience");
    assert_eq!(there.probe(&for_graph).await, 401, "the wrong audience");
    handle.entitle(app);
    let token = there.token(&*there.secret()).await.expect("a token");
    assert_eq!(there.probe(&token).await, 200);
    handle.order(Order::status(Service::Exchange, 429).retry_after(3));
    assert_eq!(there.probe(&token).await, 429);

    // A token that lasts no longer is refused, although it was right once.
    handle.token_life(Duration::ZERO);
    let over = there.token(&*there.secret()).await.expect("a token");
    assert_eq!(there.probe(&over).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lab_is_a_machine_with_identities() {
    let there = There::new().await;
    let handle = there.handle();
    let header = || Secret::from(handle.identity_header());
    let identities = handle.identities();
    let assigned = identities
        .iter()
        .find(|identity| identity.resource_id.is_some())
        .expect("one is assigned");
    let resource = assigned.resource_id.clone().unwrap_or_default();
    let endpoints = [
        IdentityEndpoint::Imds {
            origin: handle.imds(),
        },
        IdentityEndpoint::AppService {
            url: handle.app_service(),
            header: header(),
        },
        IdentityEndpoint::Automation {
            url: handle.automation(),
            header: Some(header()),
        },
    ];
    for endpoint in endpoints {
        let sources = [
            (ManagedIdentity::system(&there.web), &identities[0]),
            (
                ManagedIdentity::client_id(&there.web, assigned.client_id.to_string()),
                assigned,
            ),
            (
                ManagedIdentity::object_id(&there.web, assigned.object_id.to_string()),
                assigned,
            ),
            (ManagedIdentity::resource_id(&there.web, &resource), assigned),
        ];
        for (source, expected) in sources {
            let source = source.endpoint(endpoint.clone());
            let token = match there.token(&source).await {
                Ok(token) => token,
                // Automation takes client ids only.
                Err(TokenError::Configuration(reason)) => {
                    println!("{}: {reason}", source.describe());
                    continue;
                }
                Err(error) => panic!("{}: {error}", source.describe()),
            };
            let claims = token.claims().expect("a JWT");
            assert_eq!(claims.app(), Some(expected.client_id.to_string().as_str()));
            assert_eq!(there.probe(&token).await, 200);
        }
    }
    let unknown = ManagedIdentity::client_id(&there.web, "00001111-aaaa-2222-bbbb-3333cccc4444").endpoint(
        IdentityEndpoint::Imds {
            origin: handle.imds(),
        },
    );
    there.token(&unknown).await.expect_err("no such identity");
    let stolen = ManagedIdentity::system(&there.web).endpoint(IdentityEndpoint::AppService {
        url: handle.app_service(),
        header: Secret::from("guessed"),
    });
    there.token(&stolen).await.expect_err("the header is a secret");

    // A metadata service that is busy is asked again.
    handle.order(Order::status(Service::Imds, 429));
    let patient = ManagedIdentity::system(&there.web).endpoint(IdentityEndpoint::Imds {
        origin: handle.imds(),
    });
    there.token(&patient).await.expect("the second answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lab_lets_a_person_sign_in_by_a_code() {
    let there = There::new().await;
    there.handle().device_codes(1, false);
    let shown = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&shown);
    let source = DeviceCode::new(
        &there.web,
        &there.cloud,
        "organizations",
        EXCHANGE_PUBLIC_CLIENT,
        move |prompt| seen.lock().expect("unpoisoned").push(prompt.user_code.clone()),
    );
    let token = there.token(&source).await.expect("an administrator signs in");
    assert_eq!(there.probe(&token).await, 200);
    // The second token comes by the refresh token, without a person.
    there.token(&source).await.expect("a refresh");
    assert_eq!(shown.lock().expect("unpoisoned").len(), 1);
    there.handle().device_codes(0, true);
    let declined = DeviceCode::new(
        &there.web,
        &there.cloud,
        there.tenant(),
        EXCHANGE_PUBLIC_CLIENT,
        |_| {},
    );
    let error = there.token(&declined).await.expect_err("the person says no");
    assert!(matches!(error, TokenError::DeviceCode(_)), "{error:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_serves_many_until_it_ends() {
    let there = There::new().await;
    let tokens = Arc::new(CachedTokens::new(there.secret()));
    let all = (0..20).map(|_| {
        let (tokens, audience) = (Arc::clone(&tokens), there.cloud.audience().to_owned());
        tokio::spawn(async move { tokens.token(&audience).await.map(drop) })
    });
    for one in futures_util::future::join_all(all).await {
        one.expect("no panic").expect("a token");
    }
    assert_eq!(there.handle().count(Service::Login), 1);
    tokens.invalidate();
    there.token(&*tokens).await.expect("a new one");
    assert_eq!(there.handle().count(Service::Login), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vault_shuts_out_who_may_not_and_keeps_what_may_not_leave() {
    let there = There::new().await;
    let handle = there.handle();
    let vault = KeyVault::new(&there.web, &there.cloud, &handle.vault("corp"), there.secret())
        .expect("a vault of the cloud");
    handle.add_vault_secret("word", "open sesame", "text/plain");
    let secret = vault.secret("word", None).await.expect("it is there");
    assert_eq!(secret.value.expose(), "open sesame");
    let missing = vault.certificate("nothing", None).await.map(drop);
    assert!(matches!(missing, Err(VaultError::NotFound { .. })), "{missing:?}");
    let der = handle
        .add_vault_certificate("fresh", false, VaultFormat::Pem)
        .expect("a certificate");
    let fresh = vault.certificate("fresh", None).await.expect("it is there");
    assert_eq!(fresh.chain()[0].to_vec(), der);
    assert!(fresh.signs_remotely());
    let principal = handle.app().principal_id.expect("it has one");
    handle.refuse_in_vault(principal);
    let refused = vault.secret("word", None).await.map(drop);
    assert!(
        matches!(refused, Err(VaultError::Forbidden { .. })),
        "{refused:?}"
    );
    for elsewhere in [
        "https://corp.vault.psbridge.localhost.example.com",
        "http://corp.vault.psbridge.localhost",
    ] {
        let refused = KeyVault::new(&there.web, &there.cloud, elsewhere, there.secret()).map(drop);
        assert!(matches!(refused, Err(VaultError::Address { .. })), "{refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_the_cloud_open_sessions_of_the_lab() {
    let lab = Lab::builder()
        .cloud(([127, 0, 0, 1], 0).into())
        .https(([127, 0, 0, 1], 0).into())
        .users(20)
        .start()
        .await
        .expect("the lab starts");
    let there = There::of(lab);
    let origin = there.lab.https_origin().expect("it was asked for");
    let ca = there.lab.ca_file().expect("it has one");
    for authentication in [Authentication::BasicBearer, Authentication::Bearer] {
        let open = || {
            Session::builder(format!("{origin}/powershell-liveid/"))
                .authentication(authentication)
                .user(format!("OAuthUser@{}", there.tenant()))
                .tokens(there.secret())
                .tls(TlsOptions::new().ca_file(ca))
                .cloud(there.cloud.clone())
                .open()
        };
        let session = open().await.unwrap_or_else(|error| panic!("{error}"));
        let users = session
            .run(Command::new("Get-User"))
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(users.output().count(), 20);
        session.close().await.expect("it closes");
        there.handle().take_roles(there.handle().app().app_id);
        let refused = open().await.map(drop).expect_err("the role is gone");
        assert_eq!(refused.kind(), ErrorKind::Authentication, "{refused}");
        there.handle().entitle(there.handle().app().app_id);
    }
}

/// The verifier on PyJWT.
struct Judge {
    child: Child,
    folder: TempDir,
    web: WebClient,
    cloud: Cloud,
    app: PathBuf,
}

impl Judge {
    fn start(test: &str) -> Option<Self> {
        let Some(python) = Python::find() else {
            skip(test, "no .venv with the Python peers (scripts/test makes it)");
            return None;
        };
        let folder = TempDir::new().expect("a folder");
        let app = new_certificate(&folder, "app");
        let mut command = python.script("verify_claims.py");
        command.arg("--work").arg(folder.path());
        command.arg("--app-certificate").arg(app.with_extension("cer"));
        command.arg("--pfx").arg(app.with_extension("pfx"));
        command.args(["--pfx-password", PFX_PASSWORD]);
        let child = Child::start(&mut command);
        let origin = child.ready("https").to_owned();
        let cloud = Cloud::custom(CloudDefinition {
            name: "judge".to_owned(),
            authority: origin.clone(),
            exchange: origin.clone(),
            powershell: "/powershell-liveid/".to_owned(),
            audience: child.ready("audience").to_owned(),
            graph: origin.clone(),
            graph_audience: origin,
            vault_suffix: "localhost".to_owned(),
            vault_audience: child.ready("vault_audience").to_owned(),
            hosts: Vec::new(),
        })
        .expect("a sound description");
        Some(Self {
            web: web(Path::new(child.ready("ca"))),
            cloud,
            child,
            folder,
            app,
        })
    }

    fn by_certificate(&self, certificate: ClientCertificate) -> ClientCredentials {
        let (tenant, client) = (self.child.ready("tenant"), self.child.ready("client"));
        ClientCredentials::certificate(&self.web, &self.cloud, tenant, client, certificate)
    }

    fn by_secret(&self, secret: &str) -> ClientCredentials {
        let (tenant, client) = (self.child.ready("tenant"), self.child.ready("client"));
        ClientCredentials::secret(&self.web, &self.cloud, tenant, client, Secret::from(secret))
    }

    async fn token(&self, source: &dyn TokenSource) -> Result<AccessToken, TokenError> {
        source.token(self.cloud.audience()).await
    }

    /// What it took and what it refused.
    fn heard(&self) -> (Vec<Value>, Vec<String>) {
        let heard = get_json(self.child.ready("http"), "/heard");
        let taken = heard["taken"].as_array().cloned().unwrap_or_default();
        let refused = heard["refused"].as_array().cloned().unwrap_or_default();
        let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
        (taken, refused.into_iter().map(text).collect())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pyjwt_finds_nothing_wrong_with_our_assertions() {
    let Some(judge) = Judge::start("tokens::pyjwt_finds_nothing_wrong_with_our_assertions") else {
        return;
    };
    let ours = certificate(&judge.app);
    let hex: String = ours
        .thumbprint_sha256()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(judge.child.ready("pfx_sha256"), hex, "cryptography reads our PFX");
    let source = judge.by_certificate(ours);
    for _ in 0..2 {
        let token = judge.token(&source).await.expect("every claim is right");
        let ends = token.expires_at().expect("it says when");
        assert!(ends > SystemTime::now() + Duration::from_secs(3_500));
    }
    let from_pem = ClientCertificate::from_pem_files(
        judge.app.with_extension("cer"),
        judge.app.with_extension("key"),
        None,
    )
    .expect("our own PEM is read");
    judge
        .token(&judge.by_certificate(from_pem))
        .await
        .expect("the same certificate");
    judge
        .token(&judge.by_secret(judge.child.ready("secret")))
        .await
        .expect("the secret is right");
    let (taken, refused) = judge.heard();
    assert_eq!(refused, Vec::<String>::new());
    assert_eq!(taken.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn pyjwt_refuses_what_is_wrong_and_we_say_why() {
    let Some(judge) = Judge::start("tokens::pyjwt_refuses_what_is_wrong_and_we_say_why") else {
        return;
    };
    let other = certificate(&new_certificate(&judge.folder, "other"));
    assert_eq!(
        number(judge.token(&judge.by_certificate(other)).await),
        Some(700_027)
    );
    assert_eq!(
        number(judge.token(&judge.by_secret("wrong")).await),
        Some(7_000_215)
    );
    let right = judge.by_secret(judge.child.ready("secret"));
    assert_eq!(
        number(right.token("https://elsewhere.example").await),
        Some(500_011)
    );
    let tenant = ClientCredentials::secret(
        &judge.web,
        &judge.cloud,
        "wrong.onmicrosoft.com",
        judge.child.ready("client"),
        Secret::from(judge.child.ready("secret")),
    );
    assert_eq!(number(judge.token(&tenant).await), Some(90002));
    let (taken, refused) = judge.heard();
    assert_eq!((taken.len(), refused.len()), (0, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn pyjwt_checks_what_identity_endpoints_are_sent() {
    let Some(judge) = Judge::start("tokens::pyjwt_checks_what_identity_endpoints_are_sent") else {
        return;
    };
    let (plain, id) = (judge.child.ready("http"), judge.child.ready("identity"));
    let header = || Secret::from(judge.child.ready("identity_header"));
    let endpoints = [
        IdentityEndpoint::Imds {
            origin: plain.to_owned(),
        },
        IdentityEndpoint::AppService {
            url: format!("{plain}/msi/token"),
            header: header(),
        },
        IdentityEndpoint::Automation {
            url: format!("{plain}/automation/token"),
            header: Some(header()),
        },
    ];
    let mut asked = 0;
    for endpoint in endpoints {
        for source in [
            ManagedIdentity::system(&judge.web),
            ManagedIdentity::client_id(&judge.web, id),
            ManagedIdentity::object_id(&judge.web, id),
            ManagedIdentity::resource_id(&judge.web, judge.child.ready("resource_id")),
        ] {
            let source = source.endpoint(endpoint.clone());
            match judge.token(&source).await {
                Ok(token) => {
                    asked += 1;
                    assert!(token.expires_at().is_some());
                }
                Err(TokenError::Configuration(reason)) => println!("{}: {reason}", source.describe()),
                Err(error) => panic!("{}: {error}", source.describe()),
            }
        }
    }
    let (taken, refused) = judge.heard();
    assert_eq!(refused, Vec::<String>::new());
    assert_eq!(taken.len(), asked);
    assert!(asked >= 9, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pyjwt_opens_its_vault_for_our_tokens() {
    let Some(judge) = Judge::start("tokens::pyjwt_opens_its_vault_for_our_tokens") else {
        return;
    };
    let source: Arc<dyn TokenSource> = Arc::new(judge.by_secret(judge.child.ready("secret")));
    let vault =
        KeyVault::new(&judge.web, &judge.cloud, judge.child.ready("https"), source).expect("its vault");
    for name in ["pem", "pfx", "sealed"] {
        let certificate = vault
            .certificate(name, None)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let hex: String = certificate
            .thumbprint_sha256()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(hex, judge.child.ready("vaulted_sha256"));
        assert_eq!(certificate.signs_remotely(), name == "sealed");
        judge
            .token(&judge.by_certificate(certificate))
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let secret = vault.secret("client-secret", None).await.expect("it is there");
    assert_eq!(secret.value.expose(), judge.child.ready("secret"));
    let (taken, refused) = judge.heard();
    assert_eq!(refused, Vec::<String>::new());
    let signed = taken
        .iter()
        .filter(|one| one["path"].as_str().is_some_and(|path| path.ends_with("/sign")))
        .count();
    assert_eq!(signed, 1, "the key that does not leave signed once");
}

#[tokio::test(flavor = "multi_thread")]
async fn pyjwt_takes_codes_and_federated_tokens_and_so_does_the_lab() {
    let Some(judge) = Judge::start("tokens::pyjwt_takes_codes_and_federated_tokens_and_so_does_the_lab")
    else {
        return;
    };
    let (tenant, client) = (judge.child.ready("tenant"), judge.child.ready("client"));
    let by_file = |name: &str| judge.folder.path().join(name);
    let source = |name: &str| WorkloadIdentity::new(&judge.web, &judge.cloud, tenant, client, by_file(name));
    judge
        .token(&source("federated.jwt"))
        .await
        .expect("it is trusted");
    assert_eq!(
        number(judge.token(&source("federated-late.jwt")).await),
        Some(700_024)
    );
    assert_eq!(
        number(judge.token(&source("federated-other.jwt")).await),
        Some(700_213)
    );

    let there = There::new().await;
    let pem = std::fs::read_to_string(by_file("federation.pem")).expect("it is left there");
    let der = der_of_pem(&pem);
    let app = there.handle().app().app_id;
    there.handle().add_federation(
        app,
        judge.child.ready("issuer"),
        judge.child.ready("subject"),
        judge.child.ready("exchange"),
        &der,
    );
    let source = |name: &str| {
        WorkloadIdentity::new(
            &there.web,
            &there.cloud,
            there.tenant(),
            there.app(),
            by_file(name),
        )
    };
    let token = there
        .token(&source("federated.jwt"))
        .await
        .expect("the lab trusts it too");
    assert_eq!(there.probe(&token).await, 200);
    assert_eq!(
        number(there.token(&source("federated-late.jwt")).await),
        Some(700_024)
    );
    assert_eq!(
        number(there.token(&source("federated-other.jwt")).await),
        Some(700_213)
    );
}
