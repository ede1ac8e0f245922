//! Workload identity: a token of the cluster, exchanged for one of Entra.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tokio::io::AsyncReadExt;
use zeroize::Zeroizing;

use super::ask::{Retry, ask, granted};
use super::credentials::{JWT_BEARER, required, scope_of, token_endpoint};
use super::{AccessToken, TokenError, TokenSource};
use crate::cloud::Cloud;
use crate::exchange::BoxFuture;
use crate::web::{Clear, WebClient, WebRequest};

/// More than any token of a service account has.
const MAX_FILE: u64 = 64 * 1024;

/// The federated token of a Kubernetes service account, or of any issuer that the app trusts.
///
/// The file is read anew for each request, because its token is replaced about every hour.
#[expect(missing_debug_implementations, reason = "like its fellows")]
pub struct WorkloadIdentity {
    web: WebClient,
    cloud: Cloud,
    tenant: String,
    client_id: String,
    file: PathBuf,
}

impl WorkloadIdentity {
    /// An app and the file of the token that proves it.
    #[must_use]
    pub fn new(
        web: &WebClient,
        cloud: &Cloud,
        tenant: impl Into<String>,
        client_id: impl Into<String>,
        file: impl AsRef<Path>,
    ) -> Self {
        Self {
            web: web.clone(),
            cloud: cloud.clone(),
            tenant: tenant.into(),
            client_id: client_id.into(),
            file: file.as_ref().to_owned(),
        }
    }

    /// From `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_FEDERATED_TOKEN_FILE`, which the cluster sets.
    ///
    /// # Errors
    /// [`TokenError::Configuration`] when one is missing, or `AZURE_AUTHORITY_HOST` names another cloud.
    pub fn from_environment(web: &WebClient, cloud: &Cloud) -> Result<Self, TokenError> {
        Self::from_variables(web, cloud, |name| std::env::var(name).ok())
    }

    pub(super) fn from_variables(
        web: &WebClient,
        cloud: &Cloud,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, TokenError> {
        let given = |name: &str| {
            variable(name)
                .filter(|value| !value.trim().is_empty())
                .ok_or_else(|| {
                    TokenError::configuration(format!("{name} is not set: no workload identity here"))
                })
        };
        if let Some(authority) = variable("AZURE_AUTHORITY_HOST").filter(|value| !value.trim().is_empty())
            && authority.trim().trim_end_matches('/') != cloud.authority()
        {
            return Err(TokenError::configuration(format!(
                "AZURE_AUTHORITY_HOST is {authority:?}, but the cloud {} asks {}; choose the cloud that fits",
                cloud.name(),
                cloud.authority()
            )));
        }
        Ok(Self::new(
            web,
            cloud,
            given("AZURE_TENANT_ID")?,
            given("AZURE_CLIENT_ID")?,
            given("AZURE_FEDERATED_TOKEN_FILE")?,
        ))
    }

    async fn read(&self) -> Result<Zeroizing<String>, TokenError> {
        let failed = |reason: String| TokenError::FederatedToken {
            path: self.file.display().to_string(),
            reason,
        };
        let file = tokio::fs::File::open(&self.file)
            .await
            .map_err(|error| failed(error.to_string()))?;
        let mut text = Zeroizing::new(String::new());
        file.take(MAX_FILE + 1)
            .read_to_string(&mut text)
            .await
            .map_err(|error| failed(error.to_string()))?;
        if text.len() as u64 > MAX_FILE {
            return Err(failed(format!("it is larger than {MAX_FILE} bytes")));
        }
        if text.trim().is_empty() {
            return Err(failed("it is empty".into()));
        }
        Ok(text)
    }

    async fn request(&self, resource: &str) -> Result<AccessToken, TokenError> {
        let endpoint = token_endpoint(&self.cloud, &self.tenant)?;
        let token = self.read().await?;
        let request = WebRequest::post_form(
            &endpoint,
            &[
                ("grant_type", "client_credentials"),
                ("client_id", required(&self.client_id, "app (client) id")?),
                ("scope", &scope_of(resource)),
                ("client_assertion_type", JWT_BEARER),
                ("client_assertion", token.trim()),
            ],
        );
        let response = ask(&self.web, &request, Clear::Never, Retry::SERVICE).await?;
        Ok(granted(self.cloud.authority(), &response)?.token(SystemTime::now()))
    }
}

impl TokenSource for WorkloadIdentity {
    fn token<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<AccessToken, TokenError>> {
        Box::pin(self.request(resource))
    }

    fn describe(&self) -> String {
        format!(
            "workload identity {} in tenant {} ({})",
            self.client_id,
            self.tenant,
            self.cloud.name()
        )
    }
}
