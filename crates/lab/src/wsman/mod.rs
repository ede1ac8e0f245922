//! WS-Management: operations on shells, and the faults that Windows answers with.

mod faults;
mod operations;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use psbridge_protocol::fragment::ObjectIds;
use psbridge_protocol::wsman::{
    Error as EnvelopeError, Fault, IdentifyResponse, Request, RequestBody, Response, ResponseBody, id_text,
    uuid_text,
};
use tokio::sync::watch;
use uuid::Uuid;

use crate::builder::Limits;
use crate::cmdlets;
use crate::directory::Directory;
use crate::engine::{Configuration, World};
use crate::faults::Operation;
use crate::http::Receipt;
use crate::psrp::Shell;
use crate::stats::Counters;

pub(crate) use faults::{OPERATION_TIMED_OUT, UNEXPECTED_SELECTORS};

/// Which URL was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `/wsman`.
    Windows,
    /// `/PowerShell/`.
    Exchange,
    /// `/powershell-liveid/`.
    ExchangeLiveId,
    /// `/wsman-anon/identify`.
    Anonymous,
}

impl Endpoint {
    /// The endpoint of a path, case and trailing slash aside.
    pub(crate) fn of_path(path: &str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let known = [
            ("/wsman", Self::Windows),
            ("/powershell", Self::Exchange),
            ("/powershell-liveid", Self::ExchangeLiveId),
            ("/wsman-anon/identify", Self::Anonymous),
        ];
        known
            .into_iter()
            .find(|(own, _)| path.eq_ignore_ascii_case(own))
            .map(|(_, endpoint)| endpoint)
    }

    /// The configuration that can be opened here. As with Windows and IIS each URL has its own.
    fn configuration(self) -> Option<Configuration> {
        match self {
            Self::Windows => Some(Configuration::PowerShell),
            Self::Exchange | Self::ExchangeLiveId => Some(Configuration::Exchange),
            Self::Anonymous => None,
        }
    }
}

/// Who asks, and how.
pub(crate) struct Caller {
    pub(crate) user: String,
    pub(crate) peer: IpAddr,
    pub(crate) endpoint: Endpoint,
    /// The URL of the request.
    pub(crate) url: String,
    /// The host as the client addressed it; faults name it.
    pub(crate) machine: String,
}

/// A request that was looked at but not yet performed.
pub(crate) struct Parsed(Result<Box<Request>, Refusal>);

/// Why a request is not even tried.
struct Refusal {
    fault: Box<Fault>,
    relates_to: Option<String>,
}

impl Parsed {
    /// Whether a body is an Identify, which anybody may send in clear text.
    pub(crate) fn is_identify(body: &[u8]) -> bool {
        // Nothing else is as short; longer ones are not worth a look.
        body.len() < 8_192
            && std::str::from_utf8(body)
                .ok()
                .and_then(|text| Request::parse(text).ok())
                .is_some_and(|request| request.body == RequestBody::Identify)
    }

    pub(crate) fn operation(&self) -> Operation {
        let Ok(request) = &self.0 else {
            return Operation::Other;
        };
        match request.body {
            RequestBody::Identify => Operation::Identify,
            RequestBody::Create(_) => Operation::Create,
            RequestBody::Command(_) => Operation::Command,
            RequestBody::Send(_) => Operation::Send,
            RequestBody::Receive { .. } => Operation::Receive,
            RequestBody::Signal { .. } => Operation::Signal,
            RequestBody::Delete => Operation::Delete,
            _ => Operation::Other,
        }
    }

    /// The answer with a fault that is ordered.
    pub(crate) fn refuse(self, caller: &Caller, code: u32) -> Reply {
        self.answer_by(faults::ordered(code, &caller.machine))
    }

    /// Sends the client to another address.
    pub(crate) fn redirect(self, caller: &Caller, location: &str) -> Reply {
        self.answer_by(faults::elsewhere(&caller.machine, location))
    }

    /// Whether the request is about a shell that exists, or should.
    pub(crate) fn names_shell(&self) -> bool {
        self.0
            .as_ref()
            .is_ok_and(|request| !request.header.selectors.is_empty())
    }

    fn answer_by(self, fault: Fault) -> Reply {
        match self.0 {
            Ok(request) => Reply::fault(fault, Some(request.header.message_id)),
            Err(refusal) => Reply::fault(fault, refusal.relates_to),
        }
    }
}

/// An answer as SOAP text.
pub(crate) struct Reply {
    pub(crate) xml: String,
    /// The code, if it is a fault.
    pub(crate) fault: Option<u32>,
    pub(crate) shell: Option<String>,
    pub(crate) command: Option<String>,
    pub(crate) receipt: Option<Box<dyn Receipt>>,
}

