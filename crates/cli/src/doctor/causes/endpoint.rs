//! What answers by HTTP, before anybody has signed in.

use url::Url;

use crate::doctor::facts::{Facts, quoted};
use crate::doctor::report::Cause;

pub(super) fn not_http(tls: bool, facts: &Facts) -> Vec<Cause> {
    let mut causes = Vec::new();
    if tls {
        let https = facts.endpoint.url().replacen("http:", "https:", 1);
        causes.push(Cause::new("the port speaks TLS", facts.doctor(&https, "")));
    }
    causes.push(Cause::new(
        "another service listens on this port",
        format!(
            "curl -v telnet://{}:{} --max-time 3",
            facts.endpoint.host(),
            facts.endpoint.port()
        ),
    ));
    causes.push(proper_port(facts));
    causes
}

pub(super) fn closed(facts: &Facts) -> Vec<Cause> {
    let https = facts.endpoint.url().replacen("http:", "https:", 1);
    let mut causes = vec![Cause::new(
        "another service listens on this port, or it has too many connections",
        format!(
            "curl -v telnet://{}:{} --max-time 3",
            facts.endpoint.host(),
            facts.endpoint.port()
        ),
    )];
    if !facts.endpoint.is_https() {
        causes.insert(0, Cause::new("the port speaks TLS", facts.doctor(&https, "")));
    }
    causes.push(Cause::new(
        "the service is being restarted (there)",
        if facts.endpoint.is_exchange() {
            "Get-Service W3SVC"
        } else {
            "Get-Service WinRM"
        },
    ));
    causes
}

pub(super) fn silent(facts: &Facts) -> Vec<Cause> {
    vec![
        Cause::new(
            "the server is overloaded, or the application pool hangs (there)",
            if facts.endpoint.is_exchange() {
                "Restart-WebAppPool MSExchangePowerShellAppPool"
            } else {
                "Restart-Service WinRM"
            },
        ),
        Cause::new(
            "another service listens on this port",
            proper_port(facts).command.unwrap_or_default(),
        ),
    ]
}

/// 404 and its like.
pub(super) fn wrong_path(facts: &Facts) -> Vec<Cause> {
    let mut causes = Vec::new();
    let endpoint = &facts.endpoint;
    if facts.on_winrm_port() && endpoint.is_exchange() {
        causes.push(exchange_on_winrm_port(facts));
        causes.push(Cause::new(
            "the server itself is meant, not Exchange: WinRM answers at /wsman",
            facts.doctor(
                &endpoint_at(facts, "/wsman"),
                "--configuration Microsoft.PowerShell",
            ),
        ));
        return causes;
    }
    if !endpoint.is_exchange() || !endpoint.path().eq_ignore_ascii_case("/PowerShell/") {
        causes.push(Cause::new(
            "Exchange answers at /PowerShell/",
            facts.doctor(&endpoint_at(facts, "/PowerShell/"), ""),
        ));
    }
    if !endpoint.path().eq_ignore_ascii_case("/wsman") {
        causes.push(Cause::new(
            "WinRM answers at /wsman, mostly on port 5985 or 5986",
            facts.doctor(
                &facts.elsewhere("http", Some(5985), "/wsman"),
                "--configuration Microsoft.PowerShell",
            ),
        ));
    } else {
        causes.push(Cause::new(
            "WinRM has another URL prefix, or listens on another port (there)",
            "winrm enumerate winrm/config/listener",
        ));
    }
    if endpoint.is_exchange() {
        causes.push(Cause::new(
            "the virtual directory is missing or has another name (on the Exchange server)",
            "Get-PowerShellVirtualDirectory | Format-List Identity, Path, InternalUrl",
        ));
    }
    causes
}

pub(super) fn exchange_on_winrm_port(facts: &Facts) -> Cause {
    Cause::new(
        "Exchange does not answer on WinRM's ports: it uses 80 (Kerberos) and 443",
        facts.doctor(&facts.elsewhere("http", None, "/PowerShell/"), ""),
    )
}

pub(super) fn forbidden(facts: &Facts) -> Vec<Cause> {
    let mut causes = Vec::new();
    if facts.endpoint.is_exchange() {
        let https = facts.elsewhere("https", None, facts.endpoint.path());
        if !facts.endpoint.is_https() {
            causes.push(Cause::new(
                "the virtual directory demands TLS",
                facts.doctor(&https, ""),
            ));
        }
        causes.push(Cause::new(
            "remote PowerShell is not permitted to the user (on the Exchange server)",
            format!(
                "Set-User {} -RemotePowerShellEnabled $true",
                quoted(facts.account())
            ),
        ));
        causes.push(Cause::new(
            "IP restrictions or a client certificate are demanded (on the Exchange server)",
            "Get-WebConfiguration system.webServer/security/access -PSPath 'IIS:\\Sites\\Default Web Site\\PowerShell'",
        ));
    } else {
        causes.push(Cause::new(
            "WinRM filters addresses (there)",
            "winrm get winrm/config/service | findstr IPv4Filter",
        ));
        causes.push(Cause::told("a proxy or balancer on the way forbids the path"));
    }
    causes
}

