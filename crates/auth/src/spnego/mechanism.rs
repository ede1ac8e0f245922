//! What SPNEGO asks of a mechanism.

use super::token::{KERBEROS, MS_KERBEROS, NTLM};
use crate::{AccountName, Error, SecurityContext, ntlm};

/// The mechanisms that SPNEGO can agree on here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MechanismKind {
    /// Kerberos (RFC 4121), by its own identifier and by the one that Windows names first.
    Kerberos,
    /// NTLM ([MS-NLMP](https://learn.microsoft.com/openspecs/windows_protocols/ms-nlmp/)).
    Ntlm,
}

impl MechanismKind {
    /// The identifiers under which it is offered, in this order.
    pub(super) fn identifiers(self) -> &'static [&'static [u8]] {
        match self {
            Self::Kerberos => &[MS_KERBEROS, KERBEROS],
            Self::Ntlm => &[NTLM],
        }
    }

    pub(super) fn with_identifier(oid: &[u8]) -> Option<Self> {
        [Self::Kerberos, Self::Ntlm]
            .into_iter()
            .find(|kind| kind.identifiers().contains(&oid))
    }

    /// NTLM has no protection of its own against a changed negotiation, so the list is always signed.
    pub(super) fn always_signs(self) -> bool {
        self == Self::Ntlm
    }
}

impl std::fmt::Display for MechanismKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Kerberos => "Kerberos",
            Self::Ntlm => "NTLM",
        })
    }
}

/// A context that SPNEGO can carry.
pub trait Mechanism: SecurityContext {
    /// Which one it is.
    fn kind(&self) -> MechanismKind;

    /// The code over the list of mechanisms (`mechListMIC`). Called at most once, when the mechanism's own handshake has
    /// given keys.
    ///
    /// # Errors
    /// [`Error::State`] before there are keys.
    fn sign_list(&mut self, list: &[u8]) -> Result<Vec<u8>, Error>;

    /// Checks the peer's code over the list. Called at most once.
    ///
    /// # Errors
    /// [`Error::Signature`] when it is not the peer's code over this list.
    fn verify_list(&mut self, list: &[u8], code: &[u8]) -> Result<(), Error>;

    /// Ends the context for good.
    fn fail(&mut self);
}

impl Mechanism for ntlm::Initiator {
    fn kind(&self) -> MechanismKind {
        MechanismKind::Ntlm
    }

    fn sign_list(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        let sealing = self.sealing("signing")?;
        let code = sealing.sign(list)?;
        sealing.restart_outgoing();
        Ok(code.to_vec())
    }

    fn verify_list(&mut self, list: &[u8], code: &[u8]) -> Result<(), Error> {
        let sealing = self.sealing("verifying")?;
        sealing.verify(list, code)?;
        sealing.restart_incoming();
        Ok(())
    }

    fn fail(&mut self) {
        Self::fail(self);
    }
}

/// A context of the acceptor that SPNEGO can carry.
pub trait Accepting: Mechanism {
    /// The account that has signed in, once the mechanism's handshake is complete.
    fn account(&self) -> Option<&AccountName>;

    /// True when the client protects its own messages in a way that makes it protect the list of mechanisms too
    /// ([MS-SPNG](https://learn.microsoft.com/openspecs/windows_protocols/ms-spng/) 3.3.5.1, for NTLM's MIC).
    fn protected_itself(&self) -> bool {
        false
    }
}

impl Mechanism for ntlm::Acceptor {
    fn kind(&self) -> MechanismKind {
        MechanismKind::Ntlm
    }

    fn sign_list(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        let sealing = self.sealing("signing")?;
        let code = sealing.sign(list)?;
        sealing.restart_outgoing();
        Ok(code.to_vec())
    }

    fn verify_list(&mut self, list: &[u8], code: &[u8]) -> Result<(), Error> {
        let sealing = self.sealing("verifying")?;
        sealing.verify(list, code)?;
        sealing.restart_incoming();
        Ok(())
    }

    fn fail(&mut self) {
        Self::fail(self);
    }
}

impl Accepting for ntlm::Acceptor {
    fn account(&self) -> Option<&AccountName> {
        Self::account(self)
    }

    fn protected_itself(&self) -> bool {
        self.had_mic()
    }
}
