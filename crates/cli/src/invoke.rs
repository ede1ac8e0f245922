//! `psbridge invoke`: runs a pipeline and prints its records as they come.

use std::io::{self, BufWriter, IsTerminal as _};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures_util::{FutureExt as _, Stream, stream};
use psbridge::{ErrorKind, ErrorRecord, Pipeline, Record, RecordStream, syntax};
use psbridge_clixml::Value;
use serde_json::{Value as Json, json};

use crate::args::{Format, Global, InvokeArgs};
use crate::connect;
use crate::exit::{Exit, Failure};
use crate::format::Printer;
use crate::input::{self, Input};
use crate::report::Reporter;
use crate::stderr::{self, Style};
use crate::{interrupt, terminal};

/// A table waits this long for further rows before it decides on its columns.
const SETTLE: Duration = Duration::from_millis(300);
/// How long the endpoint may take to confirm the end of what was stopped or closed.
const PATIENCE: Duration = Duration::from_secs(10);
/// Columns where no terminal says how many it has.
const COLUMNS: usize = 120;

/// Runs the pipeline.
pub(crate) async fn run(args: &InvokeArgs, global: &Global) -> Result<Exit, Failure> {
    let (word, text) = words(args)?;
    let target = connect::target(word, &args.target)?;
    let mut pipeline = match args.script {
        true => Pipeline::script(text),
        false => parse(text, &target.endpoint.to_string())?,
    };
    let limited = is_limited(&pipeline);
    let bad_input = Slot::default();
    if let Some(path) = &args.input {
        pipeline = pipeline.input(values(Input::open(path).await?, bad_input.clone()));
    }
    let stdin_taken = args.input.as_deref().is_some_and(input::is_stdin);
    let plan = connect::plan(&target, global, stdin_taken).await?;

    let mut interrupted = std::pin::pin!(interrupt::pressed());
    let session = tokio::select! {
        session = plan.open() => session?,
        () = &mut interrupted => return Ok(Exit::Interrupted),
    };
    let mut run = Run::new(args, global, limited);
    for record in session.opening_records() {
        run.record(record).or_else(|error| unread(error).map(drop))?;
    }
    let started = tokio::select! {
        started = session.pipeline(pipeline).start() => started.map_err(|error| connect::failure(&error)),
        () = &mut interrupted => return Ok(Exit::Interrupted),
    };
    let result = match started {
        Ok(mut records) => run.stream(&mut records, interrupted.as_mut()).await,
        Err(failure) => Err(failure),
    };
    let closed = tokio::time::timeout(PATIENCE, session.close()).await;
    let exit = result?;
    if let Some(failure) = bad_input.take() {
        return Err(failure);
    }
    match closed {
        // Everything was received; only what cannot be delivered elsewhere is worth an error now.
        Ok(Err(error)) if error.kind() == ErrorKind::Recording => Err(connect::failure(&error)),
        Ok(Err(error)) => {
            stderr::line(
                Style::Warning,
                &format!("the session was not closed cleanly: {error}"),
            );
            Ok(exit)
        }
        _ => Ok(exit),
    }
}

/// Target and pipeline: two words, or one beside `--uri`.
fn words(args: &InvokeArgs) -> Result<(Option<&str>, &str), Failure> {
    match (args.target.uri.as_deref(), args.words.as_slice()) {
        (Some(_), [pipeline]) => Ok((None, pipeline)),
        (None, [target, pipeline]) => Ok((Some(target), pipeline)),
        (Some(_), _) => {
            Err(Failure::new(Exit::Usage, "the endpoint is given twice").advice("leave out TARGET or --uri"))
        }
        (None, _) => Err(
            Failure::new(Exit::Usage, "there is no endpoint to run the pipeline on")
                .advice("write: psbridge invoke TARGET 'PIPELINE', with the pipeline as one argument"),
        ),
    }
}

/// The commands of the text. What cannot be parsed is shown with a caret below its place.
pub(crate) fn parse(text: &str, endpoint: &str) -> Result<Pipeline, Failure> {
    syntax::parse(text).map(Pipeline::from).map_err(|error| {
        let place = text
            .get(..error.offset)
            .map_or(0, |before| before.chars().count())
            + 1;
        let caret = error.caret(text, |c| terminal::width(c.encode_utf8(&mut [0; 4])));
        Failure::new(
            Exit::Usage,
            format!(
                "cannot parse the pipeline for {endpoint} at character {place}: {}",
                error.message
            ),
        )
        .advice(error.hint)
        .details(caret)
    })
}

