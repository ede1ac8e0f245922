//! Parameters that take one of a few names.

use crate::argument::{Argue, Argument};

macro_rules! choice {
    ($($(#[$doc:meta])* $type:ident { $($(#[$variant:meta])* $name:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $($(#[$variant])* $name,)*
        }

        impl $type {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name as Exchange spells it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }

        impl Argue for $type {
            fn argument(&self) -> Option<Argument> {
                Some(Argument::Text(self.as_str().to_owned()))
            }
        }
    )*};
}

choice! {
    /// Who may join or leave a group by himself.
    MemberUpdate {
        /// Everybody. Refused for security groups.
        Open,
        /// Nobody: an owner has to do it.
        Closed,
        /// Whoever an owner lets in. Only for joining.
        ApprovalRequired,
    }

    /// Whom moderation tells of refused messages.
    ModerationNotifications {
        /// Every sender.
        Always,
        /// Senders of the organisation.
        Internal,
        /// Nobody.
        Never,
    }

    /// The kind of a new group.
    NewGroupType {
        /// For mail only.
        Distribution,
        /// For mail and for permissions.
        Security,
    }

    /// How the users of a domain sign in.
    AuthenticationType {
        /// At an identity provider of their own.
        Federated,
        /// In the cloud.
        Managed,
    }

    /// Which relation to a Microsoft 365 group.
    LinkType {
        /// Members.
        Members,
        /// Owners.
        Owners,
        /// Members who get its messages.
        Subscribers,
    }

    /// Which folders of a mailbox.
    FolderScope {
        /// Every folder.
        All,
        /// `Archive`.
        Archive,
        /// `Calendar`.
        Calendar,
        /// `Clutter`.
        Clutter,
        /// `Contacts`.
        Contacts,
        /// `ConversationHistory`.
        ConversationHistory,
        /// `DeletedItems`.
        DeletedItems,
        /// `Drafts`.
        Drafts,
        /// `Inbox`.
        Inbox,
        /// `Journal`.
        Journal,
        /// `JunkEmail`.
        JunkEmail,
        /// `LegacyArchiveJournals`.
        LegacyArchiveJournals,
        /// `ManagedCustomFolder`.
        ManagedCustomFolder,
        /// `NonIpmRoot`.
        NonIpmRoot,
        /// `Notes`.
        Notes,
        /// `Outbox`.
        Outbox,
        /// `Personal`.
        Personal,
        /// `RecoverableItems`.
        RecoverableItems,
        /// `RssSubscriptions`.
        RssSubscriptions,
        /// `SentItems`.
        SentItems,
        /// `SyncIssues`.
        SyncIssues,
        /// `Tasks`.
        Tasks,
    }
}
