use psbridge_clixml::{DateTime, FromClixml, Members};

use super::PassedOver;
use crate::value::{ByteQuantifiedSize, Identity};

/// Size of a folder: `Get-EXOMailboxFolderStatistics`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct MailboxFolderStatistics {
    /// The folder, with its mailbox.
    pub identity: Option<Identity>,
    /// Its name.
    pub name: Option<String>,
    /// Its path in the mailbox.
    pub folder_path: Option<String>,
    /// Its id.
    pub folder_id: Option<String>,
    /// What it is for.
    pub folder_type: Option<String>,
    /// How many items it holds.
    pub items_in_folder: Option<u64>,
    /// How much they need.
    pub folder_size: Option<ByteQuantifiedSize>,
    /// How many items it and the folders below hold.
    pub items_in_folder_and_subfolders: Option<u64>,
    /// How much these need.
    pub folder_and_subfolder_size: Option<ByteQuantifiedSize>,
    /// When its oldest item came.
    pub oldest_item_received_date: Option<DateTime>,
    /// When its newest item came.
    pub newest_item_received_date: Option<DateTime>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
