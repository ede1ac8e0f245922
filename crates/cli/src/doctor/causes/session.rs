//! Signed in: what opening a session and running a pipeline can meet.

use crate::doctor::facts::{Facts, quoted};
use crate::doctor::report::Cause;

use super::endpoint;

/// 2150858811: the resource URI is not in the catalogue (exchange.md 1.1).
pub(super) fn configuration_unknown(facts: &Facts) -> Vec<Cause> {
    let mut causes = Vec::new();
    let endpoint = &facts.endpoint;
    if endpoint.is_exchange() {
        causes.push(endpoint::exchange_on_winrm_port(facts));
        causes.push(Cause::new(
            "the server itself is meant, not Exchange",
            facts.again("--configuration Microsoft.PowerShell"),
        ));
    } else {
        let path = endpoint.path().to_ascii_lowercase();
        if path.starts_with("/powershell") {
            causes.push(Cause::new(
                "this path is Exchange's, which knows only Microsoft.Exchange",
                facts.again("--configuration Microsoft.Exchange"),
            ));
        }
        causes.push(Cause::new(
            format!(
                "{} is misspelt or not registered (there)",
                endpoint.configuration()
            ),
            "Get-PSSessionConfiguration | Select-Object Name, Permission",
        ));
        causes.push(Cause::new(
            "the default configuration is meant",
            facts.again("--configuration Microsoft.PowerShell"),
        ));
        causes.push(Cause::new(
            "PowerShell remoting is switched off (there)",
            "Enable-PSRemoting -Force",
        ));
    }
    causes
}

pub(super) fn access_denied(facts: &Facts) -> Vec<Cause> {
    let account = quoted(facts.account());
    if facts.endpoint.is_exchange() {
        return vec![
            Cause::new(
                "the user has no management role (on the Exchange server)",
                format!("Get-ManagementRoleAssignment -RoleAssignee {account}"),
            ),
            Cause::new(
                "remote PowerShell is not permitted to the user (on the Exchange server)",
                format!("Set-User {account} -RemotePowerShellEnabled $true"),
            ),
        ];
    }
    vec![
        Cause::new(
            "the user is in neither Administrators nor Remote Management Users (there)",
            format!(
                "Add-LocalGroupMember 'Remote Management Users' {}",
                quoted(facts.user())
            ),
        ),
        Cause::new(
            "the configuration does not permit the user (there)",
            format!(
                "Get-PSSessionConfiguration {} | Select-Object Permission",
                quoted(facts.endpoint.configuration())
            ),
        ),
        Cause::new(
            "a local administrator is filtered by UAC (there)",
            "Set-ItemProperty HKLM:\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Policies\\System \
             LocalAccountTokenFilterPolicy 1",
        ),
    ]
}

pub(super) fn quota(text: &str, facts: &Facts) -> Vec<Cause> {
    let mut causes = vec![Cause::new(
        "sessions that nobody closed still count: wait until they expire, then try again",
        format!("sleep 90; {}", facts.again("")),
    )];
    if facts.endpoint.is_exchange() || text.contains("policy party") {
        causes.push(Cause::new(
            "the throttling policy of the user permits few sessions (on the Exchange server)",
            format!(
                "Get-ThrottlingPolicyAssociation {} | Format-List",
                quoted(facts.account())
            ),
        ));
    } else {
        causes.push(Cause::new(
            "see the open shells, and close them (there)",
            "Get-WSManInstance -ResourceURI shell -Enumerate | Format-Table ShellId, Owner, ShellInactivity",
        ));
        causes.push(Cause::new(
            "raise the quota (there)",
            "Set-Item WSMan:\\localhost\\Shell\\MaxShellsPerUser 60",
        ));
    }
    causes
}

pub(super) fn fault(code: Option<u32>, facts: &Facts) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(info) = code.and_then(psbridge_protocol::wsman::fault_info) {
        causes.push(Cause::told(format!("{}: {}", info.meaning, info.advice)));
    }
    causes.push(Cause::new(
        "the event log of the server says more (there)",
        if facts.endpoint.is_exchange() {
            "Get-WinEvent -LogName 'MSExchange Management' -MaxEvents 20"
        } else {
            "Get-WinEvent -LogName Microsoft-Windows-WinRM/Operational -MaxEvents 20"
        },
    ));
    causes.push(Cause::new("see what travels", facts.again("--trace -vv")));
    causes
}

pub(super) fn command_unknown(facts: &Facts) -> Vec<Cause> {
    if facts.endpoint.is_exchange() {
        return vec![
            Cause::new(
                "no role of the user permits the cmdlet (on the Exchange server)",
                "Get-ManagementRole -Cmdlet CMDLET | Get-ManagementRoleAssignment",
            ),
            Cause::new("the name is misspelt", facts.again("--probe 'Get-Command'")),
        ];
    }
    vec![
        Cause::new(
            "the name is misspelt, or its module is not there",
            facts.again("--probe 'Get-Command'"),
        ),
        Cause::new(
            "the configuration shows only some cmdlets (there)",
            format!(
                "Get-PSSessionCapability {} {}",
                quoted(facts.endpoint.configuration()),
                quoted(facts.user())
            ),
        ),
    ]
}

pub(super) fn pipeline_failed(facts: &Facts) -> Vec<Cause> {
    vec![Cause::new(
        "the cmdlet itself refuses: correct what the error names",
        format!(
            "psbridge invoke {} --user {} 'PIPELINE'",
            quoted(&facts.endpoint.url()),
            quoted(facts.user())
        ),
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::facts::tests::facts;
    use psbridge::Authentication;

    #[test]
    fn the_wrong_configuration_is_told_by_the_side_that_is_right() {
        let exchange = facts("http://h:5985/PowerShell/", Authentication::Negotiate);
        assert!(configuration_unknown(&exchange)[0].text.contains("80 (Kerberos)"));
        let windows = facts("h", Authentication::Negotiate);
        assert!(
            configuration_unknown(&windows)[0]
                .text
                .contains("Microsoft.PowerShell is misspelt")
        );
    }

    #[test]
    fn a_known_fault_brings_its_meaning() {
        let facts = facts("h", Authentication::Negotiate);
        assert!(
            fault(Some(2_150_859_193), &facts)[0]
                .text
                .contains("name is not known")
        );
        assert_eq!(fault(Some(1), &facts).len(), 2);
    }
}
