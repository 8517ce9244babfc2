//! SIP services as pure state machines: sproutlets, proxy core, registrar.
