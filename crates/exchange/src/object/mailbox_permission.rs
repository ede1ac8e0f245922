use psbridge_clixml::{FromClixml, Members};

use super::PassedOver;
use crate::value::Identity;

/// Who may do what with a mailbox: `Get-MailboxPermission`, `Get-EXOMailboxPermission`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct MailboxPermission {
    /// The mailbox.
    pub identity: Option<Identity>,
    /// Who.
    pub user: Option<String>,
    /// What.
    pub access_rights: Vec<String>,
    /// It is forbidden instead of allowed.
    pub deny: Option<bool>,
    /// It comes from a container.
    pub is_inherited: Option<bool>,
    /// What inherits it.
    pub inheritance_type: Option<String>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
