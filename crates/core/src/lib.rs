//! Remote PowerShell sessions over WinRM: open a session, run pipelines of commands, stream their records.
//!
//! # Quick start
//!
//! ```no_run
//! use psbridge::{Command, Pipeline, Record, Session};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let password = std::env::var("PSBRIDGE_PASSWORD")?;
//! let session = Session::builder("http://server:5985/wsman").credential("CORP\\reader", password).open().await?;
//!
//! // Commands with parameters run everywhere, also on endpoints that refuse scripts.
//! let users = Pipeline::new()
//!     .command(Command::new("Get-User").parameter("ResultSize", "Unlimited"))
//!     .command(Command::new("Select-Object").parameter("Property", "Name"));
//! let mut records = session.pipeline(users).start().await?;
//! while let Some(record) = records.next().await {
//!     match record? {
//!         Record::Output(user) => println!("{:?}", user.root()),
//!         Record::Error(error) => eprintln!("{}", error.message()),
//!         Record::Warning(warning) => eprintln!("{}", warning.message),
//!         _ => {}
//!     }
//! }
//!
//! // The same from text, gathered at once.
//! let groups = psbridge::syntax::parse("Get-DistributionGroup -ResultSize 5 | Select-Object Name")?;
//! println!("{} groups", session.run(groups).await?.output().count());
//!
//! session.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! On plain HTTP every message is sealed by Kerberos or NTLM; on https the system's authorities are trusted, or those of
//! [`TlsOptions`]. [`Prepared::objects`] reads output straight into types that derive [`FromClixml`]. Every failure is
//! an [`Error`] that names operation, endpoint and next step; its [`ErrorKind`] tells what to do about it.
//!
//! # Exchange Online
//!
//! An app signs in with a token that its certificate buys; [`sign_in`] knows the other ways too, [`certificate`] where
//! certificates come from, and [`Cloud`] the addresses.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use psbridge::certificate::ClientCertificate;
//! use psbridge::sign_in::{CachedTokens, ClientCredentials};
//! use psbridge::web::WebClient;
//! use psbridge::{Authentication, Cloud, Secret, Session};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let cloud = Cloud::default();
//! let password = Secret::from(std::env::var("PSBRIDGE_PFX_PASSWORD")?);
//! let certificate = ClientCertificate::from_file("app.pfx", Some(&password))?;
//! let (tenant, app) = ("corp.onmicrosoft.com", "00001111-aaaa-2222-bbbb-3333cccc4444");
//! let app = ClientCredentials::certificate(&WebClient::default(), &cloud, tenant, app, certificate);
//! // One for all sessions: it asks once and renews in time.
//! let tokens = Arc::new(CachedTokens::new(Arc::new(app)));
//! let address = format!("{}?BasicAuthToOAuthConversion=true", cloud.powershell());
//! let session = Session::builder(address)
//!     .authentication(Authentication::BasicBearer)
//!     .user(format!("OAuthUser@{tenant}"))
//!     .tokens(tokens)
//!     .open()
//!     .await?;
//! # session.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Two seams
//!
//! * [`exchange::Exchange`]: one request in plain text, one response. Over HTTP ([`HttpExchange`]: connections, TLS,
//!   signing in, sealing, cookies), from a recording ([`exchange::ReplayExchange`]), or around either with a recording
//!   being made ([`exchange::RecordingExchange`], [`SessionBuilder::record`]).
//! * [`transport::ShellTransport`]: a shell that takes and gives PSRP fragments. Over WS-Management
//!   ([`transport::WsmanTransport`]); acknowledgements, ids that the server chooses and the size of envelopes stay
//!   behind it. [`Session`] knows only this one.
//!
//! # Who runs what
//!
//! A [`Session`] is a handle to one task that owns the runspace pool: its stream, its clean-up, its end. Each pipeline
//! has a task of its own that receives, puts together and reads its output, so that a slow one delays no other; up to
//! [`Limits::max_runspaces`] run at once. While one answer is read, the next one is under way. Records wait in a buffer
//! bounded by number and bytes: when nobody reads, nothing more is fetched. Dropping a [`RecordStream`] stops and frees
//! its pipeline; [`Session::close`] waits for all of that.
//!
//! A connection owns its security context and serves one exchange at a time; after any error both are dropped. Only a
//! Receive is sent again after a connection broke, and only when nothing of its answer had come; anything else that was
//! under way fails the session, because nobody knows what the server has done.
//!
//! Everything runs on the caller's tokio runtime, which needs its I/O and time drivers.
#![warn(missing_docs)]

mod builder;
pub mod certificate;
mod channel;
mod cloud;
mod endpoint;
mod error;
pub mod exchange;
mod http;
mod options;
mod pipeline;
mod record;
mod secret;
mod session;
pub mod sign_in;
pub mod syntax;
mod system;
mod text;
pub mod transport;
pub mod web;

pub use psbridge_clixml as clixml;
pub use psbridge_clixml::{Document, FromClixml, Object, Value};
pub use psbridge_protocol as protocol;
pub use psbridge_protocol::payload::{
    Argument, Command, ErrorRecord, InformationRecord, InformationalRecord, Merges, PipelineState, Received,
    RemoteStreamOptions, Statement,
};
pub use psbridge_recording as recording;

pub use builder::{Destination, SessionBuilder};
pub use cloud::{Cloud, CloudDefinition, CloudError};
pub use endpoint::{DEFAULT_CONFIGURATION, EXCHANGE_CONFIGURATION, Endpoint, Scheme};
pub use error::{Error, ErrorKind};
pub use http::{
    HttpExchange, HttpOptions, KerberosOptions, KerberosSource, KerberosTicket, Proxy, Redirection,
    TlsOptions, probe,
};
pub use options::{Authentication, Limits, UnknownAuthentication};
pub use pipeline::{InputError, Pipeline};
pub use record::{Collected, Record};
pub use secret::Secret;
pub use session::{Objects, Prepared, RecordStream, Session, Stats, Stopper};
