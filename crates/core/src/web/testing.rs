//! An https server for tests, which also speaks plain HTTP on the same port, as the identity endpoints do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::{WebClient, WebOptions};
use crate::http::TlsOptions;
use crate::http::testing::{Reply, Seen, serve};

/// A request as it came.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) https: bool,
    /// Method, path and query.
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// Path without the query.
    pub(crate) fn path(&self) -> &str {
        let path = self.line.split_once(' ').map_or("", |(_, path)| path);
        path.split('?').next().unwrap_or_default()
    }

    /// A field of the form, or of the query of a request without a body.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        let query = self.line.split_once('?').map_or("", |(_, query)| query);
        let text = if self.body.is_empty() {
            query.as_bytes()
        } else {
            &self.body
        };
        url::form_urlencoded::parse(text)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

pub(crate) struct WebServer {
    pub(crate) port: u16,
    pem: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &serde_json::Value) -> Reply {
    Reply::Http(
        status,
        vec![("Content-Type", "application/json; charset=utf-8".into())],
        body.to_string().into_bytes(),
    )
}

impl WebServer {
    /// Answers each request by `script`, which also gets its number, from 0. Its certificate is for `localhost`,
    /// `*.psbridge.localhost` and `*.vault.psbridge.localhost`.
    pub(crate) async fn start(script: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> Self {
        let names = ["localhost", "*.psbridge.localhost", "*.vault.psbridge.localhost"];
        let own = rcgen::generate_simple_self_signed(names.map(str::to_owned)).unwrap();
        let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (journal, script) = (Arc::clone(&asked), Arc::new(script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, journal, script) =
                    (acceptor.clone(), Arc::clone(&journal), Arc::clone(&script));
                tokio::spawn(async move {
                    let mut first = [0; 1];
                    let https = stream.peek(&mut first).await.is_ok() && first[0] == 0x16;
                    let answer = move |seen: Seen| {
                        let request = Asked {
                            https,
                            line: seen.line,
                            headers: seen.headers,
                            body: seen.body,
                        };
                        let mut journal = journal.lock().unwrap();
                        journal.push(request.clone());
                        let number = journal.len() - 1;
                        drop(journal);
                        script(number, &request)
                    };
                    if !https {
                        serve(stream, 0, answer).await;
                    } else if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, 0, answer).await;
                    }
                });
            }
        });
        Self {
            port,
            pem: own.cert.pem(),
            asked,
        }
    }

    /// Trusts the server.
    pub(crate) fn options(&self) -> WebOptions {
        WebOptions {
            tls: TlsOptions::new().ca_certificates(self.pem.clone()),
            ..WebOptions::default()
        }
    }

    pub(crate) fn web(&self) -> WebClient {
        WebClient::new(self.options())
    }

    /// What was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) fn origin(&self, host: &str) -> String {
        format!("https://{host}:{}", self.port)
    }
}
