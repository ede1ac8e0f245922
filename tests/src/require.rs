//! Skips that are said aloud, and are failures where everything must be there.

/// Whether a test must fail when it lacks something (`PSBRIDGE_REQUIRE=all`, as CI sets it).
#[must_use]
pub fn required() -> bool {
    std::env::var("PSBRIDGE_REQUIRE").is_ok_and(|value| value == "all")
}

/// Says that the test `name` does not run and why; `scripts/test` counts these lines.
///
/// # Panics
/// When [`required`].
pub fn skip(name: &str, reason: &str) {
    assert!(
        !required(),
        "{name} must run here (PSBRIDGE_REQUIRE=all) but cannot: {reason}"
    );
    println!("skipped: {name}: {reason}");
}
