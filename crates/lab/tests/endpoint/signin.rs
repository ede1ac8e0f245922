//! Who is let in, how, and what is sealed.

use psbridge_auth::encrypted::{EncryptedType, SOAP_CONTENT_TYPE, open_body, seal_body};
use psbridge_auth::ntlm::Target;
use psbridge_auth::{
    AuthenticateHeader, Credential, EntropyError, Scheme, SecurityContext, Step, ntlm, scheme, spnego,
};
use psbridge_lab::{AuthScheme, DEFAULT_ACCOUNT, Lab, LabError};
use psbridge_protocol::wsman::{Request, RequestBody, RequestHeader, Response, ResponseBody};
use uuid::Uuid;

use super::client::{Answer, Http, PASSWORD, USER, basic, lab, loopback};

const SOAP: (&str, &str) = ("Content-Type", SOAP_CONTENT_TYPE);

fn identify() -> String {
    Request::new(RequestHeader::new("", "", Uuid::nil()), RequestBody::Identify).to_xml()
}

fn sealed() -> psbridge_lab::LabBuilder {
    let mut limits = psbridge_lab::Limits::default();
    limits.failure_delay = std::time::Duration::from_millis(1);
    Lab::builder()
        .http(loopback())
        .users(1)
        .groups(0)
        .account(USER, PASSWORD)
        .limits(limits)
}

/// A signed-in connection.
struct Sealed {
    http: Http,
    context: Box<dyn SecurityContext>,
    /// The answers of the handshake.
    answers: Vec<Answer>,
}

async fn sign_in(lab: &Lab, scheme: Scheme, user: &str, password: &str) -> Sealed {
    let credential = Credential::new(user, password);
    let target = Target::new("HTTP/127.0.0.1");
    let mut context: Box<dyn SecurityContext> = match scheme {
        Scheme::Ntlm => Box::new(ntlm::Initiator::new(&credential, target).unwrap()),
        _ => Box::new(spnego::Initiator::new(&credential, target).unwrap()),
    };
    let mut http = Http::connect(lab).await;
    let mut entropy = |out: &mut [u8]| aws_lc_rs::rand::fill(out).map_err(|_| EntropyError);
    let mut input: Option<Vec<u8>> = None;
    let mut answers = Vec::new();
    loop {
        let step = context
            .step(input.as_deref(), 133_000_000_000_000_000, &mut entropy)
            .unwrap();
        let (token, done) = match step {
            Step::Continue(token) => (token, false),
            Step::Done(Some(token)) => (token, true),
            Step::Done(None) => break,
            Step::NeedIo(_) => panic!("no KDC is asked"),
        };
        let header = scheme::token_header(&scheme, &token);
        let answer = http
            .post("/wsman", &[("Authorization", &header)], b"")
            .await
            .unwrap();
        let offered = AuthenticateHeader::parse(answer.header("www-authenticate")).unwrap();
        input = offered.token(&scheme).map(<[u8]>::to_vec);
        answers.push(answer);
        if done && input.is_none() || answers.last().is_some_and(|a| a.status == 401 && input.is_none()) {
            break;
        }
    }
    Sealed {
        http,
        context,
        answers,
    }
}

impl Sealed {
    async fn ask(&mut self, xml: &str) -> Option<Answer> {
        let body = seal_body(self.context.as_mut(), xml.as_bytes()).unwrap();
        self.http
            .post("/wsman", &[("Content-Type", &body.content_type)], &body.body)
            .await
    }

    fn open(&mut self, answer: Answer) -> Result<String, psbridge_auth::Error> {
        let content_type = answer.header("content-type")[0].to_owned();
        let opened = open_body(self.context.as_mut(), &content_type, answer.body)?;
        Ok(String::from_utf8(opened.body.to_vec()).unwrap())
    }
}

#[tokio::test]
async fn both_schemes_seal_what_they_carry() {
    let lab = sealed().start().await.unwrap();
    for scheme in [Scheme::Ntlm, Scheme::Negotiate] {
        for user in [
            USER.to_owned(),
            format!("CORP\\{}", USER.to_uppercase()),
            format!("{USER}@corp.example"),
        ] {
            let mut client = sign_in(&lab, scheme.clone(), &user, PASSWORD).await;
            assert_eq!(client.answers.last().unwrap().status, 200, "{user}");
            for _ in 0..3 {
                let answer = client.ask(&identify()).await.unwrap();
                assert_eq!(answer.status, 200);
                assert!(EncryptedType::parse(answer.header("content-type")[0]).is_some());
                let xml = client.open(answer).unwrap();
                let ResponseBody::Identify(identity) = Response::parse(&xml).unwrap().body else {
                    panic!("{xml}")
                };
                assert_eq!(
                    identity.product_version.as_deref(),
                    Some("OS: 10.0.17763 SP: 0.0 Stack: 3.0")
                );
            }
        }
    }
}

