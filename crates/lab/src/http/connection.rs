//! One TCP connection: from HTTP to SOAP and back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::header::{self, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use psbridge_auth::encrypted::{self, EncryptedType, SOAP_CONTENT_TYPE};
use tokio::sync::Mutex;

use super::auth::{Guard, Verdict};
use super::body::{AnswerBody, Cut};
use super::front_end::{Redirect, names_back_end, new_back_end};
use super::{Listener, html};
use crate::faults::{FaultAction, Operation, Ordered};
use crate::journal::Entry;
use crate::wsman::{Caller, Endpoint, Parsed, UNEXPECTED_SELECTORS};

/// How long a request body may take; http.sys waits as long.
const BODY_TIME: Duration = Duration::from_mins(2);

/// A connection and whom it belongs to.
pub(crate) struct Connection {
    pub(crate) id: u64,
    pub(crate) peer: SocketAddr,
    pub(crate) listener: Arc<Listener>,
    pub(crate) guard: Mutex<Guard>,
}

/// What the front end makes of a request.
#[derive(Clone, Copy)]
struct FrontEnd<'a> {
    redirect: Option<&'a Redirect>,
    /// It names no back end, so that it comes to any.
    strays: bool,
}

/// An answer before it becomes HTTP.
struct Answer {
    status: StatusCode,
    headers: Vec<(header::HeaderName, String)>,
    body: AnswerBody,
}

impl Answer {
    fn empty(status: StatusCode) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: AnswerBody::new(Bytes::new()),
        }
    }

    fn html(status: StatusCode) -> Self {
        Self {
            status,
            headers: vec![(header::CONTENT_TYPE, "text/html; charset=us-ascii".to_owned())],
            body: AnswerBody::new(html::page(status)),
        }
    }

    fn with(mut self, name: header::HeaderName, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    fn into_response(self) -> Response<AnswerBody> {
        let mut response = Response::new(self.body);
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(header::SERVER, HeaderValue::from_static("Microsoft-HTTPAPI/2.0"));
        for (name, value) in self.headers {
            match HeaderValue::from_str(&value) {
                Ok(value) => {
                    headers.append(name, value);
                }
                Err(error) => tracing::error!(%name, %error, "an answer's header is left out"),
            }
        }
        response
    }
}

impl Connection {
    /// Answers one request. An error closes the connection without an answer.
    pub(crate) async fn serve(
        self: Arc<Self>,
        request: Request<Incoming>,
    ) -> Result<Response<AnswerBody>, Cut> {
        let started = Instant::now();
        let (head, body) = request.into_parts();
        let counters = &self.listener.shared.counters;
        let mut entry = Entry::new(self.id, &self.listener.origin, &head);
        let mut place = None;
        let limit = self.listener.shared.limits.max_request_body;
        let read = tokio::time::timeout(BODY_TIME, Limited::new(body, limit).collect()).await;
        let answer = match read {
            Err(_) => Err(Cut),
            Ok(Err(error)) if error.is::<LengthLimitError>() => {
                Ok(Answer::empty(StatusCode::PAYLOAD_TOO_LARGE))
            }
            Ok(Err(_)) => Err(Cut),
            Ok(Ok(body)) => {
                let body = body.to_bytes();
                counters.request_bytes(body.len() as u64);
                entry.request_wire = body.len() as u64;
                self.answer(&head, body, &mut entry, &mut place).await
            }
        };
        match &answer {
            Ok(answer) => {
                counters.requests(1);
                counters.response_bytes(answer.body.len());
                if answer.status == StatusCode::UNAUTHORIZED {
                    counters.unauthorized(1);
                }
                entry.status = Some(answer.status.as_u16());
                entry.response_wire = answer.body.len();
            }
            Err(Cut) => entry.error = Some("the connection was closed without an answer"),
        }
        entry.took = started.elapsed();
        self.listener.shared.journal.write(entry, place);
        answer.map(Answer::into_response)
    }

