//! The certificate that signs in: the user's or the application's.

use psbridge::certificate::CertificateError;

use crate::doctor::facts::{Facts, quoted};
use crate::doctor::report::Cause;

pub(super) fn unusable(error: &CertificateError, facts: &Facts) -> Vec<Cause> {
    let file = quoted(facts.certificate.as_deref().unwrap_or("FILE"));
    let inspect = format!("openssl pkcs12 -in {file} -info -noout");
    match error {
        CertificateError::WrongPassword => vec![
            Cause::new(
                "the password is not the one the file was exported with; a line end or blank may stand behind it",
                inspect.clone(),
            ),
            Cause::new(
                "the password is another: give it by a file",
                facts.again("--pfx-password-file FILE"),
            ),
            Cause::new(
                "the file is damaged",
                format!("openssl asn1parse -inform DER -in {file} | head"),
            ),
        ],
        CertificateError::PasswordNeeded => vec![Cause::new(
            "the key is encrypted, and no password was given (or PSBRIDGE_PFX_PASSWORD)",
            facts.again("--pfx-password-file FILE"),
        )],
        CertificateError::Unreadable { .. } | CertificateError::TooLarge { .. } => vec![
            Cause::new(
                "the file is neither PEM nor PKCS#12",
                format!("file {file}; {inspect}"),
            ),
            Cause::told("it was copied as text, or only in part"),
        ],
        CertificateError::File { .. } | CertificateError::Environment { .. } => vec![Cause::new(
            "the name is wrong, or the file may not be read",
            format!("ls -l {file}"),
        )],
        CertificateError::NoCertificate => vec![Cause::new(
            "it holds a key alone: name the certificate too",
            inspect,
        )],
        CertificateError::NoKey => vec![
            Cause::new(
                "it was exported without its key (on the Windows machine that has it)",
                "Export-PfxCertificate -Cert Cert:\\CurrentUser\\My\\THUMBPRINT -FilePath app.pfx -Password (Read-Host -AsSecureString)",
            ),
            Cause::new(
                "the key is in a file of its own",
                facts.again("--cert FILE --key FILE"),
            ),
        ],
        CertificateError::Mismatch { .. } => vec![Cause::new(
            "key and certificate belong to different pairs: the two hashes must be equal",
            "openssl x509 -in CERT -noout -pubkey | sha256sum; openssl pkey -in KEY -pubout | sha256sum"
                .to_owned(),
        )],
        CertificateError::Expired { .. } => ends(facts),
        CertificateError::NotYetValid { .. } => {
            vec![Cause::new(
                "the clock of this machine is behind",
                "timedatectl status",
            )]
        }
        _ => vec![Cause::new(error.advice(), inspect)],
    }
}

pub(super) fn ends(facts: &Facts) -> Vec<Cause> {
    match facts.online.app.as_deref() {
        Some(app) => vec![
            Cause::new("make a new certificate", "psbridge certificate new --help"),
            Cause::new(
                "add it to the application, then use it",
                format!("psbridge grant app {} --plan", quoted(app)),
            ),
        ],
        None => vec![
            Cause::new(
                "have the authority renew it, with the same user in its subjectAltName",
                "openssl x509 -in CERT -noout -enddate -issuer -ext subjectAltName",
            ),
            Cause::new(
                "map the new one to the account (there)",
                "Get-ChildItem WSMan:\\localhost\\ClientCertificate",
            ),
        ],
    }
}
