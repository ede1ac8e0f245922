//! Certificates and tokens: read from files, fetched from vaults, bought from the cloud.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::SystemTime;

use psbridge::certificate::{CertificateError, ClientCertificate};
use psbridge::sign_in::{
    CachedTokens, ClientCredentials, DeviceCode, EXCHANGE_PUBLIC_CLIENT, KeyVault, ManagedIdentity,
    TokenError, TokenSource, VaultError, WorkloadIdentity,
};
use psbridge::web::WebClient;
use psbridge::{Cloud, Secret};

use super::way::{Grant, Proof};
use super::{Target, cloud, readable, web_client};
use crate::args::{CertificateArgs, CloudArgs, IdentityName, TargetArgs};
use crate::exit::{Exit, Failure};
use crate::password;
use crate::secret::{self, SecretRef};
use crate::stderr::{self, Style};
use crate::terminal::safe;

/// The environment variable that may hold the password of the PFX or of the encrypted key.
const PFX_PASSWORD: &str = "PSBRIDGE_PFX_PASSWORD";
/// The environment variable that may hold the client secret.
const CLIENT_SECRET: &str = "PSBRIDGE_CLIENT_SECRET";
/// The tenant of people whose tenant is not named.
const ANY_ORGANIZATION: &str = "organizations";
/// A certificate that ends sooner is worth a warning.
const DAYS_OF_WARNING: i64 = 30;

