//! Envelopes as decoding needs them.

use psbridge_protocol::wsman::{self, Fault, Inspected};

use crate::edit::envelope::{Carried, Carrier, Places};
use crate::format::Side;

use super::input::{base64_prefix, is_envelope};

/// The one signal after which output may follow.
const STOP: &str = "powershell/signal/crtl_c";
/// How the action of every operation's answer ends.
const RESPONSE: &str = "Response";

/// What an envelope says.
#[derive(Debug)]
pub(crate) struct Envelope {
    /// The last part of the action (`Create`, `ReceiveResponse`…), else the body's element.
    pub(crate) operation: String,
    /// Whose envelope it is, where nothing else tells.
    pub(crate) side: Side,
    pub(crate) resource_uri: Option<String>,
    /// Which streams it carries; the ranges are not set, nor is `powershell`.
    pub(crate) places: Places,
    /// The bytes of the streams, or what is wrong with their text.
    pub(crate) data: Vec<Result<Vec<u8>, String>>,
    /// The code of a signal.
    pub(crate) signal: Option<String>,
    pub(crate) message_id: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) operation_id: Option<String>,
    pub(crate) fault: Option<Fault>,
    /// Why it could be read in part only.
    pub(crate) damage: Option<String>,
}

/// Reads a body, as far as it goes; `None` where it is not meant to be an envelope.
pub(crate) fn read(body: &[u8]) -> Option<Envelope> {
    let text = psbridge_clixml::xml::decode(body).unwrap_or_else(|_| String::from_utf8_lossy(body));
    if !is_envelope(&text) {
        return None;
    }
    let (inspected, error) = wsman::inspect_partial(body);
    let mut envelope = Envelope::new(inspected, error.map(|e| e.to_string()));
    if envelope.damage.is_some() {
        envelope.add_cut_stream(text.as_bytes());
    }
    Some(envelope)
}

impl Envelope {
    fn new(inspected: Inspected, damage: Option<String>) -> Self {
        let action = inspected.action.as_deref().and_then(|a| a.rsplit('/').next());
        let operation = action
            .or(inspected.body_element.as_deref())
            .unwrap_or("empty envelope")
            .to_owned();
        let answers = inspected.relates_to.is_some()
            || inspected.fault.is_some()
            || operation.ends_with(RESPONSE)
            || inspected
                .body_element
                .as_deref()
                .is_some_and(|e| e.ends_with(RESPONSE));
        let side = if answers { Side::Server } else { Side::Client };
        let mut streams = Vec::new();
        let mut data = Vec::new();
        for stream in inspected.streams {
            let Some(carrier) = Carrier::of(stream.element) else {
                continue;
            };
            streams.push(Carried {
                carrier,
                name: stream.name.unwrap_or_default(),
                command: stream.command_id,
                range: 0..0,
            });
            data.push(stream.data.map_err(|e| e.to_string()));
        }
        // A server names the shell that it created; a client only proposes one.
        let (created, suggested) = match side {
            Side::Server => (inspected.created_shell_id, None),
            Side::Client => (None, inspected.created_shell_id),
        };
        Self {
            signal: inspected.signal_code,
            message_id: inspected.message_id,
            session_id: inspected.session_id,
            operation_id: inspected.operation_id,
            side,
            resource_uri: inspected.resource_uri.or(inspected.created_resource_uri),
            places: Places {
                shell: inspected.shell_id.or(created),
                suggested_shell: suggested,
                command: inspected.command_id.or(inspected.request_command_id),
                powershell: false,
                streams,
            },
            data,
            operation,
            fault: inspected.fault,
            damage,
        }
    }
}

impl Envelope {
    /// Adds what is there of a stream whose element is cut off, which the checked reader leaves out.
    fn add_cut_stream(&mut self, body: &[u8]) {
        let known = self.places.streams.len();
        let mut found = Places::find(body).streams;
        if found.len() == known + 1
            && let Some(last) = found.pop()
        {
            let text = String::from_utf8_lossy(body.get(last.range.clone()).unwrap_or_default()).into_owned();
            let (bytes, _) = base64_prefix(&text);
            self.places.streams.push(last);
            self.data.push(Ok(bytes));
        }
    }

    /// A signal that frees its command: PowerShell takes any but the one that stops for that.
    pub(crate) fn ends_command(&self) -> bool {
        self.signal.as_deref().is_some_and(|code| code != STOP)
    }
}
