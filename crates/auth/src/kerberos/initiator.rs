//! The client's end: AP-REQ, AP-REP and what is sealed after them (RFC 4121).

use super::client::{Client, TicketSeen};
use super::crypto::{Key, Usage};
use super::kdc::{self, Exchange, Now, Progress, Ticket};
use super::messages::{
    self as asn1, AP_REP, ApRep, Authenticator, Checksum, ENC_AP_REP_PART, EncApRepPart, TokenKind, VERSION,
};
use super::refusal::{self, Asked};
use super::wrap::{End, Sealing};
use crate::spnego::{Mechanism, MechanismKind};
use crate::{
    ChannelBindings, Entropy, Error, IoRequest, KERBEROS_PROTOCOL, KerberosError, SealedBlock,
    SecurityContext, Step, Unsealed,
};

/// Mutual authentication, replay and order detection, confidentiality, integrity (RFC 4121 section 4.1.1.1).
const FLAGS: u32 = 0x02 | 0x04 | 0x08 | 0x10 | 0x20;
/// The checksum that carries the flags and the channel bindings.
const GSS_CHECKSUM: i32 = 0x8003;
/// `mutual-required`
const MUTUAL_REQUIRED: u32 = 1 << 29;

/// Signs in with Kerberos, without SPNEGO around it (the `Kerberos` scheme), or as a [`Mechanism`] of it.
///
/// Tokens: `step(None)` asks KDCs by [`Step::NeedIo`] with URLs `kerberos://REALM` as long as there is no ticket at hand
/// (the answers come back without the length that TCP puts before them), then gives the token with the ticket;
/// `step(answer)` checks the endpoint's proof and is done. Both ends must prove themselves.
pub struct Initiator {
    client: Client,
    services: Vec<String>,
    bindings: Option<ChannelBindings>,
    state: State,
    seen: Option<TicketSeen>,
}

enum State {
    Start,
    /// A KDC was asked.
    Asking(Box<Exchange>),
    /// The ticket is sent.
    Sent(Box<Sent>),
    Ready(Box<Sealing>),
    Broken,
}

/// What the endpoint's answer must fit.
struct Sent {
    service: String,
    session_key: Key,
    subkey: Key,
    now: Now,
    sequence: u32,
}

impl Initiator {
    /// A context for one connection.
    ///
    /// `services` are the names of the endpoint, such as `host/server.corp.example`; a later one is asked for when the KDC
    /// does not know the ones before it.
    #[must_use]
    pub fn new(client: &Client, services: Vec<String>, bindings: Option<ChannelBindings>) -> Self {
        Self {
            client: client.clone(),
            services,
            bindings,
            state: State::Start,
            seen: None,
        }
    }

    /// The ticket that was sent, as soon as there is one.
    #[must_use]
    pub fn ticket(&self) -> Option<&TicketSeen> {
        self.seen.as_ref()
    }

    fn begin(&mut self, now: Now, entropy: &mut dyn Entropy) -> Result<Step, Error> {
        if let Some((service, ticket)) = self.client.ticket(&self.services, now.seconds) {
            return self.send(service, &ticket, now, entropy);
        }
        let (exchange, progress) = Exchange::start(&self.client, now, entropy)?;
        self.go_on(Box::new(exchange), progress, now, entropy)
    }

    fn go_on(
        &mut self,
        exchange: Box<Exchange>,
        progress: Progress,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        match progress {
            Progress::Ask { realm, message } => {
                self.state = State::Asking(exchange);
                Ok(Step::NeedIo(IoRequest {
                    url: format!("kerberos://{realm}"),
                    data: message,
                }))
            }
            Progress::Done(ticket) => {
                let asked = ticket.service.text();
                let named = |service: &&String| {
                    service
                        .split_once('@')
                        .map_or(service.as_str(), |(name, _)| name)
                        .eq_ignore_ascii_case(&asked)
                };
                let service = self.services.iter().find(named).cloned().unwrap_or(asked);
                self.client.keep(&service, (*ticket).clone());
                self.send(service, &ticket, now, entropy)
            }
        }
    }

    fn send(
        &mut self,
        service: String,
        ticket: &Ticket,
        now: Now,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        let subkey = Key::random(ticket.key.kind(), entropy)?;
        let mut sequence = [0; 4];
        entropy.fill(&mut sequence)?;
        // Some ends read it as a signed number, and it must have room to grow.
        let sequence = u32::from_be_bytes(sequence) & 0x3fff_ffff;
        // Length, bindings, flags (RFC 4121 section 4.1.1).
        let mut checksum = 16_u32.to_le_bytes().to_vec();
        checksum.extend(self.bindings.as_ref().map_or([0; 16], ChannelBindings::md5));
        checksum.extend(FLAGS.to_le_bytes());
        let authenticator = Authenticator {
            version: VERSION,
            crealm: ticket.crealm.clone(),
            cname: ticket.cname.clone(),
            checksum: Some(Checksum {
                kind: GSS_CHECKSUM,
                value: asn1::octets(checksum)?,
            }),
            cusec: now.microseconds,
            ctime: asn1::time(now.seconds)?,
            subkey: Some(subkey.to_message()?),
            sequence: Some(sequence),
        };
        let request = kdc::ap_request(ticket, &authenticator, Usage::ApReqAuthenticator, MUTUAL_REQUIRED)?;
        self.seen = Some(ticket.seen());
        self.state = State::Sent(Box::new(Sent {
            service,
            session_key: ticket.key.clone(),
            subkey,
            now,
            sequence,
        }));
        Ok(Step::Continue(asn1::frame(TokenKind::ApReq, &request)))
    }

