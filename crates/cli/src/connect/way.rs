//! Which way to sign in the options mean, and whether they go together.
//!
//! clap refuses what cannot stand side by side on a command line. What depends on the way to sign in, or may come from a
//! profile, is checked here, before any secret is read and anything is connected.

use psbridge::{Authentication, Endpoint};

use crate::args::{Auth, CertificateArgs, CloudArgs, TargetArgs};
use crate::exit::{Exit, Failure};

/// The way to sign in, and what proves who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Way {
    /// How the endpoint is told.
    pub(crate) authentication: Authentication,
    /// What it is told.
    pub(crate) proof: Proof,
}

/// What proves who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    /// Nothing.
    Nothing,
    /// A password of the user.
    Password,
    /// Keys in a file, for Kerberos.
    Keytab,
    /// Tickets in a cache, for Kerberos.
    Cache,
    /// A certificate, in TLS.
    Certificate,
    /// A token that is given instead of a password.
    Token,
    /// A token that is fetched.
    Grant(Grant),
}

/// By what a token is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grant {
    /// By the certificate of the application.
    Certificate,
    /// By the secret of the application.
    Secret,
    /// By the identity of the machine.
    ManagedIdentity,
    /// By the federated token of the workload.
    Workload,
    /// By a person with a browser.
    DeviceCode,
}

/// Reads the way from the options.
pub(crate) fn way(args: &TargetArgs, endpoint: &Endpoint) -> Result<Way, Failure> {
    let grant = grant(&args.certificate, &args.cloud)?;
    let auth = args
        .sign_in
        .auth
        .unwrap_or_else(|| default(args, grant, endpoint));
    let has_user = args.sign_in.user.is_some();
    let has_certificate = names_certificate(&args.certificate);
    let name = authentication(auth).name();
    let proof = match auth {
        Auth::None => Proof::Nothing,
        Auth::Certificate if !has_certificate => {
            return Err(usage(
                format!("--auth {name} needs a certificate"),
                "add --pfx FILE, or --cert FILE --key FILE",
            ));
        }
        Auth::Certificate => Proof::Certificate,
        Auth::Bearer | Auth::BasicBearer => grant.map_or(Proof::Token, Proof::Grant),
        _ if args.kerberos.ccache.is_some() => Proof::Cache,
        _ if !has_user => {
            return Err(usage(format!("--auth {name} needs a user"), "add --user NAME"));
        }
        _ if args.kerberos.keytab.is_some() => Proof::Keytab,
        _ => Proof::Password,
    };
    let way = Way {
        authentication: authentication(auth),
        proof,
    };
    unused(args, auth, way)?;
    missing(args, auth, way)?;
    Ok(way)
}

/// The way without `--auth`.
fn default(args: &TargetArgs, grant: Option<Grant>, endpoint: &Endpoint) -> Auth {
    match grant {
        Some(_) if takes_tokens_in_basic(endpoint) => Auth::BasicBearer,
        Some(_) => Auth::Bearer,
        None if names_certificate(&args.certificate) => Auth::Certificate,
        None if args.sign_in.user.is_some() || args.kerberos.ccache.is_some() => Auth::Negotiate,
        None => Auth::None,
    }
}

/// Exchange Online's remote PowerShell took tokens only in the place of Basic's password, and says so in its query.
pub(crate) fn takes_tokens_in_basic(endpoint: &Endpoint) -> bool {
    let path = endpoint.path().to_ascii_lowercase();
    path.starts_with("/powershell-liveid") || path.contains("basicauthtooauthconversion=true")
}

