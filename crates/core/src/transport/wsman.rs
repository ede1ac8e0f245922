//! The shell over WS-Management.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use psbridge_protocol::ProtocolVersion;
use psbridge_protocol::client::Outgoing;
use psbridge_protocol::wsman::{
    CommandStateKind, EnvelopeBudget, Fault, FaultAction, ReceiveResponse, Request, RequestBody,
    RequestHeader, Response, ResponseBody, ShellRequest, SignalCode, StreamData, StreamText, WsmanOption,
    id_text, uuid_text,
};
use uuid::Uuid;

use super::classify::expect_soap;
use super::{Carrier, Chunk, Delivery, ShellTransport, Target};
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::exchange::{BoxFuture, Exchange, ExchangeError, Lane, PlainRequest, RedirectRefusal, Traffic};
use crate::options::Limits;

/// The creation of the shell, in errors.
pub(crate) const OPEN: &str = "open the shell";
/// The configuration is not known at the endpoint.
const INVALID_RESOURCE_URI: u32 = 0x8033_803B;
const START: &str = "start the pipeline";
const SEND: &str = "send input";
const RECEIVE: &str = "receive output";
const STOP: &str = "stop the pipeline";
const FREE: &str = "free the pipeline";
const CLOSE: &str = "close the shell";

/// `ERROR_OPERATION_ABORTED`: what is asked about is being closed.
const ABORTED: u32 = 995;
/// How often the creation of a shell is tried when the endpoint says that it is worth it.
const CREATE_TRIES: u32 = 4;
/// How often in a row a Receive is sent again after a connection broke before its answer.
const RECEIVE_TRIES: u32 = 5;
/// Longest wait that an endpoint may ask for before the creation of a shell is tried again.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const FIRST_DELAY: Duration = Duration::from_millis(200);
/// An endpoint that has nothing to say answers after the operation timeout. One that says so at once is not asked more
/// often than this.
const IDLE_PACE: Duration = Duration::from_millis(50);

/// What [`WsmanTransport::new`] needs to know.
#[derive(Debug, Clone)]
pub struct WsmanOptions {
    /// The endpoint; its URL is repeated in every request.
    pub endpoint: Endpoint,
    /// Sizes and times.
    pub limits: Limits,
    /// Leaves the machine's profile out of the shell.
    pub no_profile: bool,
}

/// [`ShellTransport`] over WS-Management.
pub struct WsmanTransport {
    exchange: Arc<dyn Exchange>,
    options: WsmanOptions,
    url: String,
    /// Path and query of the requests.
    path: String,
    resource: String,
    session: String,
    budget: Mutex<EnvelopeBudget>,
    /// What every request about the shell has to send, as the server gave it.
    shell: OnceLock<Vec<(String, String)>>,
    /// The server's names of pipelines, where they are not ours.
    commands: Mutex<HashMap<Uuid, String>>,
}

/// An answer that is SOAP, and the id of its request.
struct Reply {
    body: Bytes,
    request: String,
}

impl WsmanTransport {
    /// A shell that is not yet open.
    #[must_use]
    pub fn new(exchange: Arc<dyn Exchange>, options: WsmanOptions) -> Self {
        Self {
            exchange,
            path: options.endpoint.request_path(),
            url: options.endpoint.url(),
            resource: options.endpoint.resource_uri(),
            session: uuid_text(Uuid::new_v4()),
            budget: Mutex::new(EnvelopeBudget::new(options.limits.max_envelope_size as usize)),
            shell: OnceLock::new(),
            commands: Mutex::default(),
            options,
        }
    }

    fn request(&self, body: RequestBody) -> Request {
        let mut header = RequestHeader::new(
            format!("{}{}", self.options.endpoint.origin(), self.path),
            self.resource.as_str(),
            Uuid::new_v4(),
        );
        header.session_id = Some(self.session.clone());
        header.max_envelope_size = Some(lock(&self.budget).envelope_size() as u64);
        header.operation_timeout = Some(self.options.limits.operation_timeout);
        match &body {
            RequestBody::Create(_) => {
                header
                    .options
                    .push(WsmanOption::protocol_version(ProtocolVersion::V2_3));
                if self.options.no_profile {
                    header.options.push(WsmanOption::no_profile());
                }
            }
            RequestBody::Receive { .. } => header.options.push(WsmanOption::keep_alive()),
            _ => {}
        }
        header.selectors = self.shell.get().cloned().unwrap_or_default();
        Request::new(header, body)
    }

    /// Sends a request and lets only SOAP through.
    async fn ask(&self, operation: &'static str, request: &Request, lane: Lane) -> Result<Reply, Error> {
        self.post(
            operation,
            request.to_xml().into(),
            &request.header.message_id,
            lane,
        )
        .await
        .map_err(|error| self.explain(operation, error))?
    }

