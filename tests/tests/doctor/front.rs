//! Certificates of any time and name, and something that ends TLS in front of an endpoint, as proxies do.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::support::free;

const DAY: Duration = Duration::from_secs(86_400);

/// A certificate that signed itself, and its key, as files.
pub(crate) struct Made {
    folder: TempDir,
    pub(crate) der: Vec<u8>,
}

impl Made {
    /// The certificate (PEM).
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// Its key (PEM).
    pub(crate) fn key(&self) -> PathBuf {
        self.folder.path().join("key.pem")
    }
}

/// A certificate for `localhost` and 127.0.0.1 that ends in so many days and some hours, or ended.
pub(crate) fn certificate(name: &str, days: i64) -> Made {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).expect("a key");
    let mut parameters =
        CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).expect("names");
    parameters.distinguished_name.push(DnType::CommonName, name);
    let now = SystemTime::now();
    let far = DAY * u32::try_from(days.unsigned_abs()).expect("days");
    let end = if days < 0 { now - far } else { now + far };
    parameters.not_before = (now - DAY * 400).into();
    parameters.not_after = (end + Duration::from_secs(6 * 3_600)).into();
    let certificate = parameters.self_signed(&key).expect("a certificate");
    let made = Made {
        folder: TempDir::new().expect("a folder"),
        der: certificate.der().to_vec(),
    };
    std::fs::write(made.certificate(), certificate.pem()).expect("written");
    std::fs::write(made.key(), key.serialize_pem()).expect("written");
    made
}

/// Ends TLS with the certificate and speaks TLS to the endpoint behind, whose authority is `authority` (PEM).
pub(crate) async fn front(made: &Made, behind: &str, authority: &str) -> SocketAddr {
    let certificate = CertificateDer::from(made.der.clone());
    let key = PrivateKeyDer::from_pem_file(made.key()).expect("the key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a configuration");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
        roots.add(certificate.expect("PEM")).expect("an authority");
    }
    let client = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let (acceptor, connector) = (
        TlsAcceptor::from(Arc::new(server)),
        TlsConnector::from(Arc::new(client)),
    );
    let behind = behind.trim_start_matches("https://").to_owned();
    let listener = TcpListener::bind(free()).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, connector, behind) = (acceptor.clone(), connector.clone(), behind.clone());
            tokio::spawn(async move {
                let name = ServerName::try_from("localhost").expect("a name");
                // A client that does not trust the certificate hangs up here.
                let Ok(mut near) = acceptor.accept(stream).await else {
                    return;
                };
                let far = TcpStream::connect(&behind).await.expect("the endpoint listens");
                let mut far = connector
                    .connect(name, far)
                    .await
                    .expect("the endpoint is trusted");
                // Either side may hang up without a word.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    address
}

/// A proxy that connects wherever it is told to by CONNECT.
pub(crate) async fn connect_proxy() -> SocketAddr {
    serve(|mut near| async move {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(near.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).ok()?;
        let target = head.strip_prefix("CONNECT ")?.split(' ').next()?.to_owned();
        let far = TcpStream::connect(&target).await.ok()?;
        near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
            .await
            .ok()?;
        Some((near, far))
    })
    .await
}

/// A SOCKS 5 proxy without a sign-in (RFC 1928).
pub(crate) async fn socks_proxy() -> SocketAddr {
    serve(|mut near| async move {
        let methods = usize::from(near.read_u16().await.ok()? as u8);
        near.read_exact(&mut vec![0; methods]).await.ok()?;
        near.write_all(&[5, 0]).await.ok()?;
        let mut request = [0; 4];
        near.read_exact(&mut request).await.ok()?;
        let [5, 1, 0, kind] = request else { return None };
        let length = match kind {
            1 => 4,
            3 => usize::from(near.read_u8().await.ok()?),
            _ => return None,
        };
        let mut host = vec![0; length];
        near.read_exact(&mut host).await.ok()?;
        let host = match <[u8; 4]>::try_from(host.as_slice()) {
            Ok(octets) if kind == 1 => std::net::Ipv4Addr::from(octets).to_string(),
            _ => String::from_utf8(host).ok()?,
        };
        let port = near.read_u16().await.ok()?;
        let far = TcpStream::connect((host.as_str(), port)).await.ok()?;
        near.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
        Some((near, far))
    })
    .await
}

/// Listens, lets `greet` find out where to, and copies from then on.
async fn serve<F>(greet: impl Fn(TcpStream) -> F + Copy + Send + 'static) -> SocketAddr
where
    F: Future<Output = Option<(TcpStream, TcpStream)>> + Send,
{
    let listener = TcpListener::bind(free()).await.expect("a port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                if let Some((mut near, mut far)) = greet(stream).await {
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                }
            });
        }
    });
    address
}