    async fn answer(
        &self,
        head: &Parts,
        body: Bytes,
        entry: &mut Entry,
        place: &mut Option<u64>,
    ) -> Result<Answer, Cut> {
        let Some(endpoint) = Endpoint::of_path(head.uri.path()) else {
            return Ok(Answer::html(StatusCode::NOT_FOUND));
        };
        if head.method != Method::POST {
            return Ok(Answer::html(StatusCode::METHOD_NOT_ALLOWED).with(header::ALLOW, "POST".to_owned()));
        }
        let text = |name: header::HeaderName| head.headers.get(name).and_then(|v| v.to_str().ok());
        let anonymous = endpoint == Endpoint::Anonymous
            || head
                .headers
                .get("wsmanidentify")
                .is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(b"unauthenticated"));
        if anonymous {
            *place = Some(self.listener.shared.journal.place());
            return Ok(self.identify(&body, entry));
        }
        let policy = &self.listener.policy;
        let mut guard = self.guard.lock().await;
        let (user, last, sealed_context) = match guard.check(policy, text(header::AUTHORIZATION)) {
            Verdict::Known { user, last, sealed } => (user, last, sealed),
            Verdict::Continue(token) => {
                return Ok(Answer::empty(StatusCode::UNAUTHORIZED).with(header::WWW_AUTHENTICATE, token));
            }
            Verdict::Nobody => return Ok(self.challenge()),
            refused @ (Verdict::Refused | Verdict::Told(_)) => {
                let penalty = guard.penalty(policy);
                drop(guard);
                tokio::time::sleep(penalty).await;
                return Ok(match refused {
                    Verdict::Told(token) => {
                        Answer::empty(StatusCode::UNAUTHORIZED).with(header::WWW_AUTHENTICATE, token)
                    }
                    _ => self.challenge(),
                });
            }
        };
        entry.user = Some(user.clone());
        let finish = |answer: Answer| match &last {
            Some(token) => answer.with(header::WWW_AUTHENTICATE, token.clone()),
            None => answer,
        };
        if body.is_empty() {
            // The end of a handshake whose client sends nothing along; anything else without a body is no request.
            let status = if last.is_some() || head.headers.contains_key(header::AUTHORIZATION) {
                StatusCode::OK
            } else {
                StatusCode::BAD_REQUEST
            };
            return Ok(finish(Answer::empty(status)));
        }
        let content_type = text(header::CONTENT_TYPE).unwrap_or_default();
        let sealed = EncryptedType::parse(content_type).is_some();
        let plain = if sealed {
            let Some(context) = guard.context() else {
                // Sealed by keys that this connection does not have (any more).
                return Ok(Answer::empty(StatusCode::BAD_REQUEST));
            };
            match encrypted::open_body(context, content_type, body.to_vec()) {
                Ok(opened) => opened.body,
                Err(error) => {
                    tracing::debug!(%error, "a sealed body was refused");
                    guard.reset();
                    return Ok(Answer::empty(StatusCode::BAD_REQUEST));
                }
            }
        } else {
            body
        };
        drop(guard);
        entry.sealed = sealed;
        entry.request_body = plain.clone();
        self.listener
            .shared
            .counters
            .request_plain_bytes(plain.len() as u64);

