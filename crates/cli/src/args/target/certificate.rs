//! A certificate with its key: for TLS client authentication, and for the assertion of an application.

use std::path::PathBuf;

use clap::Args;

/// Where the certificate and its key are.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Certificate")]
pub(crate) struct CertificateArgs {
    /// Certificate with its chain (PEM); its key is in the same file, or in --key
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pfx", "key_vault"])]
    pub(crate) cert: Option<PathBuf>,

    /// Private key (PEM) of --cert
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pfx", "key_vault"])]
    pub(crate) key: Option<PathBuf>,

    /// Certificate and key (PKCS#12). Its password comes from --pfx-password-file or --pfx-password-from, else
    /// PSBRIDGE_PFX_PASSWORD, else it has none or a prompt asks for it
    #[arg(long, value_name = "FILE", conflicts_with = "key_vault")]
    pub(crate) pfx: Option<PathBuf>,

    /// File with the password of --pfx (or of an encrypted --key) on its first line
    #[arg(long, value_name = "FILE", conflicts_with = "pfx_password_from")]
    pub(crate) pfx_password_file: Option<PathBuf>,

    /// Where that password is: env:NAME, file:PATH, command:PROGRAM ARG… or keyring:NAME
    #[arg(long, value_name = "REF")]
    pub(crate) pfx_password_from: Option<String>,

    /// Azure Key Vault, for example https://name.vault.azure.net; opened by the identity of the options below
    #[arg(long, value_name = "URL")]
    pub(crate) key_vault: Option<String>,

    /// Certificate of --key-vault that signs in
    #[arg(long, value_name = "NAME", conflicts_with = "vault_secret")]
    pub(crate) vault_certificate: Option<String>,

    /// Secret of --key-vault that is the application's client secret
    #[arg(long, value_name = "NAME")]
    pub(crate) vault_secret: Option<String>,
}

impl CertificateArgs {
    /// Whether something here says who signs in.
    pub(super) fn names_key(&self) -> bool {
        self.cert.is_some() || self.pfx.is_some() || self.key_vault.is_some()
    }

    pub(super) fn forget_key(&mut self) {
        *self = Self::default();
    }
}