/// Why a certificate cannot be used.
#[derive(Debug)]
pub(crate) enum CertificateProblem {
    /// Its password is nowhere, or something else that is asked for is missing.
    Options(Failure),
    /// The file or its content; with the name of the option.
    Certificate(&'static str, CertificateError),
    /// The vault does not give it.
    Vault(VaultError),
}

impl From<Failure> for CertificateProblem {
    fn from(failure: Failure) -> Self {
        Self::Options(failure)
    }
}

impl From<CertificateProblem> for Failure {
    fn from(problem: CertificateProblem) -> Self {
        match problem {
            CertificateProblem::Options(failure) => failure,
            CertificateProblem::Certificate(option, error) => certificate_failure(option, &error),
            CertificateProblem::Vault(error) => vault_failure(&error),
        }
    }
}

/// Exit codes as section 4 of the manual has them: a file that is not there is usage, a password that is wrong or a time
/// that is over is authentication, what cannot be read is bad input.
fn certificate_failure(option: &str, error: &CertificateError) -> Failure {
    let exit = match error {
        CertificateError::File { .. }
        | CertificateError::Environment { .. }
        | CertificateError::PasswordNeeded
        | CertificateError::Unsupported { .. } => Exit::Usage,
        CertificateError::WrongPassword
        | CertificateError::Expired { .. }
        | CertificateError::NotYetValid { .. }
        | CertificateError::Signing(_) => Exit::Authentication,
        _ => Exit::Protocol,
    };
    let advice = match error {
        CertificateError::PasswordNeeded => {
            format!("give it by --pfx-password-file FILE, --pfx-password-from REF or {PFX_PASSWORD}")
        }
        CertificateError::WrongPassword => format!(
            "check --pfx-password-file, --pfx-password-from or {PFX_PASSWORD}: it must be the password with which the \
             file was exported"
        ),
        other => other.advice().to_owned(),
    };
    Failure::new(exit, format!("{option}: {}", safe(&error.to_string()))).advice(advice)
}

/// A token that did not come.
pub(crate) fn token_failure(error: &TokenError) -> Failure {
    Failure::new(
        token_exit(error),
        format!("could not get a token: {}", safe(&error.to_string())),
    )
    .advice(error.advice())
}

/// The exit code for a token that did not come.
pub(super) fn token_exit(error: &TokenError) -> Exit {
    match error {
        TokenError::Unreachable(_) | TokenError::NoManagedIdentity { .. } => Exit::Connection,
        TokenError::Configuration(_) | TokenError::FederatedToken { .. } => Exit::Usage,
        TokenError::Throttled { .. } | TokenError::Unexpected { .. } => Exit::Protocol,
        _ => Exit::Authentication,
    }
}

fn vault_failure(error: &VaultError) -> Failure {
    match error {
        VaultError::Token(error) => token_failure(error),
        other => Failure::new(
            Exit::Authentication,
            format!("could not use the key vault: {}", safe(&other.to_string())),
        )
        .advice(other.advice()),
    }
}

/// The certificate that the options name, if any.
///
/// `stdin_taken` tells that standard input is no place to ask a person.
pub(crate) async fn client_certificate(
    args: &TargetArgs,
    stdin_taken: bool,
) -> Result<Option<ClientCertificate>, CertificateProblem> {
    match &args.certificate.vault_certificate {
        Some(name) => {
            let web = web_client(&args.network)?;
            let cloud = cloud(args.cloud.cloud.as_deref())?;
            let vault = vault(args, &web, &cloud, stdin_taken)?;
            let certificate = vault.certificate(name, None).await;
            certificate.map(Some).map_err(CertificateProblem::Vault)
        }
        None => from_files(&args.certificate, stdin_taken),
    }
}

/// The same certificate, after a warning if it ends soon.
pub(super) fn warned(certificate: Option<ClientCertificate>) -> Option<ClientCertificate> {
    if let Some(certificate) = &certificate {
        warn_of_end(certificate);
    }
    certificate
}

/// The certificate of `--pfx`, or of `--cert` and `--key`.
fn from_files(
    args: &CertificateArgs,
    stdin_taken: bool,
) -> Result<Option<ClientCertificate>, CertificateProblem> {
    let (option, path) = match (&args.pfx, &args.cert) {
        (Some(path), _) => ("--pfx", path),
        (None, Some(path)) => ("--cert", path),
        (None, None) => return Ok(None),
    };
    readable(Some(path))?;
    readable(args.key.as_deref())?;
    let open = |password: Option<&Secret>| match &args.key {
        Some(key) => ClientCertificate::from_pem_files(path, key, password),
        None => ClientCertificate::from_file(path, password),
    };
    let password = pfx_password(args)?;
    let mut result = open(password.as_ref());
    if matches!(result, Err(CertificateError::PasswordNeeded))
        && !stdin_taken
        && std::io::stdin().is_terminal()
    {
        let question = format!("Password for {}: ", path.display());
        if let Some(password) = password::prompt(&question) {
            result = open(Some(&Secret::from(password)));
        }
    }
    result
        .map(Some)
        .map_err(|error| CertificateProblem::Certificate(option, error))
}

fn pfx_password(args: &CertificateArgs) -> Result<Option<Secret>, Failure> {
    let reference = SecretRef::of(
        args.pfx_password_file.as_deref(),
        args.pfx_password_from.as_deref(),
        "pfx-password-from",
    )?;
    let text = match reference {
        Some(reference) => Some(reference.read()?),
        None => secret::from_env(PFX_PASSWORD)?,
    };
    Ok(text.map(Secret::from))
}

fn warn_of_end(certificate: &ClientCertificate) {
    let days = certificate.days_left(SystemTime::now());
    if (0..DAYS_OF_WARNING).contains(&days) {
        let subject = safe(certificate.subject());
        stderr::line(
            Style::Warning,
            &format!(
                "the certificate {subject} expires in {days} days; psbridge certificate new makes another"
            ),
        );
    }
}

/// The client secret of the application.
pub(crate) fn client_secret(args: &CloudArgs) -> Result<Option<Secret>, Failure> {
    let reference = SecretRef::of(
        args.client_secret_file.as_deref(),
        args.client_secret_from.as_deref(),
        "client-secret-from",
    )?;
    let text = match reference {
        Some(reference) => Some(reference.read()?),
        None => secret::from_env(CLIENT_SECRET)?,
    };
    Ok(text.map(Secret::from))
}

/// Where the tokens of the target come from; `None` when it does not sign in by fetched tokens.
pub(crate) async fn token_source(
    target: &Target,
    stdin_taken: bool,
) -> Result<Option<Arc<dyn TokenSource>>, Failure> {
    let Proof::Grant(grant) = target.way.proof else {
        return Ok(None);
    };
    let args = &target.args;
    let web = web_client(&args.network)?;
    let cloud = cloud(args.cloud.cloud.as_deref())?;
    let app = args.cloud.app_id.as_deref().unwrap_or_default();
    let tenant = tenant(&args.cloud);
    let source: Arc<dyn TokenSource> = match grant {
        Grant::Certificate => match warned(client_certificate(args, stdin_taken).await?) {
            Some(certificate) => Arc::new(ClientCredentials::certificate(
                &web,
                &cloud,
                tenant,
                app,
                certificate,
            )),
            None => return Ok(None),
        },
        Grant::Secret => {
            let secret = match &args.certificate.vault_secret {
                Some(name) => {
                    let vault = vault(args, &web, &cloud, stdin_taken)?;
                    vault
                        .secret(name, None)
                        .await
                        .map_err(|error| vault_failure(&error))?
                        .value
                }
                None => given_secret(&args.cloud)?,
            };
            Arc::new(ClientCredentials::secret(&web, &cloud, tenant, app, secret))
        }
        Grant::ManagedIdentity | Grant::Workload | Grant::DeviceCode => identity(args, &web, &cloud)?,
    };
    Ok(Some(Arc::new(CachedTokens::new(source))))
}

pub(crate) fn tenant(args: &CloudArgs) -> &str {
    let named = args.tenant.as_deref().or(args.organization.as_deref());
    named.unwrap_or(ANY_ORGANIZATION)
}

fn given_secret(args: &CloudArgs) -> Result<Secret, Failure> {
    client_secret(args)?.ok_or_else(|| {
        Failure::new(Exit::Usage, "the application has neither a certificate nor a secret").advice(format!(
            "add --pfx FILE, --cert FILE --key FILE, --key-vault URL --vault-certificate NAME, --client-secret-file \
             FILE, or set {CLIENT_SECRET}"
        ))
    })
}

/// The identity that needs nothing but the machine, the workload or a person.
pub(crate) fn identity(
    args: &TargetArgs,
    web: &WebClient,
    cloud: &Cloud,
) -> Result<Arc<dyn TokenSource>, Failure> {
    let options = &args.cloud;
    if options.workload_identity == Some(true) {
        let source = WorkloadIdentity::from_environment(web, cloud).map_err(|error| token_failure(&error))?;
        return Ok(Arc::new(source));
    }
    if options.device_code == Some(true) {
        let app = options.app_id.as_deref().unwrap_or(EXCHANGE_PUBLIC_CLIENT);
        let source = DeviceCode::new(web, cloud, tenant(options), app, |prompt| {
            stderr::line(
                Style::Plain,
                &format!(
                    "to sign in, open {} and enter the code {}",
                    prompt.verification_uri, prompt.user_code
                ),
            );
        });
        return Ok(Arc::new(source));
    }
    let source = match options.managed_identity.as_ref().unwrap_or(&IdentityName::System) {
        IdentityName::System => ManagedIdentity::system(web),
        IdentityName::Client(id) => ManagedIdentity::client_id(web, id),
        IdentityName::Object(id) => ManagedIdentity::object_id(web, id),
        IdentityName::Resource(id) => ManagedIdentity::resource_id(web, id),
    };
    Ok(Arc::new(source))
}

/// The vault, opened by the identity, the client secret or the certificate of the options; by the machine's own identity
/// when they name none.
fn vault(
    args: &TargetArgs,
    web: &WebClient,
    cloud: &Cloud,
    stdin_taken: bool,
) -> Result<KeyVault, CertificateProblem> {
    let options = &args.cloud;
    let app = options.app_id.as_deref();
    let by_file = || from_files(&args.certificate, stdin_taken);
    let by_secret = || client_secret(options);
    let source: Arc<dyn TokenSource> =
        match (app, options.managed_identity.is_some(), options.workload_identity) {
            (_, true, _) | (_, _, Some(true)) | (None, _, _) => identity(args, web, cloud)?,
            (Some(app), false, _) => match (by_file()?, by_secret()?) {
                (Some(certificate), _) => Arc::new(ClientCredentials::certificate(
                    web,
                    cloud,
                    tenant(options),
                    app,
                    certificate,
                )),
                (None, Some(secret)) => Arc::new(ClientCredentials::secret(
                    web,
                    cloud,
                    tenant(options),
                    app,
                    secret,
                )),
                (None, None) => identity(args, web, cloud)?,
            },
        };
    let url = args.certificate.key_vault.as_deref().unwrap_or_default();
    KeyVault::new(web, cloud, url, Arc::new(CachedTokens::new(source))).map_err(CertificateProblem::Vault)
}
