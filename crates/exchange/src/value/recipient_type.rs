use std::fmt;

use psbridge_clixml::from::ValueReader;
use psbridge_clixml::{Error, FromClixml};

use super::text;
use crate::argument::{Argue, Argument};

/// Makes an enumeration of names that Exchange may add to: a name that is not known is kept.
macro_rules! names {
    ($(#[$doc:meta])* $type:ident, $expected:literal: $($name:ident)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $type {
            $(#[doc = concat!("`", stringify!($name), "`.")] $name,)*
            /// A name that came into being after this was written.
            Other(String),
        }

        impl $type {
            /// The name as Exchange spells it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => stringify!($name),)*
                    Self::Other(name) => name,
                }
            }
        }

        impl From<&str> for $type {
            fn from(name: &str) -> Self {
                $(if name.eq_ignore_ascii_case(stringify!($name)) {
                    return Self::$name;
                })*
                Self::Other(name.to_owned())
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Argue for $type {
            fn argument(&self) -> Option<Argument> {
                Some(Argument::Text(self.as_str().to_owned()))
            }
        }

        impl FromClixml for $type {
            fn from_clixml(value: ValueReader<'_, '_>) -> Result<Self, Error> {
                text($expected, value).map(|name| Self::from(name.as_str()))
            }
        }
    };
}

names! {
    /// The kind of a recipient, coarsely.
    RecipientType, "a recipient type":
    Invalid User UserMailbox MailUser Contact MailContact Group MailUniversalDistributionGroup
    MailUniversalSecurityGroup MailNonUniversalGroup DynamicDistributionGroup PublicFolder PublicDatabase
    SystemAttendantMailbox SystemMailbox MicrosoftExchange Computer
}

names! {
    /// The kind of a recipient, finely.
    RecipientTypeDetails, "a recipient type":
    None UserMailbox LinkedMailbox SharedMailbox LegacyMailbox RoomMailbox EquipmentMailbox MailContact MailUser
    MailUniversalDistributionGroup MailNonUniversalGroup MailUniversalSecurityGroup DynamicDistributionGroup
    PublicFolder SystemAttendantMailbox SystemMailbox MailForestContact User Contact UniversalDistributionGroup
    UniversalSecurityGroup NonUniversalGroup DisabledUser MicrosoftExchange ArbitrationMailbox MailboxPlan LinkedUser
    RoomList DiscoveryMailbox RoleGroup RemoteUserMailbox Computer RemoteRoomMailbox RemoteEquipmentMailbox
    RemoteSharedMailbox PublicFolderMailbox TeamMailbox RemoteTeamMailbox MonitoringMailbox GroupMailbox
    LinkedRoomMailbox AuditLogMailbox RemoteGroupMailbox SchedulingMailbox GuestMailUser AuxAuditLogMailbox
    SupervisoryReviewPolicyMailbox SharedWithMailUser
}

impl RecipientTypeDetails {
    /// True for groups whose members `Get-DistributionGroupMember` lists.
    #[must_use]
    pub fn is_distribution_group(&self) -> bool {
        matches!(
            self,
            Self::MailUniversalDistributionGroup
                | Self::MailUniversalSecurityGroup
                | Self::MailNonUniversalGroup
                | Self::RoomList
        )
    }

    /// True for everything that has members, however they are listed.
    #[must_use]
    pub fn is_group(&self) -> bool {
        self.is_distribution_group()
            || matches!(
                self,
                Self::DynamicDistributionGroup
                    | Self::GroupMailbox
                    | Self::RemoteGroupMailbox
                    | Self::UniversalDistributionGroup
                    | Self::UniversalSecurityGroup
                    | Self::NonUniversalGroup
                    | Self::RoleGroup
            )
    }
}

#[cfg(test)]
mod tests {
    use psbridge_clixml::{Limits, from_message};

    use super::*;

    #[test]
    fn both_serializations_and_unknown_names_are_taken() {
        let read = |clixml: &str| {
            from_message::<RecipientTypeDetails>(clixml.as_bytes(), &Limits::default()).unwrap()
        };
        assert_eq!(read("<S>usermailbox</S>"), RecipientTypeDetails::UserMailbox);
        let full = "<Obj RefId='0'><TN RefId='0'><T>Microsoft.Exchange.Data.Directory.Recipient.RecipientTypeDetails</T>\
                    <T>System.Enum</T></TN><ToString>RoomList</ToString><I64>268435456</I64></Obj>";
        assert_eq!(read(full), RecipientTypeDetails::RoomList);
        let new = read("<S>HologramMailbox</S>");
        assert_eq!(
            (&new, new.as_str()),
            (
                &RecipientTypeDetails::Other("HologramMailbox".into()),
                "HologramMailbox"
            )
        );
    }
}
