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

    /// The path of the page.
    pub fn path(&self) -> String {
        format!(
            "/bench/{}-kib/{}-of-{}/{}{}",
            self.kib,
            self.components,
            self.flows,
            self.delivery.label(),
            if self.unmarked { "/unmarked" } else { "" }
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

/// The cases of the CPU table. 50 components do not fit into 15 KB.
pub fn for_cpu(quick: bool) -> Vec<Case> {
    let middle = Case::new(150, 5, 5);
    if quick {
        return vec![
            Case::new(15, 5, 5),
            middle,
            Case::new(150, 50, 10),
            Case::new(1024, 5, 5),
            middle.sent(Delivery::Chunked),
        ];
    }
    vec![
        Case::new(15, 0, 0),
        Case::new(15, 5, 5),
        Case::new(150, 0, 0),
        middle,
        Case::new(150, 50, 10),
        Case::new(150, 50, 50),
        Case::new(1024, 0, 0),
        Case::new(1024, 5, 5),
        Case::new(1024, 50, 10),
        Case::new(15, 5, 5).sent(Delivery::Chunked),
        middle.sent(Delivery::Chunked),
        Case::new(1024, 5, 5).sent(Delivery::Chunked),
        middle.sent(Delivery::Gzip),
        Case {
            new_visitor: true,
            ..middle
        },
    ]
}

/// The cases of the table about a CDP that hangs.
pub fn for_hanging() -> Vec<Case> {
    vec![Case::new(150, 5, 5), Case::new(150, 50, 10)]
}

/// A case of the TTFB table.
#[derive(Clone, Copy, Debug)]
pub struct FirstByteCase {
    /// The page.
    pub case: Case,
    /// Milliseconds that XM needs for its first byte.
    pub think_ms: u64,
}

/// The cases of the TTFB table: an XM that answers at once, which shows every microsecond of the Worker, and one
/// that renders for 50 ms, which is quick for XM.
pub fn for_first_byte(quick: bool) -> Vec<FirstByteCase> {
    let with = |case, think_ms| FirstByteCase { case, think_ms };
    let middle = Case::new(150, 5, 5);
    let mut cases = vec![with(middle, 0), with(middle, 50)];
    if !quick {
        cases.push(with(Case::new(15, 5, 5), 50));
        cases.push(with(Case::new(1024, 50, 10), 50));
        cases.push(with(middle.sent(Delivery::Chunked), 50));
    }
    cases
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_two_pages_share_a_path_and_no_case_is_listed_twice() {
        let cases = for_cpu(false);
        let distinct: HashSet<_> = cases.iter().collect();
        assert_eq!(distinct.len(), cases.len());
        let returning = cases.iter().filter(|case| !case.new_visitor);
        let paths: HashSet<_> = returning.clone().map(Case::path).collect();
        assert_eq!(paths.len(), returning.count());
    }
}
