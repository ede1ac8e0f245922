use psbridge_clixml::{DateTime, FromClixml, Members};
use uuid::Uuid;

use super::PassedOver;
use crate::value::{ByteQuantifiedSize, Unlimited};

/// Size and use of a mailbox: `Get-EXOMailboxStatistics`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct MailboxStatistics {
    /// What people see.
    pub display_name: Option<String>,
    /// The GUID of the mailbox.
    pub mailbox_guid: Option<Uuid>,
    /// How many items it holds.
    pub item_count: Option<u64>,
    /// How much they need.
    pub total_item_size: Option<Unlimited<ByteQuantifiedSize>>,
    /// How many deleted items can be brought back.
    pub deleted_item_count: Option<u64>,
    /// How much these need.
    pub total_deleted_item_size: Option<Unlimited<ByteQuantifiedSize>>,
    /// When somebody signed in last.
    pub last_logon_time: Option<DateTime>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
