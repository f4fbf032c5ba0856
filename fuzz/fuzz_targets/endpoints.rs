//! Hands inputs to the function of its name in `src/`.

#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| xm_edge_fuzz::endpoints::check(data));
