#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| psbridge_fuzz::oracles::check("kerberos", input));
