//! Tokens and Exchange Online's REST (exchange.md 2.4 and 3).

use psbridge::sign_in::{RefusalReason, TokenError};

use super::{certificate, sign_in};
use crate::doctor::facts::{Facts, quoted};
use crate::doctor::report::Cause;

pub(super) fn none(error: &TokenError, facts: &Facts) -> Vec<Cause> {
    match error {
        TokenError::Refused(refusal) => refused(refusal.reason, facts),
        TokenError::Unreachable(_) => vec![
            Cause::new(
                "this machine has no way to the login host, or a firewall or proxy stands between",
                format!("curl -sI {}", quoted(&facts.online.authority)),
            ),
            Cause::new(
                "the way there leads through a proxy",
                facts.again("--proxy environment"),
            ),
            Cause::new(
                "a proxy looks into TLS with an authority of the company",
                facts.again("--ca FILE"),
            ),
        ],
        TokenError::NoManagedIdentity { .. } => vec![
            Cause::new(
                "the machine has no managed identity, or this is no machine of Azure",
                "curl -s -H Metadata:true 'http://169.254.169.254/metadata/instance?api-version=2021-02-01'",
            ),
            Cause::new(
                "switch it on",
                "az vm identity assign --resource-group GROUP --name MACHINE",
            ),
            Cause::new(
                "elsewhere an application signs in by its certificate",
                facts.again("--app-id ID --pfx FILE"),
            ),
        ],
        TokenError::ManagedIdentity { .. } => vec![
            Cause::new(
                "this identity is not assigned to the machine",
                "az vm identity show --resource-group GROUP --name MACHINE",
            ),
            Cause::new(
                "the id is of another kind: client, object or resource id",
                facts.again("--managed-identity=client:ID"),
            ),
        ],
        TokenError::Certificate(error) => certificate::unusable(error, facts),
        TokenError::FederatedToken { .. } => vec![Cause::new(
            "the service account is not set up for workload identity",
            "kubectl describe pod POD | grep -i azure",
        )],
        TokenError::Throttled { .. } => vec![Cause::new(
            "too many tokens were asked for: wait, then try again",
            format!("sleep 60; {}", facts.again("")),
        )],
        TokenError::Unexpected { .. } => vec![
            Cause::new(
                "a proxy answers in place of the login host",
                format!("curl -si {}", quoted(&facts.online.authority)),
            ),
            Cause::new("it is another cloud", facts.again("--cloud NAME")),
        ],
        TokenError::Expired => expired(facts),
        _ => vec![Cause::new(error.advice(), facts.again("-vv"))],
    }
}

fn refused(reason: RefusalReason, facts: &Facts) -> Vec<Cause> {
    let app = quoted(facts.online.app.as_deref().unwrap_or("APP-ID"));
    let tenant = facts.online.tenant();
    let grant = format!("psbridge grant app {app} --plan");
    let configuration = format!(
        "curl -s {}",
        quoted(&format!(
            "{}/{tenant}/v2.0/.well-known/openid-configuration",
            facts.online.authority
        ))
    );
    match reason {
        RefusalReason::AppUnknown => vec![
            Cause::new(
                "the application id is misspelt, or is the object id",
                facts.again("--app-id ID"),
            ),
            Cause::new(
                "the application is registered in another tenant: see which one this is",
                configuration,
            ),
            Cause::new(
                "an application of another tenant must be consented to here",
                grant,
            ),
        ],
        RefusalReason::TenantUnknown => vec![
            Cause::new("the organisation or tenant is misspelt", configuration),
            Cause::new(
                "the tenant is in another cloud",
                facts.again("--cloud O365USGovGCCHigh"),
            ),
        ],
        RefusalReason::CertificateNotOnApp => vec![
            Cause::new(
                "the certificate was never added to the application, or was removed",
                grant,
            ),
            Cause::new(
                "another certificate is meant: compare the thumbprint with those of the application",
                "openssl x509 -in CERT -noout -fingerprint -sha1".to_owned(),
            ),
            Cause::new(
                "the certificate is on another application",
                facts.again("--app-id ID"),
            ),
        ],
        RefusalReason::WrongSecret => vec![
            Cause::new(
                "the secret's id was given instead of its value",
                facts.again("--client-secret-file FILE"),
            ),
            Cause::new(
                "the secret was removed: make a new one, or use a certificate",
                "psbridge certificate new --help",
            ),
        ],
        RefusalReason::SecretExpired => vec![Cause::new(
            "the secret has expired: a certificate lasts longer",
            "psbridge certificate new --help",
        )],
        RefusalReason::AssertionTime => {
            vec![Cause::new(
                "the clock of this machine is wrong",
                "timedatectl status",
            )]
        }
        RefusalReason::ConsentMissing | RefusalReason::ResourceUnknown | RefusalReason::NotAssigned => vec![
            Cause::new(
                "no administrator has consented, or \"Office 365 Exchange Online\" is missing in the tenant",
                grant,
            ),
            Cause::new("the organisation is another one", configuration),
        ],
        other => vec![Cause::new(other.advice(), facts.again("-vv"))],
    }
}

