use psbridge_clixml::{DateTime, FromClixml, Members};
use uuid::Uuid;

use super::PassedOver;
use crate::value::{
    ByteQuantifiedSize, Identity, ProxyAddress, RecipientType, RecipientTypeDetails, SmtpAddress, Unlimited,
};

/// A mailbox: `Get-Mailbox`, `Get-EXOMailbox`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct Mailbox {
    /// The object's name in the directory.
    pub identity: Option<Identity>,
    /// Its name within its container.
    pub name: Option<String>,
    /// What never changes about it.
    pub guid: Option<Uuid>,
    /// Its distinguished name.
    pub distinguished_name: Option<String>,
    /// When it was changed last, as the asked domain controller knows it.
    #[clixml(rename = "WhenChangedUTC")]
    pub when_changed_utc: Option<DateTime>,
    /// When it was made.
    #[clixml(rename = "WhenCreatedUTC")]
    pub when_created_utc: Option<DateTime>,
    /// What people see.
    pub display_name: Option<String>,
    /// Its short name for mail.
    pub alias: Option<String>,
    /// Its main mail address.
    pub primary_smtp_address: Option<SmtpAddress>,
    /// All its addresses.
    pub email_addresses: Vec<ProxyAddress>,
    /// What it is, coarsely.
    pub recipient_type: Option<RecipientType>,
    /// What it is, finely.
    pub recipient_type_details: Option<RecipientTypeDetails>,
    /// Its id in Entra ID; empty or absent on premises.
    pub external_directory_object_id: Option<String>,
    /// It comes from a directory on premises.
    pub is_dir_synced: Option<bool>,
    /// Hidden from the address lists.
    pub hidden_from_address_lists_enabled: Option<bool>,
    /// The organisational unit it lies in.
    pub organizational_unit: Option<String>,
    /// How its user signs in.
    pub user_principal_name: Option<String>,
    /// The name before Windows 2000.
    pub sam_account_name: Option<String>,
    /// The GUID of the mailbox, which is not that of the object.
    pub exchange_guid: Option<Uuid>,
    /// The database it lies in.
    pub database: Option<Identity>,
    /// The server it lies on.
    pub server_name: Option<String>,
    /// From here on nothing can be sent.
    pub prohibit_send_quota: Option<Unlimited<ByteQuantifiedSize>>,
    /// From here on nothing can be sent or received.
    pub prohibit_send_receive_quota: Option<Unlimited<ByteQuantifiedSize>>,
    /// From here on its user is warned.
    pub issue_warning_quota: Option<Unlimited<ByteQuantifiedSize>>,
    /// Where a copy, or all, of its mail goes.
    pub forwarding_address: Option<Identity>,
    /// The same for addresses elsewhere.
    pub forwarding_smtp_address: Option<String>,
    /// Nothing is deleted for good.
    pub litigation_hold_enabled: Option<bool>,
    /// The GUID of its archive; zeros for none.
    pub archive_guid: Option<Uuid>,
    /// The manager of a room or piece of equipment lets bookings through.
    pub resource_type: Option<String>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
