//! What accepting CredSSP needs besides the accounts.

use std::sync::Arc;

use psbridge_auth::credssp::{Acceptor, ServerIdentity};
use psbridge_auth::{AccountStore, SecurityContext};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::directory::names::SERVER;
use crate::error::LabError;

/// A self-signed certificate, made anew for each lab as Windows makes one for each machine. Its key is RSA because there
/// are clients that bind no other.
pub(crate) fn identity() -> Result<ServerIdentity, LabError> {
    let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters
        .distinguished_name
        .push(DnType::CommonName, format!("CREDSSP-{SERVER}"));
    let certificate = parameters.self_signed(&key)?;
    Ok(ServerIdentity::new(
        Arc::new(rustls::crypto::aws_lc_rs::default_provider()),
        certificate.der().clone(),
        PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
    )?)
}

/// The accepting end of one connection; `inner` checks who comes.
pub(super) fn acceptor(
    identity: &ServerIdentity,
    inner: impl SecurityContext + 'static,
    accounts: Arc<dyn AccountStore>,
) -> Box<Acceptor> {
    Box::new(Acceptor::new(Box::new(inner), accounts, identity.clone()))
}
