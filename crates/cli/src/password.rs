//! The password of the user: never from the command line, which every user of the machine can read.

use std::io::{self, IsTerminal as _};

use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};
use crate::secret::{self, SecretRef};

/// The environment variable that may hold the password.
pub(crate) const VARIABLE: &str = "PSBRIDGE_PASSWORD";

/// Reads the password of `whom`: by its reference, else from `PSBRIDGE_PASSWORD`, else the first line of standard input,
/// else from a person at the terminal.
///
/// `stdin_taken` tells that standard input holds something else (`--input -`).
pub(crate) fn read(
    whom: &str,
    reference: Option<&SecretRef>,
    stdin_taken: bool,
) -> Result<Zeroizing<String>, Failure> {
    if let Some(reference) = reference {
        return reference.read();
    }
    if let Some(text) = secret::from_env(VARIABLE)? {
        return Ok(text);
    }
    let stdin = io::stdin();
    if !stdin_taken && !stdin.is_terminal() {
        let line = secret::first_line(&mut stdin.lock())
            .map_err(|error| missing(&format!("cannot read standard input: {error}")))?;
        return line.ok_or_else(|| missing(&format!("no password was given for {whom}")));
    }
    prompt(&format!("Password for {whom}: "))
        .ok_or_else(|| missing(&format!("no password was given for {whom}")))
}

/// Asks a person; `None` when there is none, or no answer.
pub(crate) fn prompt(question: &str) -> Option<Zeroizing<String>> {
    let answer = rpassword::prompt_password(crate::terminal::safe(question));
    answer.ok().map(Zeroizing::new).filter(|text| !text.is_empty())
}

fn missing(what: &str) -> Failure {
    Failure::new(Exit::Usage, what).advice(format!(
        "set {VARIABLE}, use --password-file or --password-from, or write the password to standard input"
    ))
}
