//! Asking a KDC: over TCP, or by datagram where that is asked for, one after another until one answers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::RData;
use psbridge_auth::{KerberosError, kerberos};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

use super::address::KdcAddress;
use super::config::Krb5Config;

/// Longest wait for one KDC; there may be another.
const EACH: Duration = Duration::from_secs(5);
/// Longest wait for DNS.
const DNS: Duration = Duration::from_secs(4);
/// Waits for an answer to a datagram, which may have got lost.
const DATAGRAMS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];
/// A reply of more bytes is none.
const MAX_REPLY: usize = 256 * 1024;
const MAX_DATAGRAM: usize = 65_536;
/// KDCs of one realm that are tried.
const MAX_KDCS: usize = 8;

/// The KDCs of realms, found once.
pub(in crate::http) struct Kdcs {
    /// Those given for the user's realm.
    given: Vec<KdcAddress>,
    realm: String,
    config: Krb5Config,
    /// Realms with their KDCs, the one that answered last first.
    known: Mutex<Vec<(String, Vec<KdcAddress>)>>,
}

impl Kdcs {
    pub(in crate::http) fn new(realm: &str, given: Vec<KdcAddress>, config: Krb5Config) -> Self {
        Self {
            given,
            realm: realm.to_owned(),
            config,
            known: Mutex::default(),
        }
    }

    /// Whether there is a KDC to ask for a realm. DNS is asked when nothing else says.
    pub(in crate::http) async fn knows(&self, realm: &str) -> bool {
        !self.locate(realm).await.is_empty()
    }

    async fn locate(&self, realm: &str) -> Vec<KdcAddress> {
        if let Some(known) = self.remembered(realm) {
            return known;
        }
        let mut found = Vec::new();
        if realm == self.realm {
            found.clone_from(&self.given);
        }
        if found.is_empty() {
            let listed = self.config.kdcs(realm);
            found = listed.iter().filter_map(|text| KdcAddress::parse(text)).collect();
        }
        if found.is_empty() && self.config.asks_dns() {
            found = from_dns(realm).await;
        }
        found.truncate(MAX_KDCS);
        self.remember(realm, found.clone());
        found
    }

    fn remembered(&self, realm: &str) -> Option<Vec<KdcAddress>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, addresses) = known.iter().find(|(name, _)| name == realm)?;
        Some(addresses.clone())
    }

    fn remember(&self, realm: &str, addresses: Vec<KdcAddress>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(name, _)| name != realm);
        known.push((realm.to_owned(), addresses));
    }

    /// Asks the KDCs of a realm until one answers.
    pub(in crate::http) async fn ask(&self, realm: &str, request: &[u8]) -> Result<Vec<u8>, KerberosError> {
        let addresses = self.locate(realm).await;
        if addresses.is_empty() {
            return Err(KerberosError::NoKdc {
                realm: realm.to_owned(),
            });
        }
        let mut tried = Vec::new();
        for (at, address) in addresses.iter().enumerate() {
            tracing::debug!(%realm, kdc = %address, "asking a KDC");
            match ask_one(address, request).await {
                Ok(reply) => {
                    if at > 0 {
                        let mut sorted = addresses.clone();
                        sorted.swap(0, at);
                        self.remember(realm, sorted);
                    }
                    return Ok(reply);
                }
                Err(error) => tried.push(format!("{address}: {error}")),
            }
        }
        Err(KerberosError::KdcUnreachable {
            realm: realm.to_owned(),
            tried,
        })
    }
}

async fn ask_one(address: &KdcAddress, request: &[u8]) -> Result<Vec<u8>, String> {
    let late = |_| format!("no answer within {} s", EACH.as_secs());
    if address.udp {
        let reply = timeout(EACH, datagram(address, request)).await.map_err(late)??;
        if !kerberos::wants_tcp(&reply) {
            return Ok(reply);
        }
    }
    timeout(EACH, stream(address, request)).await.map_err(late)?
}

async fn stream(address: &KdcAddress, request: &[u8]) -> Result<Vec<u8>, String> {
    let said = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect((address.host.as_str(), address.port))
        .await
        .map_err(said)?;
    let length = u32::try_from(request.len()).map_err(|_| "the request is too long".to_owned())?;
    let mut message = Vec::with_capacity(request.len() + 4);
    message.extend(length.to_be_bytes());
    message.extend(request);
    stream.write_all(&message).await.map_err(said)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length).await.map_err(said)?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    if length == 0 || length > MAX_REPLY {
        return Err(format!("an answer of {length} bytes"));
    }
    let mut reply = vec![0; length];
    stream.read_exact(&mut reply).await.map_err(said)?;
    Ok(reply)
}

async fn datagram(address: &KdcAddress, request: &[u8]) -> Result<Vec<u8>, String> {
    let said = |error: std::io::Error| error.to_string();
    let peer = tokio::net::lookup_host((address.host.as_str(), address.port))
        .await
        .map_err(said)?
        .next()
        .ok_or_else(|| "the name has no address".to_owned())?;
    let own = if peer.is_ipv6() { "[::]:0" } else { "0.0.0.0:0" };
    let socket = UdpSocket::bind(own).await.map_err(said)?;
    // Only this peer's datagrams are received.
    socket.connect(peer).await.map_err(said)?;
    let mut reply = vec![0; MAX_DATAGRAM];
    for wait in DATAGRAMS {
        socket.send(request).await.map_err(said)?;
        if let Ok(received) = timeout(wait, socket.recv(&mut reply)).await {
            reply.truncate(received.map_err(said)?);
            return Ok(reply);
        }
    }
    Err("no answer to datagrams".to_owned())
}

