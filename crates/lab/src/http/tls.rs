//! The certificate of the lab and the TLS that stands on it.

use std::net::IpAddr;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::certificates::Certificates;
use crate::error::LabError;

/// The certificate authority of a lab: made anew for each, so that nobody else has its key.
pub(crate) struct Authority {
    params: CertificateParams,
    key: KeyPair,
    /// To be trusted by clients.
    pub(crate) pem: String,
}

impl Authority {
    pub(crate) fn generate() -> Result<Self, LabError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name = name("psbridge lab CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { params, key, pem })
    }
}

/// What HTTPS needs.
pub(crate) struct Identity {
    /// The certificate of the server, for channel bindings.
    pub(crate) certificate: Vec<u8>,
    pub(crate) config: Arc<ServerConfig>,
}

impl Identity {
    /// A certificate for `localhost`, the loopback addresses, `address` and `names`.
    pub(crate) fn issue(
        authority: &Authority,
        address: IpAddr,
        names: impl IntoIterator<Item = String>,
        clients: &Certificates,
    ) -> Result<Self, LabError> {
        let key = KeyPair::generate()?;
        let all: Vec<String> = std::iter::once("localhost".to_owned()).chain(names).collect();
        let mut leaf = CertificateParams::new(all)?;
        leaf.distinguished_name = name("psbridge lab");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let mut addresses = vec![
            IpAddr::from([127, 0, 0, 1]),
            IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        ];
        if !address.is_unspecified() && !addresses.contains(&address) {
            addresses.push(address);
        }
        leaf.subject_alt_names
            .extend(addresses.into_iter().map(SanType::IpAddress));
        let certificate = leaf.signed_by(&key, &Issuer::from_params(&authority.params, &authority.key))?;

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let config = if clients.is_empty() {
            config.with_no_client_auth()
        } else {
            config.with_client_cert_verifier(clients.verifier(&provider))
        };
        let mut config = config.with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            certificate: certificate.der().to_vec(),
            config: Arc::new(config),
        })
    }
}

fn name(common: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common);
    name
}
