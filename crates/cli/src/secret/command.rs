//! A secret that a program prints: a password manager, usually.

use std::io::{self, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};

/// Long enough for a person to unlock a password manager.
const LIMIT: Duration = Duration::from_secs(60);
/// How often a running program is looked at.
const POLL: Duration = Duration::from_millis(5);

/// The first line of what the program prints. It has no standard input; what it says on standard error is passed on.
pub(super) fn first_line(words: &[String]) -> Result<Zeroizing<String>, Failure> {
    within(words, LIMIT)
}

fn within(words: &[String], limit: Duration) -> Result<Zeroizing<String>, Failure> {
    let (program, arguments) = words
        .split_first()
        .ok_or_else(|| Failure::new(Exit::Usage, "the command for a secret names no program"))?;
    let failed = |what: String| {
        Failure::new(Exit::Usage, format!("the command {program} for a secret {what}"))
            .advice("run it by hand: it must print the secret on its first line and end with 0")
    };
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    let (send, receive) = mpsc::channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            // Nobody listens when the time was up.
            let _ = send.send(super::first_line(&mut output));
            // A program that has more to say must not find its pipe closed.
            let _ = io::copy(&mut output, &mut io::sink());
        });
    }
    let started = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if started.elapsed() < limit => std::thread::sleep(POLL),
            Ok(None) => {
                let ended = child.kill().and_then(|()| child.wait());
                if let Err(error) = ended {
                    tracing::debug!(%error, "the command was not ended");
                }
                return Err(failed(format!("took longer than {} s", limit.as_secs_f32())));
            }
            Err(error) => return Err(failed(format!("was lost: {error}"))),
        }
    };
    if !status.success() {
        return Err(failed(format!("failed ({status})")));
    }
    match receive.recv_timeout(limit.saturating_sub(started.elapsed())) {
        Ok(Ok(Some(line))) => Ok(line),
        Ok(Ok(None)) | Err(_) => Err(failed("printed nothing on its first line".into())),
        Ok(Err(error)) => Err(failed(format!("printed something that is no text: {error}"))),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Result<String, String> {
        within(&["sh".into(), "-c".into(), script.into()], limit)
            .map(|line| line.to_string())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_first_line_of_the_output_counts() {
        assert_eq!(shell("echo first; echo second", LIMIT).as_deref(), Ok("first"));
        let arguments = ["printf", "%s-%s", "a b", "$HOME"].map(str::to_owned);
        assert_eq!(*within(&arguments, LIMIT).unwrap(), "a b-$HOME");
    }

    #[test]
    fn failures_say_what_happened_and_nothing_of_the_output() {
        for (script, part) in [
            ("echo s3cret; exit 3", "exit status: 3"),
            ("true", "printed nothing"),
            ("exec sleep 60", "took longer"),
            ("printf '\\377\\376\\n'", "no text"),
        ] {
            let text = shell(script, Duration::from_millis(300)).unwrap_err();
            assert!(text.contains(part), "{text}");
            assert!(!text.contains("s3cret"), "{text}");
        }
        let missing = within(&["/no/such/program".into()], LIMIT).unwrap_err();
        assert!(missing.to_string().contains("/no/such/program"), "{missing}");
    }
}
