//! AV pairs: what the server says about itself and the client about the target ([MS-NLMP] 2.2.2.1).

use ntlmclient::{TargetInfoEntry, TargetInfoType};

use crate::Error;
use crate::text::utf16le;

/// Bit of pair 6: the message carries a MIC.
const MIC_PRESENT: u32 = 2;

/// A list of pairs without its terminator.
pub(super) struct TargetInfo {
    pairs: Vec<TargetInfoEntry>,
}

impl TargetInfo {
    pub(super) fn new() -> Self {
        Self { pairs: Vec::new() }
    }

    /// The pairs up to the terminator.
    pub(super) fn from_pairs(what: &'static str, mut pairs: Vec<TargetInfoEntry>) -> Result<Self, Error> {
        let end = pairs
            .iter()
            .position(|pair| pair.entry_type == TargetInfoType::Terminator);
        let Some(end) = end else {
            return Err(Error::malformed(what, "target information without an end"));
        };
        pairs.truncate(end);
        let info = Self { pairs };
        let sizes = [
            (TargetInfoType::Flags, 4),
            (TargetInfoType::Timestamp, 8),
            (TargetInfoType::ChannelBindings, 16),
        ];
        if info.pairs.iter().any(|pair| {
            sizes
                .iter()
                .any(|(id, size)| pair.entry_type == *id && pair.data.len() != *size)
        }) {
            return Err(Error::malformed(what, "a pair of the wrong length"));
        }
        Ok(info)
    }

    /// Reads pairs up to the terminator; what follows it does not count.
    pub(super) fn read(what: &'static str, mut bytes: &[u8]) -> Result<Self, Error> {
        let mut pairs = Vec::new();
        loop {
            let (pair, rest) =
                TargetInfoEntry::try_from_bytes(bytes).map_err(|_| Error::malformed(what, "a cut pair"))?;
            let end = pair.entry_type == TargetInfoType::Terminator;
            pairs.push(pair);
            if end {
                return Self::from_pairs(what, pairs);
            }
            bytes = rest;
        }
    }

    fn get(&self, id: TargetInfoType) -> Option<&[u8]> {
        self.pairs
            .iter()
            .find(|pair| pair.entry_type == id)
            .map(|pair| pair.data.as_slice())
    }

    /// Replaces every pair of this kind by one at the end.
    fn set(&mut self, id: TargetInfoType, data: Vec<u8>) {
        self.pairs.retain(|pair| pair.entry_type != id);
        self.pairs.push(TargetInfoEntry { entry_type: id, data });
    }

    pub(super) fn push_text(&mut self, id: TargetInfoType, text: &str) {
        self.pairs.push(TargetInfoEntry {
            entry_type: id,
            data: utf16le(text),
        });
    }

    /// FILETIME, as bytes on the wire.
    pub(super) fn timestamp(&self) -> Option<[u8; 8]> {
        self.get(TargetInfoType::Timestamp)?.try_into().ok()
    }

    pub(super) fn set_timestamp(&mut self, filetime: u64) {
        self.set(TargetInfoType::Timestamp, filetime.to_le_bytes().to_vec());
    }

    pub(super) fn channel_bindings(&self) -> Option<[u8; 16]> {
        self.get(TargetInfoType::ChannelBindings)?.try_into().ok()
    }

    pub(super) fn set_channel_bindings(&mut self, md5: Option<[u8; 16]>) {
        self.pairs
            .retain(|pair| pair.entry_type != TargetInfoType::ChannelBindings);
        if let Some(md5) = md5 {
            self.set(TargetInfoType::ChannelBindings, md5.to_vec());
        }
    }

    pub(super) fn set_target_name(&mut self, service_principal: &str) {
        self.set(TargetInfoType::TargetName, utf16le(service_principal));
    }

    fn flags(&self) -> u32 {
        self.get(TargetInfoType::Flags)
            .and_then(|data| data.try_into().ok())
            .map_or(0, u32::from_le_bytes)
    }

    pub(super) fn has_mic(&self) -> bool {
        self.flags() & MIC_PRESENT != 0
    }

    pub(super) fn announce_mic(&mut self) {
        self.set(
            TargetInfoType::Flags,
            (self.flags() | MIC_PRESENT).to_le_bytes().to_vec(),
        );
    }

    /// The list with its terminator.
    ///
    /// # Errors
    /// When it does not fit the 16-bit lengths of the messages; the caller names the message.
    pub(super) fn write(&self, what: &'static str) -> Result<Vec<u8>, Error> {
        // The encoder of a pair counts on a length that fits.
        if self
            .pairs
            .iter()
            .any(|pair| pair.data.len() > usize::from(u16::MAX))
        {
            return Err(Error::malformed(what, "target information too long"));
        }
        let mut bytes: Vec<u8> = self.pairs.iter().flat_map(TargetInfoEntry::to_bytes).collect();
        bytes.extend([0; 4]);
        if bytes.len() > usize::from(u16::MAX) {
            return Err(Error::malformed(what, "target information too long"));
        }
        Ok(bytes)
    }
}
