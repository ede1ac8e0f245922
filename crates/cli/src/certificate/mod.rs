//! `psbridge certificate`: makes the certificates by which apps sign in, and looks at them.

mod args;
mod make;
mod read;

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use zeroize::Zeroizing;

pub(crate) use self::args::{CertificateAction, CertificateCommandArgs};
use self::args::{NewArgs, PasswordArgs, ShowArgs};
pub(crate) use self::read::{Seen, from_file};
use crate::args::{Format, Global};
use crate::exit::{Exit, Failure};
use crate::private;
use crate::secret::{self, SecretRef};
use crate::terminal::safe;

/// The environment variable that may hold the password of a PFX.
const VARIABLE: &str = "PSBRIDGE_PFX_PASSWORD";

pub(crate) fn run(args: &CertificateCommandArgs, global: &Global) -> Result<Exit, Failure> {
    match &args.action {
        CertificateAction::New(args) => new(args, global),
        CertificateAction::Show(args) => show(args, global),
    }
}

fn new(args: &NewArgs, global: &Global) -> Result<Exit, Failure> {
    let ending = |ending: &str| {
        let mut path = args.name.clone().into_os_string();
        path.push(ending);
        std::path::PathBuf::from(path)
    };
    let (key, cer, pfx) = (ending(".key"), ending(".cer"), ending(".pfx"));
    for path in [&key, &cer, &pfx] {
        if !args.overwrite && path.symlink_metadata().is_ok() {
            return Err(Failure::new(
                Exit::Usage,
                format!("{} is there already; nothing was made", path.display()),
            )
            .advice("choose another NAME, or add --overwrite if nothing uses that certificate any more"));
        }
    }
    let common = args
        .name
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let subject = make::subject(args.subject.as_deref().unwrap_or(&common))?;
    let password = password(&args.password)?.or_else(ask_twice).ok_or_else(|| {
        Failure::new(Exit::Usage, "no password was given for the PFX").advice(format!(
            "set {VARIABLE}, or use --pfx-password-file or --pfx-password-from"
        ))
    })?;
    let made = make::certificate(subject, &args.key_size, args.days, &password)?;
    let seen = Seen::of(&made.der)?;
    // The key is written last: a certificate without its key harms nobody.
    private::replace(&cer, made.certificate_pem.as_bytes())?;
    private::replace(&pfx, &made.pfx)?;
    private::replace(&key, made.key_pem.as_bytes())?;
    let files = json!({"key": key, "certificate": cer, "pfx": pfx});
    print(&seen, Some(&files), global);
    Ok(Exit::Done)
}

fn ask_twice() -> Option<Zeroizing<String>> {
    let first = crate::password::prompt("Password for the PFX: ")?;
    let again = crate::password::prompt("The same again: ")?;
    (*first == *again).then_some(first)
}

fn show(args: &ShowArgs, global: &Global) -> Result<Exit, Failure> {
    let seen = from_file(&args.file, || password(&args.password))?;
    print(&seen, None, global);
    Ok(Exit::Done)
}

/// The password by its reference, else from the environment.
fn password(args: &PasswordArgs) -> Result<Option<Zeroizing<String>>, Failure> {
    let reference = SecretRef::of(
        args.pfx_password_file.as_deref(),
        args.pfx_password_from.as_deref(),
        "pfx-password-from",
    )?;
    match reference {
        Some(reference) => reference.read().map(Some),
        None => secret::from_env(VARIABLE),
    }
}

fn print(seen: &Seen, files: Option<&Value>, global: &Global) {
    let mut value = seen.json(SystemTime::now());
    if let (Some(files), Some(members)) = (files, value.as_object_mut()) {
        members.insert("files".to_owned(), files.clone());
    }
    let machine = global
        .format
        .is_some_and(|format| matches!(format, Format::Json | Format::Ndjson | Format::Typed));
    if machine {
        println(&value.to_string());
        return;
    }
    if let Some(files) = files.and_then(Value::as_object) {
        for (what, path) in files {
            println(&format!("{what:<12} {}", safe(path.as_str().unwrap_or_default())));
        }
    }
    for line in seen.lines(SystemTime::now()) {
        println(&line);
    }
}

/// One line of the result.
fn println(line: &str) {
    use std::io::Write as _;
    // A reader that went away has seen enough.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// `2026-11-21T03:04:05Z`.
pub(crate) fn date(time: SystemTime) -> String {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    x509_cert::der::DateTime::from_unix_duration(since)
        .map_or_else(|_| "unknown".to_owned(), |date| date.to_string())
}

/// A file of the user, read whole.
pub(crate) fn bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    std::fs::read(path)
        .map(Zeroizing::new)
        .map_err(|error| Failure::file(path, &error))
}
