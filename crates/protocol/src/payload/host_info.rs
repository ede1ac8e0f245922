use psbridge_clixml::{Document, Object, Value};

use super::bag::{Bag, text};
use super::{Coordinates, Payload, PayloadError, Size};

/// What a server may know of the client's host (protocol.md 4.6).
#[derive(Debug, Clone, PartialEq)]
pub struct HostInfo {
    /// There is no host.
    pub is_host_null: bool,
    /// The host has no user interface.
    pub is_host_ui_null: bool,
    /// The user interface has no console.
    pub is_host_raw_ui_null: bool,
    /// A pipeline uses the host of its pool.
    pub use_runspace_host: bool,
    /// The console's state, when there is one.
    pub default_data: Option<HostDefaultData>,
}

impl HostInfo {
    /// No host, in INIT_RUNSPACEPOOL.
    pub fn none() -> Self {
        Self {
            is_host_null: true,
            is_host_ui_null: true,
            is_host_raw_ui_null: true,
            use_runspace_host: false,
            default_data: None,
        }
    }

    /// No host of its own, in CREATE_PIPELINE: calls go to the pool's, if that has one.
    pub fn of_pool() -> Self {
        Self {
            use_runspace_host: true,
            ..Self::none()
        }
    }

    /// A host with a console.
    pub fn console(default_data: HostDefaultData) -> Self {
        Self {
            is_host_null: false,
            is_host_ui_null: false,
            is_host_raw_ui_null: false,
            use_runspace_host: false,
            default_data: Some(default_data),
        }
    }
}

impl Payload for HostInfo {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "HostInfo")?;
        Ok(Self {
            is_host_null: bag.bool_or("_isHostNull", false)?,
            is_host_ui_null: bag.bool_or("_isHostUINull", false)?,
            is_host_raw_ui_null: bag.bool_or("_isHostRawUINull", false)?,
            use_runspace_host: bag.bool_or("_useRunspaceHost", false)?,
            default_data: match bag.get("_hostDefaultData") {
                Some(data) => Some(HostDefaultData::from_value(document, data)?),
                None => None,
            },
        })
    }

    fn to_value(&self) -> Value {
        let mut bag = Object::bag()
            .extended("_isHostUINull", self.is_host_ui_null)
            .extended("_isHostRawUINull", self.is_host_raw_ui_null)
            .extended("_isHostNull", self.is_host_null);
        if let Some(data) = &self.default_data {
            bag = bag.extended("_hostDefaultData", data.to_value());
        }
        bag.extended("_useRunspaceHost", self.use_runspace_host).into()
    }
}

/// The state of a console.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostDefaultData {
    /// ConsoleColor, −1 when unknown.
    pub foreground_color: i32,
    /// ConsoleColor, −1 when unknown.
    pub background_color: i32,
    /// Where text appears next.
    pub cursor_position: Coordinates,
    /// The window's place in the buffer.
    pub window_position: Coordinates,
    /// In percent.
    pub cursor_size: i32,
    /// Of the text buffer.
    pub buffer_size: Size,
    /// Of the window.
    pub window_size: Size,
    /// Greatest window for the buffer.
    pub max_window_size: Size,
    /// Greatest window for the screen.
    pub max_physical_window_size: Size,
    /// Title.
    pub window_title: String,
}

const COLOR: &str = "System.ConsoleColor";
const COORDINATES: &str = "System.Management.Automation.Host.Coordinates";
const SIZE: &str = "System.Management.Automation.Host.Size";

impl Payload for HostDefaultData {
    fn from_value(document: &Document, value: &Value) -> Result<Self, PayloadError> {
        let bag = Bag::new(document, value, "_hostDefaultData")?;
        let data = document.deref(bag.required("data")?).as_object();
        let Some(psbridge_clixml::Content::Dictionary(entries)) = data.map(|data| &data.content) else {
            return Err(bag.kind("data", "a dictionary"));
        };
        let mut host = Self::default();
        for (key, value) in entries {
            let Some(value) = value.get("V") else { continue };
            match key.as_i32() {
                Some(0) => host.foreground_color = value.as_i32().unwrap_or_default(),
                Some(1) => host.background_color = value.as_i32().unwrap_or_default(),
                Some(2) => host.cursor_position = Coordinates::from_value(document, value)?,
                Some(3) => host.window_position = Coordinates::from_value(document, value)?,
                Some(4) => host.cursor_size = value.as_i32().unwrap_or_default(),
                Some(5) => host.buffer_size = Size::from_value(document, value)?,
                Some(6) => host.window_size = Size::from_value(document, value)?,
                Some(7) => host.max_window_size = Size::from_value(document, value)?,
                Some(8) => host.max_physical_window_size = Size::from_value(document, value)?,
                Some(9) => host.window_title = text(value).unwrap_or_default(),
                _ => {}
            }
        }
        Ok(host)
    }

    fn to_value(&self) -> Value {
        let entries = [
            (9, "System.String", Value::from(self.window_title.as_str())),
            (8, SIZE, self.max_physical_window_size.to_value()),
            (7, SIZE, self.max_window_size.to_value()),
            (6, SIZE, self.window_size.to_value()),
            (5, SIZE, self.buffer_size.to_value()),
            (4, "System.Int32", Value::from(self.cursor_size)),
            (3, COORDINATES, self.window_position.to_value()),
            (2, COORDINATES, self.cursor_position.to_value()),
            (1, COLOR, Value::from(self.background_color)),
            (0, COLOR, Value::from(self.foreground_color)),
        ];
        let entries = entries.map(|(key, type_name, value)| {
            (
                Value::from(key),
                Object::bag().extended("T", type_name).extended("V", value),
            )
        });
        let data = Object::dictionary(["System.Collections.Hashtable", "System.Object"], entries);
        Object::bag().extended("data", data).into()
    }
}