/// The servers that DNS names for a realm (RFC 4120 section 7.2.3.2), by priority and weight.
async fn from_dns(realm: &str) -> Vec<KdcAddress> {
    // With the dot at its end no search list is tried.
    let name = format!("_kerberos._tcp.{}.", realm.trim_end_matches('.'));
    let answer = timeout(DNS, async {
        let resolver = TokioResolver::builder_tokio()
            .and_then(|builder| builder.build())
            .map_err(|error| error.to_string())?;
        resolver
            .srv_lookup(name.as_str())
            .await
            .map_err(|error| error.to_string())
    })
    .await;
    let lookup = match answer {
        Ok(Ok(lookup)) => lookup,
        Ok(Err(error)) => {
            tracing::debug!(%name, %error, "DNS names no KDC");
            return Vec::new();
        }
        Err(_) => {
            tracing::debug!(%name, "DNS did not answer in time");
            return Vec::new();
        }
    };
    let mut servers: Vec<(u16, u16, KdcAddress)> = lookup
        .answers()
        .iter()
        .filter_map(|record| match &record.data {
            RData::SRV(srv) => Some(srv),
            _ => None,
        })
        // A lone dot says that there is no such service.
        .filter(|srv| !srv.target.is_root())
        .map(|srv| {
            (
                srv.priority,
                u16::MAX - srv.weight,
                KdcAddress::tcp(&srv.target.to_utf8(), srv.port),
            )
        })
        .collect();
    servers.sort_by_key(|(priority, weight, _)| (*priority, *weight));
    servers.into_iter().map(|(_, _, address)| address).collect()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    /// `KRB_ERR_RESPONSE_TOO_BIG`
    const TOO_BIG: &str = "7e60305ea003020105a10302011ea411180f32303235313132313030303030305aa503020100a603020134a9\
             0e1b0c434f52502e4558414d504c45aa21301fa003020102a11830161b066b72627467741b0c434f52502e45\
             58414d504c45ac020400";

    fn bytes(text: &str) -> Vec<u8> {
        (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
            .collect()
    }

    /// A KDC that answers once with these bytes, after the length that it says.
    async fn kdc(says: u32, reply: Vec<u8>) -> (u16, tokio::task::JoinHandle<Vec<u8>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let length = stream.read_u32().await.unwrap();
            let mut request = vec![0; length as usize];
            stream.read_exact(&mut request).await.unwrap();
            stream.write_u32(says).await.unwrap();
            stream.write_all(&reply).await.unwrap();
            request
        });
        (port, served)
    }

    fn kdcs(addresses: &[String]) -> Kdcs {
        let given = addresses
            .iter()
            .map(|text| KdcAddress::parse(text).unwrap())
            .collect();
        Kdcs::new("R", given, Krb5Config::default())
    }

    #[tokio::test]
    async fn the_next_kdc_is_asked_when_one_does_not_answer() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let dead = format!("127.0.0.1:{}", closed.local_addr().unwrap().port());
        drop(closed);
        let (port, served) = kdc(3, b"yes".to_vec()).await;
        let good = format!("127.0.0.1:{port}");
        let kdcs = kdcs(&[dead.clone(), good.clone()]);
        assert_eq!(kdcs.ask("R", b"question").await.unwrap(), b"yes");
        assert_eq!(served.await.unwrap(), b"question");
        // The one that answered is the first from now on.
        let shown: Vec<String> = kdcs.locate("R").await.iter().map(ToString::to_string).collect();
        assert_eq!(shown, [good, dead.clone()]);
        match kdcs.ask("R", b"question").await {
            Err(KerberosError::KdcUnreachable { realm, tried }) => {
                assert_eq!((realm.as_str(), tried.len()), ("R", 2));
                assert!(tried[1].starts_with(&dead), "{tried:?}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn answers_out_of_proportion_are_refused() {
        for says in [0, 300_000, u32::MAX] {
            let (port, served) = kdc(says, Vec::new()).await;
            let refused = kdcs(&[format!("127.0.0.1:{port}")]).ask("R", b"q").await;
            assert!(
                matches!(refused, Err(KerberosError::KdcUnreachable { .. })),
                "{says}"
            );
            served.await.unwrap();
        }
    }

    #[tokio::test]
    async fn an_answer_too_long_for_a_datagram_is_fetched_over_tcp() {
        let (port, served) = kdc(3, b"yes".to_vec()).await;
        let socket = UdpSocket::bind(("127.0.0.1", port)).await.unwrap();
        let datagram = tokio::spawn(async move {
            let mut request = [0; 64];
            let (length, peer) = socket.recv_from(&mut request).await.unwrap();
            socket.send_to(&bytes(TOO_BIG), peer).await.unwrap();
            length
        });
        let reply = kdcs(&[format!("udp/127.0.0.1:{port}")])
            .ask("R", b"question")
            .await;
        assert_eq!(reply.unwrap(), b"yes");
        assert_eq!(datagram.await.unwrap(), 8);
        assert_eq!(served.await.unwrap(), b"question");
    }

    #[tokio::test]
    async fn a_realm_without_kdcs_is_named() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("krb5.conf");
        std::fs::write(&path, "[libdefaults]\ndns_lookup_kdc = false\n").unwrap();
        let config = Krb5Config::from_files(&[path]).unwrap();
        let kdcs = Kdcs::new("R", Vec::new(), config);
        assert!(!kdcs.knows("R").await);
        assert_eq!(
            kdcs.ask("R", b"q").await.unwrap_err(),
            KerberosError::NoKdc { realm: "R".into() }
        );
    }
}
