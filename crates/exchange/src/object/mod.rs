//! What cmdlets answer with.
//!
//! Every property may be missing: roles hide some, `Select-Object` and property sets leave others out. What no field
//! takes is kept in `extra`; `SerializationData` is passed over, never interpreted.

mod cas_mailbox;
mod distribution_group;
mod dynamic_distribution_group;
mod group;
mod mailbox;
mod mailbox_folder_permission;
mod mailbox_folder_statistics;
mod mailbox_permission;
mod mailbox_statistics;
mod member;
mod mobile_device_statistics;
mod recipient;
mod recipient_permission;
mod unified_group;
mod user;

pub use cas_mailbox::CasMailbox;
pub use distribution_group::DistributionGroup;
pub use dynamic_distribution_group::DynamicDistributionGroup;
pub use group::Group;
pub use mailbox::Mailbox;
pub use mailbox_folder_permission::MailboxFolderPermission;
pub use mailbox_folder_statistics::MailboxFolderStatistics;
pub use mailbox_permission::MailboxPermission;
pub use mailbox_statistics::MailboxStatistics;
pub use member::Member;
pub use mobile_device_statistics::MobileDeviceStatistics;
pub use recipient::Recipient;
pub use recipient_permission::RecipientPermission;
pub use unified_group::UnifiedGroup;
pub use user::User;

use psbridge_clixml::{Error, FromClixml, ValueReader};

/// A member that is taken from `extra` and not looked at: `SerializationData` holds .NET objects in a form that must
/// never be trusted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct PassedOver;

impl FromClixml for PassedOver {
    fn from_clixml(_: ValueReader<'_, '_>) -> Result<Self, Error> {
        Ok(Self)
    }

    fn absent() -> Option<Self> {
        Some(Self)
    }
}
