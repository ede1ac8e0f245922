//! Signing in with a client certificate.

use std::time::Duration;

use psbridge::certificate::CertificateError;
use psbridge::exchange::{ExchangeError, TlsFailure};
use psbridge::{Authentication, ErrorKind, Session, TlsOptions};
use psbridge_lab::{AuthScheme, Lab};
use psbridge_tests::run;

use crate::fronts::{Fronts, python, refused, works};

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_opens_sessions_by_both_versions_of_tls() {
    let Some(fronts) = Fronts::start("a_certificate_opens_sessions_by_both_versions_of_tls") else {
        return;
    };
    for front in ["mutual12", "mutual13"] {
        let session = fronts
            .known(Session::builder(fronts.url(front, "/wsman")))
            .client_certificate(fronts.certificate("certificate"))
            .open()
            .await
            .unwrap_or_else(|error| panic!("{front}: {error}"));
        works(&session).await;
        session.close().await.unwrap();
        for request in fronts.requests(front) {
            assert_eq!(
                request["scheme"], "http://schemas.dmtf.org/wbem/wsman/1/wsman/secprofile/https/mutual",
                "{request}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_taken_is_told_before_or_after_the_handshake() {
    let test = "a_certificate_that_is_not_taken_is_told_before_or_after_the_handshake";
    let Some(fronts) = Fronts::start(test) else { return };
    // With TLS 1.3 the refusal comes when the client believes that the handshake is over.
    for front in ["mutual12", "mutual13"] {
        let url = fronts.url(front, "/wsman");
        let builder = || fronts.known(Session::builder(url.as_str()));
        let error = refused(builder().client_certificate(fronts.certificate("stranger"))).await;
        assert!(
            matches!(
                error.exchange(),
                Some(ExchangeError::Tls(TlsFailure::ClientCertificateRefused { .. }))
            ),
            "{front}: {error}"
        );
        assert_eq!(error.kind(), ErrorKind::Tls);
        let error = refused(
            builder()
                .credential("me", "pw")
                .authentication(Authentication::Basic),
        )
        .await;
        assert!(
            matches!(
                error.exchange(),
                Some(ExchangeError::Tls(TlsFailure::ClientCertificateMissing))
            ),
            "{front}: {error}"
        );
    }
    // A server that would ask later, by renegotiation.
    let url = fronts.url("unasked", "/wsman");
    let builder = fronts
        .known(Session::builder(url))
        .client_certificate(fronts.certificate("certificate"));
    let error = refused(builder).await;
    assert!(
        matches!(
            error.exchange(),
            Some(ExchangeError::Tls(TlsFailure::ClientCertificateNotAsked))
        ),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_work_is_refused_before_anything_is_sent() {
    let Some(fronts) = Fronts::start("what_cannot_work_is_refused_before_anything_is_sent") else {
        return;
    };
    let url = fronts.url("http", "/wsman");
    let builder = Session::builder(url).client_certificate(fronts.certificate("certificate"));
    let error = refused(builder).await;
    assert!(
        matches!(error.exchange(), Some(ExchangeError::ClearRefused { .. })),
        "{error}"
    );
    assert_eq!(error.kind(), ErrorKind::Usage);

    let url = fronts.url("mutual13", "/wsman");
    let error = refused(Session::builder(url.as_str()).authentication(Authentication::Certificate)).await;
    assert!(
        matches!(error.exchange(), Some(ExchangeError::MissingCredential { .. })),
        "{error}"
    );
    let builder = Session::builder(url.as_str()).client_certificate(fronts.certificate("expired"));
    let error = refused(builder).await;
    assert!(
        matches!(
            error.exchange(),
            Some(ExchangeError::Certificate(CertificateError::Expired { .. }))
        ),
        "{error}"
    );
    assert_eq!(fronts.connections("mutual13"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn pypsrp_signs_in_to_the_lab_with_a_certificate() {
    let Some(python) = python("pypsrp_signs_in_to_the_lab_with_a_certificate") else {
        return;
    };
    let Some(fronts) = Fronts::start("pypsrp_signs_in_to_the_lab_with_a_certificate") else {
        return;
    };
    let lab = Lab::builder()
        .https("127.0.0.1:0".parse().unwrap())
        .users(20)
        .groups(2)
        .account("certified", "Cert-Passw0rd!")
        .auth([AuthScheme::Certificate])
        .client_certificate("certified", std::fs::read(fronts.ready("certificate")).unwrap())
        .start()
        .await
        .unwrap();
    let origin = lab.https_origin().unwrap().to_owned();

    let mut command = python.script("pypsrp_driver.py");
    command
        .args([
            "--url",
            &format!("{origin}/wsman"),
            "--auth",
            "certificate",
            "--user",
            "",
        ])
        .args([
            "--certificate",
            fronts.ready("certificate"),
            "--key",
            fronts.ready("key"),
        ])
        .arg("--ca")
        .arg(lab.ca_file().unwrap())
        .args(["numbers", "output"]);
    let finished = tokio::task::spawn_blocking(move || run(&mut command, b"", Duration::from_secs(120)))
        .await
        .unwrap();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    let lines: Vec<&str> = finished.stdout.lines().collect();
    assert_eq!(lines.len(), 2, "{}", finished.stdout);
    assert!(
        lines.iter().all(|line| line.contains("\"result\"")),
        "{}",
        finished.stdout
    );

    // Ours, and one that is nobody here.
    let builder =
        || Session::builder(format!("{origin}/wsman")).tls(TlsOptions::new().ca_file(lab.ca_file().unwrap()));
    let session = builder()
        .client_certificate(fronts.certificate("certificate"))
        .open()
        .await
        .unwrap();
    session.close().await.unwrap();
    let error = refused(builder().client_certificate(fronts.certificate("stranger"))).await;
    assert!(
        matches!(
            error.exchange(),
            Some(ExchangeError::Tls(TlsFailure::ClientCertificateRefused { .. }))
        ),
        "{error}"
    );
    let error = refused(
        builder()
            .credential("certified", "Cert-Passw0rd!")
            .authentication(Authentication::Basic),
    )
    .await;
    assert!(
        matches!(error.exchange(), Some(ExchangeError::NotOffered { .. })),
        "{error}"
    );
}
