use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use psbridge_clixml::{Document, Object, Value};

use super::bag::Bag;
use super::{Payload, PayloadError};

macro_rules! key_message {
    ($(#[$doc:meta])* $name:ident, $property:literal, $payload:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            /// The key blob as CryptoAPI lays it out; see [`crate::secure`].
            pub blob: Vec<u8>,
        }

        impl Payload for $name {
            fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
                let bag = Bag::new(document, value, $payload)?;
                let text = bag.text($property)?;
                let blob = BASE64.decode(text.trim_ascii()).map_err(|_| bag.kind($property, "base64"))?;
                Ok(Self { blob })
            }

            fn to_value(&self) -> Value {
                Object::bag().extended($property, BASE64.encode(&self.blob)).into()
            }
        }
    };
}

key_message! {
    /// PUBLIC_KEY: the client's RSA key (protocol.md 4.3.3).
    PublicKey, "PublicKey", "PUBLIC_KEY"
}

key_message! {
    /// ENCRYPTED_SESSION_KEY: the key of the session's secure strings, for the client's RSA key.
    EncryptedSessionKey, "EncryptedSessionKey", "ENCRYPTED_SESSION_KEY"
}
