//! From a password or a key to a ticket: the exchanges with the KDCs (RFC 4120 sections 3.1 and 3.3, [MS-KILE]).
//!
//! A machine without I/O: it gives requests ([`Progress::Ask`]) and takes their answers.
//!
//! [MS-KILE]: https://learn.microsoft.com/openspecs/windows_protocols/ms-kile/

use der::asn1::Any;
use zeroize::Zeroizing;

use super::client::{Client, Proof, TicketSeen};
use super::crypto::{Key, Usage};
use super::etype::{EncryptionType, name_of};
use super::messages::{
    self as asn1, AP_REQ, AS_REP, AS_REQ, AUTHENTICATOR, ApReq, Authenticator, Checksum, ENC_AS_REP_PART,
    ENC_TGS_REP_PART, EncKdcRepPart, EtypeInfo2Entry, KRB_ERROR, KdcRep, KdcReq, KdcReqBody, KerberosString,
    PaData, PaEncTsEnc, PrincipalName, TGS_REP, TGS_REQ, TICKET, VERSION, malformed,
};
use super::refusal::{self, Asked};
use crate::{Entropy, Error, KerberosError};

const NT_PRINCIPAL: i32 = 1;
const NT_SRV_INST: i32 = 2;
const NT_ENTERPRISE: i32 = 10;

const PA_TGS_REQ: i32 = 1;
const PA_ENC_TIMESTAMP: i32 = 2;
const PA_PAC_REQUEST: i32 = 128;

/// `canonicalize`: the KDC may name the account and the realm as it knows them, and send us to another realm.
const CANONICALIZE: u32 = 1 << 16;
/// `renewable-ok`
const RENEWABLE_OK: u32 = 1 << 4;

/// `KDC_ERR_PREAUTH_REQUIRED`
const PREAUTH_REQUIRED: i32 = 25;
/// Clocks may differ by that many seconds.
const MAX_SKEW: u64 = 5 * 60;

/// Ten hours, as tickets live in domains.
const LIFETIME: u64 = 10 * 3600;
/// More realms than any way between two has.
const MAX_REALMS: usize = 8;

/// A ticket with the key that belongs to it.
#[derive(Clone)]
pub(super) struct Ticket {
    /// The client as the KDC named it.
    pub(super) crealm: KerberosString,
    pub(super) cname: PrincipalName,
    pub(super) service: PrincipalName,
    pub(super) srealm: String,
    pub(super) ticket: Any,
    pub(super) key: Key,
    /// Seconds since 1970.
    pub(super) ends: u64,
}

/// What to do next.
pub(super) enum Progress {
    /// Ask a KDC of this realm.
    Ask { realm: String, message: Vec<u8> },
    /// A ticket for one of the services.
    Done(Box<Ticket>),
}

/// The way to one ticket.
pub(super) struct Exchange {
    state: State,
    realm: String,
    /// Ask for the user by the name as given (`user@suffix`) and let the KDC find the account.
    enterprise: bool,
    realms_seen: usize,
    nonce: u32,
    /// Place of the service that is asked for.
    service: usize,
}

enum State {
    /// The request without proof is sent.
    Asked,
    /// The request with proof is sent.
    Proved {
        key: Key,
    },
    /// A ticket is asked for with that ticket.
    Granting {
        with: Box<Ticket>,
    },
    Over,
}

fn seconds(filetime: u64) -> u64 {
    (filetime / 10_000_000).saturating_sub(11_644_473_600)
}

fn microseconds(filetime: u64) -> u32 {
    u32::try_from(filetime / 10 % 1_000_000).unwrap_or_default()
}

/// Our clock as the messages carry it.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) seconds: u64,
    pub(super) microseconds: u32,
}

impl Now {
    pub(super) fn from_filetime(filetime: u64) -> Self {
        Self {
            seconds: seconds(filetime),
            microseconds: microseconds(filetime),
        }
    }
}

fn nonce(entropy: &mut dyn Entropy) -> Result<u32, Error> {
    let mut bytes = [0; 4];
    entropy.fill(&mut bytes)?;
    // Some KDCs read it as a signed number.
    Ok(u32::from_be_bytes(bytes) & 0x7fff_ffff)
}