    async fn post(
        &self,
        operation: &'static str,
        body: Bytes,
        id: &str,
        lane: Lane,
    ) -> Result<Result<Reply, Error>, ExchangeError> {
        let response = self
            .exchange
            .exchange(PlainRequest::soap(self.path.as_str(), body, lane))
            .await?;
        tracing::debug!(
            operation,
            status = response.status,
            connection = response.connection,
            ms = response.timing.total.as_millis() as u64,
            "answered"
        );
        Ok(expect_soap(operation, &response)
            .map(|()| Reply {
                body: response.body,
                request: id.to_owned(),
            })
            .map_err(|error| error.at(self.url.as_str())))
    }

    async fn simple(&self, operation: &'static str, body: RequestBody, lane: Lane) -> Result<(), Error> {
        let request = self.request(body);
        let reply = self.ask(operation, &request, lane).await?;
        self.read(operation, &reply, |body| match body {
            ResponseBody::Send | ResponseBody::Signal | ResponseBody::Delete => Ok(()),
            // Some endpoints answer Delete without naming the action.
            ResponseBody::Other { element: None } => Ok(()),
            other => Err(unexpected(&other)),
        })
    }

    /// Reads an answer: it must be to our request, and no fault.
    fn read<T>(
        &self,
        operation: &'static str,
        reply: &Reply,
        take: impl FnOnce(ResponseBody<'_>) -> Result<T, String>,
    ) -> Result<T, Error> {
        let wrong = |detail: String| {
            Error::new(ErrorKind::Protocol, operation, detail)
                .advise("the endpoint or something on the way does not speak WS-Management properly")
                .at(self.url.as_str())
        };
        let text = std::str::from_utf8(&reply.body)
            .map_err(|error| wrong(format!("the answer is not UTF-8: {error}")))?;
        let response = Response::parse(text).map_err(|error| wrong(error.to_string()).caused_by(error))?;
        let relates_to = response.header.relates_to.as_deref();
        if relates_to.is_some_and(|id| !id.eq_ignore_ascii_case(&reply.request)) {
            let found = relates_to.unwrap_or_default();
            return Err(wrong(format!(
                "the answer relates to {found}, but {} was asked",
                reply.request
            )));
        }
        match response.body {
            ResponseBody::Fault(fault) => {
                if fault
                    .info()
                    .is_some_and(|info| info.action == FaultAction::Shrink)
                {
                    lock(&self.budget).shrink();
                }
                Err(Error::from_fault(operation, *fault).at(self.url.as_str()))
            }
            body => take(body).map_err(wrong),
        }
    }

    fn explain(&self, operation: &'static str, error: ExchangeError) -> Error {
        Error::from_exchange(operation, error).at(self.url.as_str())
    }

    fn command_id(&self, pipeline: Uuid) -> String {
        lock(&self.commands)
            .get(&pipeline)
            .cloned()
            .unwrap_or_else(|| id_text(pipeline))
    }

    fn target_id(&self, target: Target) -> Option<String> {
        match target {
            Target::Pool => None,
            Target::Pipeline(pipeline) => Some(self.command_id(pipeline)),
        }
    }

    async fn create(&self, pool: Uuid, fragments: Vec<u8>) -> Result<(), Error> {
        let body = RequestBody::Create(ShellRequest {
            shell_id: Some(id_text(pool)),
            name: Some("psbridge".to_owned()),
            idle_timeout: Some(self.options.limits.idle_timeout_for(&self.options.endpoint)),
            input_streams: "stdin pr".to_owned(),
            output_streams: "stdout".to_owned(),
            creation_xml: Some(fragments),
        });
        let mut delay = FIRST_DELAY;
        for attempt in 1.. {
            let request = self.request(body.clone());
            let reply = match self.ask(OPEN, &request, Lane::Operation).await {
                // Whoever is not up yet has created nothing.
                Err(error) if attempt < CREATE_TRIES && unavailable(&error).is_some() => {
                    let wait = unavailable(&error).unwrap_or_default().max(delay);
                    tracing::info!(error = %error, ms = wait.as_millis() as u64, "trying to open the shell again");
                    tokio::time::sleep(wait).await;
                    delay *= 2;
                    continue;
                }
                reply => reply?,
            };
            let created = self.read(OPEN, &reply, |body| match body {
                ResponseBody::Create(created) if created.shell_id().is_some() => Ok(created.selectors),
                ResponseBody::Create(_) => Err("the endpoint names no shell".to_owned()),
                other => Err(unexpected(&other)),
            });
            match created {
                Ok(selectors) => {
                    return self.shell.set(selectors).map_err(|_| {
                        Error::new(ErrorKind::Usage, OPEN, "it is open already").at(self.url.as_str())
                    });
                }
                Err(error) if attempt < CREATE_TRIES && has_action(&error, FaultAction::RetryCreate) => {
                    tracing::info!(error = %error, "trying to open the shell again");
                    tokio::time::sleep(delay).await;
                    delay *= 2;
                }
                Err(error) if has_action(&error, FaultAction::Redirect) => {
                    let location = error.fault().and_then(Fault::redirect_location);
                    let redirected = ExchangeError::Redirected {
                        status: 500,
                        location: location.map(str::to_owned),
                        refusal: RedirectRefusal::NotAllowed,
                    };
                    return Err(error.redirected(redirected));
                }
                Err(error) if error.fault_code() == Some(INVALID_RESOURCE_URI) => {
                    // The endpoint's own text does not say which name it means.
                    let resource = &self.resource;
                    return Err(error.advise(format!(
                        "the endpoint does not know {resource}: check the name of the configuration \
                         (`SessionBuilder::configuration`) and the path of the endpoint"
                    )));
                }
                Err(error) => return Err(error),
            }
        }
        // Not reached: the last attempt returns above.
        Err(Error::new(ErrorKind::Fault, OPEN, "no attempt was made").at(self.url.as_str()))
    }

    async fn command(&self, pipeline: Uuid, fragment: Vec<u8>) -> Result<(), Error> {
        let request = self.request(RequestBody::powershell_command(pipeline, &fragment));
        let reply = self.ask(START, &request, Lane::Operation).await?;
        let id = self.read(START, &reply, |body| match body {
            ResponseBody::Command { command_id } => Ok(command_id),
            other => Err(unexpected(&other)),
        })?;
        if id != id_text(pipeline) {
            lock(&self.commands).insert(pipeline, id);
        }
        Ok(())
    }

    async fn receive_once(&self, request: &Request, target: Target) -> Result<Delivery, Error> {
        let body: Bytes = request.to_xml().into();
        let mut delay = FIRST_DELAY;
        let mut tries = 1;
        let reply = loop {
            match self
                .post(RECEIVE, body.clone(), &request.header.message_id, Lane::Receive)
                .await
            {
                Ok(reply) => break reply?,
                // The same request again: the server gives what it had meant for the broken connection. Once part of an
                // answer had come, nobody could tell whether the rest is lost.
                Err(error) if error.is_lost_before_answer() && tries < RECEIVE_TRIES => {
                    tracing::info!(error = %error, "receiving again");
                    tokio::time::sleep(delay).await;
                    delay *= 2;
                    tries += 1;
                }
                Err(error) => return Err(self.explain(RECEIVE, error)),
            }
        };
        let expected = self.target_id(target);
        self.read(RECEIVE, &reply, |response| match response {
            ResponseBody::Receive(receive) => Ok(delivery(&reply.body, receive, expected.as_deref())),
            other => Err(unexpected(&other)),
        })
    }

    async fn receive_data(&self, target: Target) -> Result<Delivery, Error> {
        loop {
            let request = self.request(RequestBody::Receive {
                command_id: self.target_id(target),
                streams: "stdout".to_owned(),
            });
            let began = Instant::now();
            match self.receive_once(&request, target).await {
                Ok(delivery) if delivery.chunks.is_empty() && !delivery.done => {}
                Err(error) if has_action(&error, FaultAction::ReceiveAgain) => {}
                other => return other,
            }
            if began.elapsed() < IDLE_PACE {
                tokio::time::sleep(IDLE_PACE).await;
            }
        }
    }

    /// Signals and deletions of what is gone have done what they should.
    fn forgive_gone(result: Result<(), Error>) -> Result<(), Error> {
        match result {
            Err(error)
                if error.fault_code() == Some(ABORTED)
                    || has_action(&error, FaultAction::Gone)
                    || has_action(&error, FaultAction::CommandEnded) =>
            {
                tracing::debug!(error = %error, "gone already");
                Ok(())
            }
            other => other,
        }
    }

    async fn signal(&self, operation: &'static str, pipeline: Uuid, code: SignalCode) -> Result<(), Error> {
        let body = RequestBody::Signal {
            command_id: Some(self.command_id(pipeline)),
            code,
        };
        Self::forgive_gone(self.simple(operation, body, Lane::CleanUp).await)
    }
}

impl ShellTransport for WsmanTransport {
    fn room(&self, carrier: Carrier) -> usize {
        let id = Uuid::max();
        let body = match carrier {
            Carrier::Open => RequestBody::Create(ShellRequest {
                shell_id: Some(id_text(id)),
                name: Some("psbridge".to_owned()),
                idle_timeout: Some(Duration::MAX),
                input_streams: "stdin pr".to_owned(),
                output_streams: "stdout".to_owned(),
                creation_xml: None,
            }),
            Carrier::Start => RequestBody::powershell_command(id, &[]),
            Carrier::Send => RequestBody::Send(vec![StreamData {
                name: "stdin".to_owned(),
                command_id: Some(id_text(id)),
                data: Vec::new(),
                end: false,
            }]),
        };
        let request = self.request(body);
        lock(&self.budget).payload_of(&request)
    }

