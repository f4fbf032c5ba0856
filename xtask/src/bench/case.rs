//! What is measured: pages of XM, how they arrive, and who asks for them.
//!
//! In: nothing. Out: the list of cases. It never measures.

/// How XM sends a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Delivery {
    /// `Transfer-Encoding: chunked`, one chunk and one write per 4 KiB: as ASP.NET flushes.
    Chunked,
    /// gzip, with its length.
    Gzip,
    /// `Content-Length`, in one write.
    Plain,
}

impl Delivery {
    /// The word in tables and paths.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Chunked => "chunked",
            Self::Gzip => "gzip",
            Self::Plain => "length",
        }
    }
}

/// One page, asked for by one class of visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Case {
    /// Size of the page in KiB.
    pub kib: usize,
    /// Marked components, spread evenly over the page.
    pub components: usize,
    /// Friendly ids that they share.
    pub flows: usize,
    /// How XM sends it.
    pub delivery: Delivery,
    /// Without an id cookie.
    pub new_visitor: bool,
    /// The same page with other attributes in place of the marks.
    pub unmarked: bool,
    /// `Cache-Control: public, max-age=600` and no `Set-Cookie`: every cache may keep it.
    pub shared: bool,
}

impl Case {
    const fn new(kib: usize, components: usize, flows: usize) -> Self {
        Self {
            kib,
            components,
            flows,
            delivery: Delivery::Plain,
            new_visitor: false,
            unmarked: false,
            shared: false,
        }
    }

    const fn sent(self, delivery: Delivery) -> Self {
        Self { delivery, ..self }
    }

    /// The same page without marks.
    pub const fn unmarked(self) -> Self {
        Self {
            unmarked: true,
            ..self
        }
    }

    /// The same page as one that caches may keep.
    pub const fn shared(self) -> Self {
        Self {
            shared: true,
            ..self
        }
    }

    /// The path of the page.
    pub fn path(&self) -> String {
        format!(
            "/bench/{}-kib/{}-of-{}/{}{}{}",
            self.kib,
            self.components,
            self.flows,
            self.delivery.label(),
            if self.unmarked { "/unmarked" } else { "" },
            if self.shared { "/shared" } else { "" }
        )
    }

    /// The friendly ids of the page.
    pub fn friendly_ids(&self) -> Vec<String> {
        (0..self.flows).map(friendly_id).collect()
    }

    /// First columns of the tables.
    pub fn columns(&self) -> [String; 3] {
        let size = if self.kib == 1024 {
            "1 MB".to_owned()
        } else {
            format!("{} KB", self.kib)
        };
        let components = match (self.components, self.flows) {
            (0, _) => "none".to_owned(),
            (components, flows) if components == flows => format!("{components}"),
            (components, flows) => format!("{components} of {flows} flows"),
        };
        let mut sent = self.delivery.label().to_owned();
        if self.new_visitor {
            sent += ", new visitor";
        }
        [size, components, sent]
    }
}

/// The flow of this number.
pub fn friendly_id(number: usize) -> String {
    format!("promo_{number:02}")
}

/// Sizes of the grid, in KiB.
const SIZES: [usize; 3] = [15, 150, 1024];
/// Components of the grid, and the friendly ids that they share.
const COMPONENTS: [(usize, usize); 3] = [(0, 0), (5, 5), (50, 10)];
const DELIVERIES: [Delivery; 3] = [Delivery::Plain, Delivery::Chunked, Delivery::Gzip];
const MIDDLE: Case = Case::new(150, 5, 5);

/// The cases of the streaming table: every size with every number of components in every delivery, and what a grid does not show.
pub fn for_streaming(quick: bool) -> Vec<Case> {
    if quick {
        return vec![
            Case::new(15, 5, 5),
            Case::new(150, 0, 0),
            MIDDLE,
            Case::new(150, 50, 10),
            Case::new(1024, 5, 5),
            MIDDLE.sent(Delivery::Chunked),
            MIDDLE.sent(Delivery::Gzip),
        ];
    }
    let mut cases = Vec::new();
    for delivery in DELIVERIES {
        for kib in SIZES {
            let of = |(components, flows)| Case::new(kib, components, flows).sent(delivery);
            cases.extend(COMPONENTS.map(of));
        }
    }
    // More points for the plots.
    cases.extend([Case::new(400, 5, 5), Case::new(700, 5, 5)]);
    cases.extend([Case::new(150, 10, 10), Case::new(150, 25, 10)]);
    cases.push(Case::new(150, 50, 50));
    cases.push(Case {
        new_visitor: true,
        ..MIDDLE
    });
    cases
}