impl Exchange {
    /// Begins with the user's realm.
    pub(super) fn start(
        client: &Client,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<(Self, Progress), Error> {
        let mut exchange = Self {
            state: State::Over,
            realm: client.realm().to_owned(),
            enterprise: false,
            realms_seen: 1,
            nonce: 0,
            service: 0,
        };
        let progress = exchange.ask(client, now, entropy)?;
        Ok((exchange, progress))
    }

    fn user(&self, client: &Client) -> PrincipalName {
        if self.enterprise {
            let name = client.principal_name();
            return PrincipalName::new(NT_ENTERPRISE, &[&name]);
        }
        let parts: Vec<&str> = client.user().split('/').collect();
        PrincipalName::new(NT_PRINCIPAL, &parts)
    }

    fn as_request(
        &mut self,
        client: &Client,
        now: Now,
        proof: Option<PaData>,
        entropy: &mut dyn Entropy,
    ) -> Result<Progress, Error> {
        self.nonce = nonce(entropy)?;
        let options = if self.enterprise {
            RENEWABLE_OK | CANONICALIZE
        } else {
            RENEWABLE_OK
        };
        let body = KdcReqBody {
            options: asn1::flags(options)?,
            cname: Some(self.user(client)),
            realm: KerberosString::new(&self.realm),
            sname: Some(PrincipalName::new(NT_SRV_INST, &["krbtgt", &self.realm])),
            till: asn1::time(now.seconds + LIFETIME)?,
            nonce: self.nonce,
            etypes: client
                .encryption_types()?
                .iter()
                .map(|kind| kind.number())
                .collect(),
        };
        // `KERB-PA-PAC-REQUEST { include-pac TRUE }`
        let pac = PaData {
            kind: PA_PAC_REQUEST,
            value: asn1::octets([0x30, 0x05, 0xa0, 0x03, 0x01, 0x01, 0xff])?,
        };
        let request = KdcReq {
            pvno: VERSION,
            kind: AS_REQ,
            padata: Some(proof.into_iter().chain([pac]).collect()),
            body,
        };
        Ok(Progress::Ask {
            realm: self.realm.clone(),
            message: asn1::write(AS_REQ, "AS-REQ", &request)?,
        })
    }

    fn ask(&mut self, client: &Client, now: Now, entropy: &mut dyn Entropy) -> Result<Progress, Error> {
        self.state = State::Asked;
        self.as_request(client, now, None, entropy)
    }

    /// Takes the answer of a KDC.
    pub(super) fn answer(
        &mut self,
        client: &Client,
        services: &[String],
        reply: &[u8],
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<Progress, Error> {
        match (std::mem::replace(&mut self.state, State::Over), asn1::kind(reply)) {
            (State::Asked, Some(KRB_ERROR)) => {
                let error = refusal::read(reply)?;
                // The clock first: it makes everything else fail for the wrong reason.
                let seconds = refusal::skew(&error, now.seconds);
                if seconds.unsigned_abs() > MAX_SKEW {
                    return Err(KerberosError::ClockSkew {
                        seconds: Some(seconds),
                        server: false,
                    }
                    .into());
                }
                if error.code == PREAUTH_REQUIRED {
                    return self.prove(client, &error, now, entropy);
                }
                self.elsewhere(client, services, &error, now, entropy)
            }
            (State::Proved { .. }, Some(KRB_ERROR)) => {
                let error = refusal::read(reply)?;
                self.elsewhere(client, services, &error, now, entropy)
            }
            (State::Asked, _) => {
                // An account that needs no preauthentication.
                let reply: KdcRep = asn1::read(AS_REP, "AS-REP", reply)?;
                let hints = refusal::key_hints(reply.padata.as_deref().unwrap_or_default());
                let kind = EncryptionType::from_number(reply.enc_part.etype).ok_or_else(|| {
                    KerberosError::EncryptionType {
                        offered: name_of(reply.enc_part.etype),
                    }
                })?;
                let hint = hints.iter().find(|hint| hint.etype == kind.number());
                let key = self.key(client, kind, hint, &reply.crealm, &reply.cname)?;
                self.granted(client, services, reply, &key, now, entropy)
            }
            (State::Proved { key }, _) => {
                let reply: KdcRep = asn1::read(AS_REP, "AS-REP", reply)?;
                self.granted(client, services, reply, &key, now, entropy)
            }
            (State::Granting { with }, Some(KRB_ERROR)) => {
                let error = refusal::read(reply)?;
                let next = self.service + 1;
                if error.code == refusal::SERVICE_UNKNOWN
                    && next < services.len()
                    && self.realm == with.srealm_of_tgt()
                {
                    self.service = next;
                    return self.grant(services, *with, now, entropy);
                }
                // Of several names the first is the one that people know the endpoint by.
                let service = if error.code == refusal::SERVICE_UNKNOWN {
                    services.join(" or ")
                } else {
                    services.get(self.service).cloned().unwrap_or_default()
                };
                Err(refusal::explain(&error, &self.asked(client, &service, now)).into())
            }
            (State::Granting { with }, _) => {
                let reply: KdcRep = asn1::read(TGS_REP, "TGS-REP", reply)?;
                self.given(services, *with, reply, now, entropy)
            }
            (State::Over, _) => Err(Error::State {
                operation: "an answer of a KDC",
                when: "after the exchange",
            }),
        }
    }

    fn asked<'a>(&'a self, client: &'a Client, service: &'a str, now: Now) -> Asked<'a> {
        Asked {
            user: client.display_name(),
            realm: &self.realm,
            service,
            keytab: matches!(client.proof(), Proof::Keytab(_)),
            server: false,
            now: now.seconds,
            bound: false,
        }
    }

