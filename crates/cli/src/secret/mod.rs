//! Secrets by reference: where a password is, never the password itself.
//!
//! On the command line a reference is a text (`env:NAME`, `file:PATH`, `command:PROGRAM ARG…`, `keyring:NAME`), in a
//! profile a table with one of these keys.

mod command;
#[cfg(feature = "keyring")]
pub(crate) mod keyring;

use std::fmt;
use std::io::{self, BufRead, Read as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};

/// The most that is read of a file, of a program's output or of standard input. Tokens are long; books are not tokens.
const MAX_BYTES: u64 = 1 << 20;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SecretRef {
    /// In an environment variable.
    Env(String),
    /// On the first line of a file.
    File(PathBuf),
    /// On the first line of what a program prints: the program and its arguments, without a shell between.
    Command(Vec<String>),
    /// In the system's keyring, under this name.
    Keyring(String),
}

impl SecretRef {
    /// Reads the text form that `option` was given.
    ///
    /// What is no reference may be the secret itself, put there by mistake: no message repeats it.
    pub(crate) fn parse(text: &str, option: &str) -> Result<Self, Failure> {
        match text.split_once(':') {
            Some(("env", name)) if is_variable(name) => Ok(Self::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("command", line)) => words(line).map(Self::Command).ok_or_else(|| {
                Failure::new(Exit::Usage, format!("--{option} names no program"))
                    .advice("write command:PROGRAM ARG…, or command:[\"PROGRAM\", \"ARG\"] where an argument holds blanks")
            }),
            Some(("keyring", name)) if !name.is_empty() => Ok(Self::Keyring(name.to_owned())),
            _ => Err(Failure::new(
                Exit::Usage,
                format!("--{option} takes a reference to the secret, never the secret itself"),
            )
            .advice("write env:NAME, file:PATH, command:PROGRAM ARG… or keyring:NAME")),
        }
    }

    /// The reference that a pair of options gives: a file by `--X-file`, or anything by `--X-from`.
    pub(crate) fn of(file: Option<&Path>, from: Option<&str>, option: &str) -> Result<Option<Self>, Failure> {
        match (file, from) {
            (Some(path), _) => Ok(Some(Self::File(path.to_owned()))),
            (None, Some(text)) => Self::parse(text, option).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// Fetches the secret.
    pub(crate) fn read(&self) -> Result<Zeroizing<String>, Failure> {
        match self {
            Self::Env(name) => from_env(name)?.ok_or_else(|| {
                Failure::new(Exit::Usage, format!("the environment variable {name} is not set"))
                    .advice(format!("set {name} to the secret"))
            }),
            Self::File(path) => from_file(path),
            Self::Command(words) => command::first_line(words),
            #[cfg(feature = "keyring")]
            Self::Keyring(name) => keyring::get(name),
            #[cfg(not(feature = "keyring"))]
            Self::Keyring(_) => Err(no_keyring()),
        }
    }
}

impl fmt::Display for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
            Self::Command(words) => write!(f, "command:{}", serde_json::json!(words)),
            Self::Keyring(name) => write!(f, "keyring:{name}"),
        }
    }
}

/// What a build without the feature says.
#[cfg(not(feature = "keyring"))]
pub(crate) fn no_keyring() -> Failure {
    Failure::new(Exit::Usage, "this build cannot use the system's keyring")
        .advice("use env:NAME, file:PATH or command:PROGRAM ARG…, or a build with the feature keyring")
}

/// A secret from an environment variable; `None` when it is not set or empty.
pub(crate) fn from_env(name: &str) -> Result<Option<Zeroizing<String>>, Failure> {
    match std::env::var_os(name) {
        None => Ok(None),
        Some(value) => match value.into_string() {
            Ok(text) if text.is_empty() => Ok(None),
            Ok(text) => Ok(Some(Zeroizing::new(text))),
            Err(_) => Err(Failure::new(
                Exit::Usage,
                format!("the environment variable {name} is not valid text"),
            )),
        },
    }
}

/// The first line of a file.
pub(crate) fn from_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let file = std::fs::File::open(path).map_err(|error| Failure::file(path, &error))?;
    let line = first_line(&mut io::BufReader::new(file)).map_err(|error| Failure::file(path, &error))?;
    line.ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!("{} has no secret on its first line", path.display()),
        )
        .advice("write it there, without quotes")
    })
}

/// The first line without its end; `None` when there is none or it is empty.
pub(crate) fn first_line(reader: &mut impl BufRead) -> io::Result<Option<Zeroizing<String>>> {
    let mut line = Zeroizing::new(String::with_capacity(4096));
    let read = reader.take(MAX_BYTES).read_line(&mut line)?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok((read > 0 && !line.is_empty()).then_some(line))
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// Program and arguments: a JSON list, else words between blanks.
fn words(line: &str) -> Option<Vec<String>> {
    let line = line.trim();
    let words: Vec<String> = if line.starts_with('[') {
        serde_json::from_str(line).ok()?
    } else {
        line.split_whitespace().map(str::to_owned).collect()
    };
    words
        .first()
        .is_some_and(|program| !program.is_empty())
        .then_some(words)
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
    fn references_are_read_and_written() {
        for (text, expected) in [
            ("env:PW", SecretRef::Env("PW".into())),
            ("file:/run/pw", SecretRef::File("/run/pw".into())),
            (
                r#"command:["pass","show","corp"]"#,
                SecretRef::Command(vec!["pass".into(), "show".into(), "corp".into()]),
            ),
            ("keyring:corp", SecretRef::Keyring("corp".into())),
        ] {
            let read = SecretRef::parse(text, "password-from").unwrap();
            assert_eq!(read, expected);
            assert_eq!(read.to_string(), text);
        }
        let words = SecretRef::parse("command: pass  show corp", "password-from").unwrap();
        assert_eq!(
            words,
            SecretRef::Command(vec!["pass".into(), "show".into(), "corp".into()])
        );
    }

    #[test]
    fn what_is_no_reference_is_not_repeated() {
        for text in [
            "hunter2",
            "x:hunter2",
            "env:",
            "file:",
            "command:",
            "command:[1]",
            "keyring:",
            "",
        ] {
            let failure = SecretRef::parse(text, "password-from").unwrap_err();
            assert_eq!(failure.exit(), Exit::Usage);
            assert!(!failure.to_string().contains("hunter2"));
            assert!(failure.to_string().contains("--password-from"));
        }
    }

    #[test]
    fn a_file_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        std::fs::write(&path, "pässword\nmore\n").unwrap();
        assert_eq!(*SecretRef::File(path.clone()).read().unwrap(), "pässword");
        let missing = SecretRef::File(folder.path().join("none")).read().unwrap_err();
        assert_eq!(missing.exit(), Exit::Usage);
        std::fs::write(&path, "").unwrap();
        let empty = SecretRef::File(path).read().unwrap_err();
        assert!(empty.to_string().contains("no secret"), "{empty}");
    }
}
