//! Options of `psbridge doctor`.

use clap::Args;

use crate::args::TargetArgs;

/// What is examined.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The endpoint: a URL, a host name or a profile. Left out, Exchange Online is examined (--organization or --cloud)
    #[arg(value_name = "TARGET")]
    pub(crate) endpoint: Option<String>,

    #[command(flatten)]
    pub(crate) target: TargetArgs,

    /// Run this pipeline at the end and say what it returned, for example 'Get-User X'
    #[arg(long, value_name = "PIPELINE")]
    pub(crate) probe: Option<String>,
}
