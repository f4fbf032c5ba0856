//! In: a guest ref and an experiment's shares. Out: in or out, and which arm. Pure and stable for ever.

use sha2::{Digest, Sha256};

/// Sitecore's universal assignment has so many buckets.
pub const BUCKETS: u32 = 120;

/// The guest's bucket, 0 to 119: the same in every experiment, as universal assignment has it.
#[must_use]
pub fn bucket(guest_ref: &str) -> u32 {
    let digest = Sha256::digest(guest_ref.as_bytes());
    let first = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (first % u64::from(BUCKETS)) as u32
}

/// The arm for a bucket, or none outside of the allocation: the first `percent` of the buckets take part and
/// are dealt out to the arms in order, by weight.
#[must_use]
pub fn arm(bucket: u32, percent: u8, weights: &[u32]) -> Option<usize> {
    let inside = BUCKETS * u32::from(percent) / 100;
    if bucket >= inside {
        return None;
    }
    let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum();
    let place = u64::from(bucket) * total / u64::from(inside);
    let mut upto = 0;
    weights.iter().position(|weight| {
        upto += u64::from(*weight);
        place < upto
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn buckets_are_dealt_out_exactly() {
        let dealt = |percent, weights: &[u32]| {
            let mut counts = vec![0; weights.len() + 1];
            for bucket in 0..BUCKETS {
                counts[arm(bucket, percent, weights).unwrap_or(weights.len())] += 1;
            }
            counts
        };
        assert_eq!(dealt(100, &[50, 50]), [60, 60, 0]);
        assert_eq!(dealt(50, &[1, 1, 1]), [20, 20, 20, 60]);
        assert_eq!(dealt(80, &[0, 3]), [0, 96, 24]);
        assert_eq!(dealt(0, &[1]), [0, 120]);
    }

    #[test]
    fn ten_thousand_guests_split_as_they_always_did() {
        let mut counts = [0; 3];
        for number in 0..10_000_u128 {
            let guest_ref = Uuid::from_u128(number * 0x9E37_79B9_7F4A_7C15).to_string();
            counts[arm(bucket(&guest_ref), 80, &[50, 50]).unwrap_or(2)] += 1;
        }
        assert_eq!(
            counts,
            [3932, 3999, 2069],
            "control, variant, outside: about 4000, 4000, 2000"
        );
    }
}
