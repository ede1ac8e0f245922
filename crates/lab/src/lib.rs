//! A WinRM endpoint for tests: PSRP over HTTP and HTTPS with a simulated Exchange directory.
//!
//! ```
//! # async fn example() -> Result<(), psbridge_lab::LabError> {
//! use psbridge_lab::Lab;
//!
//! let lab = Lab::builder()
//!     .http(([127, 0, 0, 1], 0).into())
//!     .users(100_000)
//!     .account("tester", "Sesame-1")
//!     .start()
//!     .await?;
//! println!("{:?}", lab.http_origin());
//! let counted = lab.stop().await;
//! assert_eq!(counted.shells, 0);
//! # Ok(())
//! # }
//! ```
//!
//! # What it imitates
//!
//! A Windows Server 2019 (WinRM 3.0, Windows PowerShell 5.1) at `/wsman` with the configuration
//! `Microsoft.PowerShell`, and an Exchange server at `/PowerShell/` and `/powershell-liveid/` with
//! `Microsoft.Exchange`; paths are taken in any case and with or without the last slash, and each has only its own
//! configuration. Basic over HTTPS, NTLM and Negotiate with message encryption over both; SOAP in clear text over HTTP
//! is refused, as `AllowUnencrypted=false` does, and faults are sealed like everything else. Channel bindings are
//! checked where a client sends them. Answers are those of Windows to the element, its order and its attributes, which
//! a test compares with recorded ones; so are the forms of PSRP messages.
//!
//! Pipelines are lazy: commands pull objects from each other, no object is made before there is room for it in
//! [`Limits::output_buffer`], and the client makes room by Receive. A Receive whose answer was lost is answered again.
//!
//! # The directory
//!
//! Users and groups are computed from ([`LabBuilder::seed`], index) whenever they are asked for, and each of their ids
//! can be computed back, so that their number costs no memory; only writes are kept. The first four groups are
//! `All Employees` (alias `all`: every user with mail), `Everyone Nested` (the next groups), and `Ring A` and `Ring B`,
//! which contain each other. About one user in ten has no mail and is no recipient. Seeded groups are managed by
//! somebody else, so that changing their members needs `-BypassSecurityGroupManagerCheck`; groups that a client makes
//! are its own. [`LabBuilder::dump`] writes the directory down.
//!
//! # Commands
//!
//! `Microsoft.Exchange` has no language (scripts are refused) and Get-User, Get-Recipient, Get-DistributionGroup,
//! Get-DistributionGroupMember, New-DistributionGroup, Add- and Remove-DistributionGroupMember with their on-premises
//! parameters, Get-Command, Select-Object, Measure-Object and Out-Default.
//!
//! `Microsoft.PowerShell` has, besides the last four, the Write- commands for every stream, Start-Sleep, Get-Date,
//! Read-Host, and what tests of clients need:
//!
//! | command | does |
//! |---|---|
//! | `Get-LabNumber -Count N [-Start N]`, `-Endless` | integers, one object each |
//! | `Get-LabText -Size BYTES` | one long string |
//! | `Get-LabValue [-Name X] [-All]` | every form of CLIXML; `-All` with those that few implementations read |
//! | `Send-LabEvent -SourceIdentifier X [-MessageData V]` | an event on the pool's stream |
//! | `Send-LabPoolWarning -Message X` | a warning on the pool's stream |
//! | `Invoke-LabHost -Method NAME [-ArgumentList A] [-Pool]` | any method of the client's host |
//!
//! Scripts may consist of pipelines of these commands, literals, ranges (`1..2000`), `throw 'text'`, `$input` and the
//! five preference variables; anything else is a ParseException.
//!
//! # What differs from Windows
//!
//! - No runspace is behind it: no variables, no providers, no modules; Out-Default hands objects on unformatted.
//! - The progress record "Preparing modules for first use." does not come with the first pipeline of a shell, and
//!   APPLICATION_PRIVATE_DATA has no entries that would make clients send debugger commands.
//! - Exceptions have no stack trace, source or target site. The texts of faults that no recording has are our own.
//! - RemoteStreamOptions are not followed: records carry no invocation.
//! - Disconnect, Reconnect, Connect, Enumerate and Get are refused as unsupported actions.
//! - Get-Recipient, unlike the real one, finds members of groups by looking at them all.
//!
//! # The cloud
//!
//! See [`cloud`]: a token endpoint, Graph, key vaults, the identity of a machine, and a front of Exchange Online. With a
//! cloud the HTTPS endpoint takes its tokens too, as Bearer and in Basic in the place of the password.
//!
//! # Faults on order
//!
//! See [`faults`] for the grammar of plans: connections cut before or within an answer, delays, HTTP statuses, faults,
//! damaged sealing, at any operation.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]
#![allow(
    clippy::result_large_err,
    reason = "errors of commands are rare, and values nearly everywhere"
)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        reason = "tests state their expectations"
    )
)]

mod builder;
pub mod cloud;
mod cmdlets;
mod directory;
mod engine;
mod error;
pub mod faults;
mod http;
mod journal;
mod psrp;
mod running;
mod stats;
mod temporary;
mod wsman;

pub use builder::{AuthScheme, DEFAULT_ACCOUNT, LabBuilder, Limits};
pub use cloud::CloudHandle;
pub use error::LabError;
pub use faults::FaultPlan;
pub use http::front_end::Redirect;
pub use running::Lab;
pub use stats::Stats;
