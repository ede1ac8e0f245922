//! Who may come in: offers, passwords, accounts, bindings, encryption.

use psbridge::Authentication;
use psbridge_auth::Denial;

use crate::doctor::facts::{Facts, quoted};
use crate::doctor::report::Cause;

/// The clocks differ; nothing has failed yet.
pub(super) fn clock(facts: &Facts) -> Vec<Cause> {
    clocks(
        "Kerberos takes a difference of 5 minutes and tokens little more",
        facts,
    )
}

fn clocks(text: &str, facts: &Facts) -> Vec<Cause> {
    let host = quoted(facts.endpoint.host());
    vec![
        Cause::new(
            format!("{text}: see whether this machine's clock is kept"),
            "timedatectl status",
        ),
        Cause::new(
            "the clock of the server is wrong (from a Windows machine of the domain)",
            format!("w32tm /stripchart /computer:{host} /samples:3 /dataonly"),
        ),
    ]
}

pub(super) fn not_offered(wanted: &str, facts: &Facts) -> Vec<Cause> {
    let offers = |name: &str| facts.offered.iter().any(|offer| offer.eq_ignore_ascii_case(name));
    let mut causes = Vec::new();
    let only_kerberos = offers("Kerberos") && !offers("Negotiate") && !offers("NTLM") && !offers("Basic");
    let alternative = match facts.offered.as_slice() {
        _ if only_kerberos => Some((
            "the endpoint takes only Kerberos, which needs an account of its domain and the name of the server",
            facts.again(&format!(
                "--auth kerberos --user {}@REALM",
                quoted(facts.account())
            )),
        )),
        _ if offers("Negotiate") => Some((
            "the endpoint takes Negotiate (Kerberos or NTLM)",
            facts.again("--auth negotiate"),
        )),
        _ if offers("NTLM") => Some(("the endpoint takes NTLM", facts.again("--auth ntlm"))),
        _ if offers("Kerberos") => Some(("the endpoint takes Kerberos", facts.again("--auth kerberos"))),
        _ if offers("Bearer") => Some(("the endpoint takes tokens", facts.again("--auth bearer"))),
        _ if offers("Basic") => Some((
            "the endpoint takes only Basic, which shows it the password",
            facts.again("--auth basic"),
        )),
        _ => None,
    };
    causes.extend(alternative.map(|(text, command)| Cause::new(text, command)));
    if facts.endpoint.is_exchange() {
        let switch = match facts.authentication {
            Authentication::Basic | Authentication::BasicBearer => "-BasicAuthentication $true",
            Authentication::Certificate => "-CertificateAuthentication $true",
            _ => "-WindowsAuthentication $true",
        };
        causes.push(Cause::new(
            format!("{wanted} is switched off at the virtual directory (on the Exchange server)"),
            format!("Get-PowerShellVirtualDirectory | Set-PowerShellVirtualDirectory {switch}"),
        ));
    } else {
        let name = match facts.authentication {
            Authentication::Basic => "Basic",
            Authentication::Certificate => "Certificate",
            Authentication::Credssp => "CredSSP",
            Authentication::Kerberos => "Kerberos",
            _ => "Negotiate",
        };
        causes.push(Cause::new(
            format!("{wanted} is switched off at WinRM (there)"),
            format!("Set-Item WSMan:\\localhost\\Service\\Auth\\{name} $true"),
        ));
    }
    if facts.authentication == Authentication::Basic && !facts.endpoint.is_https() {
        causes.push(Cause::new(
            "WinRM offers Basic over http only with AllowUnencrypted; https is the better way",
            facts.doctor(
                &facts.elsewhere("https", Some(5986), facts.endpoint.path()),
                "--auth basic",
            ),
        ));
    }
    causes.push(Cause::told(
        "a proxy or balancer on the way takes the other offers out",
    ));
    causes
}

