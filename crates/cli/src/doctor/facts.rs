//! What the steps have learned so far: the causes of a failure depend on it.

use psbridge::{Authentication, Endpoint};

/// Options that say who asks for a token.
const GRANTS: [&str; 4] = ["--pfx", "--cert", "--client-secret-file", "--managed-identity"];
/// Options that are for https alone.
const TLS: [&str; 2] = ["--ca", "--pin-sha256"];
/// Options that are for Kerberos alone.
const KERBEROS: [&str; 5] = ["--keytab", "--ccache", "--realm", "--kdc", "--spn"];

/// What is known when something fails.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// Where the steps are at present; it changes with a redirection.
    pub(crate) endpoint: Endpoint,
    /// How to sign in.
    pub(crate) authentication: Authentication,
    /// Who signs in.
    pub(crate) user: Option<String>,
    /// The options that were given and that the next call needs again, with their values.
    pub(crate) kept: Vec<(&'static str, String)>,
    /// The certificate of the endpoint is trusted by a pin or not checked at all, so that anybody may hold it.
    pub(crate) unproved_tls: bool,
    /// What the endpoint offers to sign in with.
    pub(crate) offered: Vec<String>,
    /// Seconds by which the endpoint's clock is ahead of ours.
    pub(crate) clock_ahead: Option<i64>,
    /// The file of the certificate that signs in.
    pub(crate) certificate: Option<String>,
    /// What was said about Exchange Online.
    pub(crate) online: Online,
}

/// What was said about Exchange Online.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Online {
    /// The organisation and the tenant as they were given, the application's id.
    pub(crate) organization: Option<String>,
    pub(crate) tenant: Option<String>,
    pub(crate) app: Option<String>,
    /// A managed identity asks for the token.
    pub(crate) managed_identity: bool,
    /// There is no WinRM endpoint: the REST interface is examined.
    pub(crate) rest: bool,
    /// The name of the cloud, or its file, where one was given.
    pub(crate) cloud: Option<String>,
    /// Where tokens come from, and the resource they are asked for; empty where that is not known.
    pub(crate) authority: String,
    pub(crate) audience: String,
}

impl Online {
    /// The tenant by whichever name is known.
    pub(crate) fn tenant(&self) -> &str {
        let name = self.tenant.as_deref().or(self.organization.as_deref());
        name.unwrap_or("TENANT")
    }

    /// What `psbridge grant` is told: which kind of identity, and its id.
    pub(crate) fn grantee(&self) -> (&'static str, &str) {
        let kind = if self.managed_identity {
            "managed-identity"
        } else {
            "app"
        };
        (kind, self.app.as_deref().unwrap_or("ID"))
    }

    /// Whether the organisation is named by its initial domain, as applications have to (exchange.md 3.2), or by its id.
    pub(crate) fn organization_is_initial(&self) -> bool {
        let Some(name) = &self.organization else {
            return true;
        };
        let name = name.to_ascii_lowercase();
        let initial = [
            ".onmicrosoft.com",
            ".onmicrosoft.us",
            ".partner.onmschina.cn",
            ".onmicrosoft.de",
        ];
        initial.iter().any(|domain| name.ends_with(domain)) || uuid::Uuid::try_parse(&name).is_ok()
    }
}

impl Facts {
    /// True for WinRM's own ports.
    pub(crate) fn on_winrm_port(&self) -> bool {
        matches!(self.endpoint.port(), 5985 | 5986)
    }

    /// The user, or a place holder.
    pub(crate) fn user(&self) -> &str {
        self.user.as_deref().unwrap_or("USER")
    }

    /// The name of the user without domain or realm.
    pub(crate) fn account(&self) -> &str {
        let user = self.user();
        let user = user.rsplit('\\').next().unwrap_or(user);
        user.split('@').next().unwrap_or(user)
    }

    /// The path with what must be kept of it, at another origin.
    pub(crate) fn elsewhere(&self, scheme: &str, port: Option<u16>, path: &str) -> String {
        let host = match self.endpoint.host() {
            host if host.contains(':') => format!("[{host}]"),
            host => host.to_owned(),
        };
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{scheme}://{host}{port}{path}")
    }

