use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;

use super::testing::{Acceptor, Headers, PASSWORD, Reply, Seen, Server, USER, html, response, serve, soap};
use super::*;
use crate::exchange::{Lane, TlsFailure};

fn options(target: &str, authentication: Authentication) -> HttpOptions {
    HttpOptions {
        authentication,
        user: Some(USER.into()),
        secret: Some(PASSWORD.into()),
        ..HttpOptions::new(Endpoint::parse(target, None).unwrap())
    }
}

fn request(body: &str) -> PlainRequest {
    PlainRequest::soap("/wsman", Bytes::copy_from_slice(body.as_bytes()), Lane::Operation)
}

async fn ask(exchange: &HttpExchange, body: &str) -> Result<String, ExchangeError> {
    let response = exchange.exchange(request(body)).await?;
    Ok(format!(
        "{} {}",
        response.status,
        String::from_utf8_lossy(&response.body)
    ))
}

/// Signs clients in and answers every sealed request with its own text.
fn echo(_connection: usize) -> impl FnMut(Seen) -> Reply + Send {
    let mut acceptor = Acceptor::negotiate();
    move |seen| match acceptor.accept(&seen) {
        Ok(plain) => acceptor.seal(200, &plain),
        Err(reply) => reply,
    }
}

#[tokio::test]
async fn negotiate_and_ntlm_sign_in_and_seal() {
    for authentication in [Authentication::Negotiate, Authentication::Ntlm] {
        let server = Server::start(echo).await;
        let exchange = HttpExchange::new(&options(&server.url(), authentication)).unwrap();
        for text in ["one", "two", "<three/>"] {
            let response = exchange.exchange(request(text)).await.unwrap();
            assert_eq!((response.status, &response.body[..]), (200, text.as_bytes()));
            assert_eq!(
                response.header("content-type"),
                Some("application/soap+xml;charset=UTF-8")
            );
            assert_eq!(response.connection, 1);
            assert!(response.wire.request > 200 && response.wire.response > 200);
        }
        let traffic = exchange.traffic();
        assert_eq!(
            (server.connections(), traffic.connections, traffic.round_trips),
            (1, 1, 5)
        );
    }
}

