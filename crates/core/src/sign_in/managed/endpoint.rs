//! Where the identities of a platform are asked for, and how the environment tells.

use url::{Host, Url};

use crate::secret::Secret;
use crate::sign_in::TokenError;

/// The link-local address of every virtual machine's metadata service.
const IMDS_ORIGIN: &str = "http://169.254.169.254";

/// Where the agent of Azure Arc listens. It does not set the variables for every process, but it is there.
const ARC_URL: &str = "http://127.0.0.1:40342/metadata/identity/oauth2/token";
const ARC_AGENT: &str = "/opt/azcmagent/bin/himds";

/// The identity endpoint of a platform. Plain http addresses must be of the machine itself or its link.
#[derive(Clone)]
#[non_exhaustive]
#[expect(missing_debug_implementations, reason = "it may hold a secret")]
pub enum IdentityEndpoint {
    /// The metadata service of virtual machines, scale sets and AKS nodes.
    Imds {
        /// `http://169.254.169.254`, unless a pod's proxy stands in its place.
        origin: String,
    },
    /// App Service, Functions, Container Apps.
    AppService {
        /// `IDENTITY_ENDPOINT`.
        url: String,
        /// `IDENTITY_HEADER`.
        header: Secret,
    },
    /// Azure Automation.
    Automation {
        /// `IDENTITY_ENDPOINT`.
        url: String,
        /// `IDENTITY_HEADER`, which not every worker sets.
        header: Option<Secret>,
    },
    /// A server with Azure Arc.
    Arc {
        /// `IDENTITY_ENDPOINT`.
        url: String,
    },
}

impl IdentityEndpoint {
    /// The one that the environment of this process names; the metadata service of virtual machines when it names none.
    ///
    /// `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` mean App Service and its kin, or Automation when one of its own
    /// variables is there as well; `IDENTITY_ENDPOINT` and `IMDS_ENDPOINT`, or its agent, mean Azure Arc.
    /// `AZURE_POD_IDENTITY_AUTHORITY_HOST` takes the place of the metadata service.
    ///
    /// # Errors
    /// [`TokenError::Configuration`] for Service Fabric, whose endpoint is not spoken to.
    pub fn from_environment() -> Result<Self, TokenError> {
        let arc = std::path::Path::new(ARC_AGENT).exists();
        Self::from_variables(|name| std::env::var(name).ok(), arc)
    }

    pub(super) fn from_variables(
        variable: impl Fn(&str) -> Option<String>,
        arc: bool,
    ) -> Result<Self, TokenError> {
        let given = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let automation = || {
            given("AUTOMATION_ASSET_ACCOUNTID").is_some()
                || given("AZUREPS_HOST_ENVIRONMENT").is_some_and(|host| host.starts_with("AzureAutomation"))
        };
        let Some(url) = given("IDENTITY_ENDPOINT") else {
            return Ok(match given("AZURE_POD_IDENTITY_AUTHORITY_HOST") {
                Some(origin) => Self::Imds { origin },
                None if arc => Self::Arc {
                    url: ARC_URL.to_owned(),
                },
                None => Self::Imds {
                    origin: IMDS_ORIGIN.to_owned(),
                },
            });
        };
        if given("IDENTITY_SERVER_THUMBPRINT").is_some() {
            return Err(TokenError::configuration(
                "the identity endpoint of Service Fabric is not spoken to; sign in by a certificate",
            ));
        }
        let header = given("IDENTITY_HEADER").map(Secret::from);
        Ok(match header {
            header if automation() => Self::Automation { url, header },
            Some(header) => Self::AppService { url, header },
            None if given("IMDS_ENDPOINT").is_some() => Self::Arc { url },
            None => {
                return Err(TokenError::configuration(
                    "IDENTITY_ENDPOINT is set, but neither IDENTITY_HEADER nor IMDS_ENDPOINT is",
                ));
            }
        })
    }

    /// For people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Imds { .. } => "the metadata service of virtual machines",
            Self::AppService { .. } => "the identity endpoint of the app",
            Self::Automation { .. } => "the identity endpoint of Azure Automation",
            Self::Arc { .. } => "the identity endpoint of Azure Arc",
        }
    }

    /// The whole address of a question.
    pub(super) fn address(&self, resource: &str, selector: Option<(&str, &str)>) -> Result<Url, TokenError> {
        let (base, version) = match self {
            Self::Imds { origin } => {
                let base = format!("{}/metadata/identity/oauth2/token", origin.trim_end_matches('/'));
                (base, Some("2018-02-01"))
            }
            Self::AppService { url, .. } => (url.clone(), Some("2019-08-01")),
            Self::Automation { url, .. } => (url.clone(), None),
            Self::Arc { url } => (url.clone(), Some("2019-11-01")),
        };
        let mut url = Url::parse(&base)
            .map_err(|error| TokenError::configuration(format!("the identity endpoint {base:?}: {error}")))?;
        if !is_local(&url) {
            return Err(TokenError::configuration(format!(
                "the identity endpoint {} is neither on this machine nor on its link; nothing was sent",
                url.origin().ascii_serialization()
            )));
        }
        let mut query = url.query_pairs_mut();
        if let Some(version) = version {
            query.append_pair("api-version", version);
        }
        query.append_pair("resource", resource);
        if let Some((name, id)) = selector {
            query.append_pair(name, id);
        }
        drop(query);
        Ok(url)
    }

    /// What proves that the question does not come from a forged request.
    pub(super) fn headers(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Imds { .. } | Self::Arc { .. } => vec![("Metadata", "true")],
            Self::AppService { header, .. } => vec![("X-IDENTITY-HEADER", header.expose())],
            Self::Automation { header, .. } => {
                let mut headers = vec![("Metadata", "True")];
                headers.extend(
                    header
                        .as_ref()
                        .map(|header| ("X-IDENTITY-HEADER", header.expose())),
                );
                headers
            }
        }
    }
}

/// The machine itself, or its link, where only the platform can be.
fn is_local(url: &Url) -> bool {
    match url.host() {
        _ if url.scheme() != "http" && url.scheme() != "https" => false,
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_link_local(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unicast_link_local(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
