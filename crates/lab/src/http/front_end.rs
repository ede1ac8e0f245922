//! What stands before Exchange's back ends: a front end that sends clients elsewhere, and pins shells by a cookie.

use aws_lc_rs::rand;

/// How requests to `/PowerShell/` are sent elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Redirect {
    /// 302 to `/powershell-liveid/` of the same origin, as Exchange Online did.
    Here,
    /// 302 to this address.
    To(String),
    /// The WS-Management fault 2150859161, which names this address.
    Fault(String),
    /// 302 to where the client is already.
    Circle,
}

/// The cookie by which a shell stays with its back end.
pub(super) const COOKIE: &str = "X-BackEndCookie";

impl Redirect {
    /// Where a 302 leads, seen from `origin`; none for the fault.
    pub(super) fn location(&self, origin: &str) -> Option<String> {
        match self {
            Self::Here => Some(format!("{origin}/powershell-liveid/?PSVersion=5.1.17763.1971")),
            Self::To(url) => Some(url.clone()),
            Self::Circle => Some(format!("{origin}/PowerShell/?PSVersion=5.1.17763.1971")),
            Self::Fault(_) => None,
        }
    }
}

/// A value for the cookie that nobody else has.
pub(super) fn new_back_end() -> String {
    let mut random = [0_u8; 8];
    // Without randomness the back ends have one name, which pins as well.
    if rand::fill(&mut random).is_err() {
        tracing::warn!("no randomness for the name of a back end");
    }
    format!("{COOKIE}={:016x}; path=/; HttpOnly", u64::from_be_bytes(random))
}

/// Whether a `Cookie` header names a back end.
pub(super) fn names_back_end(cookies: Option<&str>) -> bool {
    cookies.is_some_and(|text| {
        text.split(';')
            .any(|pair| pair.trim().split('=').next() == Some(COOKIE))
    })
}
