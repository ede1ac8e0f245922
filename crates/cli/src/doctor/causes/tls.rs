//! TLS and the certificate of the endpoint.

use psbridge::exchange::TlsFailure;
use psbridge::probe::CertificateSeen;

use crate::doctor::facts::{Facts, quoted};
use crate::doctor::report::Cause;

pub(super) fn refused(failure: &TlsFailure, leaf: Option<&CertificateSeen>, facts: &Facts) -> Vec<Cause> {
    match failure {
        TlsFailure::UnknownIssuer { .. } => unknown_issuer(leaf, facts),
        TlsFailure::WrongName { .. } => wrong_name(leaf, facts),
        TlsFailure::Expired { .. } => vec![
            renew("the certificate was not renewed", facts),
            Cause::new("the clock of this machine is ahead", "date -u; chronyc tracking"),
        ],
        TlsFailure::NotYetValid => vec![
            Cause::new("the clock of this machine is behind", "date -u; chronyc tracking"),
            show("the certificate begins in the future", facts),
        ],
        TlsFailure::Revoked => vec![renew("the authority has revoked the certificate", facts)],
        TlsFailure::PinMismatch { fingerprint } => vec![
            Cause::new(
                "the certificate was renewed: compare its hash with the one at the server, then pin the new one",
                facts.again(&format!("--pin-sha256 {fingerprint}")),
            ),
            show("somebody on the way shows a certificate of his own", facts),
        ],
        TlsFailure::OldProtocol => vec![
            Cause::new(
                "TLS 1.2 is switched off at the server (there)",
                "Get-ItemProperty 'HKLM:\\SYSTEM\\CurrentControlSet\\Control\\SecurityProviders\\SCHANNEL\\Protocols\\TLS 1.2\\Server'",
            ),
            Cause::new(
                "something on the way speaks only old TLS: see what answers",
                format!("openssl s_client -connect {} -tls1_2", address(facts)),
            ),
        ],
        TlsFailure::NothingInCommon => vec![
            Cause::new(
                "the server has no ECDHE with AES-GCM switched on (there)",
                "Enable-TlsCipherSuite -Name TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            ),
            Cause::new(
                "its certificate has an unusual key: see what it takes",
                format!("openssl s_client -connect {} -tls1_2", address(facts)),
            ),
        ],
        TlsFailure::ClientCertificateMissing => vec![
            Cause::new(
                "the endpoint takes only clients with a certificate",
                facts.again("--auth certificate --pfx FILE"),
            ),
            Cause::new(
                "or it is told to demand one without need (there)",
                "netsh http show sslcert",
            ),
        ],
        TlsFailure::ClientCertificateRefused { .. } => vec![
            Cause::new(
                "the server does not trust the authority of the certificate (there)",
                "Get-ChildItem Cert:\\LocalMachine\\Root, Cert:\\LocalMachine\\TrustedPeople",
            ),
            Cause::new(
                "the certificate has expired, or is not for client authentication",
                "openssl x509 -in CERT -noout -enddate -ext extendedKeyUsage",
            ),
        ],
        TlsFailure::ClientCertificateNotAsked => vec![
            Cause::new(
                "certificates are switched off at WinRM (there)",
                "Set-Item WSMan:\\localhost\\Service\\Auth\\Certificate $true",
            ),
            Cause::new(
                "the listener does not ask for one in the handshake (there)",
                "netsh http show sslcert",
            ),
        ],
        TlsFailure::NotTls => {
            let http = facts.endpoint.url().replacen("https:", "http:", 1);
            vec![
                Cause::new("the port speaks plain http", facts.doctor(&http, "")),
                Cause::new(
                    "the https listener is on another port (there)",
                    "winrm enumerate winrm/config/listener",
                ),
            ]
        }
        TlsFailure::Closed => vec![
            Cause::new(
                "the https listener has no certificate, or its key cannot be read (there)",
                "winrm enumerate winrm/config/listener; netsh http show sslcert",
            ),
            show(
                "the server needs another name in the handshake, or wants a client certificate",
                facts,
            ),
        ],
        TlsFailure::Roots(_) => vec![
            Cause::new(
                "this machine has no trusted authorities",
                "apt-get install ca-certificates",
            ),
            Cause::new("name the authority", facts.again("--ca FILE")),
        ],
        TlsFailure::BadCertificate(_) => vec![Cause::new(
            "the file is no certificate in PEM or DER form",
            "openssl x509 -in FILE -noout -subject",
        )],
        _ => vec![show("the certificate cannot be used", facts)],
    }
}

pub(super) fn ends(facts: &Facts) -> Vec<Cause> {
    vec![renew("renew it in time", facts)]
}

fn unknown_issuer(leaf: Option<&CertificateSeen>, facts: &Facts) -> Vec<Cause> {
    let mut causes = Vec::new();
    let pin = leaf.map(|leaf| {
        Cause::new(
            "it signed itself: if this hash is the one at the server, pin it",
            facts.again(&format!("--pin-sha256 {}", leaf.sha256)),
        )
    });
    let self_signed = leaf.is_some_and(CertificateSeen::is_self_signed);
    if self_signed {
        causes.extend(pin);
    }
    let issuer = leaf.map_or("", |leaf| leaf.issuer.as_str());
    causes.push(match facts.given("--ca") {
        Some(ca) => Cause::new(
            format!("{ca} is not the authority that signed it ({issuer})"),
            format!("openssl x509 -in {} -noout -subject", quoted(ca)),
        ),
        None if self_signed => Cause::new("its owner is its own authority", facts.again("--ca FILE")),
        None => Cause::new(
            format!("the company's own authority signed it ({issuer}): name its certificate"),
            facts.again("--ca FILE"),
        ),
    });
    if !self_signed {
        causes.push(show(
            "the server leaves out the certificates between its own and the authority's",
            facts,
        ));
        causes.push(show(
            "somebody on the way (a proxy that looks into TLS) shows a certificate of his own",
            facts,
        ));
    }
    causes
}

fn wrong_name(leaf: Option<&CertificateSeen>, facts: &Facts) -> Vec<Cause> {
    let names = leaf.map(|leaf| leaf.names.as_slice()).unwrap_or_default();
    let usable = names.iter().find(|name| !name.starts_with('*'));
    let mut causes = Vec::new();
    if let Some(name) = usable {
        let url = facts.endpoint.url().replacen(facts.endpoint.host(), name, 1);
        causes.push(Cause::new(
            format!("the certificate is for {}: use such a name", names.join(", ")),
            facts.doctor(&url, ""),
        ));
    } else if let Some(leaf) = leaf {
        causes.push(show(
            &format!(
                "the certificate is for {}, which is no name that counts",
                if names.is_empty() {
                    &leaf.subject
                } else {
                    &names[0]
                }
            ),
            facts,
        ));
    }
    causes.push(Cause::new(
        "the listener has the wrong certificate (there)",
        "winrm enumerate winrm/config/listener; netsh http show sslcert",
    ));
    if let Some(leaf) = leaf {
        causes.push(Cause::new(
            "it is the right server under another name: if this hash is the one at the server, pin it",
            facts.again(&format!("--pin-sha256 {}", leaf.sha256)),
        ));
    }
    causes
}

fn renew(text: &str, facts: &Facts) -> Cause {
    if facts.endpoint.is_exchange() {
        Cause::new(
            format!("{text} (there)"),
            "Get-ExchangeCertificate | Format-List Services, NotAfter, Thumbprint",
        )
    } else {
        Cause::new(
            format!("{text} (there)"),
            "Set-Item WSMan:\\localhost\\Listener\\*\\CertificateThumbprint THUMBPRINT",
        )
    }
}

fn show(text: &str, facts: &Facts) -> Cause {
    Cause::new(
        text,
        format!(
            "openssl s_client -connect {} -servername {} -showcerts",
            address(facts),
            quoted(facts.endpoint.host())
        ),
    )
}

fn address(facts: &Facts) -> String {
    format!("{}:{}", quoted(facts.endpoint.host()), facts.endpoint.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::facts::tests::facts;
    use psbridge::Authentication;

    fn leaf(issuer: &str, names: &[&str]) -> CertificateSeen {
        CertificateSeen {
            subject: "CN=server".into(),
            issuer: issuer.into(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            not_before: None,
            not_after: None,
            sha256: "ab".repeat(32),
        }
    }

    #[test]
    fn a_self_signed_certificate_is_pinned_and_a_company_one_gets_its_authority() {
        let facts = facts("https://h:5986/wsman", Authentication::Negotiate);
        let failure = TlsFailure::UnknownIssuer { fingerprint: None };
        let own = refused(&failure, Some(&leaf("CN=server", &[])), &facts);
        assert!(own[0].command.as_deref().unwrap().contains("--pin-sha256 abab"));
        let company = refused(&failure, Some(&leaf("CN=Corp CA", &[])), &facts);
        assert!(company[0].text.contains("CN=Corp CA"));
        assert!(company[0].command.as_deref().unwrap().ends_with("--ca FILE"));
    }

    #[test]
    fn a_name_of_the_certificate_is_proposed() {
        let facts = facts("https://10.0.0.1/PowerShell/", Authentication::Negotiate);
        let failure = TlsFailure::WrongName {
            host: "10.0.0.1".into(),
            fingerprint: None,
        };
        let causes = refused(&failure, Some(&leaf("CN=CA", &["*.corp", "mail.corp"])), &facts);
        assert!(
            causes[0]
                .command
                .as_deref()
                .unwrap()
                .contains("https://mail.corp/PowerShell/")
        );
    }
}
