//! One module a cmdlet.
// Made by scripts/exchange-tables from tables/cmdlets.txt; change that.

mod add_distribution_group_member;
mod get_distribution_group;
mod get_distribution_group_member;
mod get_dynamic_distribution_group;
mod get_dynamic_distribution_group_member;
mod get_exo_cas_mailbox;
mod get_exo_mailbox;
mod get_exo_mailbox_folder_permission;
mod get_exo_mailbox_folder_statistics;
mod get_exo_mailbox_permission;
mod get_exo_mailbox_statistics;
mod get_exo_mobile_device_statistics;
mod get_exo_recipient;
mod get_exo_recipient_permission;
mod get_group;
mod get_mailbox;
mod get_mailbox_permission;
mod get_recipient;
mod get_unified_group;
mod get_unified_group_links;
mod get_user;
mod new_distribution_group;
mod remove_distribution_group;
mod remove_distribution_group_member;
mod set_distribution_group;
mod update_distribution_group_member;

pub use add_distribution_group_member::*;
pub use get_distribution_group::*;
pub use get_distribution_group_member::*;
pub use get_dynamic_distribution_group::*;
pub use get_dynamic_distribution_group_member::*;
pub use get_exo_cas_mailbox::*;
pub use get_exo_mailbox::*;
pub use get_exo_mailbox_folder_permission::*;
pub use get_exo_mailbox_folder_statistics::*;
pub use get_exo_mailbox_permission::*;
pub use get_exo_mailbox_statistics::*;
pub use get_exo_mobile_device_statistics::*;
pub use get_exo_recipient::*;
pub use get_exo_recipient_permission::*;
pub use get_group::*;
pub use get_mailbox::*;
pub use get_mailbox_permission::*;
pub use get_recipient::*;
pub use get_unified_group::*;
pub use get_unified_group_links::*;
pub use get_user::*;
pub use new_distribution_group::*;
pub use remove_distribution_group::*;
pub use remove_distribution_group_member::*;
pub use set_distribution_group::*;
pub use update_distribution_group_member::*;

use crate::cmdlet::Cmdlet;
use crate::table::CmdletTable;

/// Every cmdlet, in the order of the table.
pub const CMDLETS: &[&CmdletTable] = &[
    GetUser::TABLE,
    GetExoRecipient::TABLE,
    GetDistributionGroup::TABLE,
    GetDistributionGroupMember::TABLE,
    NewDistributionGroup::TABLE,
    AddDistributionGroupMember::TABLE,
    RemoveDistributionGroupMember::TABLE,
    UpdateDistributionGroupMember::TABLE,
    SetDistributionGroup::TABLE,
    RemoveDistributionGroup::TABLE,
    GetRecipient::TABLE,
    GetGroup::TABLE,
    GetMailbox::TABLE,
    GetMailboxPermission::TABLE,
    GetDynamicDistributionGroup::TABLE,
    GetDynamicDistributionGroupMember::TABLE,
    GetUnifiedGroup::TABLE,
    GetUnifiedGroupLinks::TABLE,
    GetExoMailbox::TABLE,
    GetExoCasMailbox::TABLE,
    GetExoMailboxPermission::TABLE,
    GetExoRecipientPermission::TABLE,
    GetExoMailboxStatistics::TABLE,
    GetExoMailboxFolderStatistics::TABLE,
    GetExoMailboxFolderPermission::TABLE,
    GetExoMobileDeviceStatistics::TABLE,
];