pub(super) fn clear(facts: &Facts) -> Vec<Cause> {
    let port = (!facts.endpoint.is_exchange()).then_some(5986);
    let https = facts.elsewhere("https", port, facts.endpoint.path());
    let auth = format!("--auth {}", facts.authentication.name());
    vec![
        Cause::new("this way of signing in needs https", facts.doctor(&https, &auth)),
        Cause::new(
            "Negotiate encrypts every message itself, over http too",
            facts.again("--auth negotiate"),
        ),
        Cause::new(
            "in a laboratory it may travel readable",
            facts.again(&format!("{auth} --allow-unencrypted")),
        ),
    ]
}

pub(super) fn encryption_demanded(facts: &Facts) -> Vec<Cause> {
    vec![
        Cause::new(
            "the endpoint wants encrypted messages (AllowUnencrypted=false), which Negotiate brings",
            facts.again("--auth negotiate"),
        ),
        Cause::new(
            "https encrypts everything",
            facts.doctor(
                &facts.elsewhere(
                    "https",
                    (!facts.endpoint.is_exchange()).then_some(5986),
                    facts.endpoint.path(),
                ),
                &format!("--auth {}", facts.authentication.name()),
            ),
        ),
        Cause::new(
            "in a laboratory the endpoint can be told to take readable messages (there)",
            "Set-Item WSMan:\\localhost\\Service\\AllowUnencrypted $true",
        ),
    ]
}

/// Refused without a reason: the endpoint does not tell passwords, states and bindings apart.
pub(super) fn rejected(facts: &Facts) -> Vec<Cause> {
    let account = quoted(facts.account());
    if facts.authentication == Authentication::Certificate {
        return certificate_rejected(facts);
    }
    if matches!(
        facts.authentication,
        Authentication::Bearer | Authentication::BasicBearer
    ) {
        return token_rejected(facts);
    }
    let mut causes = Vec::new();
    if facts.clock_ahead.is_some_and(|ahead| ahead.abs() > 300) {
        causes.extend(clocks("the clocks are too far apart", facts));
    }
    let bindings = bindings(facts);
    // Without a proof of who ends the TLS connection, somebody in between is as likely as a wrong password.
    if let Some(cause) = bindings
        .clone()
        .filter(|_| facts.given("--proxy").is_some() || facts.unproved_tls)
    {
        causes.push(cause);
    }
    causes.push(Cause::new(
        "the password is wrong or was changed; every further attempt counts towards a lockout",
        format!(
            "smbclient -L {} -U {}",
            quoted(facts.endpoint.host()),
            quoted(facts.user())
        ),
    ));
    let bare = facts
        .user
        .as_deref()
        .is_some_and(|user| !user.contains(['\\', '@']));
    if bare {
        causes.push(Cause::new(
            "the user is of a domain, which the name does not say",
            facts.again(&format!("--user 'DOMAIN\\{}'", facts.account())),
        ));
    }
    causes.push(Cause::new(
        "the account is locked, disabled or expired, or its password is (at a domain controller)",
        format!(
            "Get-ADUser {account} -Properties LockedOut, Enabled, PasswordExpired, AccountExpirationDate"
        ),
    ));
    if bindings.is_some() && !(facts.given("--proxy").is_some() || facts.unproved_tls) {
        causes.extend(bindings);
    }
    if facts.endpoint.is_exchange() {
        causes.push(Cause::new(
            "remote PowerShell is not permitted to the user (on the Exchange server)",
            format!("Set-User {account} -RemotePowerShellEnabled $true"),
        ));
    }
    causes.push(Cause::new(
        "the account may not sign in over the network (there)",
        "secpol.msc  # Local Policies, User Rights Assignment: Access this computer from the network",
    ));
    causes
}

