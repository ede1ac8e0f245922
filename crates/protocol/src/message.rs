//! PSRP messages: the 40-byte header and the table of message types (MS-PSRP 2.2.1).

use std::fmt;

use uuid::Uuid;

/// Length of a message's header in bytes.
pub const HEADER_LEN: usize = 40;

/// The byte order mark that PowerShell puts before the CLIXML of every message that has any.
pub const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Which side a message is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Destination {
    /// To the client: wire value 1.
    Client,
    /// To the server: wire value 2.
    Server,
}

impl Destination {
    /// The value in the header.
    pub fn code(self) -> u32 {
        match self {
            Self::Client => 1,
            Self::Server => 2,
        }
    }

    /// Reads the value of the header.
    pub fn from_code(code: u32) -> Option<Self> {
        match code {
            1 => Some(Self::Client),
            2 => Some(Self::Server),
            _ => None,
        }
    }
}

/// What a message is about: the session, the pool or a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// Negotiation and keys.
    Session,
    /// The runspace pool; also the messages that create pipelines.
    Pool,
    /// A running pipeline.
    Pipeline,
}

macro_rules! message_types {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $name:literal;)*) => {
        /// The type of a message (MS-PSRP 2.2.1).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum MessageType {
            $($(#[$doc])* $variant,)*
            /// A type that is not in the table: shown to the caller, otherwise skipped.
            Unknown(u32),
        }

        impl MessageType {
            /// Every type of the table, in order of its number.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The number in the header.
            pub fn code(self) -> u32 {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Unknown(code) => code,
                }
            }

            /// The type with this number.
            pub fn from_code(code: u32) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    other => Self::Unknown(other),
                }
            }

            /// The name in the specification, `UNKNOWN` for others.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Unknown(_) => "UNKNOWN",
                }
            }
        }
    };
}

message_types! {
    /// Both sides say what they speak.
    SessionCapability = 0x0001_0002, "SESSION_CAPABILITY";
    /// Within PowerShell only; never on the wire.
    CloseSession = 0x0001_0003, "CLOSE_SESSION";
    /// The client opens the pool.
    InitRunspacePool = 0x0001_0004, "INIT_RUNSPACEPOOL";
    /// The client's RSA key.
    PublicKey = 0x0001_0005, "PUBLIC_KEY";
    /// The server's answer to it.
    EncryptedSessionKey = 0x0001_0006, "ENCRYPTED_SESSION_KEY";
    /// An old server asks for the key.
    PublicKeyRequest = 0x0001_0007, "PUBLIC_KEY_REQUEST";
    /// Another client takes the pool over.
    ConnectRunspacePool = 0x0001_0008, "CONNECT_RUNSPACEPOOL";
    /// Change of the upper limit.
    SetMaxRunspaces = 0x0002_1002, "SET_MAX_RUNSPACES";
    /// Change of the lower limit.
    SetMinRunspaces = 0x0002_1003, "SET_MIN_RUNSPACES";
    /// Answer to the four requests with a call id.
    RunspaceAvailability = 0x0002_1004, "RUNSPACE_AVAILABILITY";
    /// The pool is open, closing, closed or broken.
    RunspacePoolState = 0x0002_1005, "RUNSPACEPOOL_STATE";
    /// A pipeline begins.
    CreatePipeline = 0x0002_1006, "CREATE_PIPELINE";
    /// How many runspaces are free?
    GetAvailableRunspaces = 0x0002_1007, "GET_AVAILABLE_RUNSPACES";
    /// An event of the far side.
    UserEvent = 0x0002_1008, "USER_EVENT";
    /// What the server tells about itself.
    ApplicationPrivateData = 0x0002_1009, "APPLICATION_PRIVATE_DATA";
    /// Which commands are there?
    GetCommandMetadata = 0x0002_100A, "GET_COMMAND_METADATA";
    /// Answer to a Connect.
    RunspacePoolInitData = 0x0002_100B, "RUNSPACEPOOL_INIT_DATA";
    /// A new runspace, please.
    ResetRunspaceState = 0x0002_100C, "RESET_RUNSPACE_STATE";
    /// The server calls a method of the pool's host.
    RunspacePoolHostCall = 0x0002_1100, "RUNSPACEPOOL_HOST_CALL";
    /// The answer to it.
    RunspacePoolHostResponse = 0x0002_1101, "RUNSPACEPOOL_HOST_RESPONSE";
    /// One input object.
    PipelineInput = 0x0004_1002, "PIPELINE_INPUT";
    /// There is no more input.
    EndOfPipelineInput = 0x0004_1003, "END_OF_PIPELINE_INPUT";
    /// One output object.
    PipelineOutput = 0x0004_1004, "PIPELINE_OUTPUT";
    /// One error.
    ErrorRecord = 0x0004_1005, "ERROR_RECORD";
    /// The pipeline ended.
    PipelineState = 0x0004_1006, "PIPELINE_STATE";
    /// Debug text.
    DebugRecord = 0x0004_1007, "DEBUG_RECORD";
    /// Verbose text.
    VerboseRecord = 0x0004_1008, "VERBOSE_RECORD";
    /// A warning.
    WarningRecord = 0x0004_1009, "WARNING_RECORD";
    /// Progress.
    ProgressRecord = 0x0004_1010, "PROGRESS_RECORD";
    /// Information, what Write-Host writes included.
    InformationRecord = 0x0004_1011, "INFORMATION_RECORD";
    /// Not used over WS-Management, where a signal stops.
    StopPipeline = 0x0004_1012, "STOP_PIPELINE";
    /// The server calls a method of the pipeline's host.
    PipelineHostCall = 0x0004_1100, "PIPELINE_HOST_CALL";
    /// The answer to it.
    PipelineHostResponse = 0x0004_1101, "PIPELINE_HOST_RESPONSE";
}

