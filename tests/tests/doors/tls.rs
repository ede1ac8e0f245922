//! TLS as old, odd and broken servers speak it: each failure in words of its own.

use std::io::{Read, Write};
use std::net::TcpListener;

use psbridge::exchange::{ExchangeError, TlsFailure};
use psbridge::{Authentication, Error, ErrorKind, Secret, Session, SessionBuilder, TlsOptions};

use crate::fronts::{Fronts, Peer, refused, works};

fn failure(error: &Error) -> TlsFailure {
    assert_eq!(error.kind(), ErrorKind::Tls, "{error}");
    match error.exchange() {
        Some(ExchangeError::Tls(failure)) => failure.clone(),
        other => panic!("{other:?}"),
    }
}

fn session(url: &str) -> SessionBuilder {
    Session::builder(url)
        .authentication(Authentication::Basic)
        .credential("me", Secret::from("never sent"))
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_of_old_are_told_apart_from_servers_with_odd_ciphers() {
    let test = "servers_of_old_are_told_apart_from_servers_with_odd_ciphers";
    let Some(old) = Peer::start(test, "old_tls.py") else {
        return;
    };
    for (kind, expected) in [
        ("tls10", TlsFailure::OldProtocol),
        ("tls11", TlsFailure::OldProtocol),
        ("rsa", TlsFailure::NothingInCommon),
    ] {
        let builder = session(&format!("{}/wsman", old.ready(kind)));
        let error = refused(builder.tls(TlsOptions::new().ca_file(old.ready("ca")))).await;
        assert_eq!(failure(&error), expected, "{kind}: {error}");
        assert!(error.advice().is_some());
    }
}

/// A server that answers the first bytes of a client with these and hangs up.
fn scripted(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut hello = [0; 4096];
            if stream.read(&mut hello).is_ok_and(|count| count > 0) && !answer.is_empty() {
                // A client that has gone by then needs no answer.
                drop(stream.write_all(answer));
            }
        }
    });
    format!("https://{address}/wsman")
}

#[tokio::test(flavor = "multi_thread")]
async fn alerts_hellos_and_silence_have_words_of_their_own() {
    // A ServerHello of TLS 1.0, which picks a suite of its time.
    const HELLO: &[u8] = &[
        22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
        19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 0, 0, 47, 0,
    ];
    for (name, answer, expected) in [
        (
            "protocol_version",
            &[21, 3, 1, 0, 2, 2, 70][..],
            TlsFailure::OldProtocol,
        ),
        ("a hello of TLS 1.0", HELLO, TlsFailure::OldProtocol),
        (
            "handshake_failure",
            &[21, 3, 3, 0, 2, 2, 40],
            TlsFailure::NothingInCommon,
        ),
        (
            "insufficient_security",
            &[21, 3, 3, 0, 2, 2, 71],
            TlsFailure::NothingInCommon,
        ),
        (
            "plain HTTP",
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
            TlsFailure::NotTls,
        ),
        ("silence", b"", TlsFailure::Closed),
    ] {
        let error = refused(session(&scripted(answer))).await;
        assert_eq!(failure(&error), expected, "{name}: {error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_addresses_are_checked_and_a_pin_stands_for_itself() {
    let Some(fronts) = Fronts::start("names_and_addresses_are_checked_and_a_pin_stands_for_itself") else {
        return;
    };
    let url = fronts.url("https", "/PowerShell/");
    // By an address that the certificate carries, and by a name.
    for host in ["127.0.0.1", "a.front.test"] {
        let session = fronts
            .session(&fronts.named("https", host, "/PowerShell/"))
            .open()
            .await
            .unwrap();
        works(&session).await;
        session.close().await.unwrap();
    }
    let elsewhere = fronts
        .session(&fronts.named("https", "c.front.test", "/PowerShell/"))
        .resolve("c.front.test", "127.0.0.1".parse().unwrap());
    let error = refused(elsewhere).await;
    let TlsFailure::WrongName {
        host,
        fingerprint: Some(sha256),
    } = failure(&error)
    else {
        panic!("{error}")
    };
    assert_eq!(host, "c.front.test");
    let error = refused(fronts.session(&url).tls(TlsOptions::new())).await;
    assert!(
        matches!(failure(&error), TlsFailure::UnknownIssuer { .. }),
        "{error}"
    );
    assert_eq!(
        fronts.credentials("https"),
        fronts.requests("https").len(),
        "only the two sessions sent any"
    );

    let mut pin = [0; 32];
    for (byte, pair) in pin.iter_mut().zip(sha256.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    }
    let session = fronts
        .session(&url)
        .tls(TlsOptions::new().pin_sha256(pin))
        .open()
        .await
        .unwrap();
    session.close().await.unwrap();
    pin[0] ^= 1;
    let error = refused(fronts.session(&url).tls(TlsOptions::new().pin_sha256(pin))).await;
    assert!(
        matches!(failure(&error), TlsFailure::PinMismatch { .. }),
        "{error}"
    );
}