        let readable = policy.clear || sealed || (sealed_context && Parsed::is_identify(&plain));
        if !readable {
            return Ok(self.challenge());
        }
        let exchange = matches!(endpoint, Endpoint::Exchange | Endpoint::ExchangeLiveId);
        let redirect = self.listener.shared.redirect.as_ref();
        let redirect = redirect.filter(|_| endpoint == Endpoint::Exchange);
        if let Some(redirect) = redirect {
            let (origin, _) = self.addressed_as(text(header::HOST));
            if let Some(location) = redirect.location(&origin) {
                return Ok(finish(moved(&location)));
            }
        }
        let strays = self.listener.shared.sticky && exchange && !names_back_end(text(header::COOKIE));
        *place = Some(self.listener.shared.journal.place());
        let (origin, machine) = self.addressed_as(text(header::HOST));
        let caller = Caller {
            user,
            peer: self.peer.ip(),
            endpoint,
            url: format!("{origin}{}", head.uri.path_and_query().map_or("", |p| p.as_str())),
            machine,
        };
        let front = FrontEnd { redirect, strays };
        let answer = self
            .perform(&caller, &plain, sealed, front, entry)
            .await
            .map(finish)?;
        Ok(if strays {
            answer.with(header::SET_COOKIE, new_back_end())
        } else {
            answer
        })
    }

    /// The SOAP part: parse, do as the fault plan orders, answer.
    async fn perform(
        &self,
        caller: &Caller,
        plain: &[u8],
        sealed: bool,
        front: FrontEnd<'_>,
        entry: &mut Entry,
    ) -> Result<Answer, Cut> {
        let shared = &self.listener.shared;
        shared.counters.operations(1);
        let service = &shared.service;
        let parsed = service.parse(caller, plain);
        let operation = parsed.operation();
        entry.operation = Some(operation);
        let Ordered { delay, action } = shared.ordered(operation);
        let reply = match action {
            Some(FaultAction::Drop) => return Err(Cut),
            Some(FaultAction::Status(code)) => {
                tokio::time::sleep(delay).await;
                return Ok(Answer::empty(status(code)));
            }
            Some(FaultAction::Html(code)) => {
                tokio::time::sleep(delay).await;
                return Ok(Answer::html(status(code)));
            }
            Some(FaultAction::Fault(code)) => parsed.refuse(caller, code),
            _ if let Some(Redirect::Fault(location)) = front.redirect => parsed.redirect(caller, location),
            // Another back end, which does not know the shell.
            _ if front.strays && parsed.names_shell() => parsed.refuse(caller, UNEXPECTED_SELECTORS),
            _ => service.perform(caller, parsed).await,
        };
        tokio::time::sleep(delay).await;
        entry.shell = reply.shell.clone();
        entry.command = reply.command.clone();
        entry.fault = reply.fault;
        if reply
            .fault
            .is_some_and(|code| code != crate::wsman::OPERATION_TIMED_OUT)
        {
            shared.counters.faults(1);
        }
        let xml = Bytes::from(reply.xml);
        shared.counters.response_plain_bytes(xml.len() as u64);
        entry.response_body = xml.clone();
        let status = if reply.fault.is_some() {
            StatusCode::INTERNAL_SERVER_ERROR
        } else {
            StatusCode::OK
        };
        let (content_type, body) = if sealed && action != Some(FaultAction::Plain) {
            let mut guard = self.guard.lock().await;
            let Some(context) = guard.context() else {
                return Err(Cut);
            };
            match encrypted::seal_body(context, &xml) {
                Ok(sealed) => {
                    let windows = caller.endpoint == Endpoint::Windows;
                    let body = if windows {
                        sealed.body
                    } else {
                        as_iis(&sealed.content_type, sealed.body)
                    };
                    (sealed.content_type, Bytes::from(spoil(body, action)))
                }
                Err(error) => {
                    tracing::error!(%error, "an answer cannot be sealed");
                    return Err(Cut);
                }
            }
        } else {
            (SOAP_CONTENT_TYPE.to_owned(), xml)
        };
        let mut body = AnswerBody::new(body).with_receipt(reply.receipt);
        match action {
            Some(FaultAction::Cut(None)) => return Err(Cut),
            Some(FaultAction::Cut(Some(bytes))) => body = body.cut_after(bytes),
            _ => {}
        }
        Ok(Answer {
            status,
            headers: vec![(header::CONTENT_TYPE, content_type)],
            body,
        })
    }

    /// Identify for anybody; nothing else is answered without a sign-in.
    fn identify(&self, body: &[u8], entry: &mut Entry) -> Answer {
        if !Parsed::is_identify(body) {
            return self.challenge();
        }
        let shared = &self.listener.shared;
        shared.counters.operations(1);
        shared.counters.request_plain_bytes(body.len() as u64);
        entry.operation = Some(Operation::Identify);
        entry.request_body = Bytes::copy_from_slice(body);
        let xml = Bytes::from(crate::wsman::identity(false));
        shared.counters.response_plain_bytes(xml.len() as u64);
        entry.response_body = xml.clone();
        Answer {
            status: StatusCode::OK,
            headers: vec![(header::CONTENT_TYPE, SOAP_CONTENT_TYPE.to_owned())],
            body: AnswerBody::new(xml),
        }
    }

    fn challenge(&self) -> Answer {
        self.listener
            .policy
            .challenges()
            .into_iter()
            .fold(Answer::empty(StatusCode::UNAUTHORIZED), |answer, value| {
                answer.with(header::WWW_AUTHENTICATE, value)
            })
    }

    /// The origin and the host as the client addressed them.
    fn addressed_as(&self, host: Option<&str>) -> (String, String) {
        // What is no host at all is not repeated.
        let plain = |c: char| c.is_ascii_alphanumeric() || ".:-_[]".contains(c);
        let Some(host) = host.filter(|host| !host.is_empty() && host.chars().all(plain)) else {
            return (self.listener.origin.clone(), self.listener.host.clone());
        };
        let scheme = self
            .listener
            .origin
            .split_once("://")
            .map_or("http", |(scheme, _)| scheme);
        let machine = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        (
            format!("{scheme}://{host}"),
            machine.trim_matches(['[', ']']).to_owned(),
        )
    }
}

