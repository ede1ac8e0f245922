//! `--trace`: one line on standard error for each exchange with the endpoint, as it happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use psbridge::exchange::{BoxFuture, Exchange, ExchangeError, PlainRequest, PlainResponse, Traffic};
use psbridge_protocol::wsman;

use crate::stderr::{self, Style};

/// Shows what passes through to the exchange below.
pub(crate) struct Traced {
    below: Arc<dyn Exchange>,
    started: Instant,
    sequence: AtomicU64,
}

impl Traced {
    pub(crate) fn new(below: Arc<dyn Exchange>) -> Self {
        Self {
            below,
            started: Instant::now(),
            sequence: AtomicU64::new(0),
        }
    }
}

impl Exchange for Traced {
    fn exchange(&self, request: PlainRequest) -> BoxFuture<'_, Result<PlainResponse, ExchangeError>> {
        // Relaxed: the numbers only have to differ.
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let sent = self.started.elapsed();
        let operation = operation(&request.body);
        Box::pin(async move {
            let result = self.below.exchange(request).await;
            stderr::line(Style::Faint, &line(sequence, sent, &operation, &result));
            result
        })
    }

    fn traffic(&self) -> Traffic {
        self.below.traffic()
    }

    fn finish(&self) -> BoxFuture<'_, Result<(), ExchangeError>> {
        self.below.finish()
    }
}

fn line(
    sequence: u64,
    sent: Duration,
    operation: &str,
    result: &Result<PlainResponse, ExchangeError>,
) -> String {
    let head = format!("trace +{:.3}s #{sequence} {operation}", sent.as_secs_f64());
    match result {
        Ok(response) => format!(
            "{head}: {}{} in {:.1} ms (first byte {:.1} ms), {} bytes out, {} bytes in, connection {}",
            response.status,
            fault(response).unwrap_or_default(),
            millis(response.timing.total),
            millis(response.timing.first_byte),
            response.wire.request,
            response.wire.response,
            response.connection,
        ),
        Err(error) => format!("{head}: failed, {error}"),
    }
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The operation that a request asks for, by the last part of its action, and the command that it is about.
fn operation(body: &[u8]) -> String {
    let (envelope, _) = wsman::inspect_partial(body);
    let action = envelope.action.as_deref().unwrap_or("request");
    let name = action.rsplit('/').next().unwrap_or(action);
    match envelope.request_command_id {
        Some(command) => format!("{name} {}", command.get(..8).unwrap_or(&command)),
        None => name.to_owned(),
    }
}

/// The fault of an answer that is one.
fn fault(response: &PlainResponse) -> Option<String> {
    if response.status == 200 {
        return None;
    }
    let (envelope, _) = wsman::inspect_partial(&response.body);
    let code = envelope.fault?.wsman_code?;
    let name = wsman::fault_info(code).map_or("", |info| info.name);
    Some(format!(" fault {code} {name}").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_named_by_their_action() {
        let body = br#"<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing"><s:Header><a:Action>http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive</a:Action></s:Header><s:Body/></s:Envelope>"#;
        assert_eq!(operation(body), "Receive");
        assert_eq!(operation(b"garbage"), "request");
    }

    #[test]
    fn a_line_says_what_travelled() {
        let response = PlainResponse {
            status: 200,
            headers: Vec::new(),
            body: Vec::new().into(),
            connection: 2,
            timing: Default::default(),
            wire: psbridge::exchange::WireBytes {
                request: 10,
                response: 20,
            },
        };
        assert_eq!(
            line(3, Duration::from_millis(1500), "Create", &Ok(response)),
            "trace +1.500s #3 Create: 200 in 0.0 ms (first byte 0.0 ms), 10 bytes out, 20 bytes in, connection 2"
        );
    }
}
