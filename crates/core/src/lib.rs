//! Remote PowerShell sessions over WinRM.