/// The redirection as Exchange's front end writes it.
fn moved(location: &str) -> Answer {
    Answer {
        status: StatusCode::FOUND,
        headers: vec![
            (header::CACHE_CONTROL, "private".to_owned()),
            (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (header::LOCATION, location.to_owned()),
        ],
        body: AnswerBody::new(html::moved(location)),
    }
}

fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// IIS, which Exchange stands on, writes a blank between the dashes and the name of a boundary.
fn as_iis(content_type: &str, body: Vec<u8>) -> Vec<u8> {
    let blocks =
        EncryptedType::parse(content_type).and_then(|kind| encrypted::read_blocks(&kind, &body).ok());
    let Some(blocks) = blocks else { return body };
    let mut out = Vec::with_capacity(body.len() + 2 * blocks.len() + 1);
    let spaced = |text: &[u8]| {
        String::from_utf8_lossy(text)
            .replace("--Encrypted", "-- Encrypted")
            .into_bytes()
    };
    let mut at = 0;
    for block in blocks {
        // What stands before the sealed bytes is text, with the length of the header at its end.
        let (text, sealed) = (at..block.header.start - 4, block.header.start - 4..block.data.end);
        out.extend(spaced(body.get(text).unwrap_or_default()));
        out.extend_from_slice(body.get(sealed).unwrap_or_default());
        at = block.data.end;
    }
    out.extend(spaced(body.get(at..).unwrap_or_default()));
    out
}

/// Damages a sealed body where that is ordered.
fn spoil(mut body: Vec<u8>, action: Option<FaultAction>) -> Vec<u8> {
    match action {
        Some(FaultAction::Tamper) => {
            // Behind the second boundary there is the sealed data, and at its end the closing boundary.
            let at = body.len().saturating_sub(25 + 1);
            if let Some(byte) = body.get_mut(at) {
                *byte ^= 1;
            }
            body
        }
        Some(FaultAction::Length) => {
            let marker = b"Length=";
            let at = body
                .windows(marker.len())
                .position(|w| w == marker)
                .map(|at| at + marker.len());
            if let Some(digit) = at.and_then(|at| body.get_mut(at)) {
                *digit = if *digit == b'9' { b'8' } else { *digit + 1 };
            }
            body
        }
        _ => body,
    }
}