/// Whether the pipeline itself says how many objects it wants: then it is no accident that there are more.
fn is_limited(pipeline: &Pipeline) -> bool {
    pipeline.statements().iter().flatten().any(|command| {
        let is_limit = |name: &str| name.eq_ignore_ascii_case("ResultSize");
        match command.is_script {
            true => command.name.to_ascii_lowercase().contains("-resultsize"),
            false => command
                .arguments
                .iter()
                .any(|argument| argument.name.as_deref().is_some_and(is_limit)),
        }
    })
}

/// Where the reader of the input leaves the reason why it ended early.
#[derive(Clone, Default)]
struct Slot(Arc<Mutex<Option<Failure>>>);

impl Slot {
    fn put(&self, failure: Failure) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
    }

    fn take(&self) -> Option<Failure> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The values of the input, up to the first line that is none: what stands before it is still worth running.
fn values(input: Input, bad_input: Slot) -> impl Stream<Item = Value> + Send + 'static {
    stream::unfold((input, bad_input), |(mut input, bad_input)| async {
        match input.next().await {
            Ok(value) => Some((value?, (input, bad_input))),
            Err(failure) => {
                bad_input.put(failure);
                None
            }
        }
    })
}

/// What is printed while a pipeline runs.
struct Run {
    printer: Printer<BufWriter<io::Stdout>>,
    reporter: Reporter,
    all_streams: bool,
    /// Standard output and standard error share a terminal.
    shared: bool,
}

/// Why the records ended.
enum End {
    /// The pipeline is over.
    Over,
    /// Ctrl-C.
    Interrupted,
    /// Nobody reads standard output any more.
    Unread,
}

impl Run {
    fn new(args: &InvokeArgs, global: &Global, limited: bool) -> Self {
        let is_terminal = io::stdout().is_terminal();
        let default = if is_terminal && !args.all_streams {
            Format::Table
        } else {
            Format::Ndjson
        };
        let columns = match console::Term::stdout().size_checked() {
            Some((_, columns)) if is_terminal => usize::from(columns),
            _ => COLUMNS,
        };
        let out = BufWriter::with_capacity(1 << 16, io::stdout());
        Self {
            printer: Printer::new(out, global.format.unwrap_or(default), columns),
            reporter: Reporter::new(limited),
            all_streams: args.all_streams,
            shared: is_terminal && io::stderr().is_terminal(),
        }
    }

