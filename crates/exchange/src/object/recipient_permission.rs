use psbridge_clixml::{FromClixml, Members};

use super::PassedOver;
use crate::value::Identity;

/// Who may send as a recipient: `Get-EXORecipientPermission`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct RecipientPermission {
    /// The recipient.
    pub identity: Option<Identity>,
    /// Who.
    pub trustee: Option<String>,
    /// What.
    pub access_rights: Vec<String>,
    /// Allowed or forbidden.
    pub access_control_type: Option<String>,
    /// It comes from a container.
    pub is_inherited: Option<bool>,
    /// What inherits it.
    pub inheritance_type: Option<String>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
