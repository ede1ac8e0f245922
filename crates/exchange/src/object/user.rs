use psbridge_clixml::{DateTime, FromClixml, Members};
use uuid::Uuid;

use super::PassedOver;
use crate::value::{Identity, RecipientType, RecipientTypeDetails, SmtpAddress};

/// A user: `Get-User`.
///
/// It has no mail addresses of its own but [`User::windows_email_address`]; `Get-Recipient` has them.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct User {
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
    /// How the user signs in.
    pub user_principal_name: Option<String>,
    /// The name before Windows 2000.
    pub sam_account_name: Option<String>,
    /// The mail address that Windows knows.
    pub windows_email_address: Option<SmtpAddress>,
    /// What it is, coarsely.
    pub recipient_type: Option<RecipientType>,
    /// What it is, finely.
    pub recipient_type_details: Option<RecipientTypeDetails>,
    /// Its id in Entra ID; empty or absent on premises.
    pub external_directory_object_id: Option<String>,
    /// Security id.
    pub sid: Option<String>,
    /// It comes from a directory on premises.
    pub is_dir_synced: Option<bool>,
    /// Flags of the account, by name.
    pub user_account_control: Option<String>,
    /// The organisational unit it lies in.
    pub organizational_unit: Option<String>,
    /// It may open remote PowerShell sessions.
    pub remote_power_shell_enabled: Option<bool>,
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
    /// Mobile phone.
    pub mobile_phone: Option<String>,
    /// Country.
    pub country_or_region: Option<String>,
    /// State or province.
    pub state_or_province: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Street.
    pub street_address: Option<String>,
    /// Notes.
    pub notes: Option<String>,
    /// Who reports to the user.
    pub direct_reports: Vec<Identity>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
