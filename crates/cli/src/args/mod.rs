//! The command line as clap sees it.

mod lab;
mod profile;
mod target;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

pub(crate) use lab::LabArgs;
pub(crate) use profile::{AddArgs, ProfileArgs, ProfileCommand};
pub(crate) use target::{
    Auth, CertificateArgs, CloudArgs, IdentityName, KerberosArgs, NEVER_STORED, NetworkArgs, TargetArgs,
};

/// Remote PowerShell sessions over WinRM: run pipelines, decode captures, serve a test endpoint.
#[derive(Debug, Parser)]
#[command(
    name = "psbridge",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
#[command(
    after_help = "Exit codes: 0 done, 1 the pipeline failed or wrote errors, 2 usage, 3 connection, \
                        4 authentication, 5 protocol or endpoint fault, 130 interrupted.\n\n\
                        Example:\n  psbridge demo"
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options that every subcommand takes.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Global {
    /// How objects are printed [default: table on a terminal, ndjson in a pipe]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    pub(crate) format: Option<Format>,

    /// Record every exchange with the endpoint into FILE (decrypted, secrets removed)
    #[arg(long, global = true, value_name = "FILE", help_heading = "Output")]
    pub(crate) record: Option<PathBuf>,

    /// Show each exchange on standard error as it happens, one line each
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) trace: bool,

    /// Log to standard error; twice for more
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = "Output")]
    pub(crate) verbose: u8,
}

/// The forms in which objects are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns, as a terminal shows them
    Table,
    /// One property per line
    List,
    /// One JSON array
    Json,
    /// One JSON value per line, as it arrives
    Ndjson,
    /// One JSON value per line that keeps the type of every value
    Typed,
    /// The text that the endpoint gives each object
    Text,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The main job on an embedded endpoint: open, stream users, create and fill a group, close
    #[command(after_help = "Example:\n  psbridge demo --users 5000")]
    Demo(DemoArgs),

    /// Run a pipeline on an endpoint and print what it returns
    #[command(override_usage = "psbridge invoke [OPTIONS] [TARGET] <PIPELINE>")]
    #[command(after_help = "Examples:\n  \
        psbridge invoke https://mail.example.com/PowerShell/ --user admin@example.com 'Get-User -ResultSize 5'\n  \
        psbridge invoke server.example.com --user 'CORP\\admin' 'Get-Process | Select-Object Name, Id' --format ndjson\n  \
        psbridge invoke server.example.com --user admin --script 'Get-Date; $PSVersionTable'\n  \
        printf '\"alice\"\\n\"bob\"\\n' | psbridge invoke server.example.com --user admin --password-file pw --input - Get-User")]
    Invoke(InvokeArgs),

    /// Decode a captured thing: a recording, SOAP, fragments, CLIXML
    #[command(after_help = "Examples:\n  \
        psbridge decode session.jsonl --format typed\n  \
        psbridge decode - < export.clixml")]
    Decode(crate::decode::DecodeArgs),

    /// Serve an embedded WinRM endpoint with a simulated Exchange directory on loopback
    #[command(after_help = "Examples:\n  \
        psbridge lab --users 1000 --account admin:secret\n  \
        psbridge lab --auth negotiate,kerberos --keytab http.keytab --account alice:secret\n  \
        psbridge lab --auth credssp --cloud 127.0.0.1:0")]
    Lab(LabArgs),

    /// Walk to an endpoint step by step: what is wrong, why, and what to do about it
    #[command(
        after_help = "Exit code 1 when a step fails. No step signs in twice.\n\nExamples:\n  \
        psbridge doctor https://mail.example.com/PowerShell/ --user admin@example.com --probe 'Get-User admin'\n  \
        psbridge doctor server.example.com --user 'CORP\\admin' --format json\n  \
        psbridge doctor --organization example.onmicrosoft.com --app-id ID --pfx app.pfx"
    )]
    Doctor(crate::doctor::DoctorArgs),

    /// Make a certificate for an app that signs in to Exchange Online, or look at one
    #[command(after_help = "Examples:\n  \
        psbridge certificate new exchange --days 365\n  \
        psbridge certificate show exchange.pfx")]
    Certificate(crate::certificate::CertificateCommandArgs),

    /// Let an app or a managed identity use Exchange Online: service principals, certificate, permission, role
    #[command(
        after_help = "Signs in to Microsoft Graph as an administrator: by a code that is entered in a browser, or by \
        the options below. Shows what is missing, asks, and does only that; to run it again changes nothing.\n\n\
        Examples:\n  \
        psbridge grant app 00001111-aaaa-2222-bbbb-3333cccc4444 --certificate exchange.cer --plan\n  \
        psbridge grant managed-identity 00001111-aaaa-2222-bbbb-3333cccc4444 --role 'Global Reader' --yes"
    )]
    Grant(crate::grant::GrantArgs),

    /// Named targets: add, list, show, test, remove
    #[command(
        after_help = "Profiles are tables [profile.NAME] of ~/.config/psbridge/config.toml, with the long names of \
        options as keys. Where a TARGET is wanted, the name of a profile stands for its endpoint and options; options \
        of the command line win. --uri never means a profile.\n\n\
        Example:\n  psbridge profile add corp https://mail.corp.example/PowerShell/ --user reader@CORP.EXAMPLE\n  \
        psbridge invoke corp 'Get-User -ResultSize 5'"
    )]
    Profile(ProfileArgs),

    /// Print a completion script for a shell
    #[command(
        after_help = "With the names of profiles: source <(COMPLETE=bash psbridge), likewise for zsh, fish and elvish.\n\n\
                      Example:\n  psbridge completion bash > ~/.local/share/bash-completion/completions/psbridge"
    )]
    Completion(CompletionArgs),
}

/// Options of `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Users in the embedded directory
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(3..=1_000_000))]
    pub(crate) users: u32,
}

/// Options of `invoke`.
#[derive(Debug, Args)]
pub(crate) struct InvokeArgs {
    /// The endpoint (a URL, a host name or a profile; not with --uri), then the pipeline
    #[arg(value_names = ["TARGET", "PIPELINE"], num_args = 1..=2, required = true)]
    pub(crate) words: Vec<String>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// Send PIPELINE as a script instead of as commands (endpoints without a language refuse it)
    #[arg(long)]
    pub(crate) script: bool,

    /// Stream this file (or standard input: -) as pipeline input, one JSON value per line
    #[arg(long, value_name = "FILE|-")]
    pub(crate) input: Option<PathBuf>,

    /// Print every record on standard output as {"stream":…,"value":…}
    #[arg(long)]
    pub(crate) all_streams: bool,
}

/// Options of `completion`.
#[derive(Debug, Args)]
pub(crate) struct CompletionArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_subcommand_has_an_example() {
        for command in Cli::command().get_subcommands() {
            let help = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(help.contains("Example"), "{} has no example", command.get_name());
        }
    }

    #[test]
    fn no_option_takes_a_password() {
        for command in Cli::command().get_subcommands() {
            for argument in command.get_arguments() {
                let long = argument.get_long().unwrap_or_default();
                assert_ne!(
                    long, "password",
                    "a password in argv is visible to every user of the machine"
                );
            }
        }
    }
}