impl Reply {
    fn new(body: ResponseBody<'_>, relates_to: Option<String>) -> Self {
        let fault = match &body {
            ResponseBody::Fault(fault) => Some(fault.number().unwrap_or(0)),
            _ => None,
        };
        let mut response = Response::new(
            body,
            uuid_text(Uuid::new_v4()),
            relates_to.filter(|id| !id.is_empty()),
        );
        response.header.activity_id = Some(id_text(Uuid::new_v4()));
        Self {
            xml: response.to_xml(),
            fault,
            shell: None,
            command: None,
            receipt: None,
        }
    }

    fn fault(fault: Fault, relates_to: Option<String>) -> Self {
        Self::new(ResponseBody::Fault(Box::new(fault)), relates_to)
    }
}

/// The answer to Identify; the version of the system only for those who signed in.
pub(crate) fn identity(signed_in: bool) -> String {
    let identity = IdentifyResponse::windows(signed_in.then_some("10.0.17763"));
    Response::new(ResponseBody::Identify(identity), String::new(), None).to_xml()
}

/// The service of a lab.
pub(crate) struct Service {
    directory: Arc<Directory>,
    limits: Limits,
    no_language: bool,
    counters: Arc<Counters>,
    ids: ObjectIds,
    shells: Mutex<HashMap<String, Arc<Shell>>>,
    stop: watch::Receiver<bool>,
}

impl Service {
    pub(crate) fn new(
        directory: Arc<Directory>,
        limits: Limits,
        no_language: bool,
        counters: Arc<Counters>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self {
            directory,
            limits,
            no_language,
            counters,
            ids: ObjectIds::new(),
            shells: Mutex::default(),
            stop,
        }
    }

    fn shells(&self) -> MutexGuard<'_, HashMap<String, Arc<Shell>>> {
        self.shells.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads a request and refuses what can be refused without performing anything.
    pub(crate) fn parse(&self, caller: &Caller, body: &[u8]) -> Parsed {
        let refuse = |fault, relates_to| {
            Parsed(Err(Refusal {
                fault: Box::new(fault),
                relates_to,
            }))
        };
        if body.len() > self.limits.max_envelope_size {
            return refuse(
                faults::too_large(&caller.machine, self.limits.max_envelope_size),
                None,
            );
        }
        let Some(text) = text_of(body) else {
            return refuse(faults::not_soap(&caller.machine), None);
        };
        let request = match Request::parse(&text) {
            Ok(request) => request,
            Err(error) => {
                let relates_to = match &error {
                    EnvelopeError::Header { message_id, .. } => message_id.clone(),
                    _ => None,
                };
                return refuse(faults::of_envelope(&caller.machine, &error), relates_to);
            }
        };
        let id = Some(request.header.message_id.clone());
        if request.locale_must_understand {
            return refuse(faults::locale(&caller.machine), id);
        }
        if let Some(header) = request.not_understood.first() {
            return refuse(faults::not_understood(&caller.machine, header), id);
        }
        Parsed(Ok(Box::new(request)))
    }

    /// What a pipeline of a configuration works with.
    fn world(&self, configuration: Configuration, user: &str) -> Arc<World> {
        Arc::new(World {
            directory: Arc::clone(&self.directory),
            no_language: self.no_language || configuration == Configuration::Exchange,
            user: user.to_owned(),
            cmdlets: cmdlets::of(configuration),
        })
    }

    /// The caller's own shell.
    fn shell(&self, caller: &Caller, id: &str) -> Option<Arc<Shell>> {
        self.shells()
            .get(id)
            .filter(|shell| shell.owner == caller.user)
            .cloned()
    }

    /// Ends the shells that nobody used for too long.
    pub(crate) fn expire(&self) {
        let idle: Vec<_> = self
            .shells()
            .values()
            .filter(|shell| shell.is_idle())
            .cloned()
            .collect();
        for shell in idle {
            tracing::debug!(shell = %shell.id, "an idle shell is closed");
            self.shells().remove(&shell.id);
            shell.close();
        }
    }

    /// Ends all shells.
    pub(crate) fn close(&self) {
        let all: Vec<_> = self.shells().drain().map(|(_, shell)| shell).collect();
        for shell in all {
            shell.close();
        }
    }
}

/// SOAP text: UTF-8, or UTF-16 with a byte order mark, which Windows takes, too.
fn text_of(body: &[u8]) -> Option<std::borrow::Cow<'_, str>> {
    match body {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => std::str::from_utf8(rest).ok().map(Into::into),
        rest => std::str::from_utf8(rest).ok().map(Into::into),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<std::borrow::Cow<'static, str>> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    rest.is_empty()
        .then(|| String::from_utf16(&units).ok().map(Into::into))
        .flatten()
}