pub(super) fn throttled(facts: &Facts) -> Vec<Cause> {
    let mut causes = vec![Cause::new(
        "too many requests or sessions at present: wait, then try again",
        format!("sleep 60; {}", facts.again("")),
    )];
    if facts.online.rest {
        causes.push(Cause::told(
            "other programs of the tenant use up what it may do at once",
        ));
        return causes;
    }
    if facts.endpoint.is_exchange() {
        causes.push(Cause::new(
            "the application pool has stopped (on the Exchange server)",
            "Get-IISAppPool MSExchangePowerShellAppPool, MSExchangePowerShellFrontEndAppPool",
        ));
        causes.push(Cause::new(
            "the user's throttling policy is too narrow (on the Exchange server)",
            format!("Get-ThrottlingPolicyAssociation {}", quoted(facts.account())),
        ));
    } else {
        causes.push(Cause::new("WinRM is still starting (there)", "Get-Service WinRM"));
    }
    causes.push(Cause::told(
        "a balancer on the way has no healthy server behind it",
    ));
    causes
}

pub(super) fn not_winrm(facts: &Facts) -> Vec<Cause> {
    let mut causes = vec![
        Cause::new(
            "a web server or balancer answers in place of WinRM: see what it says",
            format!("curl -i -X POST {}", quoted(&facts.endpoint.url())),
        ),
        proper_port(facts),
    ];
    if facts.endpoint.is_exchange() {
        causes.push(Cause::new(
            "the virtual directory is broken (on the Exchange server)",
            "Test-PowerShellConnectivity",
        ));
    }
    causes
}

pub(super) fn redirect_not_allowed(location: &str, facts: &Facts) -> Vec<Cause> {
    let host = Url::parse(location)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    let option = match host {
        Some(host) if !host.eq_ignore_ascii_case(facts.endpoint.host()) => {
            format!("--allow-redirect={}", quoted(&host))
        }
        _ => "--allow-redirect".to_owned(),
    };
    let mut causes = vec![Cause::new(
        "the service lives at the other address: allow it, if that host may get the credential",
        facts.again(&option),
    )];
    if location.starts_with("https://") || location.starts_with("http://") {
        causes.push(Cause::new(
            "the other address is the right target",
            facts.doctor(location, ""),
        ));
    }
    causes
}

pub(super) fn redirect_refused(location: &str, facts: &Facts) -> Vec<Cause> {
    let mut causes = redirect_not_allowed(location, facts);
    if location.starts_with("http://") && facts.endpoint.is_https() {
        causes.clear();
        causes.push(Cause::new(
            "the endpoint redirects from https to http, where everybody could read along; name its https address",
            facts.doctor(&location.replacen("http:", "https:", 1), ""),
        ));
    }
    causes
}

fn endpoint_at(facts: &Facts, path: &str) -> String {
    format!("{}{path}", facts.endpoint.origin())
}

/// Where the service that is meant answers by default.
fn proper_port(facts: &Facts) -> Cause {
    if facts.endpoint.is_exchange() {
        Cause::new(
            "Exchange answers on ports 80 and 443",
            facts.doctor(&facts.elsewhere("https", None, "/PowerShell/"), ""),
        )
    } else {
        Cause::new(
            "WinRM answers on ports 5985 (http) and 5986 (https)",
            facts.doctor(&facts.elsewhere("http", Some(5985), "/wsman"), ""),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::facts::tests::facts;
    use psbridge::Authentication;

    #[test]
    fn exchange_on_5985_is_told_first() {
        let facts = facts("http://ex01.corp:5985/PowerShell/", Authentication::Negotiate);
        let causes = wrong_path(&facts);
        assert!(causes[0].text.contains("80 (Kerberos)"));
        assert!(
            causes[0]
                .command
                .as_deref()
                .unwrap()
                .contains("http://ex01.corp/PowerShell/ ")
        );
        assert!(
            causes[1]
                .command
                .as_deref()
                .unwrap()
                .contains("http://ex01.corp:5985/wsman")
        );
    }

    #[test]
    fn the_host_of_a_redirection_is_named_in_the_option() {
        let facts = facts("https://ps.example.com/powershell-liveid", Authentication::Basic);
        let option = |location: &str| redirect_not_allowed(location, &facts)[0].command.clone().unwrap();
        assert!(option("https://pod1.example.com/x").ends_with("--allow-redirect=pod1.example.com"));
        assert!(option("https://ps.example.com/x").ends_with("--allow-redirect"));
        let down = redirect_refused("http://ps.example.com/x", &facts);
        assert!(
            down[0]
                .command
                .as_deref()
                .unwrap()
                .contains("https://ps.example.com/x")
        );
    }
}
