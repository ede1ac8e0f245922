//! Skips that are said aloud, and are failures where everything must be there.

use std::io::Write;
use std::path::PathBuf;

use crate::workspace;

/// Whether a test must fail when it lacks something (`PSBRIDGE_REQUIRE=all`, as CI sets it).
#[must_use]
pub fn required() -> bool {
    std::env::var("PSBRIDGE_REQUIRE").is_ok_and(|value| value == "all")
}

/// Says that the test `name` does not run and why.
///
/// # Panics
/// When [`required`].
pub fn skip(name: &str, reason: &str) {
    assert!(
        !required(),
        "{name} must run here (PSBRIDGE_REQUIRE=all) but cannot: {reason}"
    );
    announce(name, reason);
}

/// The folder of the recorded traffic of real servers: `PSBRIDGE_RECORDINGS`, else `../shared/recordings`.
///
/// They are not part of the project. Where they are absent this says so for the test `name`, even under
/// `PSBRIDGE_REQUIRE=all`, and the test returns.
#[must_use]
pub fn recordings(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("PSBRIDGE_RECORDINGS")
        .map_or_else(|| workspace().join("../shared/recordings"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    announce(
        name,
        &format!("no recordings in {} (set PSBRIDGE_RECORDINGS)", folder.display()),
    );
    None
}

/// One line for a person, and one for `scripts/test`, because the harness hides what passing tests print.
fn announce(name: &str, reason: &str) {
    let line = format!("skipped: {name}: {reason}");
    println!("{line}");
    if let Some(file) = std::env::var_os("PSBRIDGE_SKIPS") {
        let noted = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(file)
            .and_then(|mut file| writeln!(file, "{line}"));
        assert!(noted.is_ok(), "cannot note {line}: {noted:?}");
    }
}
