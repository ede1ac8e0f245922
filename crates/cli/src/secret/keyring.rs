//! The system's keyring: Secret Service, macOS Keychain, Windows Credential Manager.

use keyring::{Entry, Error};
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};

/// What our entries are filed under.
const SERVICE: &str = "psbridge";

/// Fetches the secret of this name.
pub(super) fn get(name: &str) -> Result<Zeroizing<String>, Failure> {
    apart(name, |entry| entry.get_password().map(Zeroizing::new))
        .map_err(|error| failure("read", name, &error))
}

/// Keeps a secret under this name; one that is there is replaced.
pub(crate) fn set(name: &str, secret: &Zeroizing<String>) -> Result<(), Failure> {
    apart(name, |entry| entry.set_password(secret)).map_err(|error| failure("write", name, &error))
}

/// Removes the secret of this name, if there is one.
pub(crate) fn remove(name: &str) -> Result<(), Failure> {
    match apart(name, Entry::delete_credential) {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(failure("remove", name, &error)),
    }
}

/// Uses the entry on a thread of its own: the keyring waits for its own runtime, which must not happen inside ours.
fn apart<T: Send>(name: &str, work: impl FnOnce(&Entry) -> keyring::Result<T> + Send) -> keyring::Result<T> {
    let result = std::thread::scope(|scope| scope.spawn(|| work(&Entry::new(SERVICE, name)?)).join());
    result.unwrap_or(Err(Error::NoDefaultStore))
}

fn failure(what: &str, name: &str, error: &Error) -> Failure {
    // Some variants carry what they found: nothing but fixed words is shown of those.
    let reason = match error {
        Error::NoEntry => "it has no such entry".to_owned(),
        Error::NoDefaultStore => "there is none in this session".to_owned(),
        Error::PlatformFailure(error) | Error::NoStorageAccess(error) => error.to_string(),
        Error::Ambiguous(_) => "several entries have this name".to_owned(),
        _ => "its entry cannot be used".to_owned(),
    };
    Failure::new(
        Exit::Usage,
        format!("cannot {what} the entry {name} of the system's keyring: {reason}"),
    )
    .advice("check that a keyring runs in this session and is unlocked, or use another kind of reference")
}