impl MessageType {
    /// What the message is about, by the bits of its number.
    pub fn target(self) -> Target {
        let code = self.code();
        if code & 0x41000 == 0x41000 {
            Target::Pipeline
        } else if code & 0x21000 == 0x21000 {
            Target::Pool
        } else {
            Target::Session
        }
    }
}

impl fmt::Display for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(code) => write!(f, "message type 0x{code:08X}"),
            known => f.write_str(known.name()),
        }
    }
}

/// A message to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// For whom it is.
    pub destination: Destination,
    /// Its type.
    pub message_type: MessageType,
    /// The pool; nil in some messages of servers.
    pub rpid: Uuid,
    /// The pipeline, where the message is about one.
    pub pid: Option<Uuid>,
    /// CLIXML with or without a byte order mark; empty for `$null` and where a message has no data.
    pub data: Vec<u8>,
}

impl Message {
    /// Length of the encoded message in bytes.
    pub fn encoded_len(&self) -> usize {
        HEADER_LEN + self.data.len()
    }

    /// The message as it goes into fragments.
    pub fn encode(&self) -> Vec<u8> {
        [&self.header()[..], &self.data].concat()
    }

    /// The header alone.
    pub fn header(&self) -> [u8; HEADER_LEN] {
        let mut header = [0; HEADER_LEN];
        let fields = [
            &self.destination.code().to_le_bytes()[..],
            &self.message_type.code().to_le_bytes(),
            &self.rpid.to_bytes_le(),
            &self.pid.unwrap_or_default().to_bytes_le(),
        ];
        for (place, byte) in header.iter_mut().zip(fields.into_iter().flatten()) {
            *place = *byte;
        }
        header
    }

    /// Reads a message, copying its data. [`MessageRef::decode`] borrows it.
    ///
    /// # Errors
    /// As [`MessageRef::decode`].
    pub fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        MessageRef::decode(bytes).map(|message| message.to_message())
    }
}

impl From<&Message> for Message {
    fn from(message: &Message) -> Self {
        message.clone()
    }
}

/// A message that was received and still lies in its buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageRef<'a> {
    /// For whom it is.
    pub destination: Destination,
    /// Its type.
    pub message_type: MessageType,
    /// The pool; nil in some messages of servers.
    pub rpid: Uuid,
    /// The pipeline, where the message is about one.
    pub pid: Option<Uuid>,
    /// CLIXML with or without a byte order mark.
    pub data: &'a [u8],
}

impl<'a> MessageRef<'a> {
    /// Reads a message.
    ///
    /// # Errors
    /// [`MessageError`] when the header is cut short or names a destination that does not exist.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, MessageError> {
        let short = || MessageError::Truncated { len: bytes.len() };
        let (destination, rest) = bytes.split_first_chunk::<4>().ok_or_else(short)?;
        let (message_type, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
        let (rpid, rest) = rest.split_first_chunk::<16>().ok_or_else(short)?;
        let (pid, data) = rest.split_first_chunk::<16>().ok_or_else(short)?;
        let destination = u32::from_le_bytes(*destination);
        let pid = Uuid::from_bytes_le(*pid);
        Ok(Self {
            destination: Destination::from_code(destination).ok_or(MessageError::Destination(destination))?,
            message_type: MessageType::from_code(u32::from_le_bytes(*message_type)),
            rpid: Uuid::from_bytes_le(*rpid),
            pid: (!pid.is_nil()).then_some(pid),
            data,
        })
    }

    /// The data without the byte order mark that PowerShell puts before it.
    pub fn text(&self) -> &'a [u8] {
        self.data.strip_prefix(BOM).unwrap_or(self.data)
    }

    /// The same with data of its own.
    pub fn to_message(&self) -> Message {
        Message {
            destination: self.destination,
            message_type: self.message_type,
            rpid: self.rpid,
            pid: self.pid,
            data: self.data.to_vec(),
        }
    }
}

/// What is wrong with a message's header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// Shorter than a header.
    #[error("message has {len} bytes, its header alone needs {HEADER_LEN}")]
    Truncated { len: usize },
    /// Neither 1 nor 2.
    #[error("message is for destination {0}, which is neither client nor server")]
    Destination(u32),
}
