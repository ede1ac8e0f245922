//! Cmdlets that only Exchange Online has, in the words of the ones that answer for them over PSRP.

use crate::argument::Argument;
use crate::cmdlet::Call;
use crate::error::{Error, ErrorKind};

/// A call as PSRP takes it.
#[derive(Debug)]
pub(crate) struct Translated {
    pub(crate) cmdlet: &'static str,
    pub(crate) arguments: Vec<(&'static str, Argument)>,
}

/// The names by which the Get-EXO* cmdlets know an object; elsewhere each is an identity.
const NAMES: [&str; 4] = [
    "Identity",
    "ExternalDirectoryObjectId",
    "PrimarySmtpAddress",
    "UserPrincipalName",
];

/// # Errors
/// [`ErrorKind::PermissionOrVersion`] for a parameter that says what PSRP cannot.
pub(crate) fn over_psrp(call: &Call) -> Result<Translated, Error> {
    let table = call.table();
    let given = call.arguments().iter();
    let Some(cmdlet) = table.over_psrp else {
        return Ok(Translated {
            cmdlet: table.name,
            arguments: given.map(|(name, argument)| (name, argument.clone())).collect(),
        });
    };
    let mut arguments = Vec::new();
    for (name, argument) in given {
        match name {
            name if NAMES.contains(&name) => arguments.push(("Identity", identity(argument))),
            // Objects come whole over PSRP, with whatever the roles permit.
            "Properties" | "PropertySets" => {}
            name if has(cmdlet, name) => arguments.push((name, argument.clone())),
            name => {
                return Err(Error::new(
                    ErrorKind::PermissionOrVersion,
                    table.name,
                    format!(
                        "-{name} exists only in Exchange Online's REST interface; {cmdlet}, which answers over PSRP, has no such parameter"
                    ),
                ));
            }
        }
    }
    Ok(Translated { cmdlet, arguments })
}

fn identity(argument: &Argument) -> Argument {
    match argument {
        Argument::Guid(guid) => Argument::Text(guid.hyphenated().to_string()),
        other => other.clone(),
    }
}

/// What the cmdlets that answer take. Those of our own table are known from there.
fn has(cmdlet: &str, parameter: &str) -> bool {
    if let Some(table) = crate::CMDLETS.iter().find(|table| table.name == cmdlet) {
        return table.parameter(parameter).is_some();
    }
    let known: &[&str] = match cmdlet {
        "Get-CASMailbox" => &[
            "Anr",
            "ActiveSyncDebugLogging",
            "Filter",
            "GetImapProtocolLog",
            "GetPopProtocolLog",
            "IgnoreDefaultScope",
            "OrganizationalUnit",
            "ProtocolSettings",
            "ReadIsOptimizedForAccessibility",
            "ResultSize",
            "SendLogsTo",
        ],
        "Get-RecipientPermission" => &["AccessRights", "ResultSize", "Trustee"],
        "Get-MailboxStatistics" => &["Archive", "IncludeMoveHistory", "IncludeMoveReport"],
        "Get-MailboxFolderStatistics" => &[
            "Archive",
            "DiagnosticInfo",
            "Folderscope",
            "IncludeAnalysis",
            "IncludeOldestAndNewestItems",
        ],
        "Get-MailboxFolderPermission" => &["User"],
        "Get-MobileDeviceStatistics" => &[
            "ActiveSync",
            "GetMailboxLog",
            "Mailbox",
            "NotificationEmailAddresses",
            "OWAforDevices",
            "RestApi",
            "ShowRecoveryPassword",
        ],
        _ => &[],
    };
    known.iter().any(|name| name.eq_ignore_ascii_case(parameter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cmdlet, GetExoMailbox, GetExoMailboxStatistics, GetExoRecipient, GetUser, Place};

    #[test]
    fn the_fast_cmdlets_have_one_that_answers_for_them() {
        let call = GetExoRecipient::new()
            .user_principal_name("ann@corp.example")
            .properties(["DisplayName"])
            .call(Place::OnPremises)
            .unwrap();
        let translated = over_psrp(&call).unwrap();
        assert_eq!(translated.cmdlet, "Get-Recipient");
        let names: Vec<_> = translated.arguments.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["ResultSize", "Identity"]);

        let statistics = GetExoMailboxStatistics::new().identity("ann").archive(true);
        let translated = over_psrp(&statistics.call(Place::Both).unwrap()).unwrap();
        assert_eq!(translated.cmdlet, "Get-MailboxStatistics");
        assert_eq!(translated.arguments.len(), 2);
    }

    #[test]
    fn what_cannot_be_said_is_an_error_and_not_left_out() {
        let call = GetExoMailbox::new().asynchronous(true).call(Place::Both).unwrap();
        let error = over_psrp(&call).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionOrVersion);
        assert!(error.to_string().contains("-Async"), "{error}");
    }

    #[test]
    fn other_cmdlets_stay_as_they_are() {
        let call = GetUser::new().identity("ann").call(Place::Both).unwrap();
        let translated = over_psrp(&call).unwrap();
        assert_eq!(translated.cmdlet, "Get-User");
        assert_eq!(translated.arguments.len(), 2);
    }
}
