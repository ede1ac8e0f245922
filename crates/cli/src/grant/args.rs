//! Options of `psbridge grant`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::args::{CertificateArgs, CloudArgs, NetworkArgs, TargetArgs};

/// Who shall use Exchange Online.
#[derive(Debug, Args)]
pub(crate) struct GrantArgs {
    #[command(subcommand)]
    pub(crate) whom: Whom,
}

/// An app or a managed identity.
#[derive(Debug, Subcommand)]
pub(crate) enum Whom {
    /// An app, by its application (client) id
    #[command(after_help = "Example:\n  psbridge grant app ID --certificate exchange.cer --plan")]
    App(AppArgs),

    /// A managed identity, by the object id or the client id of its service principal
    #[command(
        after_help = "Example:\n  psbridge grant managed-identity ID --role 'Exchange Recipient Administrator'"
    )]
    ManagedIdentity(IdentityArgs),
}

/// Options of `grant app`.
#[derive(Debug, Args)]
pub(crate) struct AppArgs {
    /// Application (client) id
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    /// Register this certificate on the app (PEM, DER or PKCS#12; only the certificate is sent, never a key)
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// Options of `grant managed-identity`.
#[derive(Debug, Args)]
pub(crate) struct IdentityArgs {
    /// Object (principal) id or client id
    #[arg(value_name = "ID")]
    pub(crate) id: String,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// What both have in common.
#[derive(Debug, Args)]
pub(crate) struct CommonArgs {
    /// Directory role to give, for example 'Exchange Recipient Administrator' or 'Global Reader'; can be repeated
    #[arg(
        long = "role",
        value_name = "NAME",
        default_value = "Exchange Administrator",
        conflicts_with = "no_role"
    )]
    pub(crate) roles: Vec<String>,

    /// Give no directory role: a role group of Exchange's own is set up instead
    #[arg(long)]
    pub(crate) no_role: bool,

    /// Only show what would be done
    #[arg(long)]
    pub(crate) plan: bool,

    /// Do it without asking
    #[arg(long, short = 'y', conflicts_with = "plan")]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) sign_in_certificate: CertificateArgs,

    #[command(flatten)]
    pub(crate) cloud: CloudArgs,

    #[command(flatten)]
    pub(crate) network: NetworkArgs,
}

impl CommonArgs {
    /// The roles that are wanted.
    pub(super) fn wanted(&self) -> &[String] {
        if self.no_role { &[] } else { &self.roles }
    }

    /// Who signs in to Graph, as the options for endpoints say it.
    pub(super) fn signs_in(&self) -> TargetArgs {
        TargetArgs {
            certificate: self.sign_in_certificate.clone(),
            cloud: self.cloud.clone(),
            network: self.network.clone(),
            ..TargetArgs::default()
        }
    }
}
