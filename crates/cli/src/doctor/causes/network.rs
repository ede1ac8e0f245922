//! Before anybody has spoken: names, ports, proxies.

use crate::doctor::facts::{Facts, quoted};
use crate::doctor::report::Cause;

pub(super) fn name_unknown(host: &str, facts: &Facts) -> Vec<Cause> {
    let mut causes = Vec::new();
    let host = quoted(host);
    if !host.contains('.') {
        causes.push(Cause::new(
            "the name has no domain, and this machine searches no domain that knows it",
            facts.doctor(
                &facts
                    .endpoint
                    .url()
                    .replacen(&host, &format!("{host}.example.com"), 1),
                "",
            ),
        ));
    }
    causes.push(Cause::new("the name is misspelt", format!("getent hosts {host}")));
    causes.push(Cause::new(
        "the name is known only inside the company: connect the VPN, or ask the company's DNS server",
        format!("nslookup {host} DNS-SERVER"),
    ));
    causes.push(Cause::new(
        "only a proxy can resolve it",
        facts.again("--proxy http://PROXY:PORT"),
    ));
    causes
}

pub(super) fn port_closed(facts: &Facts) -> Vec<Cause> {
    let (host, port) = (facts.endpoint.host(), facts.endpoint.port());
    let mut causes = Vec::new();
    if facts.endpoint.is_exchange() {
        if facts.on_winrm_port() {
            causes.push(Cause::new(
                "Exchange answers on port 80 (Kerberos) or 443, not on WinRM's port",
                facts.doctor(&facts.elsewhere("http", None, facts.endpoint.path()), ""),
            ));
        }
        causes.push(Cause::new(
            "IIS does not run on the Exchange server (there)",
            "Get-Service W3SVC, WAS | Start-Service",
        ));
    } else if facts.endpoint.is_https() {
        causes.push(Cause::new(
            "WinRM has no HTTPS listener (there: look for Transport = HTTPS)",
            "winrm enumerate winrm/config/listener",
        ));
        causes.push(Cause::new(
            "WinRM listens only on http, where it encrypts messages itself",
            facts.doctor(&facts.elsewhere("http", Some(5985), "/wsman"), ""),
        ));
    } else {
        causes.push(Cause::new(
            "WinRM is not switched on (there, as administrator)",
            "Enable-PSRemoting -Force",
        ));
        causes.push(Cause::new(
            "WinRM listens on another port (there)",
            "winrm enumerate winrm/config/listener",
        ));
    }
    causes.push(Cause::new(
        "a firewall refuses the connection (from a machine beside it)",
        format!("Test-NetConnection {host} -Port {port}"),
    ));
    causes
}

pub(super) fn no_answer(facts: &Facts) -> Vec<Cause> {
    let (host, port) = (facts.endpoint.host(), facts.endpoint.port());
    let rule = if facts.endpoint.is_exchange() || !facts.on_winrm_port() {
        format!(
            "New-NetFirewallRule -DisplayName 'TCP {port}' -Direction Inbound -Protocol TCP -LocalPort {port} -Action Allow"
        )
    } else {
        "Enable-NetFirewallRule -DisplayGroup 'Windows Remote Management'".to_owned()
    };
    vec![
        Cause::new("the firewall of the server drops the connection (there)", rule),
        Cause::new(
            "a firewall on the way drops it, or the server is off (from a machine beside it)",
            format!("Test-NetConnection {host} -Port {port}"),
        ),
        Cause::new(
            "the way there leads through a proxy",
            facts.again("--proxy environment"),
        ),
    ]
}

pub(super) fn unreachable(facts: &Facts) -> Vec<Cause> {
    let host = quoted(facts.endpoint.host());
    vec![
        Cause::new(
            "this machine has no way to the network of the server",
            format!("ip route get {host}"),
        ),
        Cause::new("the VPN is not connected", "ip address show"),
        Cause::new(
            "the way there leads through a proxy",
            facts.again("--proxy environment"),
        ),
    ]
}

pub(super) fn proxy_unusable(facts: &Facts) -> Vec<Cause> {
    vec![
        Cause::new(
            "the address of the proxy is wrong, or it does not run",
            "env | grep -i _proxy",
        ),
        Cause::new("no proxy is needed", facts.without_proxy()),
    ]
}

pub(super) fn proxy_sign_in(facts: &Facts) -> Vec<Cause> {
    vec![
        Cause::new(
            "the proxy wants a user, whose password is read from PSBRIDGE_PROXY_PASSWORD",
            facts.again("--proxy http://USER@PROXY:PORT"),
        ),
        Cause::told("the proxy's user or password is wrong"),
        Cause::told("the proxy takes only NTLM or Kerberos, which this client does not speak to proxies"),
    ]
}

pub(super) fn proxy_refused(facts: &Facts) -> Vec<Cause> {
    let (host, port) = (facts.endpoint.host(), facts.endpoint.port());
    vec![
        Cause::told(format!(
            "the proxy does not let CONNECT through to port {port}; many allow only 443"
        )),
        Cause::told(format!("the proxy cannot reach {host}, or its rules forbid it")),
        Cause::new("no proxy is needed", facts.without_proxy()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::facts::tests::facts;
    use psbridge::Authentication;

    #[test]
    fn a_closed_port_is_explained_by_what_should_listen() {
        let first = |target: &str| port_closed(&facts(target, Authentication::Negotiate))[0].clone();
        assert_eq!(first("h").command.unwrap(), "Enable-PSRemoting -Force");
        assert!(first("https://h:5986/wsman").text.contains("HTTPS listener"));
        assert!(first("http://h/PowerShell/").text.contains("IIS"));
        assert!(
            first("http://h:5985/PowerShell/")
                .command
                .unwrap()
                .starts_with("psbridge doctor http://h/PowerShell/ --user")
        );
    }

    #[test]
    fn a_name_without_a_domain_comes_first() {
        let facts = facts("server01", Authentication::Negotiate);
        let causes = name_unknown("server01", &facts);
        assert!(
            causes[0]
                .command
                .as_deref()
                .unwrap()
                .contains("server01.example.com:5985/wsman")
        );
        assert_eq!(name_unknown("a.b", &facts).len(), causes.len() - 1);
    }
}