/// By what a token is to be fetched, if the options say so.
fn grant(certificate: &CertificateArgs, cloud: &CloudArgs) -> Result<Option<Grant>, Failure> {
    if certificate.key_vault.is_some()
        && certificate.vault_certificate.is_none()
        && certificate.vault_secret.is_none()
    {
        return Err(usage(
            "--key-vault does not say what to take from the vault",
            "add --vault-certificate NAME, or --vault-secret NAME",
        ));
    }
    for (given, option) in [
        (certificate.vault_certificate.is_some(), "--vault-certificate"),
        (certificate.vault_secret.is_some(), "--vault-secret"),
    ] {
        if given && certificate.key_vault.is_none() {
            return Err(usage(
                format!("{option} does not say in which vault"),
                "add --key-vault URL",
            ));
        }
    }
    let has_app = cloud.app_id.is_some();
    let names_secret = cloud.client_secret_file.is_some() || cloud.client_secret_from.is_some();
    // With a vault, the identity opens the vault, and what lies in there signs in.
    let grant = match certificate.key_vault {
        Some(_) if certificate.vault_secret.is_some() => Some(Grant::Secret),
        Some(_) if has_app => Some(Grant::Certificate),
        Some(_) => None,
        None if cloud.managed_identity.is_some() => Some(Grant::ManagedIdentity),
        None if cloud.workload_identity == Some(true) => Some(Grant::Workload),
        None if cloud.device_code == Some(true) => Some(Grant::DeviceCode),
        None if has_app && names_certificate(certificate) => Some(Grant::Certificate),
        None if has_app || names_secret => Some(Grant::Secret),
        None => None,
    };
    Ok(grant)
}

/// Whether a certificate is named that can sign in.
fn names_certificate(args: &CertificateArgs) -> bool {
    args.cert.is_some() || args.pfx.is_some() || args.vault_certificate.is_some()
}

/// Refuses options that the way does not use: whoever gives them expects something of them.
fn unused(args: &TargetArgs, auth: Auth, way: Way) -> Result<(), Failure> {
    let kerberos = auth.may_use_kerberos();
    let seals = auth.uses_password() && auth != Auth::Basic;
    let token = auth.uses_token();
    let fetched = matches!(way.proof, Proof::Grant(_));
    let password = matches!(way.proof, Proof::Password | Proof::Token);
    let vault = args.certificate.key_vault.is_some();
    let certificate = auth == Auth::Certificate || way.proof == Proof::Grant(Grant::Certificate);
    let app = fetched && !matches!(way.proof, Proof::Grant(Grant::ManagedIdentity));
    let checks = [
        (
            args.sign_in.user.is_some(),
            auth.uses_password() || auth == Auth::BasicBearer,
            "--user",
        ),
        (args.sign_in.password_file.is_some(), password, "--password-file"),
        (args.sign_in.password_from.is_some(), password, "--password-from"),
        (
            args.sign_in.allow_ntlm == Some(true),
            auth == Auth::Negotiate,
            "--allow-ntlm",
        ),
        (
            args.kerberos.keytab.is_some(),
            kerberos && auth != Auth::Credssp,
            "--keytab",
        ),
        (
            args.kerberos.ccache.is_some(),
            kerberos && auth != Auth::Credssp,
            "--ccache",
        ),
        (args.kerberos.realm.is_some(), kerberos, "--realm"),
        (!args.kerberos.kdc.is_empty(), kerberos, "--kdc"),
        (args.kerberos.spn.is_some(), seals, "--spn"),
        (
            args.kerberos.delegate == Some(true),
            kerberos && auth != Auth::Credssp,
            "--delegate",
        ),
        (args.certificate.cert.is_some(), certificate || vault, "--cert"),
        (args.certificate.pfx.is_some(), certificate || vault, "--pfx"),
        (vault, certificate || fetched, "--key-vault"),
        (args.cloud.app_id.is_some(), app || vault, "--app-id"),
        (
            args.cloud.managed_identity.is_some(),
            token || vault,
            "--managed-identity",
        ),
        (
            args.cloud.workload_identity == Some(true),
            token || vault,
            "--workload-identity",
        ),
        (args.cloud.device_code == Some(true), token, "--device-code"),
        (
            args.cloud.client_secret_file.is_some(),
            token || vault,
            "--client-secret-file",
        ),
        (
            args.cloud.client_secret_from.is_some(),
            token || vault,
            "--client-secret-from",
        ),
        (args.cloud.delegated_org.is_some(), token, "--delegated-org"),
    ];
    for (given, used, option) in checks {
        if given && !used {
            let advice = match args.sign_in.auth {
                Some(_) => format!("leave out {option}, or choose another --auth"),
                None => format!("leave out {option}, or choose the way to sign in with --auth"),
            };
            let name = way.authentication.name();
            return Err(usage(format!("--auth {name} does not use {option}"), advice));
        }
    }
    Ok(())
}