    fn open(&self, pool: Uuid, fragments: Vec<u8>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.create(pool, fragments))
    }

    fn negotiated(&self, version: ProtocolVersion) {
        lock(&self.budget).negotiated(version);
    }

    fn start(&self, pipeline: Uuid, fragment: Vec<u8>) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.command(pipeline, fragment))
    }

    fn send(&self, target: Target, outgoing: Outgoing) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let body = RequestBody::Send(vec![StreamData {
                name: outgoing.lane.stream_name().to_owned(),
                command_id: self.target_id(target),
                data: outgoing.data,
                end: false,
            }]);
            self.simple(SEND, body, Lane::Operation).await
        })
    }

    fn receive(&self, target: Target) -> BoxFuture<'_, Result<Delivery, Error>> {
        Box::pin(self.receive_data(target))
    }

    fn stop(&self, pipeline: Uuid) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.signal(STOP, pipeline, SignalCode::Stop))
    }

    fn free(&self, pipeline: Uuid) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            let freed = self.signal(FREE, pipeline, SignalCode::Terminate).await;
            lock(&self.commands).remove(&pipeline);
            freed
        })
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async { Self::forgive_gone(self.simple(CLOSE, RequestBody::Delete, Lane::CleanUp).await) })
    }

    fn finish(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            self.exchange
                .finish()
                .await
                .map_err(|error| self.explain(CLOSE, error))
        })
    }

    fn traffic(&self) -> Traffic {
        self.exchange.traffic()
    }

    fn endpoint(&self) -> &str {
        &self.url
    }
}