    /// The endpoint's proof: it could read the ticket, so it could read our time in it.
    fn conclude(&mut self, sent: &Sent, token: &[u8], now: Now) -> Result<Step, Error> {
        let message = match asn1::unframe(token)? {
            (TokenKind::ApRep, message) => message,
            (TokenKind::Error, message) => {
                // Whatever is wrong with the ticket, the next connection begins with another.
                self.client.forget(&sent.service);
                let asked = Asked {
                    user: self.client.display_name(),
                    realm: self.client.realm(),
                    service: &sent.service,
                    keytab: false,
                    server: true,
                    now: now.seconds,
                    bound: self.bindings.is_some(),
                };
                return Err(refusal::explain(&refusal::read(message)?, &asked).into());
            }
            (TokenKind::ApReq, _) => {
                return Err(asn1::malformed("kerberos token", "a request as the answer").into());
            }
        };
        let reply: ApRep = asn1::read(AP_REP, "AP-REP", message)?;
        let plain = sent
            .session_key
            .decrypt_data(Usage::ApRep, &reply.enc_part)
            .ok_or(KerberosError::Unproved {
                reason: "its answer is not made with the key of the ticket",
            })?;
        let part: EncApRepPart = asn1::read(ENC_AP_REP_PART, "AP-REP", &plain)?;
        if part.ctime.to_unix_duration().as_secs() != sent.now.seconds
            || part.cusec != i64::from(sent.now.microseconds)
        {
            return Err(KerberosError::Unproved {
                reason: "its answer belongs to another request",
            }
            .into());
        }
        let chosen = part.subkey.map(Key::received).transpose()?;
        let acceptor_subkey = chosen.is_some();
        // Old ends send it as a signed number.
        let incoming = part.sequence.map_or(0, |number| number & i64::from(u32::MAX));
        let incoming = u32::try_from(incoming).map_err(|_| asn1::malformed("AP-REP", "a sequence number"))?;
        let key = chosen.unwrap_or_else(|| sent.subkey.clone());
        self.state = State::Ready(Box::new(Sealing::new(
            key,
            End::Initiator,
            acceptor_subkey,
            sent.sequence,
            incoming,
        )));
        Ok(Step::Done(None))
    }

    fn sealing(&mut self, operation: &'static str) -> Result<&mut Sealing, Error> {
        match &mut self.state {
            State::Ready(sealing) => Ok(sealing),
            State::Broken => Err(Error::State {
                operation,
                when: "after an error",
            }),
            _ => Err(Error::State {
                operation,
                when: "before the handshake",
            }),
        }
    }
}

impl SecurityContext for Initiator {
    fn step(
        &mut self,
        input: Option<&[u8]>,
        filetime: u64,
        entropy: &mut dyn Entropy,
    ) -> Result<Step, Error> {
        let now = Now::from_filetime(filetime);
        match (std::mem::replace(&mut self.state, State::Broken), input) {
            (State::Start, None) => self.begin(now, entropy),
            (State::Asking(mut exchange), Some(reply)) => {
                let progress = exchange.answer(&self.client, &self.services, reply, now, entropy)?;
                self.go_on(exchange, progress, now, entropy)
            }
            (State::Sent(sent), Some(token)) => self.conclude(&sent, token, now),
            (State::Sent(_), None) => Err(KerberosError::Unproved {
                reason: "it did not answer the ticket",
            }
            .into()),
            (State::Start, Some(_)) => Err(Error::State {
                operation: "an answer",
                when: "before the first token",
            }),
            (State::Asking(_), None) => Err(Error::State {
                operation: "a handshake step",
                when: "without the answer of the KDC",
            }),
            (State::Ready(_), _) => Err(Error::State {
                operation: "a handshake step",
                when: "after the handshake",
            }),
            (State::Broken, _) => Err(Error::State {
                operation: "a handshake step",
                when: "after an error",
            }),
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.state, State::Ready(_))
    }

    fn can_seal(&self) -> bool {
        self.is_complete()
    }

    fn seal(&mut self, plain: &[u8]) -> Result<Vec<SealedBlock>, Error> {
        let sealed = self.sealing("sealing")?.seal(plain);
        sealed.map(|block| vec![block]).inspect_err(|_| self.fail())
    }

    /// The token says itself where its parts are: `header_length` does not matter.
    fn unseal(&mut self, block: &mut [u8], _header_length: usize) -> Result<Unsealed, Error> {
        let opened = self.sealing("unsealing")?.unseal(block);
        opened.inspect_err(|_| self.fail())
    }

    fn protocol_name(&self) -> &'static str {
        KERBEROS_PROTOCOL
    }
}

impl Mechanism for Initiator {
    fn kind(&self) -> MechanismKind {
        MechanismKind::Kerberos
    }

    fn sign_list(&mut self, list: &[u8]) -> Result<Vec<u8>, Error> {
        self.sealing("signing")?.sign(list)
    }

    fn verify_list(&mut self, list: &[u8], code: &[u8]) -> Result<(), Error> {
        self.sealing("verifying")?.verify(list, code)
    }

    fn fail(&mut self) {
        self.state = State::Broken;
    }
}

impl std::fmt::Debug for Initiator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("kerberos::Initiator")
            .field("services", &self.services)
            .field("ticket", &self.seen)
            .finish_non_exhaustive()
    }
}