#[tokio::test]
async fn parallel_exchanges_have_connections_of_their_own() {
    let server = Server::start(echo).await;
    let exchange = Arc::new(HttpExchange::new(&options(&server.url(), Authentication::Negotiate)).unwrap());
    let tasks: Vec<_> = (0..8)
        .map(|n| {
            let exchange = Arc::clone(&exchange);
            tokio::spawn(async move {
                for m in 0..20 {
                    let text = format!("{n}.{m}");
                    assert_eq!(ask(&exchange, &text).await.unwrap(), format!("200 {text}"));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert!(server.connections() <= 8);
}

#[tokio::test]
async fn an_endpoint_that_only_names_ntlm_is_served() {
    let server = Server::start(|_| {
        let mut acceptor = Acceptor::ntlm();
        move |seen: Seen| match acceptor.accept(&seen) {
            Ok(plain) => acceptor.seal(200, &plain),
            Err(reply) => reply,
        }
    })
    .await;
    let exchange = HttpExchange::new(&options(&server.url(), Authentication::Negotiate)).unwrap();
    assert_eq!(ask(&exchange, "x").await.unwrap(), "200 x");
}

#[tokio::test]
async fn a_wrong_password_is_refused_after_one_try() {
    let server = Server::start(echo).await;
    let mut options = options(&server.url(), Authentication::Negotiate);
    options.secret = Some("wrong".into());
    let exchange = HttpExchange::new(&options).unwrap();
    let error = ask(&exchange, "x").await.unwrap_err();
    assert!(
        matches!(
            error,
            ExchangeError::Rejected { .. } | ExchangeError::Security(psbridge_auth::Error::Refused)
        ),
        "{error}"
    );
    assert_eq!(
        server.connections(),
        1,
        "each further try counts towards a lockout"
    );
}

#[tokio::test]
async fn an_endpoint_without_the_scheme_is_named_with_what_it_offers() {
    let server = Server::start(|_| {
        |_| {
            Reply::Http(
                401,
                vec![("WWW-Authenticate", "Basic realm=\"WSMAN\"".into())],
                Vec::new(),
            )
        }
    })
    .await;
    let exchange = HttpExchange::new(&options(&server.url(), Authentication::Negotiate)).unwrap();
    let error = ask(&exchange, "x").await.unwrap_err();
    assert!(
        matches!(&error, ExchangeError::NotOffered { offered, .. } if offered == &["Basic"]),
        "{error}"
    );
}

#[tokio::test]
async fn a_web_server_is_recognised_before_anything_is_sent() {
    for (status, reply) in [(200, "<html>hello"), (404, "<html>not found"), (500, "")] {
        let server = Server::start(move |_| move |_| html(status, reply)).await;
        let exchange = HttpExchange::new(&options(&server.url(), Authentication::Negotiate)).unwrap();
        let error = ask(&exchange, "x").await.unwrap_err();
        assert!(
            matches!(error, ExchangeError::NoChallenge { status: seen, .. } if seen == status),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_named_and_not_followed() {
    let elsewhere = Server::start(|_| |_| soap("caught")).await;
    let location = elsewhere.url();
    let server = Server::start(move |_| {
        let location = location.clone();
        move |_| Reply::Http(302, vec![("Location", location.clone())], Vec::new())
    })
    .await;
    let exchange = HttpExchange::new(&options(&server.url(), Authentication::Negotiate)).unwrap();
    let error = ask(&exchange, "x").await.unwrap_err();
    assert!(
        matches!(&error, ExchangeError::Redirected { status: 302, location: Some(to), .. } if *to == elsewhere.url()),
        "{error}"
    );
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn connections_closed_while_idle_are_replaced() {
    let server = Server::start(|connection| {
        let mut inner = echo(connection);
        move |seen: Seen| match inner(seen) {
            Reply::Http(200, headers, body) if !body.is_empty() => Reply::HttpThenClose(200, headers, body),
            other => other,
        }
    })
    .await;
    let exchange = HttpExchange::new(&options(&server.url(), Authentication::Negotiate)).unwrap();
    for n in 1..=3 {
        assert_eq!(ask(&exchange, "x").await.unwrap(), "200 x");
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(server.connections(), n);
    }
}

#[tokio::test]
async fn a_lost_sign_in_is_repeated_once_on_a_fresh_connection() {
    for status in [401, 400] {
        let forgot = Arc::new(AtomicBool::new(false));
        let server = Server::start(move |connection| {
            let mut inner = echo(connection);
            let forgot = Arc::clone(&forgot);
            move |seen: Seen| {
                // The third request of the first connection: the second one with content.
                if seen.number == 3 && !forgot.swap(true, Ordering::SeqCst) {
                    return Reply::Http(status, vec![("WWW-Authenticate", "Negotiate".into())], Vec::new());
                }
                inner(seen)
            }
        })
        .await;
        let exchange = HttpExchange::new(&options(&server.url(), Authentication::Negotiate)).unwrap();
        assert_eq!(ask(&exchange, "1").await.unwrap(), "200 1");
        assert_eq!(ask(&exchange, "2").await.unwrap(), "200 2");
        assert_eq!(server.connections(), 2);
    }
}

#[tokio::test]
async fn an_endpoint_that_never_accepts_is_not_asked_for_ever() {
    let server = Server::start(|connection| {
        let mut inner = echo(connection);
        move |seen: Seen| {
            if seen.number == 2 {
                html(401, "no")
            } else {
                inner(seen)
            }
        }
    })
    .await;
    let exchange = HttpExchange::new(&options(&server.url(), Authentication::Negotiate)).unwrap();
    let error = ask(&exchange, "1").await.unwrap_err();
    assert!(
        matches!(error, ExchangeError::Rejected { status: 401, .. }),
        "{error}"
    );
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn clear_answers_to_sealed_requests_are_not_read() {
    let server = Server::start(|_| {
        let mut acceptor = Acceptor::negotiate();
        move |seen: Seen| match acceptor.accept(&seen) {
            Ok(_) => soap("<s:Envelope/>"),
            Err(reply) => reply,
        }
    })
    .await;
    let exchange = HttpExchange::new(&options(&server.url(), Authentication::Negotiate)).unwrap();
    let error = ask(&exchange, "x").await.unwrap_err();
    assert!(
        matches!(error, ExchangeError::Unsealed { status: 200, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn tampered_and_replayed_answers_are_refused() {
    for replay in [false, true] {
        let server = Server::start(move |_| {
            let mut acceptor = Acceptor::negotiate();
            let mut first: Option<(Headers, Vec<u8>)> = None;
            move |seen: Seen| {
                let plain = match acceptor.accept(&seen) {
                    Ok(plain) => plain,
                    Err(reply) => return reply,
                };
                let Reply::Http(status, headers, mut body) = acceptor.seal(200, &plain) else {
                    unreachable!()
                };
                match (&first, replay) {
                    (Some((headers, body)), true) => Reply::Http(status, headers.clone(), body.clone()),
                    (None, true) => {
                        first = Some((headers.clone(), body.clone()));
                        Reply::Http(status, headers, body)
                    }
                    _ => {
                        // The last byte of the sealed data, before the closing boundary.
                        let at = body.len() - b"--Encrypted Boundary--\r\n".len() - 1;
                        body[at] ^= 1;
                        Reply::Http(status, headers, body)
                    }
                }
            }
        })
        .await;
        let exchange = HttpExchange::new(&options(&server.url(), Authentication::Negotiate)).unwrap();
        if replay {
            assert_eq!(ask(&exchange, "text").await.unwrap(), "200 text");
        }
        let error = ask(&exchange, "text").await.unwrap_err();
        assert!(
            matches!(error, ExchangeError::Security(psbridge_auth::Error::Signature(_))),
            "{error}"
        );
        assert!(
            exchange.site().take_idle().is_none(),
            "the context is gone with its connection"
        );
    }
}

#[tokio::test]
async fn cuts_and_silence_are_told_apart() {
    let cut = Server::start(|connection| {
        let mut inner = echo(connection);
        move |seen: Seen| match inner(seen) {
            Reply::Http(200, headers, body) if !body.is_empty() => {
                let whole = response(200, &headers, &body);
                Reply::Raw(whole[..whole.len() - 10].to_vec())
            }
            other => other,
        }
    })
    .await;
    let exchange = HttpExchange::new(&options(&cut.url(), Authentication::Negotiate)).unwrap();
    let error = ask(&exchange, "x").await.unwrap_err();
    assert!(
        matches!(
            error,
            ExchangeError::Lost {
                answer_begun: true,
                ..
            }
        ),
        "{error}"
    );

    for hang in [false, true] {
        let server = Server::start(move |connection| {
            let mut inner = echo(connection);
            move |seen: Seen| match inner(seen) {
                Reply::Http(200, _, body) if !body.is_empty() => {
                    if hang {
                        Reply::Hang
                    } else {
                        Reply::Close
                    }
                }
                other => other,
            }
        })
        .await;
        let mut options = options(&server.url(), Authentication::Negotiate);
        options.limits.operation_timeout = Duration::from_millis(50);
        options.limits.network_delay = Duration::from_millis(50);
        let exchange = HttpExchange::new(&options).unwrap();
        let error = ask(&exchange, "x").await.unwrap_err();
        assert!(error.is_lost_before_answer(), "{error}");
        assert_eq!(matches!(error, ExchangeError::Timeout { .. }), hang, "{error}");
    }
}

#[tokio::test]
async fn bodies_over_the_limit_are_not_gathered() {
    let announced = Reply::Raw;
    let cases: [fn() -> Vec<u8>; 2] = [
        || b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx".to_vec(),
        || {
            let mut text = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
            for _ in 0..100 {
                text.extend_from_slice(format!("400\r\n{}\r\n", "x".repeat(1024)).as_bytes());
            }
            text
        },
    ];
    for case in cases {
        let server = Server::start(move |_| move |_| announced(case())).await;
        let mut options = options(&server.url(), Authentication::Basic);
        options.allow_basic_over_http = true;
        options.limits.max_response_body = Some(50_000);
        let exchange = HttpExchange::new(&options).unwrap();
        let error = ask(&exchange, "x").await.unwrap_err();
        assert!(
            matches!(error, ExchangeError::TooLarge { limit: 50_000 }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_is_not_http_is_said_to_be_so() {
    let server = Server::start(|_| |_| Reply::Raw(b"\x15\x03\x03\x00\x02\x02\x46".to_vec())).await;
    let exchange = HttpExchange::new(&options(&server.url(), Authentication::Negotiate)).unwrap();
    let error = ask(&exchange, "x").await.unwrap_err();
    assert!(
        matches!(error, ExchangeError::NotHttp { tls_likely: true }),
        "{error}"
    );
}

#[tokio::test]
async fn nobody_listening_and_unknown_names_are_connect_errors() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let exchange = HttpExchange::new(&options(&target, Authentication::Negotiate)).unwrap();
    assert!(matches!(
        ask(&exchange, "x").await.unwrap_err(),
        ExchangeError::Connect { .. }
    ));
    let exchange =
        HttpExchange::new(&options("http://no-such-host.invalid", Authentication::Negotiate)).unwrap();
    assert!(matches!(
        ask(&exchange, "x").await.unwrap_err(),
        ExchangeError::Resolve { .. }
    ));
}

#[tokio::test]
async fn basic_is_sent_with_every_request_and_never_in_clear_unless_insisted_on() {
    let clear = |authentication| {
        let options = options("http://h:5985", authentication);
        HttpExchange::new(&HttpOptions {
            secret: Some("abc".into()),
            ..options
        })
        .err()
    };
    for authentication in [
        Authentication::Basic,
        Authentication::Bearer,
        Authentication::Certificate,
        Authentication::None,
    ] {
        assert!(matches!(
            clear(authentication),
            Some(ExchangeError::ClearRefused { .. })
        ));
    }
    // These protect by themselves what they send.
    for authentication in [
        Authentication::Negotiate,
        Authentication::Ntlm,
        Authentication::Credssp,
    ] {
        assert!(clear(authentication).is_none(), "{authentication:?}");
    }
    let server = Server::start(|_| {
        |seen: Seen| {
            if seen.header("authorization") == "Basic TEFCXHJlYWRlcjpwYXNzIHdvcmQ=" {
                soap("fine")
            } else {
                Reply::Http(
                    401,
                    vec![("WWW-Authenticate", "Basic realm=\"WSMAN\"".into())],
                    Vec::new(),
                )
            }
        }
    })
    .await;
    let mut options = options(&server.url(), Authentication::Basic);
    options.allow_basic_over_http = true;
    let exchange = HttpExchange::new(&options).unwrap();
    assert_eq!(ask(&exchange, "x").await.unwrap(), "200 fine");
    assert_eq!(ask(&exchange, "x").await.unwrap(), "200 fine");
    options.secret = Some("wrong".into());
    let exchange = HttpExchange::new(&options).unwrap();
    assert!(matches!(
        ask(&exchange, "x").await.unwrap_err(),
        ExchangeError::Rejected { status: 401, .. }
    ));
    assert_eq!(
        exchange.traffic().round_trips,
        1,
        "each further try counts towards a lockout"
    );
}

#[tokio::test]
async fn cookies_stay_with_the_endpoint_and_compression_is_declined() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let server = Server::start(move |_| {
        let count = Arc::clone(&count);
        move |seen: Seen| {
            assert_eq!(seen.header("accept-encoding"), "identity");
            if seen.header("cookie") == "node=b7" {
                count.fetch_add(1, Ordering::SeqCst);
            }
            let cookie = format!("node=b7; path=/; connection={}", seen.connection);
            Reply::HttpThenClose(200, vec![("Set-Cookie", cookie)], b"x".to_vec())
        }
    })
    .await;
    let mut options = options(&server.url(), Authentication::Basic);
    options.allow_basic_over_http = true;
    let exchange = HttpExchange::new(&options).unwrap();
    for _ in 0..3 {
        ask(&exchange, "x").await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(sent.load(Ordering::SeqCst), 2);
}

mod tls {
    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    struct Https {
        origin: String,
        certificate: rcgen::Certificate,
    }

    impl Https {
        async fn start(names: &[&str]) -> Self {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let rcgen::CertifiedKey { cert, signing_key } =
                rcgen::generate_simple_self_signed(names).unwrap();
            let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
            let config =
                ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
                    .with_safe_default_protocol_versions()
                    .unwrap()
                    .with_no_client_auth()
                    .with_single_cert(vec![cert.der().clone()], key)
                    .unwrap();
            let acceptor = TlsAcceptor::from(Arc::new(config));
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let origin = format!("https://{}/wsman", listener.local_addr().unwrap());
            tokio::spawn(async move {
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    let acceptor = acceptor.clone();
                    tokio::spawn(async move {
                        if let Ok(stream) = acceptor.accept(stream).await {
                            serve(stream, 0, |_| soap("fine")).await;
                        }
                    });
                }
            });
            Self {
                origin,
                certificate: cert,
            }
        }

        fn sha256(&self) -> [u8; 32] {
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.certificate.der());
            digest.as_ref().try_into().unwrap()
        }

        async fn ask(&self, tls: TlsOptions) -> Result<String, ExchangeError> {
            let mut options = options(&self.origin, Authentication::Basic);
            options.tls = tls;
            ask(&HttpExchange::new(&options)?, "x").await
        }

        async fn failure(&self, tls: TlsOptions) -> TlsFailure {
            match self.ask(tls).await.unwrap_err() {
                ExchangeError::Tls(failure) => failure,
                other => panic!("{other}"),
            }
        }
    }

    #[tokio::test]
    async fn an_own_authority_a_pin_and_insistence_are_the_ways_to_trust() {
        let server = Https::start(&["127.0.0.1"]).await;
        let pem = server.certificate.pem();
        assert_eq!(
            server.ask(TlsOptions::new().ca_certificates(pem)).await.unwrap(),
            "200 fine"
        );
        let der = server.certificate.der().to_vec();
        assert_eq!(
            server.ask(TlsOptions::new().ca_certificates(der)).await.unwrap(),
            "200 fine"
        );
        assert_eq!(
            server
                .ask(TlsOptions::new().pin_sha256(server.sha256()))
                .await
                .unwrap(),
            "200 fine"
        );
        assert_eq!(
            server
                .ask(TlsOptions::new().insecure_skip_verify())
                .await
                .unwrap(),
            "200 fine"
        );
    }

    #[tokio::test]
    async fn distrust_is_explained_with_the_hash_to_pin() {
        let server = Https::start(&["other.example"]).await;
        let hash: String = server.sha256().iter().map(|byte| format!("{byte:02x}")).collect();
        let other = Https::start(&["127.0.0.1"]).await.certificate.pem();
        let unknown = server.failure(TlsOptions::new().ca_certificates(other)).await;
        assert_eq!(
            unknown,
            TlsFailure::UnknownIssuer {
                fingerprint: Some(hash.clone())
            }
        );
        let named = server
            .failure(TlsOptions::new().ca_certificates(server.certificate.pem()))
            .await;
        assert_eq!(
            named,
            TlsFailure::WrongName {
                host: "127.0.0.1".into(),
                fingerprint: Some(hash.clone())
            }
        );
        let pinned = server.failure(TlsOptions::new().pin_sha256([7; 32])).await;
        assert_eq!(pinned, TlsFailure::PinMismatch { fingerprint: hash });
    }

    #[tokio::test]
    async fn unreadable_authorities_are_named() {
        let server = Https::start(&["127.0.0.1"]).await;
        let missing = server.failure(TlsOptions::new().ca_file("/no/such/file")).await;
        assert!(matches!(missing, TlsFailure::BadCertificate(text) if text.contains("/no/such/file")));
        let empty = server
            .failure(TlsOptions::new().ca_certificates("nothing here"))
            .await;
        assert!(matches!(empty, TlsFailure::BadCertificate(_)));
    }

    #[tokio::test]
    async fn a_port_without_tls_is_recognised() {
        let server = Server::start(|_| |_| soap("x")).await;
        let target = server.url().replace("http:", "https:");
        let mut options = options(&target, Authentication::Basic);
        options.tls = TlsOptions::new().insecure_skip_verify();
        // The plain server waits for the end of a request head that never comes; so hurry.
        options.limits.connect_timeout = Duration::from_millis(300);
        let error = ask(&HttpExchange::new(&options).unwrap(), "x").await.unwrap_err();
        assert!(
            matches!(
                error,
                ExchangeError::ConnectTimeout { .. } | ExchangeError::Tls(_)
            ),
            "{error}"
        );
        let server = Server::start(|_| |_| Reply::Close).await;
        drop(server);
    }
}
