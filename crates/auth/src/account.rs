//! Names, credentials and the accounts of an acceptor.

use md4::{Digest, Md4};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::text::{fold, utf16le};
use crate::{Error, scheme};

/// The name of an account as it stands in an NTLM message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountName {
    /// The user; the whole principal name when it was given as `user@realm`.
    pub user: String,
    /// The domain or machine; empty for `user@realm` and for names without one.
    pub domain: String,
}

impl AccountName {
    /// Reads `DOMAIN\user`, `user@realm` and `user`. `.\user` is a local account and has no domain.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text.split_once('\\') {
            Some((".", user)) => Self {
                user: user.into(),
                domain: String::new(),
            },
            Some((domain, user)) => Self {
                user: user.into(),
                domain: domain.into(),
            },
            None => Self {
                user: text.into(),
                domain: String::new(),
            },
        }
    }
}

impl std::fmt::Display for AccountName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.domain.is_empty() {
            f.write_str(&self.user)
        } else {
            write!(f, "{}\\{}", self.domain, self.user)
        }
    }
}

/// A user name and its password, wiped when dropped. It has no `Debug` and cannot be cloned or compared.
///
/// ```compile_fail
/// println!("{:?}", psbridge_auth::Credential::new("alice", "secret"));
/// ```
#[expect(missing_debug_implementations, reason = "holds a password")]
pub struct Credential {
    name: AccountName,
    password: Zeroizing<String>,
}

impl Credential {
    /// A credential for a name in one of the forms of [`AccountName::parse`].
    pub fn new(name: &str, password: impl Into<String>) -> Self {
        Self::with_name(AccountName::parse(name), password)
    }

    /// A credential for a name that is already split.
    pub fn with_name(name: AccountName, password: impl Into<String>) -> Self {
        Self {
            name,
            password: Zeroizing::new(password.into()),
        }
    }

    /// The account.
    #[must_use]
    pub fn name(&self) -> &AccountName {
        &self.name
    }

    /// The value of an `Authorization` header for Basic, made by [`scheme::basic`].
    ///
    /// # Errors
    /// Those of [`scheme::basic`].
    pub fn basic_authorization(&self) -> Result<Zeroizing<String>, Error> {
        scheme::basic(&self.name.to_string(), &self.password)
    }

    pub(crate) fn password(&self) -> &str {
        &self.password
    }

    pub(crate) fn nt_hash(&self) -> NtHash {
        NtHash::of_password(&self.password)
    }
}

/// `NTOWFv1` of a password: MD4 of its UTF-16 form ([MS-NLMP] 3.3.1). As good as the password itself, so it is wiped
/// when dropped, compared in constant time and never shown.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
#[expect(missing_debug_implementations, reason = "equivalent to a password")]
pub struct NtHash([u8; 16]);

impl NtHash {
    /// The hash of a password.
    #[must_use]
    pub fn of_password(password: &str) -> Self {
        let text = Zeroizing::new(utf16le(password));
        Self(Md4::digest(text.as_slice()).into())
    }

    /// A hash that is already known.
    #[must_use]
    pub fn from_bytes(hash: [u8; 16]) -> Self {
        Self(hash)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Where an acceptor finds the NT hash of an account.
pub trait AccountStore: Send + Sync {
    /// The hash of the account with this name, or nothing if there is none. The name is as the client sent it:
    /// `DOMAIN` and `user`, or a principal name with an empty domain, or a user with an empty domain; case does not
    /// count.
    fn nt_hash(&self, name: &AccountName) -> Option<NtHash>;

    /// Checks a name and a password that came in clear (Basic). Takes the same time for unknown accounts.
    ///
    /// # Errors
    /// [`Error::LogonDenied`].
    fn check_password(&self, name: &AccountName, password: &str) -> Result<(), Error> {
        let given = NtHash::of_password(password);
        let known = self.nt_hash(name);
        let exists = known.is_some();
        let known = known.unwrap_or_else(|| NtHash([0; 16]));
        let equal: bool = known.0.ct_eq(&given.0).into();
        if equal && exists {
            Ok(())
        } else {
            Err(Error::LogonDenied)
        }
    }
}

/// A list of accounts in memory.
///
/// An account has a domain or none; one without is found under any domain, as a stand-alone Windows machine does.
/// A principal name (`user@realm`) finds an account whose domain is the realm or its first label.
#[derive(Default)]
#[expect(missing_debug_implementations, reason = "holds password hashes")]
pub struct Accounts {
    entries: Vec<Entry>,
}

struct Entry {
    user: String,
    domain: Option<String>,
    hash: NtHash,
}

impl Accounts {
    /// No accounts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an account; `name` is `DOMAIN\user` or `user`.
    #[must_use]
    pub fn with(mut self, name: &str, password: &str) -> Self {
        self.add(name, password);
        self
    }

    /// Adds an account; `name` is `DOMAIN\user` or `user`.
    pub fn add(&mut self, name: &str, password: &str) {
        let name = AccountName::parse(name);
        self.entries.push(Entry {
            user: fold(&name.user),
            domain: (!name.domain.is_empty()).then(|| fold(&name.domain)),
            hash: NtHash::of_password(password),
        });
    }
}

impl AccountStore for Accounts {
    fn nt_hash(&self, name: &AccountName) -> Option<NtHash> {
        let user = fold(&name.user);
        let domain = fold(&name.domain);
        let entry = self.entries.iter().find(|entry| {
            let named = entry.user == user
                && (domain.is_empty() || entry.domain.as_ref().is_none_or(|own| *own == domain));
            named || (domain.is_empty() && entry.is_principal(&user))
        })?;
        Some(entry.hash.clone())
    }
}

impl Entry {
    fn is_principal(&self, folded: &str) -> bool {
        let Some((user, realm)) = folded.rsplit_once('@') else {
            return false;
        };
        let first_label = realm.split('.').next().unwrap_or(realm);
        user == self.user
            && self
                .domain
                .as_ref()
                .is_none_or(|own| own == realm || own == first_label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_as_windows_splits_them() {
        for (text, user, domain) in [
            ("CORP\\alice", "alice", "CORP"),
            ("alice@corp.example", "alice@corp.example", ""),
            ("alice", "alice", ""),
            (".\\alice", "alice", ""),
        ] {
            assert_eq!(
                AccountName::parse(text),
                AccountName {
                    user: user.into(),
                    domain: domain.into()
                },
                "{text}"
            );
        }
    }

    #[test]
    fn accounts_are_found_by_every_form_of_their_name() {
        let store = Accounts::new().with("CORP\\Alice", "a").with("bob", "b");
        for (text, found) in [
            ("corp\\ALICE", true),
            ("alice@corp", true),
            ("alice@corp.example", true),
            ("alice", true),
            ("OTHER\\alice", false),
            ("alice@other", false),
            ("ANY\\bob", true),
            ("bob@any", true),
            ("carol", false),
            ("", false),
        ] {
            assert_eq!(
                store.nt_hash(&AccountName::parse(text)).is_some(),
                found,
                "{text}"
            );
        }
    }

    #[test]
    fn passwords_in_clear_are_checked() {
        let store = Accounts::new().with("bob", "b");
        let bob = AccountName::parse("bob");
        assert!(store.check_password(&bob, "b").is_ok());
        assert!(matches!(store.check_password(&bob, "B"), Err(Error::LogonDenied)));
        assert!(matches!(
            store.check_password(&AccountName::parse("eve"), "b"),
            Err(Error::LogonDenied)
        ));
    }
}
