//! Tokens of Exchange Online: which application or identity asks for them, and where.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

/// Who asks for a token, and of which cloud and tenant.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Exchange Online")]
pub(crate) struct CloudArgs {
    /// Application (client) id that signs in
    #[arg(long, value_name = "ID")]
    pub(crate) app_id: Option<String>,

    /// Tenant that issues the token: its id or a domain [default: --organization]
    #[arg(long, value_name = "ID|DOMAIN")]
    pub(crate) tenant: Option<String>,

    /// Organisation that is managed, by its .onmicrosoft.com name
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) organization: Option<String>,

    /// Cloud: O365Default, O365USGovGCCHigh, O365USGovDoD, O365China, O365GermanyCloud, or a TOML file that describes
    /// one [default: O365Default]
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) cloud: Option<String>,

    /// File with the client secret of --app-id on its first line (or PSBRIDGE_CLIENT_SECRET)
    #[arg(long, value_name = "FILE", conflicts_with = "client_secret_from")]
    pub(crate) client_secret_file: Option<PathBuf>,

    /// Where the client secret is: env:NAME, file:PATH, command:PROGRAM ARG… or keyring:NAME
    #[arg(long, value_name = "REF")]
    pub(crate) client_secret_from: Option<String>,

    /// Sign in as the managed identity of this machine, or as one that is assigned to it: client:ID, object:ID,
    /// resource:ID
    #[arg(long, value_name = "ID", num_args = 0..=1, require_equals = true, default_missing_value = "system",
        conflicts_with_all = ["workload_identity", "device_code", "client_secret_file", "client_secret_from", "pfx", "cert"])]
    pub(crate) managed_identity: Option<IdentityName>,

    /// Sign in by the federated token of this workload (AZURE_FEDERATED_TOKEN_FILE, AZURE_CLIENT_ID, AZURE_TENANT_ID)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        conflicts_with_all = ["device_code", "client_secret_file", "client_secret_from", "pfx", "cert"])]
    pub(crate) workload_identity: Option<bool>,

    /// Sign in as a person, with a code that is entered in a browser
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
        conflicts_with_all = ["client_secret_file", "client_secret_from", "pfx", "cert", "key_vault"])]
    pub(crate) device_code: Option<bool>,

    /// Customer's organisation that a partner manages
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) delegated_org: Option<String>,

    /// Mailbox whose server takes the session [default: the organisation's system mailbox for an application]
    #[arg(long, value_name = "MAILBOX")]
    pub(crate) anchor_mailbox: Option<String>,
}

impl CloudArgs {
    /// Whether something here says who signs in.
    pub(super) fn names_identity(&self) -> bool {
        self.client_secret_file.is_some()
            || self.client_secret_from.is_some()
            || self.managed_identity.is_some()
            || self.workload_identity == Some(true)
            || self.device_code == Some(true)
    }

    pub(super) fn forget_identity(&mut self) {
        self.client_secret_file = None;
        self.client_secret_from = None;
        self.managed_identity = None;
        self.workload_identity = None;
        self.device_code = None;
    }
}

/// Which managed identity of a machine is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IdentityName {
    /// The one that the machine has by itself.
    System,
    /// An assigned one, by its client (application) id.
    Client(String),
    /// An assigned one, by the object id of its service principal.
    Object(String),
    /// An assigned one, by its Azure resource id.
    Resource(String),
}

impl FromStr for IdentityName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once(':') {
            None if text == "system" => Ok(Self::System),
            Some(("client", id)) if !id.is_empty() => Ok(Self::Client(id.to_owned())),
            Some(("object", id)) if !id.is_empty() => Ok(Self::Object(id.to_owned())),
            Some(("resource", id)) if !id.is_empty() => Ok(Self::Resource(id.to_owned())),
            _ => Err(
                "write client:ID, object:ID or resource:ID; without a value it is the machine's own".into(),
            ),
        }
    }
}
