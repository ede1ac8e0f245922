//! Proxies written from their RFCs: CONNECT and SOCKS 5, with and without a user, and all the ways in which they refuse.

use std::io::Read;
use std::net::TcpStream;
use std::time::Duration;

use psbridge::exchange::{ExchangeError, ProxyFailure, SocksReply};
use psbridge::{Error, ErrorKind, Proxy, Secret};
use serde_json::Value;

use crate::fronts::{Fronts, Peer, refused, works};

struct Proxies(Peer);

impl Proxies {
    fn start(test: &str) -> Option<Self> {
        Peer::start(test, "proxies.py").map(Self)
    }

    fn url(&self, scheme: &str, name: &str) -> Proxy {
        Proxy::url(format!("{scheme}://{}", self.0.ready(name)))
    }

    /// What has gone through so far.
    fn log(&self) -> Value {
        let mut text = String::new();
        let mut stream = TcpStream::connect(self.0.ready("log")).expect("it listens");
        stream.read_to_string(&mut text).expect("it answers");
        serde_json::from_str(&text).expect("JSON")
    }
}

fn failure(error: &Error) -> &ProxyFailure {
    assert_eq!(error.kind(), ErrorKind::Connect, "{error}");
    match error.exchange() {
        Some(ExchangeError::Proxy(failure)) => failure,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_go_through_every_kind_of_proxy() {
    let test = "sessions_go_through_every_kind_of_proxy";
    let (Some(fronts), Some(proxies)) = (Fronts::start(test), Proxies::start(test)) else {
        return;
    };
    let (user, password) = (proxies.0.ready("user"), proxies.0.ready("password"));
    let in_url = format!("pro:xy%20Pass%3Aword@{}", proxies.0.ready("connect_basic"));
    let ways: [(&str, Proxy); 6] = [
        ("connect", proxies.url("http", "connect")),
        (
            "connect_basic",
            proxies
                .url("http", "connect_basic")
                .credential(user, Secret::from(password)),
        ),
        ("connect_basic", Proxy::url(format!("http://{in_url}"))),
        ("socks", proxies.url("socks5", "socks")),
        ("socks", proxies.url("socks5h", "socks")),
        (
            "socks_password",
            proxies
                .url("socks5", "socks_password")
                .credential(user, Secret::from(password)),
        ),
    ];
    for (name, proxy) in ways {
        // The name of the endpoint is resolved by the proxy, and plain HTTP goes through a tunnel too.
        for front in ["http", "https"] {
            let url = fronts.named(front, "a.front.test", "/PowerShell/");
            let session = fronts
                .session(&url)
                .proxy(proxy.clone())
                .open()
                .await
                .unwrap_or_else(|error| panic!("{name} to {front}: {error}"));
            works(&session).await;
            session.close().await.unwrap();
            let log = proxies.log();
            let last = log["through"].as_array().unwrap().last().unwrap().clone();
            assert_eq!(last["proxy"], name);
            assert_eq!(last["target"], format!("a.front.test:{}", fronts.port(front)));
        }
    }
    crate::soak::eventually("no tunnel stays open", || proxies.log()["open"] == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_tells_what_the_proxy_said() {
    let test = "a_refusal_tells_what_the_proxy_said";
    let (Some(fronts), Some(proxies)) = (Fronts::start(test), Proxies::start(test)) else {
        return;
    };
    let url = fronts.url("https", "/PowerShell/");
    let through = async |proxy: Proxy| {
        let limit = Duration::from_secs(2);
        refused(fronts.session(&url).proxy(proxy).connect_timeout(limit)).await
    };

    let error = through(proxies.url("http", "connect_basic")).await;
    assert!(
        matches!(failure(&error), ProxyFailure::SignIn { offered, tried: false, .. } if offered == &["Negotiate", "Basic"]),
        "{error}"
    );
    let wrong = proxies
        .url("http", "connect_basic")
        .credential("pro", Secret::from("wrong-password"));
    let error = through(wrong).await;
    assert!(
        matches!(failure(&error), ProxyFailure::SignIn { tried: true, .. }),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("wrong-password"));
    let error = through(proxies.url("http", "forbidden")).await;
    assert!(
        matches!(failure(&error), ProxyFailure::Refused { status: 403, .. }),
        "{error}"
    );
    let error = through(proxies.url("http", "gateway")).await;
    assert!(
        matches!(failure(&error), ProxyFailure::Refused { status: 502, .. }),
        "{error}"
    );
    let error = through(proxies.url("http", "chatty")).await;
    assert!(
        matches!(failure(&error), ProxyFailure::NotAProxy { .. }),
        "{error}"
    );
    // The wrong kind.
    let error = through(proxies.url("socks5", "connect")).await;
    assert!(matches!(failure(&error), ProxyFailure::Silent { .. }), "{error}");
    let error = through(proxies.url("http", "socks")).await;
    assert!(
        matches!(
            failure(&error),
            ProxyFailure::NotAProxy { .. } | ProxyFailure::Silent { .. }
        ),
        "{error}"
    );

    let error = through(proxies.url("socks5", "socks_password")).await;
    assert!(
        matches!(failure(&error), ProxyFailure::SignIn { tried: false, .. }),
        "{error}"
    );
    let wrong = proxies
        .url("socks5", "socks_password")
        .credential("pro", Secret::from("wrong"));
    let error = through(wrong).await;
    assert!(
        matches!(failure(&error), ProxyFailure::SignIn { tried: true, .. }),
        "{error}"
    );
    let error = through(proxies.url("socks5", "socks_refusing")).await;
    assert!(
        matches!(
            failure(&error),
            ProxyFailure::Socks {
                reply: SocksReply::NotAllowed,
                ..
            }
        ),
        "{error}"
    );
    // Nobody there, neither at the proxy nor behind it.
    let error = through(Proxy::url("http://127.0.0.1:9")).await;
    assert!(
        matches!(failure(&error), ProxyFailure::Unreachable { .. }),
        "{error}"
    );
    let nobody = fronts
        .session("https://127.0.0.1:9/PowerShell/")
        .proxy(proxies.url("socks5", "socks"));
    let error = refused(nobody).await;
    assert!(
        matches!(
            failure(&error),
            ProxyFailure::Socks {
                reply: SocksReply::Refused,
                ..
            }
        ),
        "{error}"
    );
    let nobody = fronts
        .session("https://127.0.0.1:9/PowerShell/")
        .proxy(proxies.url("http", "connect"));
    let error = refused(nobody).await;
    assert!(
        matches!(failure(&error), ProxyFailure::Refused { status: 504, .. }),
        "{error}"
    );
    assert_eq!(fronts.credentials("https"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_none_is_a_usage_error_without_its_password() {
    for text in [
        "https://me:secret@proxy:1",
        "ftp://me:secret@proxy",
        "http://me:secret@pro xy",
    ] {
        let builder = psbridge::Session::builder("http://h:5985/wsman")
            .credential("me", Secret::from("x"))
            .proxy(Proxy::url(text));
        let error = refused(builder).await;
        assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
        assert!(!format!("{error} {error:?}").contains("secret"), "{error}");
    }
}
