use psbridge_clixml::{FromClixml, Members};

use super::PassedOver;
use crate::value::Identity;

/// Who may do what with a folder: `Get-EXOMailboxFolderPermission`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct MailboxFolderPermission {
    /// The folder, with its mailbox.
    pub identity: Option<Identity>,
    /// The name of the folder.
    pub folder_name: Option<String>,
    /// Who; `Default` and `Anonymous` among them.
    pub user: Option<String>,
    /// What.
    pub access_rights: Vec<String>,
    /// What a delegate may see beyond that.
    pub sharing_permission_flags: Option<String>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