#[tokio::test]
async fn faults_are_sealed_too() {
    let lab = sealed().start().await.unwrap();
    let mut client = sign_in(&lab, Scheme::Negotiate, USER, PASSWORD).await;
    let header = RequestHeader::new("http://x/wsman", super::client::SHELL, Uuid::new_v4());
    let answer = client
        .ask(&Request::new(header, RequestBody::Delete).to_xml())
        .await
        .unwrap();
    assert_eq!(answer.status, 500);
    let xml = client.open(answer).unwrap();
    assert!(xml.contains("2150858842"), "{xml}");
}

#[tokio::test]
async fn clear_text_is_refused_on_http() {
    let lab = sealed().start().await.unwrap();
    let mut client = sign_in(&lab, Scheme::Negotiate, USER, PASSWORD).await;
    let header = RequestHeader::new("http://x/wsman", super::client::SHELL, Uuid::new_v4());
    let delete = Request::new(header, RequestBody::Delete).to_xml();
    let answer = client
        .http
        .post("/wsman", &[SOAP], delete.as_bytes())
        .await
        .unwrap();
    assert_eq!(answer.status, 401);
    // Only Identify may be read by others.
    let answer = client
        .http
        .post("/wsman", &[SOAP], identify().as_bytes())
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    // Basic is not even offered.
    let answer = client
        .http
        .post("/wsman", &[SOAP, ("Authorization", &basic())], b"")
        .await
        .unwrap();
    assert_eq!(
        (answer.status, answer.header("www-authenticate")),
        (401, vec!["Negotiate", "NTLM"])
    );
}

#[tokio::test]
async fn damaged_and_repeated_bodies_end_the_context() {
    let lab = sealed().start().await.unwrap();
    let mut client = sign_in(&lab, Scheme::Negotiate, USER, PASSWORD).await;
    let body = seal_body(client.context.as_mut(), identify().as_bytes()).unwrap();
    let headers = [("Content-Type", body.content_type.as_str())];
    assert_eq!(
        client
            .http
            .post("/wsman", &headers, &body.body)
            .await
            .unwrap()
            .status,
        200
    );
    // The same bytes again.
    assert_eq!(
        client
            .http
            .post("/wsman", &headers, &body.body)
            .await
            .unwrap()
            .status,
        400
    );
    // Nothing is left of the sign-in.
    assert_eq!(
        client
            .http
            .post("/wsman", &[SOAP], identify().as_bytes())
            .await
            .unwrap()
            .status,
        401
    );
    // Sealed bodies mean nothing on another connection.
    let mut stranger = Http::connect(&lab).await;
    assert_eq!(
        stranger
            .post("/wsman", &headers, &body.body)
            .await
            .unwrap()
            .status,
        401
    );
}

#[tokio::test]
async fn wrong_passwords_and_names_are_refused() {
    let lab = sealed().start().await.unwrap();
    for (user, password) in [
        (USER, "wrong"),
        ("nobody", PASSWORD),
        (DEFAULT_ACCOUNT.0, DEFAULT_ACCOUNT.1),
    ] {
        for scheme in [Scheme::Ntlm, Scheme::Negotiate] {
            let client = sign_in(&lab, scheme, user, password).await;
            let last = client.answers.last().unwrap();
            assert_eq!(
                (last.status, last.header("www-authenticate")),
                (401, vec!["Negotiate", "NTLM"]),
                "{user}"
            );
        }
    }
    assert_eq!(lab.stats().operations, 0);
}

#[tokio::test]
async fn challenges_are_fresh_for_each_connection() {
    let lab = sealed().start().await.unwrap();
    let first = sign_in(&lab, Scheme::Ntlm, USER, PASSWORD).await;
    let second = sign_in(&lab, Scheme::Ntlm, USER, PASSWORD).await;
    let challenge = |client: &Sealed| client.answers[0].header("www-authenticate")[0].to_owned();
    assert_ne!(challenge(&first), challenge(&second));
}

#[tokio::test]
async fn ordered_damage_is_found_by_the_client() {
    let plan = "tamper@1;plain@2;length@3".parse().unwrap();
    let lab = sealed().faults(plan).start().await.unwrap();
    let mut client = sign_in(&lab, Scheme::Negotiate, USER, PASSWORD).await;
    let answer = client.ask(&identify()).await.unwrap();
    assert!(client.open(answer).is_err());
    let mut client = sign_in(&lab, Scheme::Negotiate, USER, PASSWORD).await;
    let answer = client.ask(&identify()).await.unwrap();
    assert_eq!(answer.header("content-type"), [SOAP_CONTENT_TYPE]);
    let mut client = sign_in(&lab, Scheme::Negotiate, USER, PASSWORD).await;
    let answer = client.ask(&identify()).await.unwrap();
    assert!(client.open(answer).is_err());
}

