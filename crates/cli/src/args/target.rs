//! Options that say which endpoint is meant and who is asking.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The endpoint and the credentials for it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Endpoint")]
pub(crate) struct TargetArgs {
    /// The endpoint, instead of the first argument
    #[arg(long, value_name = "TARGET")]
    pub(crate) uri: Option<String>,

    /// Session configuration [default: Microsoft.Exchange for a path /powershell…, else Microsoft.PowerShell]
    #[arg(long, value_name = "NAME")]
    pub(crate) configuration: Option<String>,

    /// How to authenticate [default: negotiate when a user is given, else none]
    #[arg(long, value_enum, value_name = "METHOD")]
    pub(crate) auth: Option<Auth>,

    /// User: name, DOMAIN\name or name@domain. The password comes from PSBRIDGE_PASSWORD, --password-file,
    /// standard input or a prompt
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,

    /// File with the password (or, for bearer, the token) on its first line
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,

    /// Trust the certificates in this file (PEM or DER) besides those of the system
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// Trust exactly this leaf certificate, by its SHA-256
    #[arg(long, value_name = "HEX")]
    pub(crate) pin_sha256: Option<String>,

    /// Do not check the endpoint's certificate at all
    #[arg(long)]
    pub(crate) insecure_skip_verify: bool,

    /// Let passwords and content travel unencrypted over plain HTTP (basic, bearer and none)
    #[arg(long)]
    pub(crate) allow_unencrypted: bool,
}

/// The ways to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Auth {
    /// SPNEGO; seals messages over plain HTTP
    Negotiate,
    /// NTLMv2 by itself; seals messages over plain HTTP
    Ntlm,
    /// User and password as they are (HTTPS)
    Basic,
    /// An access token (HTTPS)
    Bearer,
    /// No authentication
    None,
}
