//! The hosts of the cloud, all of them loopback.

use super::http::{Call, Service};

/// The domain of the cloud. Names below `localhost` are this machine's own (RFC 6761).
pub(crate) const DOMAIN: &str = "psbridge.localhost";
/// The resource that a token for Exchange is asked for.
pub(crate) const EXCHANGE_RESOURCE: &str = "https://outlook.psbridge.localhost";
/// The resource that a token for vaults is asked for.
pub(crate) const VAULT_RESOURCE: &str = "https://vault.psbridge.localhost";
/// Where App Service's identity answers.
pub(crate) const APP_SERVICE_PATH: &str = "/msi/token";
/// Where Automation's identity answers.
pub(crate) const AUTOMATION_PATH: &str = "/automation/oauth2/token";

/// The names with the port that the cloud listens on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub(crate) port: u16,
}

impl Names {
    /// What the certificate of the cloud is for.
    pub(crate) fn certified() -> Vec<String> {
        ["login", "graph", "outlook", "*.vault"]
            .iter()
            .map(|name| format!("{name}.{DOMAIN}"))
            .collect()
    }

    pub(crate) fn login(self) -> String {
        self.origin("login")
    }

    /// Also the resource of its tokens.
    pub(crate) fn graph(self) -> String {
        self.origin("graph")
    }

    pub(crate) fn outlook(self) -> String {
        self.origin("outlook")
    }

    pub(crate) fn vault(self, name: &str) -> String {
        self.origin(&format!("{name}.vault"))
    }

    fn origin(self, name: &str) -> String {
        format!("https://{name}.{DOMAIN}:{}", self.port)
    }

    /// Who answers a call.
    pub(crate) fn service(self, call: &Call) -> Service {
        if !call.secure {
            return match call.path.as_str() {
                path if path.starts_with("/metadata/") => Service::Imds,
                APP_SERVICE_PATH => Service::AppService,
                AUTOMATION_PATH => Service::Automation,
                _ => Service::Unknown,
            };
        }
        let Some(name) = call.host.strip_suffix(DOMAIN) else {
            return Service::Unknown;
        };
        match name {
            "login." => Service::Login,
            "graph." => Service::Graph,
            "outlook." => Service::Exchange,
            _ if name.ends_with(".vault.") => Service::Vault,
            _ => Service::Unknown,
        }
    }
}
