//! Security contexts for WinRM: NTLM, SPNEGO, sealing, channel bindings.
