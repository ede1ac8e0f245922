//! Options of `psbridge lab`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

/// What the embedded endpoint serves, and where.
#[derive(Debug, Args)]
pub(crate) struct LabArgs {
    /// Serve HTTP here [default: 127.0.0.1 on a free port]
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<SocketAddr>,

    /// Serve HTTPS here [default: 127.0.0.1 on a free port]
    #[arg(long, value_name = "ADDR")]
    pub(crate) https: Option<SocketAddr>,

    /// Play the cloud around Exchange Online here: tokens, managed identities, key vaults, Graph
    #[arg(long, value_name = "ADDR")]
    pub(crate) cloud: Option<SocketAddr>,

    /// Users in the directory [default: 1200]
    #[arg(long, value_name = "N")]
    pub(crate) users: Option<u32>,

    /// Groups in the directory [default: 40]
    #[arg(long, value_name = "N")]
    pub(crate) groups: Option<u32>,

    /// Seed of the directory: the same seed gives the same people [default: 1]
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,

    /// An account that may sign in; can be repeated [default: one that is named on standard error]
    #[arg(long = "account", value_name = "NAME:PASSWORD")]
    pub(crate) accounts: Vec<String>,

    /// Offered authentication, of negotiate, kerberos, ntlm, credssp, certificate and basic [default:
    /// negotiate,ntlm,basic, kerberos with --keytab, certificate with --client-certificate]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) auth: Vec<String>,

    /// Keys of the service that the lab stands for: accept Kerberos by them (builds with kerberos-gss). The principal
    /// alice@REALM signs in as the account alice
    #[arg(long, value_name = "FILE")]
    pub(crate) keytab: Option<PathBuf>,

    /// A client certificate (PEM or DER) and the account that it signs in as; can be repeated
    #[arg(long = "client-certificate", value_name = "NAME:FILE")]
    pub(crate) client_certificates: Vec<String>,

    /// A host name by which the lab is reached, for its certificate; can be repeated
    #[arg(long = "name", value_name = "HOST")]
    pub(crate) names: Vec<String>,

    /// Refuse scripts in every configuration, not only in Microsoft.Exchange
    #[arg(long)]
    pub(crate) no_language: bool,

    /// Redirect /PowerShell/ to /powershell-liveid/
    #[arg(long)]
    pub(crate) redirect: bool,

    /// Misbehave on order, for example drop@receive/3 or delay:500@*
    #[arg(long, value_name = "PLAN")]
    pub(crate) fault: Option<String>,

    /// Write the directory to FILE, as the truth to compare results with
    #[arg(long, value_name = "FILE")]
    pub(crate) dump: Option<PathBuf>,

    /// Write each request to FILE, one JSON line each
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,

    /// Permit addresses other than loopback (needs --account)
    #[arg(long)]
    pub(crate) listen_anywhere: bool,
}
