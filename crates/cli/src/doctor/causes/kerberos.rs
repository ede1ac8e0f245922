//! Kerberos: names, realms, KDCs, tickets, clocks.

use psbridge_auth::{Denial, KerberosError};

use super::sign_in;
use crate::doctor::facts::{Facts, quoted};
use crate::doctor::report::Cause;

pub(super) fn failed(error: &KerberosError, facts: &Facts) -> Vec<Cause> {
    let host = quoted(facts.endpoint.host());
    let user = quoted(facts.user());
    match error {
        KerberosError::NotInBuild { feature, .. } => vec![Cause::new(
            "this build of psbridge lacks it",
            format!("cargo install --path crates/cli --features {feature}"),
        )],
        KerberosError::Address { host } => vec![
            Cause::new(
                "Kerberos knows servers by name: use the name that the address belongs to",
                format!("getent hosts {}", quoted(host)),
            ),
            Cause::new(
                "NTLM does without a name, if it is permitted",
                facts.again("--auth ntlm"),
            ),
        ],
        KerberosError::NoRealm { .. } | KerberosError::WrongRealm { .. } => vec![
            Cause::new(
                "the realm is not the domain of the user: it is the domain's DNS name in capitals",
                facts.again(&format!("--user {}@CORP.EXAMPLE.COM", quoted(facts.account()))),
            ),
            Cause::new(
                "/etc/krb5.conf names no default realm",
                "grep default_realm /etc/krb5.conf",
            ),
        ],
        KerberosError::NoKdc { realm } => vec![
            Cause::new(
                "the DNS server of this machine does not know the domain",
                format!("host -t SRV _kerberos._tcp.{}", quoted(&realm.to_lowercase())),
            ),
            Cause::new("name a domain controller", facts.again("--kdc DOMAIN-CONTROLLER")),
        ],
        KerberosError::KdcUnreachable { realm, .. } => vec![
            Cause::new(
                "the KDC does not run there, or a firewall drops port 88",
                "nc -vz DOMAIN-CONTROLLER 88".to_owned(),
            ),
            Cause::new(
                "other domain controllers may answer",
                format!("host -t SRV _kerberos._tcp.{}", quoted(&realm.to_lowercase())),
            ),
            Cause::new(
                "name one that can be reached",
                facts.again("--kdc DOMAIN-CONTROLLER"),
            ),
        ],
        KerberosError::UserUnknown { realm, .. } => vec![
            Cause::new("the name is misspelt", format!("kinit {user}")),
            Cause::new(
                format!("the user is of another domain than {realm}"),
                facts.again(&format!("--user {}@OTHER.REALM", quoted(facts.account()))),
            ),
        ],
        KerberosError::WrongPassword { keytab: true, .. } => vec![
            Cause::new(
                "the password was changed after the keytab was made (its number must be the directory's msDS-KeyVersionNumber)",
                "klist -kte KEYTAB",
            ),
            Cause::new(
                "make the keytab anew (at a domain controller)",
                format!(
                    "ktpass /princ {user} /pass * /crypto AES256-SHA1 /ptype KRB5_NT_PRINCIPAL /out KEYTAB"
                ),
            ),
        ],
        KerberosError::WrongPassword { keytab: false, .. } => vec![
            Cause::new(
                "the password is wrong or was changed; every further attempt counts towards a lockout",
                format!("kinit {user}"),
            ),
            Cause::new(
                "the name of the user is written with other capitals than in the directory, which AES keys depend on (at a domain controller)",
                format!(
                    "Get-ADUser {} -Properties UserPrincipalName",
                    quoted(facts.account())
                ),
            ),
        ],
        KerberosError::Account { denial, .. } => account(*denial, facts),
        KerberosError::ClockSkew { .. } => vec![
            Cause::new("the clock of this machine is not kept", "timedatectl status"),
            Cause::new(
                "the clock of the server is wrong (from a Windows machine of the domain)",
                format!("w32tm /stripchart /computer:{host} /samples:3 /dataonly"),
            ),
        ],
        KerberosError::ServiceUnknown { .. } => vec![
            Cause::new(
                "the directory has no such service principal name; see who has it (on a Windows machine of the domain)",
                format!("setspn -Q */{host}"),
            ),
            Cause::new(
                "the target is an alias or a balancer: register its name with the account of the service",
                format!("setspn -S HTTP/{host} ACCOUNT"),
            ),
            Cause::new(
                "the service answers to another name",
                facts.again(&format!("--spn HTTP/{host}")),
            ),
            Cause::new(
                "use the server's own name",
                format!(
                    "setspn -L {}",
                    facts.endpoint.host().split('.').next().unwrap_or_default()
                ),
            ),
        ],
        KerberosError::NoTicket { .. } => vec![
            Cause::new("nobody has got a ticket here", format!("kinit {user}")),
            Cause::new("the tickets are in another cache", "klist -l"),
            Cause::new(
                "a password or keytab does without a cache",
                facts.again("--keytab FILE"),
            ),
        ],
        KerberosError::TicketExpired => vec![
            Cause::new("the ticket was not renewed", format!("kinit -R || kinit {user}")),
            Cause::new("see when it ended", "klist"),
        ],
        KerberosError::EncryptionType { .. } => vec![
            Cause::new(
                "the account has only RC4 keys, which need a build with the system's krb5: change its password, or permit AES (at a domain controller)",
                format!(
                    "Set-ADUser {} -KerberosEncryptionType AES128, AES256",
                    quoted(facts.account())
                ),
            ),
            Cause::new(
                "RC4 works with the system's krb5",
                "cargo install --path crates/cli --features kerberos-gss",
            ),
        ],
        KerberosError::ServerKey { service } => vec![
            Cause::new(
                "the service principal name belongs to another account than the one that serves (on a Windows machine of the domain)",
                format!("setspn -Q {}", quoted(service)),
            ),
            Cause::new("two accounts have the same service principal name", "setspn -X"),
            Cause::new(
                "IIS runs the service as another account: use the server's own name",
                facts.again(&format!("--spn HOST/{host}")),
            ),
        ],
        KerberosError::Bindings => sign_in::bindings_refused(facts),
        KerberosError::Keytab { path, .. } => vec![
            Cause::new(
                "the file is no keytab, or has no key of the user",
                format!("klist -kte {}", quoted(path.as_deref().unwrap_or("KEYTAB"))),
            ),
            Cause::new("only its owner may read it", "ls -l KEYTAB"),
        ],
        KerberosError::Configuration { path, .. } => {
            vec![Cause::new(
                "the file has a mistake",
                format!("cat {}", quoted(path)),
            )]
        }
        _ => vec![
            Cause::new(
                "see what the KDC says to the system's own tools",
                format!("KRB5_TRACE=/dev/stderr kinit {user}"),
            ),
            Cause::new("see what travels", facts.again("-vv")),
        ],
    }
}

