//! JSON Web Tokens: those that the cloud gives out, and those that it is shown.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::error::LabError;

/// A token, taken apart and not yet believed.
pub(crate) struct Token {
    pub(crate) header: Map<String, Value>,
    pub(crate) claims: Map<String, Value>,
    signed: String,
    signature: Vec<u8>,
}

impl Token {
    /// `None` when it is not three parts of base64url, the first two of which are JSON objects.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| match serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()? {
            Value::Object(object) => Some(object),
            _ => None,
        };
        Some(Self {
            header: object(header)?,
            claims: object(claims)?,
            signed: signed.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// A member of the header that is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// A claim that is text.
    pub(crate) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A claim that is a number of seconds.
    pub(crate) fn time(&self, name: &str) -> Option<u64> {
        self.claims.get(name)?.as_u64()
    }

    /// Whether `key` (an RSA public key in DER) signed it by the algorithm that its header names; RS256 and PS256.
    pub(crate) fn signed_by(&self, key: &[u8]) -> bool {
        let algorithm = match self.header("alg") {
            Some("RS256") => &RSA_PKCS1_2048_8192_SHA256,
            Some("PS256") => &RSA_PSS_2048_8192_SHA256,
            _ => return false,
        };
        UnparsedPublicKey::new(algorithm, key)
            .verify(self.signed.as_bytes(), &self.signature)
            .is_ok()
    }
}

/// The key that signs the cloud's own tokens.
pub(crate) struct Issuer {
    key: KeyPair,
    id: String,
}

impl Issuer {
    pub(crate) fn generate() -> Result<Self, LabError> {
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| LabError::Key)?;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, key.public_key().as_ref());
        let id = URL_SAFE_NO_PAD.encode(digest);
        Ok(Self { key, id })
    }

    /// The claims as a token, RS256.
    pub(crate) fn sign(&self, claims: &Value) -> Result<String, LabError> {
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": self.id});
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                signed.as_bytes(),
                &mut signature,
            )
            .map_err(|_| LabError::Key)?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Takes a token apart that this key has signed.
    pub(crate) fn open(&self, text: &str) -> Option<Token> {
        let token = Token::parse(text)?;
        let own = token.header("alg") == Some("RS256") && token.header("kid") == Some(self.id.as_str());
        (own && token.signed_by(self.key.public_key().as_ref())).then_some(token)
    }
}
