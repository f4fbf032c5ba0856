//! The hundred equal shares into which visitors fall.
//!
//! In: a browser id, the tenant. Out: a number. The same visitor is always in the same share, so that a growing percentage only
//! adds visitors; another tenant's shares are others.

use sha2::{Digest, Sha256};

use crate::cdp::BrowserId;

/// The share of a visitor: 0 to 99.
pub(super) fn bucket(client_key: &str, browser_id: &BrowserId) -> u32 {
    let hash = Sha256::new()
        .chain_update("rollout\0")
        .chain_update(client_key)
        .chain_update([0])
        // The same id in either case is the same visitor.
        .chain_update(browser_id.as_str().to_ascii_lowercase())
        .finalize();
    let start = hash
        .iter()
        .take(4)
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    // Below 2³², times 100, over 2³²: below 100.
    u32::try_from((start * 100) >> 32).unwrap_or(99)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Rollout, reason::Failure, rollout, template::FriendlyId};

    fn id(number: u32) -> BrowserId {
        BrowserId::parse(&format!(
            "{:08x}-11eb-4cf9-8d5d-274e9f344925",
            number.wrapping_mul(0x9E37_79B9)
        ))
        .unwrap()
    }

    #[test]
    fn shares_are_even_and_another_tenants_are_others() {
        let mut counts = [0_u32; 100];
        let mut same = 0;
        for number in 0..20_000 {
            let bucket = bucket("KEY", &id(number));
            counts[bucket as usize] += 1;
            same += u32::from(bucket == super::bucket("OTHER", &id(number)));
        }
        assert!(
            counts.iter().all(|count| (130..270).contains(count)),
            "{counts:?}"
        );
        assert!((100..300).contains(&same), "{same}");
    }

    #[test]
    fn a_visitor_stays_in_as_the_percentage_grows() {
        let admits = |percent, number| {
            let rollout = Rollout {
                percent,
                ..Rollout::default()
            };
            rollout::admits(&rollout, "KEY", &id(number))
        };
        for number in 0..500 {
            assert!(!admits(0, number) && admits(100, number));
            let first = (0..=100).find(|percent| admits(*percent, number)).unwrap();
            assert!((first..=100).all(|percent| admits(percent, number)));
        }
    }

    #[test]
    fn the_share_of_an_id_is_what_it_was_in_earlier_releases() {
        let known = BrowserId::parse("a38b230c-11eb-4cf9-8d5d-274e9f344925").unwrap();
        let upper = BrowserId::parse("A38B230C-11EB-4CF9-8D5D-274E9F344925").unwrap();
        assert_eq!(bucket("CLIENTKEY", &known), 87);
        assert_eq!(bucket("CLIENTKEY", &upper), bucket("CLIENTKEY", &known));
    }

    #[test]
    fn a_flow_that_is_off_is_off_for_everybody() {
        let flow = |name: &str| FriendlyId::parse(name).unwrap();
        let rollout = Rollout {
            off: vec!["hero".to_owned()],
            ..Rollout::default()
        };
        let refuses =
            |rollout: &Rollout, name: &str| rollout::refuses(rollout, "KEY", &id(1), &flow(name));
        assert_eq!(refuses(&rollout, "hero"), Some(Failure::SwitchedOff));
        assert_eq!(refuses(&rollout, "hero2"), None);
        let nobody = Rollout {
            percent: 0,
            ..rollout
        };
        assert_eq!(refuses(&nobody, "hero2"), Some(Failure::NotInRollout));
    }
}
