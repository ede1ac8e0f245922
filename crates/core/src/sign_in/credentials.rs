//! Apps that sign in as themselves: client credentials with a certificate or a secret.

use std::time::SystemTime;

use super::ask::{Retry, ask, granted};
use super::{AccessToken, TokenError, TokenSource, assertion};
use crate::certificate::{Algorithm, ClientCertificate};
use crate::cloud::Cloud;
use crate::exchange::BoxFuture;
use crate::secret::Secret;
use crate::web::{Clear, WebClient, WebRequest};

pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Client credentials (RFC 6749, 4.4) of an app in Entra.
///
/// ```no_run
/// use std::sync::Arc;
///
/// use psbridge::certificate::ClientCertificate;
/// use psbridge::sign_in::{CachedTokens, ClientCredentials, TokenSource};
/// use psbridge::web::WebClient;
/// use psbridge::{Cloud, Secret};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let certificate = ClientCertificate::from_file("app.pfx", Some(&Secret::from("password of the file")))?;
/// let (web, cloud) = (WebClient::default(), Cloud::default());
/// let app = ClientCredentials::certificate(
///     &web,
///     &cloud,
///     "corp.onmicrosoft.com",
///     "00001111-aaaa-2222-bbbb-3333cccc4444",
///     certificate,
/// );
/// let tokens = CachedTokens::new(Arc::new(app));
/// let token = tokens.token(cloud.audience()).await?;
/// println!("until {:?}", token.expires_at());
/// # Ok(())
/// # }
/// ```
#[expect(missing_debug_implementations, reason = "it holds a secret")]
pub struct ClientCredentials {
    web: WebClient,
    cloud: Cloud,
    tenant: String,
    client_id: String,
    proof: Proof,
}

enum Proof {
    Certificate(ClientCertificate, Algorithm),
    Secret(Secret),
}

impl ClientCredentials {
    /// The app proves itself by a certificate that is registered on it (PS256, `x5t#S256`).
    ///
    /// `tenant` is an id or a domain; a wrong one is told when a token is asked for.
    #[must_use]
    pub fn certificate(
        web: &WebClient,
        cloud: &Cloud,
        tenant: impl Into<String>,
        client_id: impl Into<String>,
        certificate: ClientCertificate,
    ) -> Self {
        Self {
            web: web.clone(),
            cloud: cloud.clone(),
            tenant: tenant.into(),
            client_id: client_id.into(),
            proof: Proof::Certificate(certificate, Algorithm::Ps256),
        }
    }

    /// The app proves itself by a client secret.
    #[must_use]
    pub fn secret(
        web: &WebClient,
        cloud: &Cloud,
        tenant: impl Into<String>,
        client_id: impl Into<String>,
        secret: Secret,
    ) -> Self {
        Self {
            web: web.clone(),
            cloud: cloud.clone(),
            tenant: tenant.into(),
            client_id: client_id.into(),
            proof: Proof::Secret(secret),
        }
    }

    /// Signs by RS256 and names the certificate by its SHA-1 (`x5t`), for services that know no PS256.
    #[must_use]
    pub fn rs256(mut self) -> Self {
        if let Proof::Certificate(_, algorithm) = &mut self.proof {
            *algorithm = Algorithm::Rs256;
        }
        self
    }

    async fn request(&self, resource: &str) -> Result<AccessToken, TokenError> {
        let endpoint = token_endpoint(&self.cloud, &self.tenant)?;
        let client_id = required(&self.client_id, "app (client) id")?;
        let scope = scope_of(resource);
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("scope", &scope),
        ];
        let assertion;
        match &self.proof {
            Proof::Secret(secret) => fields.push(("client_secret", secret.expose())),
            Proof::Certificate(certificate, algorithm) => {
                assertion =
                    assertion::sign(certificate, *algorithm, client_id, &endpoint, SystemTime::now()).await?;
                fields.push(("client_assertion_type", JWT_BEARER));
                fields.push(("client_assertion", &assertion));
            }
        }
        let request = WebRequest::post_form(&endpoint, &fields);
        let response = ask(&self.web, &request, Clear::Never, Retry::SERVICE).await?;
        Ok(granted(self.cloud.authority(), &response)?.token(SystemTime::now()))
    }
}

impl TokenSource for ClientCredentials {
    fn token<'a>(&'a self, resource: &'a str) -> BoxFuture<'a, Result<AccessToken, TokenError>> {
        Box::pin(self.request(resource))
    }

    fn describe(&self) -> String {
        let proof = match &self.proof {
            Proof::Certificate(certificate, _) => format!("the certificate {}", certificate.subject()),
            Proof::Secret(_) => "a client secret".to_owned(),
        };
        format!(
            "app {} in tenant {} ({}) by {proof}",
            self.client_id,
            self.tenant,
            self.cloud.name()
        )
    }
}

/// The token endpoint of a tenant.
pub(super) fn token_endpoint(cloud: &Cloud, tenant: &str) -> Result<String, TokenError> {
    Ok(cloud.endpoint(tenant_of(tenant)?, "token"))
}

/// A tenant as it may stand in a path.
pub(super) fn tenant_of(tenant: &str) -> Result<&str, TokenError> {
    let tenant = required(tenant, "tenant")?;
    let sound = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    if !tenant.chars().all(sound) || tenant.starts_with('.') {
        return Err(TokenError::configuration(format!(
            "{tenant:?} is no tenant; give its id or a domain such as corp.onmicrosoft.com"
        )));
    }
    Ok(tenant)
}

pub(super) fn required<'a>(text: &'a str, what: &str) -> Result<&'a str, TokenError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TokenError::configuration(format!("the {what} is missing")));
    }
    Ok(text)
}

/// The scope that stands for all permissions on a resource.
pub(super) fn scope_of(resource: &str) -> String {
    match resource.strip_suffix("/.default") {
        Some(_) => resource.to_owned(),
        None => format!("{resource}/.default"),
    }
}
