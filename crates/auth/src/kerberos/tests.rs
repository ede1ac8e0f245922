//! The handshake against a KDC and an endpoint that this file plays.