pub(super) fn audience(wanted: &str, facts: &Facts) -> Vec<Cause> {
    vec![
        Cause::new(
            format!("the token was asked for another service: its audience must be {wanted}"),
            format!("az account get-access-token --resource {}", quoted(wanted)),
        ),
        Cause::new("the endpoint is of another cloud", facts.again("--cloud NAME")),
    ]
}

pub(super) fn tenant(facts: &Facts) -> Vec<Cause> {
    vec![
        Cause::new(
            "the token is of another tenant than the one that is managed",
            facts.again("--tenant ID"),
        ),
        Cause::new(
            "see which tenant the organisation is",
            format!(
                "curl -s {}",
                quoted(&format!(
                    "{}/{}/v2.0/.well-known/openid-configuration",
                    facts.online.authority,
                    facts.online.tenant()
                ))
            ),
        ),
    ]
}

pub(super) fn expired(facts: &Facts) -> Vec<Cause> {
    vec![
        Cause::new("tokens live for about an hour: get a new one", facts.again("")),
        Cause::new("the clock of this machine is ahead", "timedatectl status"),
    ]
}

pub(super) fn no_permission(facts: &Facts) -> Vec<Cause> {
    let (kind, identity) = facts.online.grantee();
    vec![Cause::new(
        "the token carries no role Exchange.ManageAsApp: it was not granted, or a token from before is still in use",
        format!("psbridge grant {kind} {} --plan", quoted(identity)),
    )]
}

/// 401 of the REST interface.
pub(super) fn rest_refused(facts: &Facts) -> Vec<Cause> {
    let mut causes = sign_in::token_rejected(facts);
    if !facts.online.organization_is_initial() {
        causes.insert(0, organization_cause(facts));
    }
    causes
}

/// 403 of the REST interface: the token is good, its owner has no role (exchange.md 2.4).
pub(super) fn rest_forbidden(facts: &Facts) -> Vec<Cause> {
    let (kind, identity) = facts.online.grantee();
    vec![
        Cause::new(
            "the service principal has no directory role such as Exchange Recipient Administrator; a new one takes up to an hour",
            format!("psbridge grant {kind} {} --plan", quoted(identity)),
        ),
        Cause::new(
            "it has a role group of Exchange that does not permit the cmdlet (in Exchange Online PowerShell)",
            format!("Get-ManagementRoleAssignment -RoleAssignee {}", quoted(identity)),
        ),
        Cause::new(
            "the cmdlet is misspelt: unknown ones are answered in the same way",
            facts.again("--probe 'Get-User'"),
        ),
    ]
}

pub(super) fn organization(facts: &Facts) -> Vec<Cause> {
    vec![organization_cause(facts)]
}

fn organization_cause(facts: &Facts) -> Cause {
    Cause::new(
        "applications name the organisation by its primary .onmicrosoft.com domain (in Exchange Online PowerShell: \
         Get-AcceptedDomain shows it)",
        facts.again("--organization NAME.onmicrosoft.com"),
    )
}
