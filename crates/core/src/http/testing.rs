//! A scripted endpoint over TCP for tests: every connection and request is answered by a closure.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use psbridge_auth::{
    Accounts, Authorization, Entropy, EntropyError, Scheme, SecurityContext, Step, encrypted, ntlm, scheme,
    spnego,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;

pub(crate) const USER: &str = "LAB\\reader";
pub(crate) const PASSWORD: &str = "pass word";

/// A request as it came.
pub(crate) struct Seen {
    pub(crate) connection: usize,
    /// Counts the requests of the connection, from 0.
    pub(crate) number: usize,
    /// Method, path and query.
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

pub(crate) type Headers = Vec<(&'static str, String)>;

pub(crate) enum Reply {
    /// Status, headers, body.
    Http(u16, Headers, Vec<u8>),
    /// Whatever these bytes are, then the end of the connection.
    Raw(Vec<u8>),
    /// The same answer, then the end of the connection.
    HttpThenClose(u16, Headers, Vec<u8>),
    Close,
    /// Silence.
    Hang,
}

pub(crate) fn html(status: u16, text: &str) -> Reply {
    Reply::Http(
        status,
        vec![("Content-Type", "text/html".into())],
        text.as_bytes().to_vec(),
    )
}

pub(crate) fn soap(text: &str) -> Reply {
    Reply::Http(
        200,
        vec![("Content-Type", "application/soap+xml;charset=UTF-8".into())],
        text.as_bytes().to_vec(),
    )
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers every request by `script`, made anew for each connection.
    pub(crate) async fn start<F, S>(script: F) -> Self
    where
        F: Fn(usize) -> S + Send + Sync + 'static,
        S: FnMut(Seen) -> Reply + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else {
                    return;
                };
                let number = count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, number, script(number)));
            }
        });
        Self { address, connections }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/wsman", self.address)
    }
}

/// Serves one connection until the script or the client ends it.
pub(crate) async fn serve<T>(mut stream: T, connection: usize, mut script: impl FnMut(Seen) -> Reply)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    for number in 0.. {
        let Some((line, headers, body)) = read_request(&mut stream).await else {
            return;
        };
        let close = match script(Seen {
            connection,
            number,
            line,
            headers,
            body,
        }) {
            Reply::Http(status, headers, body) => {
                stream
                    .write_all(&response(status, &headers, &body))
                    .await
                    .unwrap();
                false
            }
            Reply::HttpThenClose(status, headers, body) => {
                stream
                    .write_all(&response(status, &headers, &body))
                    .await
                    .unwrap();
                true
            }
            Reply::Raw(bytes) => {
                stream.write_all(&bytes).await.unwrap();
                true
            }
            Reply::Close => true,
            Reply::Hang => std::future::pending().await,
        };
        if close {
            stream.shutdown().await.unwrap();
            return;
        }
    }
}

pub(crate) fn response(status: u16, headers: &[(&'static str, String)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {status} Whatever\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    [text.as_bytes(), body].concat()
}

async fn read_request<T: AsyncRead + Unpin>(
    stream: &mut T,
) -> Option<(String, HashMap<String, String>, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: HashMap<String, String> = head
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some((line, headers, body))
}

/// The accepting end of a connection: challenges, checks the password, unseals and seals.
pub(crate) struct Acceptor {
    context: Option<Box<dyn SecurityContext>>,
    scheme: Scheme,
}

impl Acceptor {
    pub(crate) fn negotiate() -> Self {
        Self {
            context: None,
            scheme: Scheme::Negotiate,
        }
    }

    /// Offers NTLM by name only.
    pub(crate) fn ntlm() -> Self {
        Self {
            context: None,
            scheme: Scheme::Ntlm,
        }
    }

    /// Deals with the handshake; the plain request when it is over.
    pub(crate) fn accept(&mut self, seen: &Seen) -> Result<Vec<u8>, Reply> {
        let challenge = |value: String| vec![("WWW-Authenticate", value)];
        if let Some(value) = seen.headers.get("authorization") {
            assert!(seen.body.is_empty(), "nothing may leave before it can be sealed");
            let Authorization::Token { scheme, token } = Authorization::parse(value).unwrap() else {
                panic!("{value}")
            };
            if scheme != self.scheme {
                return Err(Reply::Http(401, challenge(self.scheme.to_string()), Vec::new()));
            }
            let context = self.context.get_or_insert_with(|| {
                let accounts = Arc::new(Accounts::new().with(USER, PASSWORD));
                let options = ntlm::AcceptorOptions::new(ntlm::ServerNames::standalone("lab"));
                if token.starts_with(b"NTLMSSP") {
                    Box::new(ntlm::Acceptor::new(accounts, options))
                } else {
                    Box::new(spnego::Acceptor::new(accounts, options))
                }
            });
            let mut entropy = counting_entropy();
            return Err(
                match context.step(Some(&token), 133_000_000_000_000_000, &mut entropy) {
                    Ok(Step::Continue(token)) => Reply::Http(
                        401,
                        challenge(scheme::token_header(&self.scheme, &token)),
                        Vec::new(),
                    ),
                    Ok(Step::Done(Some(token))) => Reply::Http(
                        200,
                        challenge(scheme::token_header(&self.scheme, &token)),
                        Vec::new(),
                    ),
                    Ok(Step::Done(None)) => Reply::Http(200, Vec::new(), Vec::new()),
                    Ok(Step::NeedIo(_)) => unreachable!(),
                    Err(_) => Reply::Http(401, challenge(self.scheme.to_string()), Vec::new()),
                },
            );
        }
        match &mut self.context {
            Some(context) if context.is_complete() => {
                let opened =
                    encrypted::open_body(context.as_mut(), seen.header("content-type"), seen.body.clone());
                Ok(opened.unwrap().body.to_vec())
            }
            _ => Err(Reply::Http(401, challenge(self.scheme.to_string()), Vec::new())),
        }
    }

    /// A sealed answer.
    pub(crate) fn seal(&mut self, status: u16, plain: &[u8]) -> Reply {
        let context = self.context.as_mut().unwrap();
        let sealed = encrypted::seal_body(context.as_mut(), plain).unwrap();
        Reply::Http(status, vec![("Content-Type", sealed.content_type)], sealed.body)
    }
}

fn counting_entropy() -> impl Entropy {
    static NEXT: Mutex<u8> = Mutex::new(0);
    |out: &mut [u8]| -> Result<(), EntropyError> {
        let mut next = NEXT.lock().unwrap();
        out.fill_with(|| {
            *next = next.wrapping_add(1);
            *next
        });
        Ok(())
    }
}
