use psbridge_clixml::{DateTime, FromClixml, Members};
use uuid::Uuid;

use super::PassedOver;
use crate::value::{
    ByteQuantifiedSize, Identity, ProxyAddress, RecipientType, RecipientTypeDetails, SmtpAddress, Unlimited,
};

/// A distribution group or mail-enabled security group: `Get-DistributionGroup`, `New-DistributionGroup`.
///
/// Its members are not in it.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct DistributionGroup {
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
    /// Owners. Exchange Online gives GUIDs or unique names.
    pub managed_by: Vec<Identity>,
    /// Flags of the group, by name: `Universal, SecurityEnabled`.
    pub group_type: Option<String>,
    /// The name before Windows 2000.
    pub sam_account_name: Option<String>,
    /// Who may join by himself.
    pub member_join_restriction: Option<String>,
    /// Who may leave by himself.
    pub member_depart_restriction: Option<String>,
    /// Messages have to be let through.
    pub moderation_enabled: Option<bool>,
    /// Who lets them through.
    pub moderated_by: Vec<Identity>,
    /// Only senders who have signed in are taken.
    pub require_sender_authentication_enabled: Option<bool>,
    /// Nobody sees who its members are.
    pub hidden_group_membership_enabled: Option<bool>,
    /// Largest message to send.
    pub max_send_size: Option<Unlimited<ByteQuantifiedSize>>,
    /// Largest message to receive.
    pub max_receive_size: Option<Unlimited<ByteQuantifiedSize>>,
    /// Descriptions.
    pub description: Vec<String>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
