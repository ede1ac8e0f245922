//! Options that say which endpoint is meant, who is asking, and by which way.
//!
//! Every option here can also stand in a profile, under its long name ([`crate::profile`]); what must not be stored there
//! is in [`NEVER_STORED`]. Options of the command line win over those of a profile by the rules of [`TargetArgs::over`].

mod certificate;
mod cloud;
mod kerberos;
mod network;
mod sign_in;

use clap::Args;

pub(crate) use certificate::CertificateArgs;
pub(crate) use cloud::{CloudArgs, IdentityName};
pub(crate) use kerberos::KerberosArgs;
pub(crate) use network::NetworkArgs;
pub(crate) use sign_in::{Auth, SignInArgs};

/// Options that a profile cannot hold: what lets everybody read along must be asked for each time.
pub(crate) const NEVER_STORED: &[&str] = &["insecure-skip-verify"];

/// Keeps the value from above, else takes the one from below. Names every member, so that none is forgotten.
macro_rules! over {
    ($type:ident, $above:expr, $below:expr; $($member:ident),+ $(,)?) => {{
        let ($type { $($member),+ }, below) = ($above, $below);
        $type { $($member: Layer::over($member, below.$member)),+ }
    }};
}

/// A value that may be left open.
pub(crate) trait Layer {
    /// This value, or the other where this one is left open.
    fn over(self, below: Self) -> Self;
}

impl<T> Layer for Option<T> {
    fn over(self, below: Self) -> Self {
        self.or(below)
    }
}

impl<T> Layer for Vec<T> {
    fn over(self, below: Self) -> Self {
        if self.is_empty() { below } else { self }
    }
}

impl Layer for bool {
    fn over(self, below: Self) -> Self {
        self || below
    }
}

/// The endpoint, the credentials for it and the way to it.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct TargetArgs {
    /// The endpoint, instead of the first argument; never the name of a profile
    #[arg(long, value_name = "URL|HOST", help_heading = "Endpoint")]
    pub(crate) uri: Option<String>,

    /// Session configuration [default: Microsoft.Exchange for a path /powershell…, else Microsoft.PowerShell]
    #[arg(long, value_name = "NAME", help_heading = "Endpoint")]
    pub(crate) configuration: Option<String>,

    #[command(flatten)]
    pub(crate) sign_in: SignInArgs,

    #[command(flatten)]
    pub(crate) kerberos: KerberosArgs,

    #[command(flatten)]
    pub(crate) certificate: CertificateArgs,

    #[command(flatten)]
    pub(crate) cloud: CloudArgs,

    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

impl TargetArgs {
    /// These options of the command line over those of a profile.
    ///
    /// Each option that is given here wins. Who signs in is one question: where a user, a key or an identity is named
    /// here, nothing of the profile's answer is taken, so that no secret is ever tried for somebody else. An `--auth`
    /// that is given here drops what only other ways of the profile use.
    pub(crate) fn over(self, mut below: Self) -> Self {
        let same_user = self.sign_in.user.is_some() && self.sign_in.user == below.sign_in.user;
        let names_user = self.sign_in.user.is_some() && !same_user;
        if names_user
            || self.kerberos.names_key()
            || self.certificate.names_key()
            || self.cloud.names_identity()
        {
            below.sign_in.forget_credential(same_user);
            below.kerberos.forget_key();
            below.certificate.forget_key();
            below.cloud.forget_identity();
        }
        if let Some(auth) = self.sign_in.auth {
            if !auth.may_use_kerberos() {
                below.kerberos = KerberosArgs::default();
            }
            if !auth.uses_password() && !auth.uses_token() {
                below.sign_in.forget_credential(false);
            }
            if !auth.uses_token() {
                below.cloud.forget_identity();
                if auth != Auth::Certificate {
                    below.certificate = CertificateArgs::default();
                }
            }
        }
        Self {
            uri: self.uri.over(below.uri),
            configuration: self.configuration.over(below.configuration),
            sign_in: over!(SignInArgs, self.sign_in, below.sign_in;
                auth, user, password_file, password_from, allow_ntlm),
            kerberos: over!(KerberosArgs, self.kerberos, below.kerberos; keytab, ccache, realm, kdc, spn, delegate),
            certificate: over!(CertificateArgs, self.certificate, below.certificate;
                cert, key, pfx, pfx_password_file, pfx_password_from, key_vault, vault_certificate, vault_secret),
            cloud: over!(CloudArgs, self.cloud, below.cloud;
                app_id, tenant, organization, cloud, client_secret_file, client_secret_from, managed_identity,
                workload_identity, device_code, delegated_org, anchor_mailbox),
            network: over!(NetworkArgs, self.network, below.network;
                ca, pin_sha256, insecure_skip_verify, allow_unencrypted, allow_redirect, proxy, proxy_password_from),
        }
    }
}
