//! Conversations that are recorded into `protocol-fixtures/` and replayed from there: both run the same code.

use futures_util::stream;
use psbridge::clixml::json;
use psbridge::{Command, Error, Object, Pipeline, Session, Value};
use serde_json::Value as Json;

/// What a pipeline of the conversation gave, in order: the stream of each record, and its typed value where it has one.
pub type Heard = Vec<(String, Json)>;

/// Runs the pipelines of the conversation with the endpoint of `tests/python`, one after the other.
///
/// # Errors
/// When the session breaks. That a pipeline fails is part of the conversation.
pub async fn converse(session: &Session) -> Result<Heard, Error> {
    let mut heard = Heard::new();
    let arguments = Command::new("Get-Arguments")
        .parameter("Text", "a text")
        .parameter("Count", 5)
        .parameter("Big", 5_000_000_000_i64)
        .parameter("Share", 1.5)
        .parameter("Names", Value::list([Value::from("a"), Value::from("b")]))
        .parameter("Nothing", Value::Nil)
        .switch("Flag")
        .argument("positional");
    let input = [
        Value::from("text"),
        Value::Int32(5),
        Value::Nil,
        Value::Bytes(vec![0, 1, 255]),
        Object::custom().extended("Name", "bag").into(),
    ];
    let pipelines = [
        Pipeline::from(Command::new("Get-Values")),
        Pipeline::from(Command::new("Write-Streams")),
        Pipeline::from(arguments),
        Pipeline::new()
            .command(Command::new("Get-Users").parameter("Count", 3))
            .command(Command::new("Measure-Input"))
            .statement()
            .command(Command::new("Get-Blob").parameter("Size", 40_000)),
        Pipeline::new()
            .command(Command::new("Echo-Input"))
            .input(stream::iter(input)),
        Pipeline::from(Command::new("Invoke-Host")),
        Pipeline::from(Command::new("Raise-Event")),
        Pipeline::from(Command::new("Wait-Quiet").parameter("Seconds", 3)),
        Pipeline::script("$x | Out-Nothing"),
        // These two fail.
        Pipeline::from(Command::new("Write-Failures")),
        Pipeline::from(Command::new("Get-Nothing")),
    ];
    for pipeline in pipelines {
        let mut records = session.pipeline(pipeline).start().await?;
        while let Some(record) = records.next().await {
            match record {
                Ok(record) => {
                    let value = record
                        .document()
                        .and_then(psbridge::Document::root)
                        .map(json::typed);
                    heard.push((record.stream().to_owned(), value.unwrap_or_default()));
                }
                Err(error) if error.kind() == psbridge::ErrorKind::PipelineFailed => {
                    heard.push(("failed".to_owned(), error.detail().into()));
                }
                Err(error) => return Err(error),
            }
        }
    }
    Ok(heard)
}
