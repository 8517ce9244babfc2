//! One conformance suite for every runtime, interoperability with real peers, load.