/// The cases of the table about the core alone, which knows no delivery.
pub fn for_native(quick: bool) -> Vec<Case> {
    if quick {
        return vec![MIDDLE, Case::new(150, 50, 10)];
    }
    let of_size = |kib| COMPONENTS.map(|(components, flows)| Case::new(kib, components, flows));
    SIZES.into_iter().flat_map(of_size).collect()
}

/// The cases of the table about pages that are kept.
pub fn for_hits(quick: bool) -> Vec<Case> {
    let mut cases = vec![MIDDLE, Case::new(150, 50, 10)];
    if !quick {
        cases.insert(0, Case::new(15, 5, 5));
        cases.insert(1, Case::new(150, 0, 0));
        cases.extend([Case::new(1024, 5, 5), Case::new(1024, 50, 10)]);
    }
    cases.into_iter().map(Case::shared).collect()
}

/// The cases of the table about a CDP that hangs.
pub fn for_hanging() -> Vec<Case> {
    vec![MIDDLE, Case::new(150, 50, 10)]
}

/// A case of a table of times.
#[derive(Clone, Copy, Debug)]
pub struct TimedCase {
    /// The page.
    pub case: Case,
    /// Milliseconds that XM needs for its first byte.
    pub think_ms: u64,
    /// Milliseconds that the CDP needs for a decision.
    pub decision_ms: u64,
}

const fn timed(case: Case, think_ms: u64, decision_ms: u64) -> TimedCase {
    TimedCase {
        case,
        think_ms,
        decision_ms,
    }
}

/// The cases of the first-byte table: an XM that answers at once, which shows every microsecond of the Worker, and one
/// that renders for 50 ms, which is quick for XM; decisions that come at once and decisions that take long.
pub fn for_first_byte(quick: bool) -> Vec<TimedCase> {
    let mut cases = vec![
        timed(MIDDLE, 0, 300),
        timed(MIDDLE, 50, 0),
        timed(MIDDLE, 50, 300),
    ];
    if !quick {
        cases.extend([
            timed(Case::new(15, 5, 5), 50, 300),
            timed(Case::new(1024, 50, 10), 50, 300),
            timed(MIDDLE.sent(Delivery::Chunked), 50, 300),
            timed(MIDDLE.sent(Delivery::Gzip), 50, 300),
        ]);
    }
    cases
}

/// The cases of the last-byte table: sometimes XM is the slower one, sometimes the CDP. No page has more flows than may run at once.
pub fn for_last_byte(quick: bool) -> Vec<TimedCase> {
    let mut cases = vec![timed(MIDDLE, 50, 0), timed(MIDDLE, 50, 100)];
    if !quick {
        cases.extend([
            timed(MIDDLE, 0, 0),
            timed(MIDDLE, 0, 100),
            timed(Case::new(15, 5, 5), 50, 100),
            timed(MIDDLE.sent(Delivery::Chunked), 50, 100),
            timed(Case::new(1024, 5, 5), 50, 0),
            timed(Case::new(1024, 5, 5), 50, 100),
        ]);
    }
    cases
}

/// The cases of the table about events.
pub fn for_events(quick: bool) -> Vec<TimedCase> {
    let mut cases = vec![timed(MIDDLE, 0, 0), timed(MIDDLE, 50, 0)];
    if !quick {
        cases.extend([
            timed(Case::new(15, 5, 5), 50, 0),
            timed(Case::new(1024, 50, 10), 50, 0),
            timed(MIDDLE.sent(Delivery::Chunked), 50, 0),
        ]);
    }
    cases
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_pages_share_a_path_and_no_case_is_listed_twice() {
        let cases: Vec<Case> = [for_streaming(false), for_hits(false)].concat();
        let distinct: HashSet<_> = cases.iter().collect();
        assert_eq!(distinct.len(), cases.len());
        let returning = cases.iter().filter(|case| !case.new_visitor);
        let paths: HashSet<_> = returning.clone().map(Case::path).collect();
        assert_eq!(paths.len(), returning.count());
    }

    #[test]
    fn a_quick_run_measures_nothing_that_a_whole_run_does_not() {
        let whole: HashSet<_> = for_streaming(false).into_iter().collect();
        assert!(for_streaming(true).iter().all(|case| whole.contains(case)));
    }
}