    /// Prints the records, and afterwards what is held back, whatever happened.
    async fn stream(
        &mut self,
        records: &mut RecordStream,
        interrupted: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Exit, Failure> {
        let end = self.print(records, interrupted).await;
        self.reporter.finish();
        let finished = self.printer.finish();
        match end {
            Ok(End::Unread) => Ok(Exit::Done),
            Ok(End::Interrupted) => Ok(Exit::Interrupted),
            Ok(End::Over) => {
                if let Err(error) = finished {
                    return unread(error).map(|_| Exit::Done);
                }
                self.hint_at_left_out_properties();
                Ok(if self.reporter.saw_trouble() {
                    Exit::Failed
                } else {
                    Exit::Done
                })
            }
            Err(failure) => Err(failure),
        }
    }

    async fn print(
        &mut self,
        records: &mut RecordStream,
        mut interrupted: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<End, Failure> {
        for count in 0u64.. {
            // Records that are always ready would never let Ctrl-C have its turn.
            if count % 64 == 0 && interrupted.as_mut().now_or_never().is_some() {
                return self.interrupt(records).await;
            }
            let next = match records.next().now_or_never() {
                Some(next) => next,
                // Nothing has arrived: whoever reads shall have what there is.
                None => {
                    if let Err(error) = self.printer.flush() {
                        return self.abandon(records, error).await;
                    }
                    let holding = self.printer.is_holding();
                    tokio::select! {
                        next = records.next() => next,
                        () = &mut interrupted => return self.interrupt(records).await,
                        () = tokio::time::sleep(SETTLE), if holding => {
                            if let Err(error) = self.printer.settle() {
                                return self.abandon(records, error).await;
                            }
                            continue;
                        }
                    }
                }
            };
            match next {
                None => return Ok(End::Over),
                Some(Ok(record)) => {
                    if let Err(error) = self.record(&record) {
                        return self.abandon(records, error).await;
                    }
                }
                Some(Err(error)) => {
                    let shown = error
                        .error_record()
                        .is_some_and(|record| self.final_error(record));
                    return Err(if shown {
                        connect::failure_shown_above(&error)
                    } else {
                        connect::failure(&error)
                    });
                }
            }
        }
        Ok(End::Over)
    }

    fn record(&mut self, record: &Record) -> io::Result<()> {
        if self.all_streams {
            self.reporter.note(record);
            let value = self.json(record);
            return self.printer.tagged(record.stream(), value);
        }
        match record {
            Record::Output(document) => {
                let Self {
                    printer,
                    reporter,
                    shared,
                    ..
                } = self;
                if *shared {
                    reporter.suspend(|| printer.object(document))
                } else {
                    printer.object(document)
                }
            }
            Record::Progress(_) => {
                self.reporter.show(record);
                Ok(())
            }
            _ => {
                // In a terminal or a joined log, what was printed before stands before.
                self.printer.flush()?;
                self.reporter.show(record);
                Ok(())
            }
        }
    }

    fn json(&self, record: &Record) -> Json {
        match record {
            Record::State(end) => {
                let error = end
                    .document
                    .root()
                    .and_then(|root| root.get("ExceptionAsErrorRecord"));
                let error = error.map(|error| psbridge_clixml::json::plain(&end.document, error));
                json!({"state": format!("{:?}", end.state), "error": error})
            }
            Record::Undecodable(message) => json!({
                "type": message.message_type.name(),
                "reason": message.error.to_string(),
                "bytes": BASE64.encode(&message.bytes),
            }),
            Record::Unknown(message) => json!({
                "type_id": message.message_type.code(),
                "bytes": BASE64.encode(&message.data),
            }),
            _ => record
                .document()
                .map_or(Json::Null, |document| self.printer.json(document)),
        }
    }

    /// Shows the error that ended the pipeline, unless its state on standard output carries it.
    fn final_error(&mut self, error: &ErrorRecord) -> bool {
        let shown = !self.all_streams && self.printer.flush().is_ok();
        if shown {
            self.reporter.show_final(error);
        }
        shown
    }

    /// Stops the pipeline and prints what was still under way. A second Ctrl-C does not wait for it.
    async fn interrupt(&mut self, records: &mut RecordStream) -> Result<End, Failure> {
        let rest = async {
            // An endpoint that cannot be asked to stop is left by closing the session.
            if let Err(error) = records.stop().await {
                tracing::debug!(%error, "the pipeline was not stopped");
            }
            while let Some(Ok(record)) = records.next().await {
                if self.record(&record).is_err() {
                    break;
                }
            }
        };
        tokio::select! {
            _ = tokio::time::timeout(PATIENCE, rest) => {}
            () = interrupt::pressed() => {}
        }
        Ok(End::Interrupted)
    }

    /// Standard output cannot be written: the pipeline is stopped.
    async fn abandon(&mut self, records: &mut RecordStream, error: io::Error) -> Result<End, Failure> {
        let stop = async {
            if let Err(error) = records.stop().await {
                tracing::debug!(%error, "the pipeline was not stopped");
            }
            while let Some(Ok(_)) = records.next().await {}
        };
        // The session is closed next, which ends what did not stop.
        let _ = tokio::time::timeout(PATIENCE, stop).await;
        unread(error)
    }

    fn hint_at_left_out_properties(&self) {
        if self.shared && self.printer.left_out() > 0 {
            let text = format!(
                "({} more properties: --format list shows them)",
                self.printer.left_out()
            );
            stderr::line(Style::Faint, &text);
        }
    }
}

/// A reader that went away is no error.
fn unread(error: io::Error) -> Result<End, Failure> {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return Ok(End::Unread);
    }
    Err(Failure::new(
        Exit::Failed,
        format!("cannot write to standard output: {error}"),
    ))
}
