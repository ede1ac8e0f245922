//! A stranger that speaks TLS and nothing else.

use std::io::{Read as _, Write as _};
use std::sync::Arc;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection};

/// The provider of both sides.
pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// One end of a TLS connection.
pub(super) struct Peer(Connection);

impl Peer {
    pub(super) fn server() -> Self {
        let (certificate, key) = super::certificate();
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a certificate");
        config.send_tls13_tickets = 0;
        let server = ServerConnection::new(Arc::new(config)).expect("a connection");
        Self::over(Connection::Server(server))
    }

    pub(super) fn client() -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(super::certificate().0).expect("a root");
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("fuzz").expect("a name");
        let client = ClientConnection::new(Arc::new(config), name).expect("a connection");
        Self::over(Connection::Client(client))
    }

    fn over(mut connection: Connection) -> Self {
        connection.set_buffer_limit(None);
        Self(connection)
    }

    /// What it wants to send.
    pub(super) fn flight(&mut self) -> Vec<u8> {
        let mut token = Vec::new();
        while self.0.wants_write() {
            self.0.write_tls(&mut token).expect("room");
        }
        token
    }

    /// Protects a message.
    pub(super) fn say(&mut self, message: &[u8]) -> Vec<u8> {
        self.0.writer().write_all(message).expect("room");
        self.flight()
    }

    /// The message in a token of an honest end; nothing in those of the handshake.
    pub(super) fn take(&mut self, mut token: &[u8]) -> Vec<u8> {
        let mut message = Vec::new();
        while !token.is_empty() {
            self.0.read_tls(&mut token).expect("room");
            let state = self.0.process_new_packets().expect("an honest end");
            let waiting = state.plaintext_bytes_to_read() as u64;
            self.0
                .reader()
                .take(waiting)
                .read_to_end(&mut message)
                .expect("a message");
        }
        message
    }
}
