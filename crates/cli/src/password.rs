//! Where the password comes from: never the command line, which every user of the machine can read.

use std::fs;
use std::io::{self, BufRead, IsTerminal as _, Read as _};
use std::path::Path;

use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};

/// The environment variable that may hold the password.
pub(crate) const VARIABLE: &str = "PSBRIDGE_PASSWORD";

/// The most that is read of a file or of standard input. Tokens are long; books are not tokens.
const MAX_BYTES: u64 = 1 << 20;

/// Reads the password of `user`: from `file`, else `PSBRIDGE_PASSWORD`, else the first line of standard input, else
/// from a person at the terminal.
///
/// `stdin_taken` tells that standard input holds something else (`--input -`).
pub(crate) fn read(user: &str, file: Option<&Path>, stdin_taken: bool) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = file {
        return from_file(path);
    }
    if let Some(value) = std::env::var_os(VARIABLE) {
        let text = value
            .into_string()
            .map_err(|_| missing(&format!("{VARIABLE} is not valid text")))?;
        return Ok(Zeroizing::new(text));
    }
    let stdin = io::stdin();
    if !stdin_taken && !stdin.is_terminal() {
        let line = first_line(&mut stdin.lock())
            .map_err(|error| missing(&format!("cannot read standard input: {error}")))?;
        return line.ok_or_else(|| missing("no password was given for the user"));
    }
    let prompt = format!("Password for {}: ", crate::terminal::safe(user));
    let text =
        rpassword::prompt_password(prompt).map_err(|_| missing("no password was given for the user"))?;
    Ok(Zeroizing::new(text))
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let file = fs::File::open(path).map_err(|error| Failure::file(path, &error))?;
    let line = first_line(&mut io::BufReader::new(file)).map_err(|error| Failure::file(path, &error))?;
    line.ok_or_else(|| missing(&format!("{} has no password on its first line", path.display())))
}

/// The first line without its end; `None` when there is none.
fn first_line(reader: &mut impl BufRead) -> io::Result<Option<Zeroizing<String>>> {
    let mut line = Zeroizing::new(String::with_capacity(4096));
    let read = reader.take(MAX_BYTES).read_line(&mut line)?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok((read > 0 && !line.is_empty()).then_some(line))
}

fn missing(what: &str) -> Failure {
    Failure::new(Exit::Usage, what).advice(format!(
        "set {VARIABLE}, use --password-file, or write the password to standard input"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_counts() {
        let line = |text: &str| {
            first_line(&mut text.as_bytes())
                .unwrap()
                .map(|line| line.to_string())
        };
        assert_eq!(line("secret\nmore\n").as_deref(), Some("secret"));
        assert_eq!(line("secret\r\n").as_deref(), Some("secret"));
        assert_eq!(line(" with blanks ").as_deref(), Some(" with blanks "));
        assert_eq!(line("\nsecret"), None);
        assert_eq!(line(""), None);
    }

    #[test]
    fn a_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        fs::write(&path, "pässword\n").unwrap();
        assert_eq!(*read("me", Some(&path), false).unwrap(), "pässword");
        let missing = read("me", Some(&folder.path().join("none")), false).unwrap_err();
        assert_eq!(missing.exit(), Exit::Usage);
        fs::write(&path, "").unwrap();
        assert!(
            read("me", Some(&path), false)
                .unwrap_err()
                .to_string()
                .contains("no password")
        );
    }
}