#[tokio::test]
async fn heads_are_those_of_http_sys() {
    let lab = lab().start().await.unwrap();
    let mut http = Http::connect(&lab).await;
    let answer = http.post("/wsman", &[SOAP], identify().as_bytes()).await.unwrap();
    let offered = answer.header("www-authenticate");
    assert_eq!((answer.status, answer.body.len()), (401, 0));
    assert_eq!(offered, ["Negotiate", "NTLM", "Basic realm=\"WSMAN\""]);
    assert_eq!(answer.header("server"), ["Microsoft-HTTPAPI/2.0"]);

    let answer = http.post("/other", &[SOAP], b"").await.unwrap();
    assert_eq!(answer.status, 404);
    assert!(
        answer
            .text()
            .contains("HTTP Error 404. The requested resource is not found.")
    );
    assert_eq!(http.request("GET /wsman", &[], b"").await.unwrap().status, 405);
    let wrong = ("Authorization", "Basic !!");
    assert_eq!(
        http.post("/wsman", &[SOAP, wrong], b"").await.unwrap().status,
        401
    );

    for path in [
        "/wsman",
        "/WSMAN/",
        "/PowerShell/",
        "/powershell?PSVersion=7",
        "/powershell-LiveID/",
    ] {
        let answer = http
            .post(path, &[SOAP, ("Authorization", &basic())], identify().as_bytes())
            .await
            .unwrap();
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("content-type"), [SOAP_CONTENT_TYPE]);
    }
}

#[tokio::test]
async fn identify_tells_strangers_no_version() {
    let lab = sealed().start().await.unwrap();
    let mut http = Http::connect(&lab).await;
    let anonymous = ("WSMANIDENTIFY", "unauthenticated");
    for (path, headers) in [
        ("/wsman", vec![SOAP, anonymous]),
        ("/wsman-anon/identify", vec![SOAP]),
    ] {
        let answer = http.post(path, &headers, identify().as_bytes()).await.unwrap();
        assert_eq!(answer.status, 200, "{path}");
        assert!(
            answer
                .text()
                .contains("<wsmid:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0<"),
            "{}",
            answer.text()
        );
        // Nothing else is answered there.
        let answer = http.post(path, &headers, b"<x/>").await.unwrap();
        assert_eq!(answer.status, 401, "{path}");
    }
}

#[tokio::test]
async fn redirection_is_that_of_exchange() {
    let lab = lab().redirect(true).start().await.unwrap();
    let mut http = Http::connect(&lab).await;
    let headers = [SOAP, ("Authorization", &basic())];
    let answer = http
        .post("/PowerShell/", &headers, identify().as_bytes())
        .await
        .unwrap();
    let location = format!(
        "{}/powershell-liveid/?PSVersion=5.1.17763.1971",
        lab.http_origin().unwrap()
    );
    assert_eq!(
        (answer.status, answer.header("location")),
        (302, vec![location.as_str()])
    );
    assert!(answer.text().contains("Object moved"));
    let answer = http
        .post("/powershell-liveid/", &headers, identify().as_bytes())
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn options_that_contradict_are_refused() {
    let anywhere = "0.0.0.0:0".parse().unwrap();
    let refused = |builder: psbridge_lab::LabBuilder| async { builder.start().await.expect_err("an error") };
    assert!(matches!(refused(Lab::builder()).await, LabError::NoListener));
    assert!(matches!(
        refused(Lab::builder().http(anywhere)).await,
        LabError::NotLoopback { .. }
    ));
    let listening = || Lab::builder().http(anywhere).listen_anywhere(true);
    assert!(matches!(
        refused(listening()).await,
        LabError::DefaultAccount { .. }
    ));
    assert!(matches!(
        refused(listening().account("", "x")).await,
        LabError::EmptyAccount
    ));
    assert!(matches!(
        refused(lab().auth([])).await,
        LabError::NoAuthentication
    ));
    assert!(matches!(
        "digest".parse::<AuthScheme>(),
        Err(LabError::UnknownScheme { .. })
    ));
    let taken = lab().start().await.unwrap();
    let address = taken
        .http_origin()
        .unwrap()
        .trim_start_matches("http://")
        .parse()
        .unwrap();
    assert!(matches!(
        refused(lab().http(address)).await,
        LabError::Bind { .. }
    ));
}
