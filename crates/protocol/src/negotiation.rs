//! Which version two sides agree on (protocol.md 4.3.1).

use crate::ProtocolVersion;
use crate::error::Error;
use crate::payload::SessionCapability;

/// Client: what a server's capability means for the version that was offered.
pub(crate) fn client(offered: ProtocolVersion, server: &SessionCapability) -> Result<ProtocolVersion, Error> {
    let version = server.protocol();
    if version != offered && !version.is_classic() {
        return Err(mismatch("protocol version", offered, version));
    }
    if server.ps_version != SessionCapability::PS_VERSION {
        return Err(mismatch(
            "PSVersion",
            SessionCapability::PS_VERSION,
            server.ps_version,
        ));
    }
    if server.serialization_version != SessionCapability::SERIALIZATION_VERSION {
        let ours = SessionCapability::SERIALIZATION_VERSION;
        return Err(mismatch(
            "SerializationVersion",
            ours,
            server.serialization_version,
        ));
    }
    Ok(version)
}

/// Server: the version that answers a client's capability.
pub(crate) fn server(highest: ProtocolVersion, client: &SessionCapability) -> Result<ProtocolVersion, Error> {
    let version = client.protocol();
    let answer = if version >= ProtocolVersion::V2_0 && version <= highest {
        version
    } else if version.major == highest.major && version.minor >= highest.minor {
        highest
    } else {
        return Err(mismatch("protocol version", highest, version));
    };
    let ours = SessionCapability::PS_VERSION;
    let theirs = &client.ps_version;
    if theirs.major != ours.major || theirs.minor < ours.minor {
        return Err(mismatch("PSVersion", ours, theirs));
    }
    let ours = SessionCapability::SERIALIZATION_VERSION;
    let theirs = &client.serialization_version;
    if theirs.major != ours.major || theirs.minor < ours.minor {
        return Err(mismatch("SerializationVersion", ours, theirs));
    }
    Ok(answer)
}

fn mismatch(what: &str, ours: impl ToString, theirs: impl ToString) -> Error {
    Error::Negotiation {
        ours: format!("{what} {}", ours.to_string()),
        theirs: theirs.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn capability(text: &str) -> SessionCapability {
        SessionCapability::new(text.parse().unwrap())
    }

    #[test]
    fn client_takes_its_own_and_the_classic_versions() {
        let offered = ProtocolVersion::V2_3;
        for version in ["2.0", "2.1", "2.2", "2.3"] {
            assert_eq!(
                client(offered, &capability(version)).unwrap().to_string(),
                version
            );
        }
        assert!(client(offered, &capability("2.4")).is_err());
        assert!(client(offered, &capability("3.0")).is_err());
        assert_eq!(
            client(ProtocolVersion::V2_4, &capability("2.4")),
            Ok(ProtocolVersion::V2_4)
        );
    }

    #[test]
    fn client_wants_equal_other_versions() {
        let mut server = capability("2.3");
        server.serialization_version = psbridge_clixml::Version::new(1, 1);
        assert!(client(ProtocolVersion::V2_3, &server).is_err());
    }

    #[test]
    fn server_echoes_what_it_knows() {
        let highest = ProtocolVersion::V2_3;
        for version in ["2.0", "2.1", "2.2", "2.3"] {
            assert_eq!(
                server(highest, &capability(version)).unwrap().to_string(),
                version
            );
        }
        assert_eq!(server(highest, &capability("2.4")), Ok(highest));
        assert!(server(highest, &capability("1.9")).is_err());
        assert!(server(highest, &capability("3.3")).is_err());
        let mut old = capability("2.3");
        old.ps_version = psbridge_clixml::Version::new(1, 0);
        assert!(server(highest, &old).is_err());
    }
}
