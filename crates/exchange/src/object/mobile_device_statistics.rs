use psbridge_clixml::{DateTime, FromClixml, Members};
use uuid::Uuid;

use super::PassedOver;
use crate::value::Identity;

/// A mobile device of a mailbox: `Get-EXOMobileDeviceStatistics`.
#[derive(Debug, Clone, Default, PartialEq, FromClixml)]
#[non_exhaustive]
pub struct MobileDeviceStatistics {
    /// The device.
    pub identity: Option<Identity>,
    /// What never changes about it.
    pub guid: Option<Uuid>,
    /// The id that the device gives itself.
    pub device_id: Option<String>,
    /// What its user calls it.
    pub device_friendly_name: Option<String>,
    /// Model.
    pub device_model: Option<String>,
    /// System.
    #[clixml(rename = "DeviceOS")]
    pub device_os: Option<String>,
    /// Kind.
    pub device_type: Option<String>,
    /// How it synchronises.
    pub client_type: Option<String>,
    /// Whether it may.
    pub device_access_state: Option<String>,
    /// When it came first.
    pub first_sync_time: Option<DateTime>,
    /// When it last came through.
    pub last_success_sync: Option<DateTime>,
    /// What no field takes.
    #[clixml(extra)]
    pub extra: Members,
    serialization_data: PassedOver,
}
