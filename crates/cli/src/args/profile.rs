//! Options of `psbridge profile`.

use clap::{Args, Subcommand};

use super::TargetArgs;

/// What to do with the profiles.
#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    #[command(subcommand)]
    pub(crate) command: ProfileCommand,
}

/// What to do with a profile.
#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// Add a profile: an endpoint under a name, with the options that belong to it
    #[command(
        after_help = "Secrets are stored by reference only. `--password-from keyring` asks for the password and \
        keeps it in the system's keyring.\n\n\
        Examples:\n  \
        psbridge profile add corp https://mail.corp.example/PowerShell/ --auth kerberos --user reader@CORP.EXAMPLE \
        --keytab reader.keytab\n  \
        psbridge profile add lab http://127.0.0.1:5985/wsman --user admin --password-from 'command:pass show lab'"
    )]
    Add(Box<AddArgs>),

    /// List the profiles
    #[command(after_help = "Example:\n  psbridge profile list --format json")]
    List,

    /// Show a profile; no secrets are in it
    #[command(after_help = "Example:\n  psbridge profile show corp")]
    Show(NameArgs),

    /// Try a profile as `psbridge doctor` does
    #[command(after_help = "Example:\n  psbridge profile test corp")]
    Test(NameArgs),

    /// Remove a profile, and what `profile add` put into the keyring for it
    #[command(after_help = "Example:\n  psbridge profile remove corp")]
    Remove(NameArgs),
}

/// Options of `profile add`.
#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// The profile: letters, digits, - and _
    #[arg(value_name = "NAME")]
    pub(crate) name: String,

    /// The endpoint: a URL or a host name
    #[arg(
        value_name = "TARGET",
        required_unless_present = "uri",
        conflicts_with = "uri"
    )]
    pub(crate) endpoint: Option<String>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// Replace the profile of this name
    #[arg(long)]
    pub(crate) replace: bool,
}

/// The name of a profile.
#[derive(Debug, Args)]
pub(crate) struct NameArgs {
    /// The profile
    #[arg(value_name = "NAME", add = clap_complete::ArgValueCandidates::new(crate::profile::candidates))]
    pub(crate) name: String,
}