fn account(denial: Option<Denial>, facts: &Facts) -> Vec<Cause> {
    if let Some(denial) = denial {
        return sign_in::denied(denial, facts);
    }
    // The KDC says the same of locked, disabled and expired accounts.
    let account = quoted(facts.account());
    vec![
        Cause::new(
            "too many wrong passwords were tried (at a domain controller)",
            format!("Unlock-ADAccount {account}"),
        ),
        Cause::new(
            "somebody has disabled the account, or it has expired (at a domain controller)",
            format!("Get-ADUser {account} -Properties Enabled, LockedOut, AccountExpirationDate, LogonHours"),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::facts::tests::facts;
    use psbridge::Authentication;

    #[test]
    fn an_unknown_service_is_looked_up_first() {
        let facts = facts("http://mail.corp.example/PowerShell/", Authentication::Kerberos);
        let error = KerberosError::ServiceUnknown {
            service: "HTTP/mail.corp.example".into(),
            realm: "CORP.EXAMPLE".into(),
        };
        let commands: Vec<_> = failed(&error, &facts)
            .into_iter()
            .filter_map(|cause| cause.command)
            .collect();
        assert_eq!(commands[0], "setspn -Q */mail.corp.example");
        assert_eq!(commands[3], "setspn -L mail");
    }

    #[test]
    fn an_address_is_turned_into_a_name() {
        let facts = facts("http://192.0.2.7/PowerShell/", Authentication::Kerberos);
        let error = KerberosError::Address {
            host: "192.0.2.7".into(),
        };
        assert_eq!(
            failed(&error, &facts)[0].command.as_deref(),
            Some("getent hosts 192.0.2.7")
        );
    }
}