/// Refuses options that lack what they are for.
fn missing(args: &TargetArgs, auth: Auth, way: Way) -> Result<(), Failure> {
    let certificate = &args.certificate;
    let has_key = certificate.pfx.is_some() || certificate.cert.is_some();
    if certificate.key.is_some() && certificate.cert.is_none() {
        return Err(usage("--key has no certificate", "add --cert FILE"));
    }
    for (given, option) in [
        (certificate.pfx_password_file.is_some(), "--pfx-password-file"),
        (certificate.pfx_password_from.is_some(), "--pfx-password-from"),
    ] {
        if given && !has_key {
            return Err(usage(
                format!("{option} has nothing to open"),
                "add --pfx FILE, or --cert FILE --key FILE",
            ));
        }
    }
    let cloud = &args.cloud;
    let has_tenant = cloud.tenant.is_some() || cloud.organization.is_some();
    if let Proof::Grant(grant @ (Grant::Certificate | Grant::Secret)) = way.proof {
        if cloud.app_id.is_none() {
            let what = if grant == Grant::Secret {
                "a client secret"
            } else {
                "a certificate"
            };
            return Err(usage(
                format!("{what} fetches a token for an application, and none is named"),
                "add --app-id ID",
            ));
        }
        if !has_tenant {
            return Err(usage(
                "the application's tenant is not named",
                "add --organization NAME.onmicrosoft.com, or --tenant ID",
            ));
        }
    }
    if way.proof == Proof::Grant(Grant::DeviceCode)
        && auth == Auth::BasicBearer
        && args.sign_in.user.is_none()
    {
        return Err(usage(
            "--auth basic-bearer names the person who signs in",
            "add --user NAME@DOMAIN",
        ));
    }
    if auth == Auth::BasicBearer && args.sign_in.user.is_none() && !has_tenant {
        return Err(usage(
            "--auth basic-bearer needs a user name beside the token",
            "add --organization NAME.onmicrosoft.com, --tenant ID or --user NAME@DOMAIN",
        ));
    }
    let network = &args.network;
    if network.proxy_password_from.is_some() && network.proxy.is_none() {
        return Err(usage("--proxy-password-from has no proxy", "add --proxy URL"));
    }
    if network.insecure_skip_verify && network.pin_sha256.is_some() {
        return Err(usage(
            "--insecure-skip-verify would pass over --pin-sha256",
            "leave out --insecure-skip-verify: the pin alone says whom to trust",
        ));
    }
    Ok(())
}

/// The library's name of a way.
pub(crate) fn authentication(auth: Auth) -> Authentication {
    match auth {
        Auth::Negotiate => Authentication::Negotiate,
        Auth::Kerberos => Authentication::Kerberos,
        Auth::Ntlm => Authentication::Ntlm,
        Auth::Basic => Authentication::Basic,
        Auth::Bearer => Authentication::Bearer,
        Auth::BasicBearer => Authentication::BasicBearer,
        Auth::Certificate => Authentication::Certificate,
        Auth::Credssp => Authentication::Credssp,
        Auth::None => Authentication::None,
    }
}

