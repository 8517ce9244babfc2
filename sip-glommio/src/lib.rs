//! Drives sip-proto machines thread-per-core on io_uring through glommio.
