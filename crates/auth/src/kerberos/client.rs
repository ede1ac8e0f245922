//! Who signs in, with what, and the tickets that were got so far.

use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

use super::crypto::Key;
use super::etype::EncryptionType;
use super::kdc::Ticket;
use super::keytab::Keytab;
use crate::KerberosError;

/// A ticket that ends within that many seconds is not used any more.
const MARGIN: u64 = 60;
/// Tickets that are kept; one for each endpoint is what a client needs.
const MAX_TICKETS: usize = 64;

/// The user and the proof that it is the user. Cheap to clone: the clones share the tickets, so that only the first of
/// many connections asks a KDC. No `Debug`: it holds a password or keys.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "holds a password or keys")]
pub struct Client(Arc<Inner>);

struct Inner {
    user: String,
    realm: String,
    display: String,
    proof: Proof,
    tickets: Mutex<Vec<(String, Ticket)>>,
}

pub(super) enum Proof {
    Password(Zeroizing<String>),
    Keytab(Keytab),
}

/// What a ticket says to people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TicketSeen {
    /// The client as the KDC named it, `reader@CORP.EXAMPLE`.
    pub client: String,
    /// The service, `HTTP/mail.corp.example@CORP.EXAMPLE`.
    pub service: String,
    /// The encryption type of its key.
    pub encryption: String,
    /// When it ends, in seconds since 1970.
    pub ends: u64,
}

impl Client {
    /// A user with a password. `user` is the name of the account without its realm, `realm` is in the case that the KDC
    /// has (capital letters in domains). When the KDC knows no account of this name, it is asked for the one that signs in
    /// as `user@realm`.
    ///
    /// # Errors
    /// [`KerberosError::Name`] for empty names and names with characters that no principal has.
    pub fn with_password(
        user: &str,
        realm: &str,
        password: impl Into<Zeroizing<String>>,
    ) -> Result<Self, KerberosError> {
        Self::new(user, realm, Proof::Password(password.into()))
    }

    /// A user with its keys.
    ///
    /// # Errors
    /// [`KerberosError::Keytab`] when the file has no key of this user, [`KerberosError::EncryptionType`] when it has only
    /// keys of types that are not known here, and those of [`with_password`](Self::with_password).
    pub fn with_keytab(user: &str, realm: &str, keytab: Keytab) -> Result<Self, KerberosError> {
        let client = Self::new(user, realm, Proof::Keytab(keytab))?;
        client.keys()?;
        Ok(client)
    }

    fn new(user: &str, realm: &str, proof: Proof) -> Result<Self, KerberosError> {
        for name in [user, realm] {
            let reason = if name.is_empty() {
                "it is empty"
            } else if name.chars().any(char::is_control) {
                "it holds control characters"
            } else {
                continue;
            };
            return Err(KerberosError::Name {
                name: format!("{user}@{realm}"),
                reason,
            });
        }
        Ok(Self(Arc::new(Inner {
            user: user.to_owned(),
            realm: realm.to_owned(),
            display: format!("{user}@{realm}"),
            proof,
            tickets: Mutex::default(),
        })))
    }

    /// True when a ticket for one of these services is at hand that lives on after `filetime`.
    #[must_use]
    pub fn has_ticket(&self, services: &[String], filetime: u64) -> bool {
        let now = super::kdc::Now::from_filetime(filetime);
        self.ticket(services, now.seconds).is_some()
    }

    /// What the ticket for one of these services says, if there is one.
    #[must_use]
    pub fn ticket_seen(&self, services: &[String]) -> Option<TicketSeen> {
        self.ticket(services, 0).map(|(_, ticket)| ticket.seen())
    }

    /// Forgets the tickets for these services, so that the next connection asks for new ones.
    pub fn forget_tickets(&self, services: &[String]) {
        services.iter().for_each(|service| self.forget(service));
    }

    /// The realm of the user.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.0.realm
    }

    pub(super) fn user(&self) -> &str {
        &self.0.user
    }

    pub(super) fn proof(&self) -> &Proof {
        &self.0.proof
    }

    /// `reader@CORP.EXAMPLE`, for errors and as the name by which a KDC may look for the account.
    pub(super) fn display_name(&self) -> &str {
        &self.0.display
    }

    pub(super) fn principal_name(&self) -> String {
        self.0.display.clone()
    }

    /// A service (`HTTP/host`) signs in by its own name only.
    pub(super) fn may_be_enterprise(&self) -> bool {
        !self.0.user.contains('/') && matches!(self.0.proof, Proof::Password(_))
    }

    /// The keys of the keytab.
    pub(super) fn keys(&self) -> Result<Vec<Key>, KerberosError> {
        match &self.0.proof {
            Proof::Password(_) => Ok(Vec::new()),
            Proof::Keytab(keytab) => {
                let parts: Vec<&str> = self.0.user.split('/').collect();
                keytab.keys(&parts, &self.0.realm)
            }
        }
    }

    /// The encryption types that the proof can be made with, strongest first.
    pub(super) fn encryption_types(&self) -> Result<Vec<EncryptionType>, KerberosError> {
        match &self.0.proof {
            Proof::Password(_) => Ok(EncryptionType::ALL.to_vec()),
            Proof::Keytab(_) => Ok(self.keys()?.iter().map(Key::kind).collect()),
        }
    }

    pub(super) fn ticket(&self, services: &[String], now: u64) -> Option<(String, Ticket)> {
        let tickets = self.0.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        services.iter().find_map(|service| {
            tickets
                .iter()
                .find(|(name, ticket)| name == service && ticket.ends > now.saturating_add(MARGIN))
                .cloned()
        })
    }

    pub(super) fn keep(&self, service: &str, ticket: Ticket) {
        let mut tickets = self.0.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|(name, _)| name != service);
        if tickets.len() == MAX_TICKETS {
            tickets.remove(0);
        }
        tickets.push((service.to_owned(), ticket));
    }

    /// Forgets a ticket that the endpoint refused.
    pub(super) fn forget(&self, service: &str) {
        let mut tickets = self.0.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|(name, _)| name != service);
    }
}
