//! Why a server does not let an account in.

use std::fmt;

/// The reason that a server gave for refusing an account, made of the NTSTATUS that it sent ([MS-ERREF] 2.3.1).
///
/// [MS-ERREF]: https://learn.microsoft.com/openspecs/windows_protocols/ms-erref/
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Denial {
    /// The account is unknown or the password is wrong; servers do not tell which.
    WrongPassword,
    /// The account is unknown.
    UnknownAccount,
    /// Too many wrong passwords were tried.
    AccountLocked,
    /// Somebody has switched the account off.
    AccountDisabled,
    /// The account was valid until a day that is over.
    AccountExpired,
    /// The password was valid until a day that is over.
    PasswordExpired,
    /// The password must be changed before the first sign-in.
    PasswordMustChange,
    /// The account may not sign in at this hour.
    LogonHours,
    /// The account may not sign in from this machine.
    Workstation,
    /// The account may not sign in at that server, or not over the network.
    LogonType,
    /// A restriction of the account, such as an empty password, forbids it.
    Restricted,
    /// The clocks are too far apart.
    ClockSkew,
    /// The server reaches no domain controller.
    NoLogonServer,
    /// The server takes the sign-in for one that somebody has weakened on its way.
    Downgrade,
    /// The server does not accept NTLM.
    NtlmBlocked,
    /// Any other NTSTATUS.
    Other(u32),
}

/// Each reason and its numbers; the first one is what our own acceptors send.
const NUMBERS: [(Denial, &[u32]); 15] = [
    // The last is SEC_E_LOGON_DENIED: some servers send the status of their security package.
    (Denial::WrongPassword, &[0xc000_006d, 0xc000_006a, 0x8009_030c]),
    (Denial::UnknownAccount, &[0xc000_0064]),
    (Denial::AccountLocked, &[0xc000_0234]),
    (Denial::AccountDisabled, &[0xc000_0072]),
    (Denial::AccountExpired, &[0xc000_0193]),
    (Denial::PasswordExpired, &[0xc000_0071]),
    (Denial::PasswordMustChange, &[0xc000_0224]),
    (Denial::LogonHours, &[0xc000_006f]),
    (Denial::Workstation, &[0xc000_0070]),
    (Denial::LogonType, &[0xc000_015b]),
    (Denial::Restricted, &[0xc000_006e]),
    (Denial::ClockSkew, &[0xc000_0133]),
    (Denial::NoLogonServer, &[0xc000_005e]),
    (Denial::Downgrade, &[0xc000_0388]),
    (Denial::NtlmBlocked, &[0xc000_0418]),
];

impl Denial {
    /// The reason behind an NTSTATUS.
    #[must_use]
    pub fn from_nt_status(status: u32) -> Self {
        NUMBERS
            .iter()
            .find(|(_, numbers)| numbers.contains(&status))
            .map_or(Self::Other(status), |(denial, _)| *denial)
    }

    /// The NTSTATUS for it.
    #[must_use]
    pub fn nt_status(self) -> u32 {
        if let Self::Other(status) = self {
            return status;
        }
        NUMBERS
            .iter()
            .find(|(denial, _)| *denial == self)
            .and_then(|(_, numbers)| numbers.first().copied())
            .unwrap_or_default()
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WrongPassword => "unknown account or wrong password",
            Self::UnknownAccount => "the account is unknown",
            Self::AccountLocked => "the account is locked",
            Self::AccountDisabled => "the account is disabled",
            Self::AccountExpired => "the account has expired",
            Self::PasswordExpired => "the password has expired",
            Self::PasswordMustChange => "the password must be changed first",
            Self::LogonHours => "the account may not sign in at this hour",
            Self::Workstation => "the account may not sign in from this machine",
            Self::LogonType => "the account has not the right to sign in there over the network",
            Self::Restricted => "a restriction of the account forbids it",
            Self::ClockSkew => "the clocks are too far apart",
            Self::NoLogonServer => "the server reaches no domain controller",
            Self::Downgrade => "the server takes the sign-in for a weakened one",
            Self::NtlmBlocked => "the server does not accept ntlm",
            Self::Other(status) => return write!(f, "status 0x{status:08x}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_own_numbers() {
        let mut seen = Vec::new();
        for (denial, numbers) in NUMBERS {
            for number in numbers {
                assert!(!seen.contains(number), "{number:x}");
                seen.push(*number);
                assert_eq!(Denial::from_nt_status(*number), denial);
            }
            assert_eq!(Denial::from_nt_status(denial.nt_status()), denial);
            assert!(!denial.to_string().is_empty());
        }
        assert_eq!(Denial::from_nt_status(0xc000_0001), Denial::Other(0xc000_0001));
        assert_eq!(Denial::Other(7).to_string(), "status 0x00000007");
    }
}
