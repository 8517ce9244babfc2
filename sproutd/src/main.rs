//! SIP registrar and proxy server.

fn main() {}