impl std::fmt::Debug for WsmanTransport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WsmanTransport")
            .field("url", &self.url)
            .field("resource", &self.resource)
            .finish_non_exhaustive()
    }
}

/// The pieces of the wanted stream, still in the body that was received.
fn delivery(body: &Bytes, receive: ReceiveResponse<'_>, command: Option<&str>) -> Delivery {
    let of_target = |id: Option<&str>| match (id, command) {
        (Some(id), Some(command)) => id.eq_ignore_ascii_case(command),
        // Old servers leave the id out.
        (None, _) => true,
        (Some(_), None) => false,
    };
    let wanted = |stream: &StreamText<'_>| {
        stream.name == "stdout" && !stream.text.is_empty() && of_target(stream.command_id.as_deref())
    };
    let chunks = receive.streams.into_iter().filter(wanted).map(|stream| {
        Chunk::Base64(match stream.text {
            std::borrow::Cow::Borrowed(text) => body.slice_ref(text.as_bytes()),
            std::borrow::Cow::Owned(text) => Bytes::from(text),
        })
    });
    let done = receive.command_state.is_some_and(|state| {
        state.state == CommandStateKind::Done && command.is_some() && of_target(state.command_id.as_deref())
    });
    Delivery {
        chunks: chunks.collect(),
        done,
    }
}

fn has_action(error: &Error, action: FaultAction) -> bool {
    error
        .fault()
        .and_then(Fault::info)
        .is_some_and(|info| info.action == action)
}

/// How long to wait at least when the answer is a bare 503, which http.sys and IIS give for a service that is not up:
/// what it asks for, within reason.
fn unavailable(error: &Error) -> Option<Duration> {
    match error.exchange() {
        Some(ExchangeError::NotSoap {
            status: 503,
            retry_after,
            ..
        }) => {
            let seconds = retry_after.as_deref().and_then(|text| text.trim().parse().ok());
            Some(Duration::from_secs(seconds.unwrap_or(0)).min(LONGEST_WAIT))
        }
        _ => None,
    }
}

fn unexpected(body: &ResponseBody<'_>) -> String {
    let found = match body {
        ResponseBody::Identify(_) => "to Identify".to_owned(),
        ResponseBody::Create(_) => "to Create".to_owned(),
        ResponseBody::Command { .. } => "to Command".to_owned(),
        ResponseBody::Send => "to Send".to_owned(),
        ResponseBody::Receive(_) => "to Receive".to_owned(),
        ResponseBody::Signal => "to Signal".to_owned(),
        ResponseBody::Delete => "to Delete".to_owned(),
        ResponseBody::Other {
            element: Some(element),
        } => format!("a {element}"),
        _ => "an envelope with an empty body".to_owned(),
    };
    format!("the answer is {found}, which was not asked")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
