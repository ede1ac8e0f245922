//! The methods of a host that a server may call, as data (protocol.md 4.5).

/// A type in the signature of a host method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are those of the .NET types")]
pub enum HostType {
    /// Nothing: no response may be sent.
    Void,
    String,
    Int32,
    Int64,
    Bool,
    Version,
    Guid,
    /// A culture's name, as a string.
    Culture,
    SecureString,
    Credential,
    Coordinates,
    Size,
    Rectangle,
    BufferCell,
    /// `BufferCell[,]`.
    BufferCells,
    KeyInfo,
    /// A progress bag.
    Progress,
    /// A list of field descriptions.
    Fields,
    /// A list of choice descriptions.
    Choices,
    /// A list of numbers.
    Int32List,
    /// A dictionary of field name to value.
    Answers,
    /// Cannot be sent.
    Runspace,
}

/// A parameter of a host method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostParameter {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: HostType,
}

/// A method of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostMethod {
    /// Number on the wire.
    pub id: i32,
    /// Name.
    pub name: &'static str,
    /// Parameters in order.
    pub parameters: &'static [HostParameter],
    /// What it returns.
    pub returns: HostType,
}

impl HostMethod {
    /// The method with this number.
    pub fn from_id(id: i32) -> Option<&'static Self> {
        HOST_METHODS
            .binary_search_by_key(&id, |method| method.id)
            .ok()
            .and_then(|row| HOST_METHODS.get(row))
    }

    /// The method with this name.
    pub fn from_name(name: &str) -> Option<&'static Self> {
        HOST_METHODS.iter().find(|method| method.name == name)
    }

    /// The server waits for no answer and takes none.
    pub fn is_void(&self) -> bool {
        self.returns == HostType::Void
    }
}

macro_rules! host_methods {
    ($($id:literal $name:ident ($($parameter:ident: $kind:ident),*) -> $returns:ident;)*) => {
        /// The methods in order of their numbers.
        pub const HOST_METHODS: &[HostMethod] = &[$(HostMethod {
            id: $id,
            name: stringify!($name),
            parameters: &[$(HostParameter { name: stringify!($parameter), kind: HostType::$kind }),*],
            returns: HostType::$returns,
        }),*];
    };
}

host_methods! {
    1 GetName() -> String;
    2 GetVersion() -> Version;
    3 GetInstanceId() -> Guid;
    4 GetCurrentCulture() -> Culture;
    5 GetCurrentUICulture() -> Culture;
    6 SetShouldExit(exitCode: Int32) -> Void;
    7 EnterNestedPrompt() -> Void;
    8 ExitNestedPrompt() -> Void;
    9 NotifyBeginApplication() -> Void;
    10 NotifyEndApplication() -> Void;
    11 ReadLine() -> String;
    12 ReadLineAsSecureString() -> SecureString;
    13 Write1(value: String) -> Void;
    14 Write2(foregroundColor: Int32, backgroundColor: Int32, value: String) -> Void;
    15 WriteLine1() -> Void;
    16 WriteLine2(value: String) -> Void;
    17 WriteLine3(foregroundColor: Int32, backgroundColor: Int32, value: String) -> Void;
    18 WriteErrorLine(message: String) -> Void;
    19 WriteDebugLine(message: String) -> Void;
    20 WriteProgress(sourceId: Int64, record: Progress) -> Void;
    21 WriteVerboseLine(message: String) -> Void;
    22 WriteWarningLine(message: String) -> Void;
    23 Prompt(caption: String, message: String, descriptions: Fields) -> Answers;
    24 PromptForCredential1(caption: String, message: String, userName: String, targetName: String) -> Credential;
    25 PromptForCredential2(caption: String, message: String, userName: String, targetName: String,
        allowedCredentialTypes: Int32, options: Int32) -> Credential;
    26 PromptForChoice(caption: String, message: String, choices: Choices, defaultChoice: Int32) -> Int32;
    27 GetForegroundColor() -> Int32;
    28 SetForegroundColor(color: Int32) -> Void;
    29 GetBackgroundColor() -> Int32;
    30 SetBackgroundColor(color: Int32) -> Void;
    31 GetCursorPosition() -> Coordinates;
    32 SetCursorPosition(position: Coordinates) -> Void;
    33 GetWindowPosition() -> Coordinates;
    34 SetWindowPosition(position: Coordinates) -> Void;
    35 GetCursorSize() -> Int32;
    36 SetCursorSize(size: Int32) -> Void;
    37 GetBufferSize() -> Size;
    38 SetBufferSize(size: Size) -> Void;
    39 GetWindowSize() -> Size;
    40 SetWindowSize(size: Size) -> Void;
    41 GetWindowTitle() -> String;
    42 SetWindowTitle(title: String) -> Void;
    43 GetMaxWindowSize() -> Size;
    44 GetMaxPhysicalWindowSize() -> Size;
    45 GetKeyAvailable() -> Bool;
    46 ReadKey(options: Int32) -> KeyInfo;
    47 FlushInputBuffer() -> Void;
    48 SetBufferContents1(rectangle: Rectangle, fill: BufferCell) -> Void;
    49 SetBufferContents2(origin: Coordinates, contents: BufferCells) -> Void;
    50 GetBufferContents(rectangle: Rectangle) -> BufferCells;
    51 ScrollBufferContents(source: Rectangle, destination: Coordinates, clip: Rectangle, fill: BufferCell) -> Void;
    52 PushRunspace(runspace: Runspace) -> Void;
    53 PopRunspace() -> Void;
    54 GetIsRunspacePushed() -> Bool;
    55 GetRunspace() -> Runspace;
    56 PromptForChoiceMultipleSelection(caption: String, message: String, choices: Choices,
        defaultChoices: Int32List) -> Int32List;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_complete() {
        assert_eq!(HOST_METHODS.len(), 56);
        assert!((1..=56).all(|id| HostMethod::from_id(id).is_some_and(|method| method.id == id)));
        assert_eq!(HostMethod::from_id(0), None);
        assert_eq!(HostMethod::from_id(57), None);
        assert_eq!(
            HostMethod::from_name("ReadLine").map(|method| method.id),
            Some(11)
        );
        assert!(HostMethod::from_id(22).is_some_and(HostMethod::is_void));
        assert!(HostMethod::from_id(23).is_some_and(|method| !method.is_void()));
    }
}
