use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::*;

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../testdata/certificates/", $name)).as_slice()
    };
}

const CHAIN: &[u8] = file!("chain.pem");
const LEAF: &[u8] = file!("leaf.pem");
const EC: &[u8] = file!("ec.pem");

/// Checks a signature by the certificate alone.
fn verify(
    certificate: &ClientCertificate,
    by: &'static dyn VerificationAlgorithm,
    message: &[u8],
    signature: &[u8],
) {
    let leaf = Certificate::from_der(&certificate.chain()[0]).unwrap();
    let key = leaf
        .tbs_certificate()
        .subject_public_key_info()
        .subject_public_key
        .raw_bytes()
        .to_vec();
    UnparsedPublicKey::new(by, key)
        .verify(message, signature)
        .unwrap();
}

fn common_names(certificate: &ClientCertificate) -> Vec<String> {
    let subject = |der: &CertificateDer<'_>| {
        let name = Certificate::from_der(der)
            .unwrap()
            .tbs_certificate()
            .subject()
            .to_string();
        name.split(',').next().unwrap().to_owned()
    };
    certificate.chain().iter().map(subject).collect()
}

#[tokio::test]
async fn keys_of_every_form_sign() {
    for key in [file!("pkcs1.key"), file!("pkcs8.key")] {
        let certificate = ClientCertificate::from_pem(LEAF, key).unwrap();
        let signature = certificate.sign_ps256(b"text").await.unwrap();
        verify(
            &certificate,
            &signature::RSA_PSS_2048_8192_SHA256,
            b"text",
            &signature,
        );
        let signature = certificate.sign(Algorithm::Rs256, b"text").await.unwrap();
        verify(
            &certificate,
            &signature::RSA_PKCS1_2048_8192_SHA256,
            b"text",
            &signature,
        );
    }
    let elliptic = ClientCertificate::from_pem(EC, file!("sec1.key")).unwrap();
    let signature = elliptic.sign(Algorithm::Es256, b"text").await.unwrap();
    verify(&elliptic, &signature::ECDSA_P256_SHA256_ASN1, b"text", &signature);
    assert_eq!(
        elliptic.sign_ps256(b"text").await,
        Err(CertificateError::Algorithm { algorithm: "PS256" })
    );
}

#[test]
fn the_certificate_of_the_key_leads_and_its_issuers_follow() {
    let certificate = ClientCertificate::from_pem(CHAIN, file!("pkcs8.key")).unwrap();
    assert_eq!(
        common_names(&certificate),
        [
            "CN=exchange app",
            "CN=psbridge test issuer",
            "CN=psbridge test root"
        ]
    );
    assert_eq!(certificate.subject(), "CN=exchange app,O=Corp");
    let stranger = ClientCertificate::from_pem(EC, file!("pkcs8.key")).unwrap_err();
    assert_eq!(
        stranger,
        CertificateError::Mismatch {
            subject: "CN=elliptic app".into()
        }
    );
}

#[test]
fn what_is_missing_is_named() {
    let error = |certificate, key| ClientCertificate::from_pem(certificate, key).unwrap_err();
    assert_eq!(error(b"", file!("pkcs8.key")), CertificateError::NoCertificate);
    assert_eq!(error(LEAF, LEAF), CertificateError::NoKey);
    let damaged = String::from_utf8(file!("pkcs8.key").to_vec())
        .unwrap()
        .replace("MII", "MIJ");
    assert!(matches!(
        error(LEAF, damaged.as_bytes()),
        CertificateError::Unreadable { what: "the key", .. }
    ));
    for neither in [b"hello".as_slice(), b"", &[0xff, 0xfe, 0x00]] {
        let error = ClientCertificate::from_bytes(neither, None).unwrap_err();
        assert!(matches!(error, CertificateError::Unreadable { .. }), "{error}");
    }
    assert_eq!(
        ClientCertificate::from_bytes(&vec![b' '; MAX_BYTES + 1], None).unwrap_err(),
        CertificateError::TooLarge { limit: MAX_BYTES }
    );
    assert!(matches!(
        ClientCertificate::from_file("/nonexistent/app.pfx", None),
        Err(CertificateError::File { .. })
    ));
    assert!(matches!(
        ClientCertificate::from_env("PSBRIDGE_TEST_NO_SUCH_VARIABLE", None),
        Err(CertificateError::Environment { .. })
    ));
}

