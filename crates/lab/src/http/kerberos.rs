//! Kerberos, in builds that have it.

use std::path::Path;

use psbridge_auth::ChannelBindings;
use psbridge_auth::ntlm::BindingPolicy;
use psbridge_auth::spnego::Accepting;

/// A context for one connection; nothing in builds without the feature, which a lab with a keytab does not start in.
///
/// It reads the keytab and the replay cache when it is stepped, in place: both are small local files.
#[cfg(feature = "kerberos-gss")]
pub(super) fn acceptor(
    keytab: &Path,
    bindings: Option<(ChannelBindings, BindingPolicy)>,
) -> Option<Box<dyn Accepting>> {
    let acceptor = psbridge_auth::kerberos_gss::Acceptor::new(keytab.to_str()?);
    Some(match bindings {
        Some((bindings, policy)) => Box::new(acceptor.with_channel_bindings(bindings, policy)),
        None => Box::new(acceptor),
    })
}

#[cfg(not(feature = "kerberos-gss"))]
pub(super) fn acceptor(
    _keytab: &Path,
    _bindings: Option<(ChannelBindings, BindingPolicy)>,
) -> Option<Box<dyn Accepting>> {
    None
}