/// Something that ends TLS in between breaks sign-ins that are bound to the connection.
fn bindings(facts: &Facts) -> Option<Cause> {
    let bound = matches!(
        facts.authentication,
        Authentication::Negotiate | Authentication::Ntlm | Authentication::Kerberos
    );
    (facts.endpoint.is_https() && bound).then(|| {
        Cause::new(
            "the endpoint refuses the channel binding: a proxy or balancer in between ends TLS and shows a certificate \
             of its own (compare this hash with that of the server's certificate)",
            format!(
                "openssl s_client -connect {}:{} </dev/null | openssl x509 -noout -issuer -fingerprint -sha256",
                quoted(facts.endpoint.host()),
                facts.endpoint.port()
            ),
        )
    })
}

/// The endpoint said that it sees another TLS connection.
pub(super) fn bindings_refused(facts: &Facts) -> Vec<Cause> {
    let mut causes: Vec<Cause> = bindings(facts).into_iter().collect();
    causes.push(Cause::new(
        "the way around the proxy or balancer works",
        facts.doctor(&facts.endpoint.url(), "--proxy http://OTHER:PORT"),
    ));
    causes.push(Cause::new(
        "WinRM insists on bindings that no proxy can keep (there)",
        "Set-Item WSMan:\\localhost\\Service\\CbtHardeningLevel Relaxed",
    ));
    causes
}

fn certificate_rejected(facts: &Facts) -> Vec<Cause> {
    vec![
        Cause::new(
            "no account is mapped to the certificate (there)",
            "Get-ChildItem WSMan:\\localhost\\ClientCertificate",
        ),
        Cause::new(
            "the server does not trust the authority of the certificate (there)",
            "Get-ChildItem Cert:\\LocalMachine\\Root, Cert:\\LocalMachine\\TrustedPeople",
        ),
        Cause::new(
            "certificates are switched off at WinRM (there)",
            "Set-Item WSMan:\\localhost\\Service\\Auth\\Certificate $true",
        ),
        Cause::new(
            "the certificate does not name its user (subjectAltName UPN) or is not for client authentication",
            "openssl x509 -in CERT -noout -ext subjectAltName,extendedKeyUsage",
        ),
        Cause::new(
            "something in between ends TLS, so that the certificate does not arrive",
            facts.again("-vv"),
        ),
    ]
}

/// 401 for a token (exchange.md 2.4 and 3.2).
pub(super) fn token_rejected(facts: &Facts) -> Vec<Cause> {
    let (kind, identity) = facts.online.grantee();
    vec![
        Cause::new(
            "the application has not the permission Exchange.ManageAsApp, or nobody consented to it",
            format!("psbridge grant {kind} {} --plan", quoted(identity)),
        ),
        Cause::new(
            "the token is for another audience or tenant than the endpoint",
            facts.again("--format json"),
        ),
        Cause::new("the token has expired or was withdrawn", facts.again("")),
        Cause::new(
            "the service principal is unknown to Exchange (in Exchange Online PowerShell)",
            format!("Get-ServicePrincipal -Identity {}", quoted(identity)),
        ),
    ]
}

