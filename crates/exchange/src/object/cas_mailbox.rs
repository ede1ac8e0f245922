use psbridge_clixml::{FromClixml, Members};
use uuid::Uuid;

use super::PassedOver;
use crate::value::{Identity, SmtpAddress};

/// Client access settings of a mailbox: `Get-EXOCasMailbox`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct CasMailbox {
    /// The mailbox.
    pub identity: Option<Identity>,
    /// Its name within its container.
    pub name: Option<String>,
    /// What never changes about it.
    pub guid: Option<Uuid>,
    /// What people see.
    pub display_name: Option<String>,
    /// Its main mail address.
    pub primary_smtp_address: Option<SmtpAddress>,
    /// Exchange ActiveSync.
    pub active_sync_enabled: Option<bool>,
    /// Exchange Web Services.
    pub ews_enabled: Option<bool>,
    /// IMAP.
    pub imap_enabled: Option<bool>,
    /// MAPI.
    pub mapi_enabled: Option<bool>,
    /// Outlook on the web.
    #[clixml(rename = "OWAEnabled")]
    pub owa_enabled: Option<bool>,
    /// POP.
    pub pop_enabled: Option<bool>,
    /// The administration page.
    #[clixml(rename = "ECPEnabled")]
    pub ecp_enabled: Option<bool>,
    /// Sending by SMTP with a password; null where the organisation decides.
    pub smtp_client_authentication_disabled: Option<bool>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