#[test]
fn days_are_counted_and_validity_is_checked() {
    let certificate = ClientCertificate::from_pem(LEAF, file!("pkcs8.key")).unwrap();
    let day = Duration::from_secs(86_400);
    let end = certificate.not_after();
    assert_eq!(certificate.days_left(end - 3 * day), 3);
    assert_eq!(certificate.days_left(end - day / 2), 0);
    assert_eq!(certificate.days_left(end + day / 2), -1);
    certificate.check_validity(SystemTime::now()).unwrap();
    let expired = certificate.check_validity(end + day).unwrap_err();
    assert!(
        expired.to_string().contains("exchange app,O=Corp expired on 21"),
        "{expired}"
    );
    let early = certificate.check_validity(certificate.not_before() - day);
    assert!(matches!(early, Err(CertificateError::NotYetValid { .. })));
}

#[test]
fn thumbprints_are_those_of_openssl() {
    // openssl x509 -in leaf.pem -noout -fingerprint -sha1 (-sha256)
    let certificate = ClientCertificate::from_pem(LEAF, file!("pkcs8.key")).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let expected = include_str!("../../testdata/certificates/fingerprints.txt");
    assert_eq!(
        format!(
            "{}\n{}\n",
            hex(&certificate.thumbprint_sha1()),
            hex(&certificate.thumbprint_sha256())
        ),
        expected
    );
}

#[test]
fn debug_shows_no_key() {
    let certificate = ClientCertificate::from_pem(LEAF, file!("pkcs8.key")).unwrap();
    let text = format!("{certificate:?}");
    assert!(text.contains("exchange app") && !text.contains("key"), "{text}");
}

/// A key that only this function has.
fn signer(key: &'static [u8]) -> Arc<dyn Signer> {
    let signing = pem::key(key, None).unwrap();
    Arc::new(BlockingSigner::new(
        [Algorithm::Ps256],
        move |algorithm: Algorithm, message: &[u8]| {
            let scheme = signing
                .choose_scheme(&[algorithm.scheme()])
                .ok_or("not this one")?;
            scheme.sign(message).map_err(|error| error.to_string())
        },
    ))
}

#[tokio::test]
async fn a_callback_signs() {
    let chain = pem::certificates(LEAF).unwrap();
    let certificate = ClientCertificate::from_signer(chain.clone(), signer(file!("pkcs8.key"))).unwrap();
    assert!(certificate.signs_remotely());
    let signature = certificate.sign_ps256(b"text").await.unwrap();
    verify(
        &certificate,
        &signature::RSA_PSS_2048_8192_SHA256,
        b"text",
        &signature,
    );
    assert!(matches!(
        certificate.sign(Algorithm::Rs256, b"text").await,
        Err(CertificateError::Algorithm { algorithm: "RS256" })
    ));
    let refusing = BlockingSigner::new([Algorithm::Ps256], |_, _: &[u8]| {
        Err("the card is locked".to_owned())
    });
    let certificate = ClientCertificate::from_signer(chain, Arc::new(refusing)).unwrap();
    assert_eq!(
        certificate.sign_ps256(b"text").await,
        Err(CertificateError::Signing("the card is locked".into()))
    );
    assert!(matches!(
        ClientCertificate::from_signer(Vec::new(), signer(file!("pkcs8.key"))),
        Err(CertificateError::NoCertificate)
    ));
}

#[cfg(feature = "pfx")]
mod encrypted {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;
    use crate::Secret;

    fn password() -> Secret {
        Secret::from("pässword")
    }

    fn wrong() -> Secret {
        Secret::from("password")
    }

    #[test]
    fn encrypted_keys_want_their_password() {
        for key in [file!("encrypted-aes256.key"), file!("encrypted-3des.key")] {
            ClientCertificate::from_encrypted_pem(LEAF, key, &password()).unwrap();
            let error = |result: Result<ClientCertificate, _>| result.unwrap_err();
            assert_eq!(
                error(ClientCertificate::from_encrypted_pem(LEAF, key, &wrong())),
                CertificateError::WrongPassword
            );
            assert_eq!(
                error(ClientCertificate::from_pem(LEAF, key)),
                CertificateError::PasswordNeeded
            );
            let bundle = [LEAF, key].concat();
            ClientCertificate::from_pem_bundle(&bundle, Some(&password())).unwrap();
        }
        let error =
            ClientCertificate::from_encrypted_pem(LEAF, file!("encrypted-traditional.key"), &password());
        let text = error.unwrap_err().to_string();
        assert!(text.contains("openssl pkcs8 -topk8"), "{text}");
    }

