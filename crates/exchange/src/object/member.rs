use psbridge_clixml::{DateTime, FromClixml, Members};
use uuid::Uuid;

use super::PassedOver;
use crate::value::{Identity, ProxyAddress, RecipientType, RecipientTypeDetails, SmtpAddress};

/// A member of a group: `Get-DistributionGroupMember`, `Get-DynamicDistributionGroupMember`, `Get-UnifiedGroupLinks`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct Member {
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
    /// Department.
    pub department: Option<String>,
    /// Company.
    pub company: Option<String>,
    /// Office.
    pub office: Option<String>,
    /// City.
    pub city: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Manager.
    pub manager: Option<Identity>,
    /// Telephone.
    pub phone: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// Where mail to it really goes.
    pub external_email_address: Option<String>,
    /// How it signs in to the cloud.
    #[clixml(rename = "WindowsLiveID")]
    pub windows_live_id: Option<SmtpAddress>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
