use psbridge_clixml::{DateTime, FromClixml, Members};
use uuid::Uuid;

use super::PassedOver;
use crate::value::{Identity, ProxyAddress, RecipientType, RecipientTypeDetails, SmtpAddress};

/// A group whose members a filter finds: `Get-DynamicDistributionGroup`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct DynamicDistributionGroup {
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
    /// Owner.
    pub managed_by: Option<Identity>,
    /// The filter that finds the members.
    pub recipient_filter: Option<String>,
    /// The same as LDAP writes it.
    pub ldap_recipient_filter: Option<String>,
    /// Where the members are looked for.
    pub recipient_container: Option<Identity>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
