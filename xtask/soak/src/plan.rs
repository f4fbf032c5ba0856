//! What happens to a request: drawn by its number, so that XM, the CDP and the visitor agree without talking.
//!
//! In: a seed and a number. Out: a plan. It never plays one.

/// A page that XM lets everybody keep, or one that it renders for its visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Kept by all; one of so many.
    Kept(usize),
    /// With the visitor's own token in it.
    Own,
}

/// What XM does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Xm {
    /// It answers.
    Fine,
    /// The page breaks off after a share of it, in thousandths, though its length was announced.
    Cut(usize),
    /// The same, in chunks.
    CutChunks(usize),
    /// The connection is reset after a share of the page.
    Reset(usize),
    /// It closes the connection before its headers.
    Refuse,
    /// An error page.
    Error,
    /// The page comes in many small pieces.
    Pieces,
}

/// What the CDP does with the flows of this visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cdp {
    /// It decides.
    Fine,
    /// 500.
    Error,
    /// It never answers.
    Silent,
    /// It resets the connection.
    Reset,
    /// Its answer breaks off.
    Cut,
    /// Its answer hangs in the middle.
    Hang,
    /// Its answer is no decision.
    Nonsense,
    /// Its answer is larger than is read.
    Huge,
}

/// When the visitor leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaves {
    /// Before anything came.
    AtOnce,
    /// With the headers.
    WithHead,
    /// In the middle of the body.
    InBody,
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Its number.
    pub number: u64,
    /// The page.
    pub kind: Kind,
    /// Bytes of filler in the page.
    pub filler: usize,
    /// Without an id cookie.
    pub is_new: bool,
    /// XM.
    pub xm: Xm,
    /// The CDP.
    pub cdp: Cdp,
    /// `None`: the visitor stays.
    pub leaves: Option<Leaves>,
}

impl Plan {
    /// The plan of the request `number` of the run `seed`: three of ten meet a fault, one of five visitors leaves.
    #[must_use]
    pub fn of(seed: u64, number: u64) -> Self {
        let mut random =
            fastrand::Rng::with_seed(seed ^ number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        // The first draws of neighbouring seeds are alike.
        for _ in 0..4 {
            random.u64(..);
        }
        let share = random.usize(1..1_000);
        let (xm, cdp) = match random.u32(0..100) {
            0..5 => (Xm::Cut(share), Cdp::Fine),
            5..10 => (Xm::CutChunks(share), Cdp::Fine),
            10..14 => (Xm::Reset(share), Cdp::Fine),
            14..17 => (Xm::Refuse, Cdp::Fine),
            17..21 => (Xm::Error, Cdp::Fine),
            21..25 => (Xm::Pieces, Cdp::Fine),
            // Few enough that breakers are closed most of the time: an open one asks nobody, and then nothing is tried.
            25..30 => (Xm::Fine, ill(&mut random)),
            _ => (Xm::Fine, Cdp::Fine),
        };
        let kind = match random.bool() {
            true => Kind::Kept(random.usize(0..20)),
            false => Kind::Own,
        };
        // Whoever asks for a kept page gets the same one.
        let size = match kind {
            Kind::Kept(page) => page % 4,
            Kind::Own => random.usize(0..4),
        };
        let leaves = match random.u32(0..15) {
            0 => Some(Leaves::AtOnce),
            1 => Some(Leaves::WithHead),
            2 => Some(Leaves::InBody),
            _ => None,
        };
        Self {
            number,
            kind,
            filler: [500, 4_000, 30_000, 120_000][size],
            is_new: random.u32(0..10) == 0,
            xm,
            cdp,
            leaves,
        }
    }

    /// Whether XM or the CDP fails.
    #[must_use]
    pub fn has_fault(&self) -> bool {
        self.xm != Xm::Fine || self.cdp != Cdp::Fine
    }

    /// The path and query that the visitor asks for.
    #[must_use]
    pub fn target(&self) -> String {
        match self.kind {
            Kind::Kept(page) => format!("/kept/{page}"),
            Kind::Own => format!("/own/{}", self.number),
        }
    }

    /// The browser id of a visitor who was here before; the number is in it.
    #[must_use]
    pub fn browser_id(&self) -> String {
        browser_id('a', self.number)
    }
}

fn ill(random: &mut fastrand::Rng) -> Cdp {
    const ILL: [Cdp; 7] = [
        Cdp::Error,
        Cdp::Silent,
        Cdp::Reset,
        Cdp::Cut,
        Cdp::Hang,
        Cdp::Nonsense,
        Cdp::Huge,
    ];
    *random.choice(&ILL).unwrap_or(&Cdp::Error)
}

/// A browser id with a number in it; `family` tells those of cookies from those that the CDP made.
#[must_use]
pub fn browser_id(family: char, number: u64) -> String {
    format!("{family}0000000-0000-4000-8000-{number:012x}")
}

/// The number in a browser id.
#[must_use]
pub fn number_of(browser_id: &str) -> Option<u64> {
    u64::from_str_radix(browser_id.rsplit('-').next()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_of_ten_meet_a_fault_and_one_of_five_leaves() {
        let plans: Vec<_> = (0..20_000).map(|number| Plan::of(7, number)).collect();
        let share = |counts: &dyn Fn(&Plan) -> bool| {
            plans.iter().filter(|plan| counts(plan)).count() as f64 / plans.len() as f64
        };
        assert!((share(&Plan::has_fault) - 0.30).abs() < 0.02);
        assert!((share(&|plan| plan.leaves.is_some()) - 0.20).abs() < 0.02);
        assert!((share(&|plan| plan.is_new) - 0.10).abs() < 0.02);
        assert!((share(&|plan| plan.kind == Kind::Own) - 0.50).abs() < 0.02);
    }

    #[test]
    fn ids_say_their_number() {
        assert_eq!(number_of(&Plan::of(1, 77_777).browser_id()), Some(77_777));
        assert_eq!(number_of("x"), None);
    }
}
