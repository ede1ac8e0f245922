//! PowerShell values and CLIXML, in and out.
