use psbridge_clixml::{DateTime, FromClixml, Members};
use uuid::Uuid;

use super::PassedOver;
use crate::value::{Identity, ProxyAddress, RecipientType, RecipientTypeDetails, SmtpAddress};

/// A Microsoft 365 group: `Get-UnifiedGroup`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct UnifiedGroup {
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
    /// Owners.
    pub managed_by: Vec<Identity>,
    /// Who may join: `Public` or `Private`.
    pub access_type: Option<String>,
    /// How many members it has.
    pub group_member_count: Option<i64>,
    /// How many of them are from elsewhere.
    pub group_external_member_count: Option<i64>,
    /// Notes.
    pub notes: Option<String>,
    /// Where its files are.
    pub share_point_site_url: Option<String>,
    /// What was made for it, such as `Team`.
    pub resource_provisioning_options: Vec<String>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