    #[tokio::test]
    async fn pfx_files_old_and_new_are_read() {
        for pfx in [
            file!("modern.pfx"),
            file!("legacy-3des.pfx"),
            file!("legacy-rc2.pfx"),
            file!("no-mac.pfx"),
        ] {
            let certificate = ClientCertificate::from_pfx(pfx, &password()).unwrap();
            assert_eq!(
                common_names(&certificate),
                [
                    "CN=exchange app",
                    "CN=psbridge test issuer",
                    "CN=psbridge test root"
                ]
            );
            let signature = certificate.sign_ps256(b"text").await.unwrap();
            verify(
                &certificate,
                &signature::RSA_PSS_2048_8192_SHA256,
                b"text",
                &signature,
            );
            assert_eq!(
                ClientCertificate::from_pfx(pfx, &wrong()).unwrap_err(),
                CertificateError::WrongPassword
            );
            assert_eq!(
                ClientCertificate::from_bytes(pfx, None).unwrap_err(),
                CertificateError::PasswordNeeded
            );
            // As people paste it into a variable.
            let base64 = STANDARD.encode(pfx);
            let lines: Vec<&str> = base64
                .as_bytes()
                .chunks(64)
                .map(|line| std::str::from_utf8(line).unwrap())
                .collect();
            ClientCertificate::from_bytes(lines.join("\r\n").as_bytes(), Some(&password())).unwrap();
        }
        ClientCertificate::from_bytes(file!("empty-password.pfx"), None).unwrap();
        ClientCertificate::from_pfx(file!("ec.pfx"), &password()).unwrap();
        let no_key = ClientCertificate::from_pfx(file!("no-key.pfx"), &password()).unwrap_err();
        assert_eq!(no_key, CertificateError::NoKey);
    }

    #[tokio::test]
    async fn no_password_is_not_an_empty_one() {
        // As Azure Key Vault gives them.
        for pfx in [
            file!("null-3des.pfx"),
            file!("null-rc2.pfx"),
            file!("null-aes256.pfx"),
            file!("null-clear.pfx"),
        ] {
            let certificate = ClientCertificate::from_bytes(pfx, None).unwrap();
            let signature = certificate.sign_ps256(b"text").await.unwrap();
            verify(
                &certificate,
                &signature::RSA_PSS_2048_8192_SHA256,
                b"text",
                &signature,
            );
            let error = ClientCertificate::from_pfx(pfx, &wrong()).unwrap_err();
            assert_eq!(error, CertificateError::WrongPassword);
            let mut changed = pfx.to_vec();
            changed[pfx.len() / 2] ^= 1;
            ClientCertificate::from_bytes(&changed, None).unwrap_err();
        }
    }

    #[test]
    fn a_broken_pfx_is_not_a_wrong_password() {
        let pfx = file!("modern.pfx");
        for broken in [&pfx[..pfx.len() / 2], &pfx[..20], b"\x30\x03\x02\x01\x03"] {
            let error = ClientCertificate::from_pfx(broken, &password()).unwrap_err();
            assert!(
                matches!(error, CertificateError::Unreadable { what: "the PFX", .. }),
                "{error}"
            );
        }
    }
}

mod tls {
    use rustls::pki_types::{PrivateKeyDer, ServerName};
    use rustls::server::WebPkiClientVerifier;
    use rustls::sign::SingleCertAndKey;
    use rustls::{ClientConfig, RootCertStore, ServerConfig};
    use tokio::io::AsyncReadExt;
    use tokio::net::{TcpListener, TcpStream};
    use tokio::runtime::Handle;
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::*;

    /// A handshake with a server that demands a certificate of the test root; what the server saw.
    async fn present(certificate: ClientCertificate) -> Vec<CertificateDer<'static>> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        let given = ClientCertificate::from_pem(CHAIN, file!("pkcs8.key")).unwrap();
        roots.add(given.chain()[2].clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let own = rcgen::generate_simple_self_signed(["server.test".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let mut trusted = RootCertStore::empty();
        trusted.add(own.cert.der().clone()).unwrap();
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(trusted)
            .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certificate.tls_identity())));

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepting = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut stream = TlsAcceptor::from(Arc::new(server)).accept(stream).await.unwrap();
            let seen = stream.get_ref().1.peer_certificates().unwrap().to_vec();
            // Until the client is done.
            let _closed = stream.read(&mut [0; 1]).await;
            seen
        });
        let stream = TcpStream::connect(address).await.unwrap();
        let connector = TlsConnector::from(Arc::new(client));
        let name = ServerName::try_from("server.test").unwrap();
        let stream =
            tokio::task::spawn_blocking(move || Handle::current().block_on(connector.connect(name, stream)))
                .await
                .unwrap()
                .unwrap();
        drop(stream);
        accepting
            .await
            .unwrap()
            .into_iter()
            .map(CertificateDer::into_owned)
            .collect()
    }

    #[tokio::test]
    async fn a_key_in_memory_and_a_signer_prove_themselves() {
        let local = ClientCertificate::from_pem(CHAIN, file!("pkcs8.key")).unwrap();
        assert_eq!(present(local.clone()).await, local.chain());
        let remote =
            ClientCertificate::from_signer(local.chain().to_vec(), signer(file!("pkcs8.key"))).unwrap();
        assert_eq!(present(remote).await, local.chain());
    }
}
