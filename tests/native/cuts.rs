//! Where a page is cut into chunks.
//!
//! In: a length. Out: lengths of chunks that add up to it. Random cuts come from a seed that a failing test
//! prints, and that `XM_EDGE_SEED` brings back.

use std::time::{SystemTime, UNIX_EPOCH};

use fastrand::Rng;

/// Chunk sizes that every case is run at; the last is the whole page.
pub const SIZES: [usize; 16] = [
    1,
    2,
    3,
    5,
    7,
    11,
    16,
    31,
    64,
    100,
    255,
    256,
    1024,
    4096,
    16_384,
    usize::MAX,
];

/// Chunks of `size` bytes.
pub fn of_size(len: usize, size: usize) -> Vec<usize> {
    let mut cuts = Vec::new();
    let mut left = len;
    while left > 0 {
        cuts.push(left.min(size));
        left -= left.min(size);
    }
    cuts
}

/// Chunks of random lengths: many small ones, some large, now and then an empty one.
pub fn random(len: usize, rng: &mut Rng) -> Vec<usize> {
    let largest = rng.usize(1..=len.clamp(1, 4096));
    let mut cuts = Vec::new();
    let mut left = len;
    while left > 0 {
        let chunk = rng.usize(0..=largest).min(left);
        cuts.push(chunk);
        left -= chunk;
    }
    cuts
}

/// The seed of this run: `XM_EDGE_SEED`, or a new one.
pub fn seed() -> u64 {
    match std::env::var("XM_EDGE_SEED") {
        Ok(seed) => seed.parse().expect("XM_EDGE_SEED is a number"),
        Err(_) => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(1, |since| u64::from(since.subsec_nanos()) + since.as_secs()),
    }
}
