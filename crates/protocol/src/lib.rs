//! WS-Management and PSRP for both roles, without I/O.
