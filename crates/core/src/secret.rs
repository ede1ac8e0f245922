use zeroize::Zeroizing;

/// A password or token. It is wiped from memory when dropped, and has neither `Debug` nor `Display`.
///
/// ```
/// let password = psbridge::Secret::from(std::env::var("PSBRIDGE_PASSWORD").unwrap_or_default());
/// ```
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it must not be printed")]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself, for handing it on.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl From<Zeroizing<String>> for Secret {
    fn from(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }
}
