//! Signing in with CredSSP: what the handshake driver needs to know about it.

use std::sync::Arc;

use psbridge_auth::{Credential, SecurityContext, credssp};

/// What every connection of an exchange signs in with.
pub(super) struct CredSsp {
    credential: Credential,
    /// Accepts the versions without the correction of CVE-2018-0886.
    allow_vulnerable: bool,
}

impl CredSsp {
    pub(super) fn new(credential: Credential, allow_vulnerable: bool) -> Self {
        Self {
            credential,
            allow_vulnerable,
        }
    }

    /// The context of one connection; `inner` proves the password within it.
    pub(super) fn context(
        &self,
        inner: Box<dyn SecurityContext>,
    ) -> Result<Box<dyn SecurityContext>, psbridge_auth::Error> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut context = credssp::Initiator::new(inner, &self.credential, provider)?;
        if self.allow_vulnerable {
            context = context.allow_vulnerable_versions();
        }
        Ok(Box::new(context))
    }
}
