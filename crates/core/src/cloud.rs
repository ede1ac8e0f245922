//! The clouds that Exchange Online lives in: whom to ask for tokens, which hosts may see them.

use std::str::FromStr;

use serde::Deserialize;
use url::{Host, Url};

/// A cloud: its addresses and the hosts that belong to it. Cheap enough to clone.
///
/// ```
/// use psbridge::Cloud;
///
/// let cloud: Cloud = "O365USGovGCCHigh".parse()?;
/// assert_eq!(cloud.authority(), "https://login.microsoftonline.us");
/// assert!(cloud.owns_host("outlook.office365.us"));
/// assert!(!cloud.owns_host("outlook.office365.us.example.com"));
/// # Ok::<(), psbridge::CloudError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    definition: CloudDefinition,
    custom: bool,
}

/// What a cloud of one's own is made of: a private cloud, or the lab's. In a file, the fields by these names.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CloudDefinition {
    /// What it is called.
    pub name: String,
    /// Origin that tokens are asked of: `https://login.example.com`.
    pub authority: String,
    /// Origin of Exchange: `https://outlook.example.com`.
    pub exchange: String,
    /// Path of remote PowerShell there; `/powershell-liveid/` when not given.
    #[serde(default = "powershell_liveid")]
    pub powershell: String,
    /// The resource that a token for Exchange is asked for, without `/.default`: `https://outlook.example.com`.
    pub audience: String,
    /// Origin of Graph: `https://graph.example.com`.
    pub graph: String,
    /// The resource that a token for Graph is asked for.
    pub graph_audience: String,
    /// Key vaults are hosts below this domain: `vault.example.com`. In a cloud of one's own the domain itself, too.
    pub vault_suffix: String,
    /// The resource that a token for key vaults is asked for.
    pub vault_audience: String,
    /// Domains whose hosts belong to the cloud, besides that of Exchange: sessions may be redirected to them.
    #[serde(default)]
    pub hosts: Vec<String>,
}

/// A cloud is unknown, or its definition is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloudError {
    /// No cloud has this name.
    #[error("there is no cloud {name:?}; known are {}", Cloud::NAMES.join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// A field of a definition is wrong.
    #[error("the cloud's {field} is wrong: {reason}")]
    Definition {
        /// Which.
        field: &'static str,
        /// Why.
        reason: String,
    },
}

/// name, authority, origin of Exchange, path of PowerShell, audience of Exchange, graph, vault domain, further domains.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const KNOWN: [Row; 5] = [
    (
        "O365Default",
        "https://login.microsoftonline.com",
        "https://outlook.office365.com",
        "/powershell-liveid/",
        "https://outlook.office365.com",
        "https://graph.microsoft.com",
        "vault.azure.net",
        &["outlook.com", "office365.com"],
    ),
    (
        "O365USGovGCCHigh",
        "https://login.microsoftonline.us",
        "https://outlook.office365.us",
        "/powershell-liveid/",
        "https://outlook.office365.us",
        "https://graph.microsoft.us",
        "vault.usgovcloudapi.net",
        &["office365.us"],
    ),
    (
        "O365USGovDoD",
        "https://login.microsoftonline.us",
        "https://webmail.apps.mil",
        "/powershell-liveid/",
        "https://outlook-dod.office365.us",
        "https://dod-graph.microsoft.us",
        "vault.usgovcloudapi.net",
        &["apps.mil", "office365.us"],
    ),
    (
        "O365China",
        "https://login.partner.microsoftonline.cn",
        "https://partner.outlook.cn",
        "/PowerShell/",
        "https://partner.outlook.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "vault.azure.cn",
        &["outlook.cn", "office365.cn"],
    ),
    (
        "O365GermanyCloud",
        "https://login.microsoftonline.de",
        "https://outlook.office.de",
        "/powershell-liveid/",
        "https://outlook.office.de",
        "https://graph.microsoft.de",
        "vault.microsoftazure.de",
        &["office.de"],
    ),
];

impl Default for Cloud {
    /// `O365Default`: the worldwide cloud, the one of GCC too.
    fn default() -> Self {
        Self::known(&KNOWN[0])
    }
}

impl FromStr for Cloud {
    type Err = CloudError;

    /// By the name that Exchange's own module uses (`-ExchangeEnvironmentName`), upper and lower case alike.
    fn from_str(name: &str) -> Result<Self, CloudError> {
        KNOWN
            .iter()
            .find(|row| row.0.eq_ignore_ascii_case(name))
            .map(Self::known)
            .ok_or_else(|| CloudError::Unknown {
                name: name.to_owned(),
            })
    }
}

impl Cloud {
    /// The names of the known clouds.
    pub const NAMES: [&'static str; 5] = [
        "O365Default",
        "O365USGovGCCHigh",
        "O365USGovDoD",
        "O365China",
        "O365GermanyCloud",
    ];

