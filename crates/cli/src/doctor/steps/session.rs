//! Signing in, opening a session, running pipelines, closing.

use std::sync::Arc;

use psbridge::exchange::{Exchange, ExchangeError};
use psbridge::{Collected, Command, Document, Error, Pipeline, Session};
use psbridge_clixml::json;
use serde_json::Value;

use crate::doctor::finding::{Finding, count};
use crate::doctor::walk::Seen;
use crate::terminal::fit;

/// Objects of a probe that are shown.
const SHOWN: usize = 3;
/// Columns for each of them.
const COLUMNS: usize = 40;

/// Opens the session over an exchange that may be signed in already.
pub(crate) async fn open(
    builder: psbridge::SessionBuilder,
    exchange: Arc<dyn Exchange>,
) -> Result<Session, Error> {
    builder.exchange(exchange).open().await
}

/// The failure of an exchange behind an error of a session.
pub(crate) fn exchange_error(error: &Error) -> Option<&ExchangeError> {
    std::error::Error::source(error).and_then(|source| source.downcast_ref())
}

/// What a new session says about itself.
pub(crate) fn opened(session: &Session) -> Seen<()> {
    Seen::new((), format!("shell open, PSRP {}", session.protocol_version()))
}

/// Runs what every endpoint permits, Exchange's without a language too.
pub(crate) async fn noop(session: &Session) -> Result<Seen<()>, Finding> {
    let nothing = Command::new("Get-Command").parameter("Name", "Get-Command");
    match session.run(Pipeline::from(nothing)).await {
        Ok(_) => Ok(Seen::new((), "Get-Command ran")),
        Err(error) => match Finding::of_session(&error) {
            // The session works; this endpoint shows other cmdlets.
            Finding::CommandUnknown { .. } => Ok(Seen::new((), "pipelines run; Get-Command is not offered")),
            finding => Err(finding),
        },
    }
}

/// Runs the pipeline of the caller.
pub(crate) async fn probe(session: &Session, pipeline: Pipeline) -> Result<Seen<()>, Finding> {
    let collected = session
        .run(pipeline)
        .await
        .map_err(|error| Finding::of_session(&error))?;
    if let Some(error) = collected.errors().next() {
        return Err(Finding::PipelineFailed {
            text: error.message().to_owned(),
        });
    }
    Ok(Seen::new((), summary(&collected)))
}

/// Closes the session.
pub(crate) async fn close(session: &Session) -> Result<Seen<()>, Finding> {
    session
        .close()
        .await
        .map_err(|error| Finding::of_session(&error))?;
    Ok(Seen::new((), "shell closed"))
}

fn summary(collected: &Collected) -> String {
    let total = collected.output().count();
    let names: Vec<String> = collected.output().take(SHOWN).map(name).collect();
    let objects = count(i64::try_from(total).unwrap_or(i64::MAX), "object");
    match names.as_slice() {
        [] => objects,
        _ if total > names.len() => format!("{objects}: {}, …", names.join(", ")),
        _ => format!("{objects}: {}", names.join(", ")),
    }
}

/// What people call the object: a property that names it, else all of it, cut.
fn name(document: &Document) -> String {
    let value = document
        .root()
        .map_or(Value::Null, |root| json::plain(document, root));
    let named = ["Name", "DisplayName", "Identity", "Id"]
        .iter()
        .find_map(|property| value.get(property).and_then(Value::as_str));
    let text = match (named, &value) {
        (Some(name), _) => name.to_owned(),
        (None, Value::String(text)) => text.clone(),
        (None, other) => other.to_string(),
    };
    fit(&crate::terminal::safe(&text), COLUMNS).into_owned()
}
