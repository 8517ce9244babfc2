//! Drives many SIP machines on a virtual network, deterministically.