pub(super) fn denied(denial: Denial, facts: &Facts) -> Vec<Cause> {
    let account = quoted(facts.account());
    let ad =
        |text: &str, command: String| vec![Cause::new(format!("{text} (at a domain controller)"), command)];
    match denial {
        Denial::WrongPassword => rejected(facts),
        Denial::UnknownAccount => vec![
            Cause::new(
                "the name is misspelt, or is of another domain",
                facts.again("--user 'DOMAIN\\NAME'"),
            ),
            Cause::new("there is no such account", format!("Get-ADUser {account}")),
        ],
        Denial::AccountLocked => ad(
            "too many wrong passwords were tried",
            format!("Unlock-ADAccount {account}"),
        ),
        Denial::AccountDisabled => ad(
            "somebody has disabled the account",
            format!("Enable-ADAccount {account}"),
        ),
        Denial::AccountExpired => ad(
            "the account was valid until a day that is over",
            format!("Clear-ADAccountExpiration {account}"),
        ),
        Denial::PasswordExpired | Denial::PasswordMustChange => vec![Cause::new(
            "the password has to be changed first",
            format!("smbpasswd -r DOMAIN-CONTROLLER -U {account}"),
        )],
        Denial::ClockSkew => clocks("the clocks are too far apart", facts),
        Denial::NoLogonServer => vec![Cause::new(
            "the server reaches no domain controller (there)",
            "nltest /sc_verify:DOMAIN",
        )],
        Denial::NtlmBlocked => vec![
            Cause::new(
                "NTLM is switched off there: use Kerberos",
                facts.again("--auth kerberos"),
            ),
            Cause::new(
                "a policy blocks NTLM (there)",
                "Get-ItemProperty HKLM:\\SYSTEM\\CurrentControlSet\\Control\\Lsa\\MSV1_0 RestrictReceivingNTLMTraffic",
            ),
        ],
        Denial::LogonHours | Denial::Workstation | Denial::LogonType | Denial::Restricted => ad(
            "a restriction of the account forbids it",
            format!("Get-ADUser {account} -Properties LogonWorkstations, LogonHours, AccountNotDelegated"),
        ),
        _ => rejected(facts),
    }
}

pub(super) fn security(facts: &Facts) -> Vec<Cause> {
    vec![
        Cause::told("something on the way changes messages: a proxy that inspects traffic, or an attacker"),
        Cause::new(
            "https protects the messages from it",
            facts.doctor(
                &facts.elsewhere(
                    "https",
                    (!facts.endpoint.is_exchange()).then_some(5986),
                    facts.endpoint.path(),
                ),
                "",
            ),
        ),
        Cause::new(
            "the server does not speak NTLMv2 with 128 bits: update it, or use Kerberos",
            facts.again("--auth kerberos"),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::facts::tests::facts;

    #[test]
    fn a_password_comes_first_unless_somebody_stands_between() {
        let mut facts = facts("https://h:5986/wsman", Authentication::Negotiate);
        assert!(rejected(&facts)[0].text.contains("password"));
        assert!(
            rejected(&facts)
                .iter()
                .any(|cause| cause.text.contains("channel binding"))
        );
        facts.kept = vec![("--proxy", "http://p:3128".into())];
        assert!(rejected(&facts)[0].text.contains("channel binding"));
        facts.authentication = Authentication::Basic;
        assert!(
            !rejected(&facts)
                .iter()
                .any(|cause| cause.text.contains("channel binding"))
        );
    }

    #[test]
    fn kerberos_alone_needs_a_domain() {
        let mut facts = facts("http://ex01.corp/PowerShell/", Authentication::Ntlm);
        facts.offered = vec!["Kerberos".into()];
        let causes = not_offered("NTLM", &facts);
        assert!(
            causes[0]
                .command
                .as_deref()
                .unwrap()
                .ends_with("--auth kerberos --user reader@REALM")
        );
        assert!(
            causes[1]
                .command
                .as_deref()
                .unwrap()
                .contains("Set-PowerShellVirtualDirectory")
        );
    }

    #[test]
    fn a_user_without_a_domain_is_noticed() {
        let mut facts = facts("h", Authentication::Negotiate);
        assert!(
            !rejected(&facts)
                .iter()
                .any(|cause| cause.text.contains("of a domain"))
        );
        facts.user = Some("reader".into());
        assert!(
            rejected(&facts)
                .iter()
                .any(|cause| cause.text.contains("of a domain"))
        );
    }

    #[test]
    fn states_of_accounts_have_their_own_command() {
        let facts = facts("h", Authentication::Credssp);
        let command = |denial| denied(denial, &facts)[0].command.clone().unwrap();
        assert_eq!(command(Denial::AccountLocked), "Unlock-ADAccount reader");
        assert_eq!(command(Denial::AccountDisabled), "Enable-ADAccount reader");
        assert_eq!(
            command(Denial::AccountExpired),
            "Clear-ADAccountExpiration reader"
        );
    }
}
