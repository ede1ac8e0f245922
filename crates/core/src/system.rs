//! What differs from system to system.

pub(crate) use own::{ARC_FOLDER, only_owner};

#[cfg(unix)]
mod own {
    use std::fs::OpenOptions;
    use std::os::unix::fs::OpenOptionsExt as _;

    /// Where the agent of Azure Arc keeps its keys.
    pub(crate) const ARC_FOLDER: &str = "/var/opt/azcmagent/tokens";

    /// Of a new file only its owner may know what is in it.
    pub(crate) fn only_owner(options: &mut OpenOptions) {
        options.mode(0o600);
    }
}

#[cfg(not(unix))]
mod own {
    use std::fs::OpenOptions;

    pub(crate) const ARC_FOLDER: &str = r"C:\ProgramData\AzureConnectedMachineAgent\Tokens";

    /// A new file has the permissions of its folder.
    pub(crate) fn only_owner(_: &mut OpenOptions) {}
}