    fn known(row: &Row) -> Self {
        let (name, authority, exchange, powershell, audience, graph, vault, hosts) = *row;
        Self {
            definition: CloudDefinition {
                name: name.into(),
                authority: authority.into(),
                exchange: exchange.into(),
                powershell: powershell.into(),
                audience: audience.into(),
                graph: graph.into(),
                graph_audience: graph.into(),
                vault_suffix: vault.into(),
                vault_audience: format!("https://{vault}"),
                hosts: hosts.iter().map(|&host| host.to_owned()).collect(),
            },
            custom: false,
        }
    }

    /// A cloud of one's own.
    ///
    /// # Errors
    /// [`CloudError::Definition`] when an address is not an https URL, or a domain is none.
    pub fn custom(mut definition: CloudDefinition) -> Result<Self, CloudError> {
        origin("authority", &mut definition.authority)?;
        origin("exchange", &mut definition.exchange)?;
        origin("graph", &mut definition.graph)?;
        if !definition.powershell.starts_with('/') {
            return Err(wrong("powershell", "expected a path such as /powershell-liveid/"));
        }
        for (field, resource) in [
            ("audience", &definition.audience),
            ("graph_audience", &definition.graph_audience),
            ("vault_audience", &definition.vault_audience),
        ] {
            if resource.is_empty() || resource.ends_with("/.default") {
                return Err(wrong(
                    field,
                    "expected a resource such as https://outlook.example.com",
                ));
            }
        }
        for (field, domain) in definition
            .hosts
            .iter_mut()
            .map(|domain| ("hosts", domain))
            .chain([("vault_suffix", &mut definition.vault_suffix)])
        {
            *domain = domain.trim_start_matches('.').to_ascii_lowercase();
            Host::parse(domain).map_err(|error| wrong(field, &format!("{domain:?}: {error}")))?;
        }
        Ok(Self {
            definition,
            custom: true,
        })
    }

    /// The known cloud that a host of Exchange or a login host belongs to.
    #[must_use]
    pub fn for_host(host: &str) -> Option<Self> {
        // The host of one cloud before the domain that two share.
        KNOWN
            .iter()
            .map(Self::known)
            .find(|cloud| cloud.exchange_host().eq_ignore_ascii_case(host) || cloud.authority_host() == host)
            .or_else(|| KNOWN.iter().map(Self::known).find(|cloud| cloud.owns_host(host)))
    }

    /// Its name, as Exchange's own module calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.definition.name
    }

    /// Origin that tokens are asked of, without a slash at its end.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.definition.authority
    }

    /// Origin of Exchange, without a slash at its end.
    #[must_use]
    pub fn exchange(&self) -> &str {
        &self.definition.exchange
    }

    /// Address of remote PowerShell.
    #[must_use]
    pub fn powershell(&self) -> String {
        format!("{}{}", self.exchange(), self.definition.powershell)
    }

    /// Host of Exchange.
    #[must_use]
    pub fn exchange_host(&self) -> String {
        host_of(&self.definition.exchange)
    }

    fn authority_host(&self) -> String {
        host_of(&self.definition.authority)
    }

    /// The resource that a token for Exchange is asked for, without `/.default`.
    #[must_use]
    pub fn audience(&self) -> &str {
        &self.definition.audience
    }

    /// Origin of Graph, without a slash at its end.
    #[must_use]
    pub fn graph(&self) -> &str {
        &self.definition.graph
    }

    /// The resource that a token for Graph is asked for.
    #[must_use]
    pub fn graph_audience(&self) -> &str {
        &self.definition.graph_audience
    }

    /// The resource that a token for key vaults is asked for.
    #[must_use]
    pub fn vault_audience(&self) -> &str {
        &self.definition.vault_audience
    }

    /// Key vaults are hosts below this domain.
    #[must_use]
    pub fn vault_suffix(&self) -> &str {
        &self.definition.vault_suffix
    }

    /// Whether a host serves Exchange in this cloud: sessions may be redirected to it, and tokens sent.
    #[must_use]
    pub fn owns_host(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host);
        self.exchange_host().eq_ignore_ascii_case(host)
            || self
                .definition
                .hosts
                .iter()
                .any(|domain| is_below(host, domain) || (self.custom && host.eq_ignore_ascii_case(domain)))
    }

    /// Whether a host is a key vault of this cloud.
    #[must_use]
    pub fn owns_vault(&self, host: &str) -> bool {
        let suffix = &self.definition.vault_suffix;
        is_below(host, suffix) || (self.custom && host.eq_ignore_ascii_case(suffix))
    }

    /// Where a tenant's tokens come from: `{authority}/{tenant}/oauth2/v2.0/{last}`.
    pub(crate) fn endpoint(&self, tenant: &str, last: &str) -> String {
        format!("{}/{tenant}/oauth2/v2.0/{last}", self.authority())
    }

    /// Only the known clouds keep to the port of https.
    pub(crate) fn is_custom(&self) -> bool {
        self.custom
    }
}

