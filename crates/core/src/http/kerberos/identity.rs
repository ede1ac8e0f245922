//! From the name that a person gives to a principal and its realm.

use crate::http::kdc::Krb5Config;

/// The user within its realm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) user: String,
    pub(super) realm: String,
}

impl Identity {
    /// Reads `user@realm`, `DOMAIN\user` and `user`; nothing when no realm can be made out.
    ///
    /// A name without a realm is in the default realm only when the endpoint is, or when Kerberos was `asked_for` by name:
    /// else it is the name of a local account.
    pub(super) fn of(
        user: &str,
        realm: Option<&str>,
        host: &str,
        asked_for: bool,
        config: &Krb5Config,
    ) -> Option<Self> {
        let identity = |user: &str, found: String| {
            (!user.is_empty()).then(|| Self {
                user: user.to_owned(),
                realm: realm.map_or(found, str::to_owned),
            })
        };
        if let Some((domain, user)) = user.split_once('\\') {
            return match realm {
                Some(realm) => identity(user, realm.to_owned()),
                None if domain == "." => None,
                None if domain.contains('.') => identity(user, domain.to_uppercase()),
                None => identity(user, config.realm_of_netbios(domain)?.to_owned()),
            };
        }
        if let Some((name, suffix)) = user.rsplit_once('@') {
            // A realm is written in capital letters; one that is listed in another way is meant as it is listed.
            let listed = !config.kdcs(suffix).is_empty();
            return identity(
                name,
                if listed {
                    suffix.to_owned()
                } else {
                    suffix.to_uppercase()
                },
            );
        }
        if let Some(realm) = realm {
            return identity(user, realm.to_owned());
        }
        let default = config.default_realm()?;
        let inside = config.realm_of_host(host).map_or_else(
            || {
                host.to_ascii_lowercase()
                    .strip_suffix(&default.to_ascii_lowercase())
                    .is_some_and(|rest| rest.ends_with('.'))
            },
            |realm| realm == default,
        );
        (asked_for || inside).then(|| identity(user, default.to_owned()))?
    }

    /// `user@REALM`
    #[cfg(any(feature = "kerberos-gss", test))]
    pub(super) fn principal(&self) -> String {
        format!("{}@{}", self.user, self.realm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Krb5Config {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("krb5.conf");
        let text = "[libdefaults]\ndefault_realm = CORP.EXAMPLE\n[realms]\nlab.test = {\n kdc = dc\n}\n\
                    [domain_realm]\n .other.example = OTHER\n";
        std::fs::write(&path, text).unwrap();
        Krb5Config::from_files(&[path]).unwrap()
    }

    #[test]
    fn names_find_their_realm() {
        for (user, realm, host, asked_for, expected) in [
            ("ann@corp.example", None, "h", false, Some("ann@CORP.EXAMPLE")),
            ("ann@lab.test", None, "h", false, Some("ann@lab.test")),
            (
                "ann@mail.example",
                Some("CORP.EXAMPLE"),
                "h",
                false,
                Some("ann@CORP.EXAMPLE"),
            ),
            ("CORP\\ann", None, "h", false, Some("ann@CORP.EXAMPLE")),
            ("corp.example\\ann", None, "h", false, Some("ann@CORP.EXAMPLE")),
            ("WIN1\\ann", None, "h", false, None),
            ("WIN1\\ann", Some("R"), "h", false, Some("ann@R")),
            (".\\ann", None, "mail.corp.example", true, None),
            ("ann", None, "server", false, None),
            ("ann", None, "server", true, Some("ann@CORP.EXAMPLE")),
            ("ann", None, "mail.corp.example", false, Some("ann@CORP.EXAMPLE")),
            ("ann", None, "mailcorp.example", false, None),
            ("ann", None, "mail.other.example", false, None),
            ("ann", Some("R"), "server", false, Some("ann@R")),
            ("", Some("R"), "server", false, None),
            ("@corp.example", None, "server", false, None),
        ] {
            let found = Identity::of(user, realm, host, asked_for, &config());
            assert_eq!(
                found.map(|identity| identity.principal()).as_deref(),
                expected,
                "{user} {host}"
            );
        }
    }
}