fn usage(message: impl Into<String>, advice: impl Into<String>) -> Failure {
    Failure::new(Exit::Usage, message).advice(advice)
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use super::*;

    fn way_of(target: &str, line: &str) -> Result<Way, Failure> {
        let command = TargetArgs::augment_args(Command::new("t").no_binary_name(true));
        let matches = command.try_get_matches_from(line.split_whitespace()).unwrap();
        let args = TargetArgs::from_arg_matches(&matches).unwrap();
        way(&args, &Endpoint::parse(target, None).unwrap())
    }

    #[test]
    fn the_way_follows_the_options() {
        use Authentication as A;
        const APP: &str = "--app-id a --organization o.onmicrosoft.com";
        for (line, authentication, proof) in [
            ("", A::None, Proof::Nothing),
            ("--user me", A::Negotiate, Proof::Password),
            ("--user me --auth basic", A::Basic, Proof::Password),
            ("--user me --auth credssp --realm R", A::Credssp, Proof::Password),
            ("--user me --keytab k", A::Negotiate, Proof::Keytab),
            ("--ccache", A::Negotiate, Proof::Cache),
            ("--auth kerberos --ccache=FILE:/c", A::Kerberos, Proof::Cache),
            ("--pfx f", A::Certificate, Proof::Certificate),
            ("--cert c --key k", A::Certificate, Proof::Certificate),
            ("--auth bearer", A::Bearer, Proof::Token),
            ("--auth basic-bearer --user u", A::BasicBearer, Proof::Token),
            (
                "--managed-identity",
                A::Bearer,
                Proof::Grant(Grant::ManagedIdentity),
            ),
            ("--workload-identity", A::Bearer, Proof::Grant(Grant::Workload)),
            ("--device-code", A::Bearer, Proof::Grant(Grant::DeviceCode)),
            (
                &format!("{APP} --pfx f"),
                A::Bearer,
                Proof::Grant(Grant::Certificate),
            ),
            (APP, A::Bearer, Proof::Grant(Grant::Secret)),
            (
                &format!("{APP} --key-vault https://v --vault-certificate c --managed-identity"),
                A::Bearer,
                Proof::Grant(Grant::Certificate),
            ),
            (
                &format!("{APP} --key-vault https://v --vault-secret s --managed-identity"),
                A::Bearer,
                Proof::Grant(Grant::Secret),
            ),
            (
                "--key-vault https://v --vault-certificate c --managed-identity",
                A::Certificate,
                Proof::Certificate,
            ),
        ] {
            let expected = Way {
                authentication,
                proof,
            };
            assert_eq!(way_of("https://h/PowerShell/", line).unwrap(), expected, "{line}");
        }
        let online = way_of(
            "https://outlook.office365.com/PowerShell-LiveID/",
            "--managed-identity --tenant t",
        );
        assert_eq!(online.unwrap().authentication, A::BasicBearer);
    }

    #[test]
    fn what_does_not_go_together_names_the_way_out() {
        for (line, parts) in [
            ("--auth ntlm", &["needs a user", "--user"][..]),
            ("--auth kerberos", &["needs a user", "--user"]),
            ("--auth certificate", &["needs a certificate", "--pfx"]),
            ("--auth none --user me", &["--auth none does not use --user"]),
            ("--auth bearer --user me", &["--auth bearer does not use --user"]),
            (
                "--auth ntlm --user me --keytab k",
                &["--auth ntlm does not use --keytab"],
            ),
            (
                "--auth basic --user me --kdc k",
                &["--auth basic does not use --kdc"],
            ),
            (
                "--auth ntlm --user me --allow-ntlm",
                &["does not use --allow-ntlm"],
            ),
            ("--auth ntlm --user me --delegate", &["does not use --delegate"]),
            ("--auth basic --user me --spn s", &["does not use --spn"]),
            (
                "--auth credssp --user me --ccache",
                &["credssp does not use --ccache"],
            ),
            ("--user me --pfx f --auth ntlm", &["does not use --pfx"]),
            ("--realm R", &["does not use --realm", "--auth"]),
            ("--key k", &["--key has no certificate", "--cert"]),
            ("--user me --pfx-password-file f", &["nothing to open", "--pfx"]),
            (
                "--key-vault https://v",
                &["what to take", "--vault-certificate", "--vault-secret"],
            ),
            ("--vault-secret s", &["in which vault", "--key-vault"]),
            ("--client-secret-file f", &["none is named", "--app-id"]),
            ("--app-id a --client-secret-file f", &["tenant", "--organization"]),
            ("--app-id a --managed-identity", &["does not use --app-id"]),
            ("--auth basic-bearer", &["needs a user name", "--organization"]),
            (
                "--auth basic-bearer --device-code --tenant t",
                &["person", "--user"],
            ),
            ("--user me --delegated-org d", &["does not use --delegated-org"]),
            ("--proxy-password-from env:P", &["has no proxy", "--proxy"]),
            ("--insecure-skip-verify --pin-sha256 00", &["--pin-sha256"]),
        ] {
            let failure = way_of("https://h/PowerShell/", line).unwrap_err();
            assert_eq!(failure.exit(), Exit::Usage);
            for part in parts {
                assert!(failure.to_string().contains(part), "{line}: {failure}");
            }
        }
    }
}
