//! WS-Management and PSRP for both roles, without I/O.
//!
//! Nothing here opens a socket, reads a clock or draws a random number: bytes come in, bytes and events go out, and
//! times, ids and keys are passed in. What a client and a server have in common is written once.
//!
//! # The map
//!
//! | module | owns | specification |
//! |---|---|---|
//! | [`wsman`] | SOAP envelopes: requests, answers, faults and their table, how much fits into an envelope | MS-WSMV |
//! | [`fragment`] | fragments: cutting messages, and putting them together again | MS-PSRP 2.2.4 |
//! | [`message`] | the header of a message and the table of types | MS-PSRP 2.2.1 |
//! | [`payload`] | what messages say, as structs | MS-PSRP 2.2.2, 2.2.3 |
//! | [`client`] | a client's pool and pipelines | MS-PSRP 3.1 |
//! | [`server`] | a server's pool and pipelines | MS-PSRP 3.2 |
//! | [`secure`] | secure strings and the exchange of their key | MS-PSRP 2.2.2.3–2.2.2.5 |
//!
//! # The way of the data
//!
//! A client's message begins as a value ([`payload`]), becomes CLIXML behind a byte order mark, waits in an
//! [`fragment::Outbox`], and is cut when there is room for it: the first fragment of a pipeline leaves in a Command, the
//! rest and the input in Sends, each as full as the [`wsman::EnvelopeBudget`] of the moment allows.
//!
//! An answer is read into a [`wsman::Response`] whose streams still lie as base64 in the body. They are decoded straight
//! into the buffer of their stream's [`fragment::Reassembler`]; a message that came in one fragment is read where it
//! lies there, by the CLIXML reader or by the caller's own decoder ([`client::Pipeline::next_event_with`]).
//!
//! Each stream has its own reassembly and its own order. Within one, a broken sequence ends the pool or pipeline; an
//! object that cannot be read costs only itself and comes out as an event with its bytes.
//!
//! # A client meets a server
//!
//! ```
//! use psbridge_clixml::Value;
//! use psbridge_protocol::fragment::ObjectIds;
//! use psbridge_protocol::payload::{ApplicationPrivateData, Command, CreatePipeline};
//! use psbridge_protocol::{client, server};
//! use uuid::Uuid;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut ours = client::Pool::new(client::PoolOptions::new(Uuid::from_u128(1)), ObjectIds::new());
//! let mut theirs = server::Pool::new(server::PoolOptions::default(), ObjectIds::new());
//!
//! // The client opens its pool. Over WS-Management these bytes are the creationXml of a Create.
//! theirs.receive(server::Lane::Input, &ours.open(100_000)?);
//! while let Some(event) = theirs.next_event()? {
//!     if let server::PoolEvent::Init(_) = event {
//!         theirs.opened(&ApplicationPrivateData { data: Value::Nil })?;
//!     }
//! }
//! // What the server says is fetched by Receive, one fragment in each Stream.
//! while let Some(fragment) = theirs.next_fragment(100_000)? {
//!     ours.receive(&fragment);
//! }
//! while ours.next_event()?.is_some() {}
//! assert_eq!(ours.state(), client::ClientPoolState::Opened);
//!
//! // A pipeline runs; its first fragment is the argument of a Command.
//! let command = Command::new("Get-User").parameter("ResultSize", 1);
//! let pid = Uuid::from_u128(2);
//! let mut here = ours.pipeline(pid, &CreatePipeline::new(vec![vec![command]]))?;
//! let mut there = theirs.pipeline(pid);
//! there.receive(server::Lane::Input, &here.start(100_000)?);
//! while let Some(event) = there.next_event()? {
//!     if let server::PipelineEvent::Create(create) = event {
//!         there.output(&Value::from(create.statements[0][0].name.as_str()))?;
//!         there.completed()?;
//!     }
//! }
//! while let Some(fragment) = there.next_fragment(100_000)? {
//!     here.receive(&fragment);
//! }
//! let mut seen = Vec::new();
//! while let Some(event) = here.next_event()? {
//!     if let client::Event::Output(document) = event {
//!         seen.extend(document.into_root().as_text().map(String::from));
//!     }
//! }
//! assert_eq!(seen, ["Get-User"]);
//! assert!(here.state().is_terminal());
//! # Ok(())
//! # }
//! ```
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

pub mod client;
mod codec;
mod error;
pub mod fragment;
pub mod message;
mod negotiation;
pub mod payload;
pub mod secure;
pub mod server;
mod version;
pub mod wsman;

pub use error::{DecodeError, Error};
pub use version::{ParseVersionError, ProtocolVersion};
