//! `psbridge decode`: any captured thing to messages or objects.

mod lines;
mod summary;
mod text;
mod tree;

use std::io::{self, BufWriter, IsTerminal as _, Read as _, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use psbridge_clixml::Limits;
use psbridge_recording::decode::{Item, Problem, decode};

use crate::args::{Format, Global};
use crate::exit::{Exit, Failure};

/// Problems that the paragraph on standard error names one by one.
const NAMED_PROBLEMS: usize = 3;

/// Options of `decode`.
#[derive(Debug, clap::Args)]
pub(crate) struct DecodeArgs {
    /// A recording, a SOAP envelope, fragments (raw or base64) or a CLIXML document; `-` is standard input
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,
}

/// Prints what a form of output makes of what was found.
trait Printer {
    /// Takes one thing; may print it now or keep it.
    fn item(&mut self, item: &Item, out: &mut dyn Write) -> io::Result<()>;

    /// Prints what was kept.
    fn finish(&mut self, _out: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }
}

/// Decodes a file to standard output.
pub(crate) fn run(args: &DecodeArgs, global: &Global) -> Result<Exit, Failure> {
    let bytes = read(&args.file)?;
    let stdout = io::stdout();
    let format = global.format.unwrap_or(if stdout.is_terminal() { Format::Text } else { Format::Ndjson });
    let mut out = BufWriter::new(stdout.lock());
    let problems = match print(&bytes, format, &mut out) {
        Ok(problems) => problems,
        // Nobody reads on.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Done),
        Err(error) => return Err(Failure::new(Exit::Usage, format!("cannot write the output: {error}"))),
    };
    if problems.is_empty() { Ok(Exit::Done) } else { Err(failure(&args.file, &problems)) }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut bytes);
        return read.map(|_| bytes).map_err(|error| Failure::file(Path::new("standard input"), &error));
    }
    std::fs::read(file).map_err(|error| Failure::file(file, &error))
}

/// Prints everything that can be read and says what cannot.
fn print(bytes: &[u8], format: Format, out: &mut dyn Write) -> io::Result<Vec<Problem>> {
    let mut printer: Box<dyn Printer> = match format {
        Format::Typed => Box::new(lines::Typed),
        Format::Ndjson => Box::new(lines::Ndjson),
        Format::Json => Box::new(lines::Array::default()),
        Format::Text => Box::new(text::Text::default()),
        Format::Table => Box::new(summary::Table::default()),
        Format::List => Box::new(summary::List),
    };
    let mut problems = Vec::new();
    let mut result = Ok(());
    let flow = decode(bytes, &Limits::default(), |found| {
        match found {
            Ok(item) => result = printer.item(&item, out),
            Err(problem) => problems.push(problem),
        }
        if result.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    result?;
    if flow.is_continue() {
        printer.finish(out)?;
    }
    out.flush()?;
    Ok(problems)
}

fn failure(file: &Path, problems: &[Problem]) -> Failure {
    let name = if file == Path::new("-") { "standard input".into() } else { file.display().to_string() };
    let mut text = format!("{name}: ");
    for (n, problem) in problems.iter().take(NAMED_PROBLEMS).enumerate() {
        if n > 0 {
            text.push_str("; ");
        }
        text.push_str(&problem.to_string());
    }
    if let Some(more @ 1..) = problems.len().checked_sub(NAMED_PROBLEMS) {
        text.push_str(&format!("; and {more} more problems"));
    }
    let nothing = matches!(problems, [Problem::Input(_)]);
    let advice = if nothing {
        "`psbridge decode --help` lists what can be decoded"
    } else {
        "what could be read was printed; capture it again whole to see the rest"
    };
    Failure::new(Exit::Protocol, text).advice(advice)
}