    /// The command that examines the same target again, with further options.
    pub(crate) fn again(&self, options: &str) -> String {
        if !self.online.rest {
            return self.doctor(&self.endpoint.url(), options);
        }
        let mut command = "psbridge doctor".to_owned();
        let known = [
            ("--organization", &self.online.organization),
            ("--tenant", &self.online.tenant),
            ("--app-id", &self.online.app),
            ("--cloud", &self.online.cloud),
        ];
        for (option, value) in known {
            if let Some(value) = value.as_deref().filter(|_| !options.contains(option)) {
                command.push_str(&format!(" {option} {}", quoted(value)));
            }
        }
        if self.online.managed_identity && !GRANTS.iter().any(|grant| options.contains(grant)) {
            command.push_str(" --managed-identity");
        }
        self.keep(&mut command, options, true);
        command
    }

    /// Adds what was given before, as far as the new options leave it room, and the new options.
    fn keep(&self, command: &mut String, options: &str, https: bool) {
        let replaced = |name: &str| {
            let by =
                |names: &[&str]| names.contains(&name) && names.iter().any(|other| options.contains(other));
            options.contains(name)
                || by(&["--pfx", "--cert", "--key"])
                || (TLS.contains(&name) && !https)
                || (KERBEROS.contains(&name) && options.contains("--auth") && !options.contains("kerberos"))
        };
        for (name, value) in self.kept.iter().filter(|(name, _)| !replaced(name)) {
            command.push_str(&format!(" {name} {}", quoted(value)));
        }
        if !options.is_empty() {
            command.push_str(&format!(" {options}"));
        }
    }

    /// The value of an option that was given.
    pub(crate) fn given(&self, option: &str) -> Option<&str> {
        let found = self.kept.iter().find(|(name, _)| *name == option);
        found.map(|(_, value)| value.as_str())
    }

    /// The command that examines the same target again without its proxy.
    pub(crate) fn without_proxy(&self) -> String {
        let mut direct = self.clone();
        direct.kept.retain(|(name, _)| *name != "--proxy");
        direct.again("")
    }

    /// The command that examines another target as the same user, with further options.
    pub(crate) fn doctor(&self, target: &str, options: &str) -> String {
        let mut command = format!("psbridge doctor {}", quoted(target));
        if let Some(user) = self.user.as_deref().filter(|_| !options.contains("--user")) {
            command.push_str(&format!(" --user {}", quoted(user)));
        }
        self.keep(&mut command, options, target.starts_with("https:"));
        command
    }
}

/// A word as a shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,[]".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Facts about a target, for tests.
    pub(crate) fn facts(target: &str, authentication: Authentication) -> Facts {
        Facts {
            endpoint: Endpoint::parse(target, None).unwrap(),
            authentication,
            user: Some("CORP\\reader".into()),
            kept: Vec::new(),
            unproved_tls: false,
            offered: Vec::new(),
            clock_ahead: None,
            certificate: None,
            online: Online::default(),
        }
    }

    #[test]
    fn commands_can_be_pasted() {
        let mut facts = facts("https://mail.example.com/PowerShell/", Authentication::Basic);
        facts.kept = vec![("--auth", "basic".into()), ("--ca", "corp ca.pem".into())];
        assert_eq!(
            facts.again("--allow-redirect"),
            "psbridge doctor https://mail.example.com/PowerShell/ --user 'CORP\\reader' --auth basic \
             --ca 'corp ca.pem' --allow-redirect"
        );
        assert_eq!(
            facts.doctor("http://h:5985/wsman", "--user other"),
            "psbridge doctor http://h:5985/wsman --auth basic --user other"
        );
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn names_are_taken_apart() {
        let mut facts = facts("[::1]:5985", Authentication::Negotiate);
        assert!(facts.on_winrm_port());
        assert_eq!(facts.account(), "reader");
        facts.user = Some("reader@corp.example".into());
        assert_eq!(facts.account(), "reader");
        assert_eq!(
            facts.elsewhere("https", Some(5986), "/wsman"),
            "https://[::1]:5986/wsman"
        );
    }
}