    /// The user is unknown by this name or in this realm: there may be another of either.
    fn elsewhere(
        &mut self,
        client: &Client,
        services: &[String],
        error: &asn1::KrbError,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<Progress, Error> {
        if error.code == refusal::USER_UNKNOWN && !self.enterprise && client.may_be_enterprise() {
            self.enterprise = true;
            return self.ask(client, now, entropy);
        }
        let named = error
            .crealm
            .as_ref()
            .map(KerberosString::text)
            .filter(|named| *named != self.realm);
        if let Some(named) = named
            && error.code == refusal::WRONG_REALM
            && self.enterprise
            && self.realms_seen < MAX_REALMS
        {
            self.realms_seen += 1;
            self.realm = named;
            return self.ask(client, now, entropy);
        }
        let service = services.first().map(String::as_str).unwrap_or_default();
        Err(refusal::explain(error, &self.asked(client, service, now)).into())
    }

    /// The key of the user, made in the way that the KDC asks for.
    fn key(
        &self,
        client: &Client,
        kind: EncryptionType,
        hint: Option<&EtypeInfo2Entry>,
        realm: &KerberosString,
        name: &PrincipalName,
    ) -> Result<Key, KerberosError> {
        match client.proof() {
            Proof::Keytab(_) => client
                .keys()?
                .into_iter()
                .find(|key| key.kind() == kind)
                .ok_or_else(|| KerberosError::EncryptionType {
                    offered: kind.name().to_owned(),
                }),
            Proof::Password(password) => {
                let salt = match hint.and_then(|hint| hint.salt.as_ref()) {
                    Some(salt) => salt.as_bytes().to_vec(),
                    // The realm and the parts of the name (RFC 4120 section 4).
                    None => {
                        let mut salt = realm.as_bytes().to_vec();
                        name.parts.iter().for_each(|part| salt.extend(part.as_bytes()));
                        salt
                    }
                };
                let parameters = hint.and_then(|hint| hint.parameters.as_ref());
                Key::of_password(kind, password, &salt, parameters.map(|octets| octets.as_bytes()))
            }
        }
    }

    /// The same request with the present time, encrypted by the user's key.
    fn prove(
        &mut self,
        client: &Client,
        error: &asn1::KrbError,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<Progress, Error> {
        let hints = refusal::key_hints(&refusal::methods(error));
        let known = client.encryption_types()?;
        // In the order of the KDC, which is that of its strength. One that names nothing has no key that we could use
        // (RFC 4120 section 5.2.7.5): a try would only count as a wrong password.
        let hint = hints
            .iter()
            .find(|hint| known.iter().any(|kind| kind.number() == hint.etype));
        let kind = hint.and_then(|hint| EncryptionType::from_number(hint.etype));
        let kind = kind.ok_or_else(|| KerberosError::EncryptionType {
            offered: refusal::offered(error),
        })?;
        let name = self.user(client);
        let key = self.key(client, kind, hint, &KerberosString::new(&self.realm), &name)?;
        let stamp = PaEncTsEnc {
            time: asn1::time(now.seconds)?,
            usec: Some(now.microseconds),
        };
        let stamp = asn1::write_plain("PA-ENC-TS-ENC", &stamp)?;
        let sealed = asn1::write_plain("EncryptedData", &key.encrypt_data(Usage::Timestamp, &stamp)?)?;
        let proof = PaData {
            kind: PA_ENC_TIMESTAMP,
            value: asn1::octets(sealed)?,
        };
        let progress = self.as_request(client, now, Some(proof), entropy)?;
        self.state = State::Proved { key };
        Ok(progress)
    }

    /// The ticket for the KDC itself.
    fn granted(
        &mut self,
        client: &Client,
        services: &[String],
        reply: KdcRep,
        key: &Key,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<Progress, Error> {
        const WHAT: &str = "AS-REP";
        let canonical = self.enterprise;
        if reply.crealm.text() != self.realm && !canonical {
            return Err(malformed(WHAT, "for a user of another realm").into());
        }
        if !reply.cname.is(&self.user(client)) && !canonical {
            return Err(malformed(WHAT, "for another user").into());
        }
        let plain = key.decrypt_data(Usage::AsRep, &reply.enc_part).ok_or_else(|| {
            // Without preauthentication this is where a wrong password shows.
            KerberosError::WrongPassword {
                user: client.display_name().to_owned(),
                keytab: matches!(client.proof(), Proof::Keytab(_)),
            }
        })?;
        let part = read_part(WHAT, &plain)?;
        let behind = refusal::difference(part.auth_time.to_unix_duration().as_secs(), now.seconds);
        if behind.unsigned_abs() > MAX_SKEW {
            return Err(KerberosError::ClockSkew {
                seconds: Some(behind),
                server: false,
            }
            .into());
        }
        let expected = PrincipalName::new(NT_SRV_INST, &["krbtgt", &self.realm]);
        let ticket = self.take(WHAT, reply, part, &expected)?;
        self.grant(services, ticket, now, entropy)
    }

    /// Checks that the encrypted part belongs to our request, and keeps the ticket.
    fn take(
        &self,
        what: &'static str,
        reply: KdcRep,
        part: EncKdcRepPart,
        expected: &PrincipalName,
    ) -> Result<Ticket, KerberosError> {
        if reply.pvno != VERSION {
            return Err(malformed(what, "another version"));
        }
        // Our nonce ties the answer to this request: nobody can hand us an older one.
        if part.nonce != i64::from(self.nonce) {
            return Err(malformed(what, "an answer to another request"));
        }
        if !part.sname.is(expected) {
            return Err(malformed(what, "a ticket for another service"));
        }
        if asn1::kind_of_any(&reply.ticket) != Some(TICKET) {
            return Err(malformed(what, "without a ticket"));
        }
        Ok(Ticket {
            crealm: reply.crealm,
            cname: reply.cname,
            service: part.sname,
            srealm: part.srealm.text(),
            ticket: reply.ticket,
            key: Key::received(part.key)?,
            ends: part.end_time.to_unix_duration().as_secs(),
        })
    }

    /// Asks for the service with a ticket for the KDC.
    fn grant(
        &mut self,
        services: &[String],
        with: Ticket,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<Progress, Error> {
        let service = services.get(self.service).ok_or(Error::State {
            operation: "asking for a ticket",
            when: "without a service",
        })?;
        self.realm = with.srealm_of_tgt();
        self.nonce = nonce(entropy)?;
        let body = KdcReqBody {
            options: asn1::flags(CANONICALIZE)?,
            cname: None,
            realm: KerberosString::new(&self.realm),
            sname: Some(service_name(service)),
            till: asn1::time(now.seconds + LIFETIME)?,
            nonce: self.nonce,
            etypes: EncryptionType::ALL.iter().map(|kind| kind.number()).collect(),
        };
        let sum = with
            .key
            .checksum(Usage::TgsReqChecksum, &asn1::write_plain("KDC-REQ-BODY", &body)?)?;
        let authenticator = Authenticator {
            version: VERSION,
            crealm: with.crealm.clone(),
            cname: with.cname.clone(),
            checksum: Some(Checksum {
                kind: with.key.checksum_number(),
                value: asn1::octets(sum)?,
            }),
            cusec: now.microseconds,
            ctime: asn1::time(now.seconds)?,
            subkey: None,
            sequence: None,
        };
        let message = ap_request(&with, &authenticator, Usage::TgsReqAuthenticator, 0)?;
        let request = KdcReq {
            pvno: VERSION,
            kind: TGS_REQ,
            padata: Some(vec![PaData {
                kind: PA_TGS_REQ,
                value: asn1::octets(message)?,
            }]),
            body,
        };
        let progress = Progress::Ask {
            realm: self.realm.clone(),
            message: asn1::write(TGS_REQ, "TGS-REQ", &request)?,
        };
        self.state = State::Granting { with: Box::new(with) };
        Ok(progress)
    }

    /// The ticket for the service, or one for a KDC that is nearer to it.
    fn given(
        &mut self,
        services: &[String],
        with: Ticket,
        reply: KdcRep,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<Progress, Error> {
        const WHAT: &str = "TGS-REP";
        let plain = with
            .key
            .decrypt_data(Usage::TgsRep, &reply.enc_part)
            .ok_or(malformed(WHAT, "not encrypted by the key of the session"))?;
        let part = read_part(WHAT, &plain)?;
        if reply.cname != with.cname || reply.crealm != with.crealm {
            return Err(malformed(WHAT, "for another user").into());
        }
        let service = services.get(self.service).map(|name| service_name(name));
        let sname = part.sname.clone();
        let nearer = match sname.parts.as_slice() {
            [first, realm] if first.as_bytes() == b"krbtgt" => Some(realm.text()),
            _ => None,
        };
        match (service, nearer) {
            (Some(service), _) if sname.is(&service) => {
                let ticket = self.take(WHAT, reply, part, &service)?;
                Ok(Progress::Done(Box::new(ticket)))
            }
            (_, Some(realm)) if realm != self.realm && self.realms_seen < MAX_REALMS => {
                self.realms_seen += 1;
                let ticket = self.take(WHAT, reply, part, &sname)?;
                self.grant(services, ticket, now, entropy)
            }
            (_, Some(_)) => Err(malformed(WHAT, "sent in a circle of realms").into()),
            _ => Err(malformed(WHAT, "a ticket for another service").into()),
        }
    }
}

impl Ticket {
    /// What it says to people.
    pub(super) fn seen(&self) -> TicketSeen {
        TicketSeen {
            client: format!("{}@{}", self.cname.text(), self.crealm.text()),
            service: format!("{}@{}", self.service.text(), self.srealm),
            encryption: self.key.kind().name().to_owned(),
            ends: self.ends,
        }
    }

    /// The realm whose KDC takes this ticket for a KDC.
    fn srealm_of_tgt(&self) -> String {
        match self.service.parts.as_slice() {
            [_, realm] => realm.text(),
            _ => self.srealm.clone(),
        }
    }
}

/// `HTTP/mail.corp.example`, perhaps with a realm behind it that the KDC finds by itself.
fn service_name(service: &str) -> PrincipalName {
    let name = service.split_once('@').map_or(service, |(name, _)| name);
    let parts: Vec<&str> = name.split('/').collect();
    PrincipalName::new(NT_SRV_INST, &parts)
}

/// An AP-REQ with this ticket.
pub(super) fn ap_request(
    ticket: &Ticket,
    authenticator: &Authenticator,
    usage: Usage,
    options: u32,
) -> Result<Vec<u8>, KerberosError> {
    let plain = Zeroizing::new(asn1::write(AUTHENTICATOR, "Authenticator", authenticator)?);
    let request = ApReq {
        pvno: VERSION,
        kind: AP_REQ,
        options: asn1::flags(options)?,
        ticket: ticket.ticket.clone(),
        authenticator: ticket.key.encrypt_data(usage, &plain)?,
    };
    asn1::write(AP_REQ, "AP-REQ", &request)
}

/// MIT's KDCs give both answers the number of the second (RFC 4120 section 5.4.2 allows it).
fn read_part(what: &'static str, plain: &[u8]) -> Result<EncKdcRepPart, KerberosError> {
    let number = match asn1::kind(plain) {
        Some(ENC_AS_REP_PART) => ENC_AS_REP_PART,
        _ => ENC_TGS_REP_PART,
    };
    asn1::read(number, what, plain)
}
