//! What the numbers of Entra mean.

/// What a refusal means, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalReason {
    /// The app is not in this tenant (700016).
    AppUnknown,
    /// The app is disabled (7000112).
    AppDisabled,
    /// The client secret is wrong (7000215).
    WrongSecret,
    /// The client secret has expired (7000222).
    SecretExpired,
    /// Neither secret nor assertion arrived (7000216, 7000218).
    CredentialMissing,
    /// The certificate is not registered on the app (700027).
    CertificateNotOnApp,
    /// The assertion's times are wrong: the clock (700024).
    AssertionTime,
    /// The assertion's audience is wrong (700023).
    AssertionAudience,
    /// The assertion is otherwise wrong (50027, 700021, 7000214).
    AssertionInvalid,
    /// No federated credential of the app matches (70021, 700211 to 700213).
    FederationMismatch,
    /// There is no such tenant (90002, 900023).
    TenantUnknown,
    /// The resource is not in this tenant (500011, 50001).
    ResourceUnknown,
    /// The scope is wrong (70011, 1002012).
    ScopeInvalid,
    /// A policy forbids it (53000 to 53004, 530032).
    ConditionalAccess,
    /// A second factor is needed (50076, 50079).
    MultiFactorNeeded,
    /// Nobody has consented (65001, 90094).
    ConsentMissing,
    /// The app or user has no role for the resource, and it demands one (50105, 501051).
    NotAssigned,
    /// User or password is wrong (50126, 50034).
    WrongUserOrPassword,
    /// The grant has expired or was revoked (70008, 50173, 700082).
    GrantExpired,
    /// The app may not use this grant (70002, 70003, 700025).
    GrantNotAllowed,
    /// The service fails for now.
    Unavailable,
    /// Anything else.
    Other,
}

impl RefusalReason {
    /// By Entra's number, else by the OAuth error.
    pub(super) fn of(code: Option<u32>, error: &str, status: u16) -> Self {
        match code {
            Some(700_016) => Self::AppUnknown,
            Some(7_000_112) => Self::AppDisabled,
            Some(7_000_215) => Self::WrongSecret,
            Some(7_000_222) => Self::SecretExpired,
            Some(7_000_216 | 7_000_218) => Self::CredentialMissing,
            Some(700_027) => Self::CertificateNotOnApp,
            Some(700_024) => Self::AssertionTime,
            Some(700_023) => Self::AssertionAudience,
            Some(50_027 | 700_021 | 7_000_214 | 50_013) => Self::AssertionInvalid,
            Some(70_021 | 700_211..=700_213) => Self::FederationMismatch,
            Some(90_002 | 900_023) => Self::TenantUnknown,
            Some(500_011 | 50_001) => Self::ResourceUnknown,
            Some(70_011 | 1_002_012) => Self::ScopeInvalid,
            Some(53_000..=53_004 | 530_032) => Self::ConditionalAccess,
            Some(50_076 | 50_079) => Self::MultiFactorNeeded,
            Some(65_001 | 90_094) => Self::ConsentMissing,
            Some(50_105 | 501_051) => Self::NotAssigned,
            Some(50_126 | 50_034) => Self::WrongUserOrPassword,
            Some(70_008 | 50_173 | 700_082) => Self::GrantExpired,
            Some(70_002 | 700_025 | 70_003) => Self::GrantNotAllowed,
            Some(90_033 | 50_196 | 90_024) => Self::Unavailable,
            _ => match error {
                "temporarily_unavailable" | "server_error" => Self::Unavailable,
                "unauthorized_client" | "unsupported_grant_type" => Self::GrantNotAllowed,
                "invalid_scope" => Self::ScopeInvalid,
                "consent_required" => Self::ConsentMissing,
                _ if status >= 500 => Self::Unavailable,
                _ => Self::Other,
            },
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::AppUnknown => {
                "check the app (client) id and the tenant; in this tenant the app must be registered or consented to"
            }
            Self::AppDisabled => "have the app enabled in Entra (Enterprise applications, Properties)",
            Self::WrongSecret => "give the value of the client secret, not its id",
            Self::SecretExpired => "make a new client secret, or use a certificate",
            Self::CredentialMissing => "give a certificate or a client secret",
            Self::CertificateNotOnApp => {
                "upload this certificate to the app (Certificates & secrets), or grant it: psbridge grant app"
            }
            Self::AssertionTime => "set the clock of this machine right",
            Self::AssertionAudience => "check the tenant and the cloud",
            Self::AssertionInvalid => "check that the certificate on the app is the one that signs",
            Self::FederationMismatch => {
                "compare issuer, subject and audience of the federated credential on the app with the service account"
            }
            Self::TenantUnknown => "check the tenant, and the cloud it lives in",
            Self::ResourceUnknown => {
                "check the cloud; if \"Office 365 Exchange Online\" is missing in the tenant: psbridge grant app"
            }
            Self::ScopeInvalid => "check the cloud and the resource",
            Self::ConditionalAccess => {
                "ask the administrator which policy forbids it; see the sign-in log in Entra"
            }
            Self::MultiFactorNeeded => "sign in by device code, or as an app by a certificate",
            Self::ConsentMissing => "have an administrator consent: psbridge grant app",
            Self::NotAssigned => "assign the user or app to the enterprise application in Entra",
            Self::WrongUserOrPassword => "check user and password",
            Self::GrantExpired => "sign in again",
            Self::GrantNotAllowed => {
                "allow this way of signing in on the app (Authentication, public client flows)"
            }
            Self::Unavailable => "try again later",
            Self::Other => "look the number up in Microsoft's list of AADSTS codes",
        }
    }
}
