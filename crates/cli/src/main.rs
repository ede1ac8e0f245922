//! The psbridge command line.

mod args;
mod certificate;
mod connect;
mod decode;
mod demo;
mod doctor;
mod exit;
mod format;
mod grant;
mod input;
mod interrupt;
mod invoke;
mod lab;
mod password;
mod private;
mod profile;
mod report;
mod secret;
mod stderr;
mod system;
mod terminal;
mod trace;

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};
use tracing_subscriber::EnvFilter;

use crate::args::{Cli, Command};
use crate::exit::{Exit, Failure};
use crate::stderr::Style;

fn main() -> ExitCode {
    // Answers a shell that completes, and ends; with COMPLETE unset it does nothing.
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    let matches = Cli::command().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    log_to_stderr(cli.global.verbose);
    match run(&cli, &matches) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            stderr::line(Style::Plain, &format!("psbridge: {failure}"));
            failure.exit().into()
        }
    }
}

fn run(cli: &Cli, matches: &ArgMatches) -> Result<Exit, Failure> {
    match &cli.command {
        Command::Demo(args) => block_on(demo::run(args, &cli.global)),
        Command::Invoke(args) => block_on(invoke::run(args, &cli.global)),
        Command::Decode(args) => decode::run(args, &cli.global),
        Command::Doctor(args) => block_on(doctor::run(args, &cli.global)),
        Command::Certificate(args) => certificate::run(args, &cli.global),
        Command::Grant(args) => block_on(grant::run(args, &cli.global)),
        Command::Lab(args) => block_on(lab::run(args, &cli.global)),
        Command::Profile(args) => {
            let words = matches.subcommand().and_then(|(_, profile)| profile.subcommand());
            let given = words.map_or(matches, |(_, given)| given);
            block_on(profile::run(args, given, &cli.global))
        }
        Command::Completion(args) => {
            clap_complete::generate(
                args.shell,
                &mut Cli::command(),
                "psbridge",
                &mut std::io::stdout(),
            );
            Ok(Exit::Done)
        }
    }
}

fn block_on(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Protocol, format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(work);
    // A thread that waits for standard input would keep the process alive.
    runtime.shutdown_background();
    result
}

/// Events of the libraries: warnings always, more with `-v`. `PSBRIDGE_LOG` overrides with a filter.
fn log_to_stderr(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "psbridge=info,psbridge_protocol=info,psbridge_auth=info,psbridge_lab=info,warn",
        2 => "psbridge=debug,psbridge_protocol=debug,psbridge_auth=debug,psbridge_lab=debug,info",
        _ => "trace",
    };
    let filter = EnvFilter::try_from_env("PSBRIDGE_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(|| stderr::Log);
    if verbose == 0 {
        log.without_time().with_target(false).init();
    } else {
        log.init();
    }
}
