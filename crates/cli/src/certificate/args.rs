//! Options of `psbridge certificate`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What to do with certificates.
#[derive(Debug, Args)]
pub(crate) struct CertificateCommandArgs {
    #[command(subcommand)]
    pub(crate) action: CertificateAction,
}

/// The two things to do.
#[derive(Debug, Subcommand)]
pub(crate) enum CertificateAction {
    /// Make a key and a self-signed certificate: NAME.key, NAME.cer (for the app's registration) and NAME.pfx
    #[command(
        after_help = "Example:\n  psbridge certificate new exchange --subject 'CN=Exchange sync' --days 365"
    )]
    New(NewArgs),

    /// Show whose a certificate is, its thumbprints, and how long it lasts
    #[command(after_help = "Example:\n  psbridge certificate show exchange.cer")]
    Show(ShowArgs),
}

/// Options of `certificate new`.
#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Path of the files without their endings
    #[arg(value_name = "NAME")]
    pub(crate) name: PathBuf,

    /// Whose certificate it is: CN=…, O=…, OU=…, L=…, ST=…, C=…, or a bare common name [default: the last part of NAME]
    #[arg(long, value_name = "NAMES")]
    pub(crate) subject: Option<String>,

    /// How long it lasts
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub(crate) days: u32,

    /// Bits of the RSA key
    #[arg(long, value_name = "BITS", default_value = "3072", value_parser = ["2048", "3072", "4096"])]
    pub(crate) key_size: String,

    #[command(flatten)]
    pub(crate) password: PasswordArgs,

    /// Replace files that are there
    #[arg(long)]
    pub(crate) overwrite: bool,
}

/// Options of `certificate show`.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Certificate: PEM, DER or PKCS#12
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) password: PasswordArgs,
}

/// Where the password of the PFX is.
#[derive(Debug, Args)]
pub(crate) struct PasswordArgs {
    /// File with the password of the PFX on its first line [default: PSBRIDGE_PFX_PASSWORD, else a prompt]
    #[arg(long, value_name = "FILE", conflicts_with = "pfx_password_from")]
    pub(crate) pfx_password_file: Option<PathBuf>,

    /// Where that password is: env:NAME, file:PATH, command:PROGRAM ARG… or keyring:NAME
    #[arg(long, value_name = "REF")]
    pub(crate) pfx_password_from: Option<String>,
}