/// Whether `host` is a name below `domain`, upper and lower case alike.
fn is_below(host: &str, domain: &str) -> bool {
    let Some(at) = host.len().checked_sub(domain.len()) else {
        return false;
    };
    at > 1
        && host.get(at..).is_some_and(|end| end.eq_ignore_ascii_case(domain))
        && host.as_bytes().get(at - 1) == Some(&b'.')
}

fn powershell_liveid() -> String {
    "/powershell-liveid/".to_owned()
}

fn host_of(url: &str) -> String {
    Url::parse(url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}

fn wrong(field: &'static str, reason: &str) -> CloudError {
    CloudError::Definition {
        field,
        reason: reason.to_owned(),
    }
}

fn https(field: &'static str, text: &str) -> Result<Url, CloudError> {
    let url = Url::parse(text).map_err(|error| wrong(field, &error.to_string()))?;
    if url.scheme() != "https" || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(field, "expected an https address"));
    }
    Ok(url)
}

/// Brings an origin to the form without a slash at its end.
fn origin(field: &'static str, text: &mut String) -> Result<(), CloudError> {
    let url = https(field, text)?;
    if url.path() != "/" || url.query().is_some() {
        return Err(wrong(field, "expected an origin, without a path"));
    }
    *text = url.origin().ascii_serialization();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lab() -> CloudDefinition {
        CloudDefinition {
            name: "lab".into(),
            authority: "https://localhost:4443/".into(),
            exchange: "https://localhost:5986".into(),
            powershell: powershell_liveid(),
            audience: "https://outlook.lab".into(),
            graph: "https://localhost:4443".into(),
            graph_audience: "https://graph.lab".into(),
            vault_suffix: ".vault.lab".into(),
            vault_audience: "https://vault.lab".into(),
            hosts: vec!["Outlook.lab".into()],
        }
    }

    #[test]
    fn the_known_clouds_are_found_by_name_and_host() {
        for name in Cloud::NAMES {
            let cloud: Cloud = name.to_ascii_lowercase().parse().unwrap();
            assert_eq!(cloud.name(), name);
            assert!(cloud.owns_host(&cloud.exchange_host()));
            let found = Cloud::for_host(&cloud.exchange_host());
            assert_eq!(found, Some(cloud));
        }
        let error = "O365Mars".parse::<Cloud>().unwrap_err();
        assert!(error.to_string().contains("known are O365Default"), "{error}");
        let compliance = Cloud::for_host("nam03b.ps.compliance.protection.outlook.com");
        assert_eq!(compliance, Some(Cloud::default()));
        assert_eq!(Cloud::for_host("mail.example.com"), None);
    }

    #[test]
    fn hosts_belong_by_whole_labels() {
        let cloud = Cloud::default();
        for host in [
            "pod51043psh.outlook.com",
            "OUTLOOK.office365.com",
            "ps.outlook.com.",
        ] {
            assert!(cloud.owns_host(host), "{host}");
        }
        for host in [
            "outlook.com",
            ".outlook.com",
            "evil-outlook.com",
            "outlook.com.example.org",
            "office365.us",
            "",
        ] {
            assert!(!cloud.owns_host(host), "{host}");
        }
        assert!(cloud.owns_vault("corp.vault.azure.net"));
        for host in [
            "vault.azure.net",
            "corpvault.azure.net",
            "corp.vault.azure.net.example.org",
            "corp.vault.azure.cn",
        ] {
            assert!(!cloud.owns_vault(host), "{host}");
        }
    }

    #[test]
    fn a_cloud_of_ones_own_is_checked() {
        let cloud = Cloud::custom(lab()).unwrap();
        assert_eq!(
            cloud.endpoint("t", "token"),
            "https://localhost:4443/t/oauth2/v2.0/token"
        );
        assert!(
            cloud.owns_vault("vault.lab")
                && cloud.owns_vault("a.vault.lab")
                && cloud.owns_host("outlook.lab")
        );
        let wrong: [fn(&mut CloudDefinition); 5] = [
            |one| one.authority = "http://localhost".into(),
            |one| one.authority = "https://localhost/tenant".into(),
            |one| one.exchange = "https://user:pass@localhost/".into(),
            |one| one.vault_suffix = "a b".into(),
            |one| one.audience = "https://outlook.lab/.default".into(),
        ];
        for spoil in wrong {
            let mut definition = lab();
            spoil(&mut definition);
            assert!(matches!(
                Cloud::custom(definition),
                Err(CloudError::Definition { .. })
            ));
        }
    }
}
