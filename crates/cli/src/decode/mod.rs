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
    /// A recording, a SOAP envelope, fragments (raw or base64) or a CLIXML document; `-` is standard input. A terminal
    /// gets it as text unless --format says otherwise
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
    let format = global.format.unwrap_or(if stdout.is_terminal() {
        Format::Text
    } else {
        Format::Ndjson
    });
    let mut out = BufWriter::new(stdout.lock());
    let problems = match print(&bytes, format, &mut out) {
        Ok(problems) => problems,
        // Nobody reads on.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Done),
        Err(error) => {
            return Err(Failure::new(
                Exit::Usage,
                format!("cannot write the output: {error}"),
            ));
        }
    };
    if problems.is_empty() {
        Ok(Exit::Done)
    } else {
        Err(failure(&args.file, &problems))
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Failure> {
    if file == Path::new("-") {
        let mut bytes = Vec::new();
        let read = io::stdin().lock().read_to_end(&mut bytes);
        return read
            .map(|_| bytes)
            .map_err(|error| Failure::file(Path::new("standard input"), &error));
    }
    std::fs::read(file).map_err(|error| Failure::file(file, &error))
}

/// Prints everything that can be read and says what cannot.
fn print(bytes: &[u8], format: Format, out: &mut dyn Write) -> io::Result<Vec<Problem>> {
    let mut printer: Box<dyn Printer> = match format {
        Format::Typed => Box::new(lines::Typed),
        Format::Ndjson => Box::new(lines::Ndjson),
        Format::Json => Box::new(lines::Array::default()),
        Format::Text => Box::new(text::Text),
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
        if result.is_ok() {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    result?;
    if flow.is_continue() {
        printer.finish(out)?;
    }
    out.flush()?;
    Ok(problems)
}

fn failure(file: &Path, problems: &[Problem]) -> Failure {
    let name = if file == Path::new("-") {
        "standard input".into()
    } else {
        file.display().to_string()
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(input: &str, format: Format) -> (String, Vec<Problem>) {
        let mut out = Vec::new();
        let problems = print(input.as_bytes(), format, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), problems)
    }

    const HOSTILE: &str = "<Objs><Obj RefId=\"a_x001B_b\"><TN RefId=\"0\"><T>T_x009B_2J</T></TN><ToString>\u{202e}gpj.exe</ToString>\
        <DCT><En><S N=\"Key\">k_x0007_</S><S N=\"Value\">v&#x202E;</S></En></DCT>\
        <MS><S N=\"n_x001B_[31m\">line_x000A_feed_x0000_</S><Ref N=\"r\" RefId=\"a_x001B_b\" /></MS></Obj>\
        <S S=\"Err_x001B_or\">\u{2066}x</S><Obj><MS><C N=\"c\">27</C><SBK N=\"s\">_x001B_]0;t_x0007_</SBK></MS></Obj></Objs>";

    /// What decoding says of a recording, with hostile texts wherever a server can place them.
    fn hostile_recording() -> String {
        let fault = "<s:Envelope xmlns:s=\\\"http://www.w3.org/2003/05/soap-envelope\\\"><s:Header/><s:Body><s:Fault><s:Code>\
            <s:Value>s:\u{202e}Sender</s:Value></s:Code><s:Reason><s:Text>\u{9b}2J</s:Text></s:Reason></s:Fault></s:Body></s:Envelope>";
        format!(
            "{{\"seq\":0,\"request\":{{\"method\":\"GET\",\"path\":\"/\\u001b[2J\",\"body\":null}},\
             \"response\":{{\"status\":500,\"body\":\"{fault}\"}},\"error\":\"\\u001b]0;\u{202e}\"}}\n"
        )
    }

    #[test]
    fn nothing_reaches_the_terminal_that_it_would_obey() {
        for input in [HOSTILE, &hostile_recording()] {
            for format in [Format::Text, Format::Table, Format::List] {
                let (text, problems) = printed(input, format);
                assert!(problems.is_empty(), "{problems:?}");
                let obeyed = text.chars().find(|&c| {
                    c != '\n' && c.is_control()
                        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
                });
                assert_eq!(obeyed, None, "{format:?}: {text}");
                assert!(text.contains("\\u{202e}"), "{format:?}: {text}");
            }
        }
    }

    #[test]
    fn json_forms_are_json() {
        let input =
            "<Objs><I32>1</I32><Obj RefId=\"0\"><MS><DT N=\"d\">2026-11-21T00:00:00Z</DT></MS></Obj></Objs>";
        assert_eq!(
            printed(input, Format::Typed).0,
            "{\"t\":\"I32\",\"v\":1}\n{\"t\":\"Obj\",\"id\":\"0\",\"types\":[],\"to_string\":null,\
             \"ms\":{\"d\":{\"t\":\"DT\",\"v\":\"2026-11-21T00:00:00.0000000Z\"}}}\n"
        );
        assert_eq!(
            printed(input, Format::Ndjson).0,
            "1\n{\"d\":\"2026-11-21T00:00:00Z\"}\n"
        );
        assert_eq!(
            printed(input, Format::Json).0,
            "[\n1,\n{\"d\":\"2026-11-21T00:00:00Z\"}\n]\n"
        );
        assert_eq!(printed("{}", Format::Json).0, "[]\n");
    }

    #[test]
    fn what_could_be_read_is_printed() {
        let (text, problems) = printed("<Objs><S>whole</S><S>ha", Format::Text);
        assert_eq!(text, "whole\n");
        let failure = failure(Path::new("x.xml"), &problems);
        assert_eq!(failure.exit(), Exit::Protocol);
        assert!(
            failure
                .to_string()
                .starts_with("x.xml: the clixml document cannot be read to its end"),
            "{failure}"
        );
        let (_, problems) = printed("", Format::Text);
        assert!(matches!(problems.as_slice(), [Problem::Input(_)]));
    }

    #[test]
    fn objects_are_shown_as_a_tree() {
        let input = "<Obj RefId=\"0\"><TN RefId=\"0\"><T>A.B</T></TN><ToString>one</ToString><Props><S N=\"Name\">x</S>\
            <Obj N=\"List\" RefId=\"1\"><LST><I32>1</I32><Ref RefId=\"0\" /></LST></Obj></Props></Obj>";
        assert_eq!(
            printed(input, Format::Text).0,
            "one  [A.B #0]\n  Name: x\n  List: [#1]\n    - 1\n    - (see #0)\n"
        );
    }
}
