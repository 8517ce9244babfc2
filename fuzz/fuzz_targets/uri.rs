#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sip_grammar::fuzz::uri(data));
