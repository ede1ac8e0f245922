use psbridge_clixml::{DateTime, FromClixml, Members};
use uuid::Uuid;

use super::PassedOver;
use crate::value::{Identity, RecipientType, RecipientTypeDetails, SmtpAddress};

/// A group, mail-enabled or not: `Get-Group`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct Group {
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
    /// Owners.
    pub managed_by: Vec<Identity>,
    /// Members.
    pub members: Vec<Identity>,
    /// Flags of the group, by name.
    pub group_type: Option<String>,
    /// The name before Windows 2000.
    pub sam_account_name: Option<String>,
    /// Its mail address.
    pub windows_email_address: Option<SmtpAddress>,
    /// What it is, coarsely.
    pub recipient_type: Option<RecipientType>,
    /// What it is, finely.
    pub recipient_type_details: Option<RecipientTypeDetails>,
    /// Its id in Entra ID; empty or absent on premises.
    pub external_directory_object_id: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
