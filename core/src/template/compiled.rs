//! A whole page, compiled once and rendered for many visitors.
//!
//! In: the bytes of a complete page, as XM gives it to everyone. Out: a [`Template`], plain data. What is told about one
//! visitor's response (whether XM vouches for a guest) is no part of it: `data-cdp-guest` does not count in a template.

use std::cell::Cell;

use encoding_rs::Encoding;

use super::{
    CompileOptions, Compiler, FailedComponent, IgnoredMark, Look, Node, PageFacts, Places, Source,
};
use crate::{insertion::Findings, reason::Failure};

/// A page's bytes and its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    /// The page as XM sent it, decoded.
    pub body: Vec<u8>,
    /// What it consists of.
    pub parts: Compiled,
    /// What was found in it so far.
    pub findings: Cell<Findings>,
}

/// The parts of a page; ranges are offsets into its bytes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Compiled {
    /// Top-level nodes in document order; they tile the page.
    pub nodes: Vec<Node>,
    /// Components that stay as authored because of their markup.
    pub failed: Vec<FailedComponent>,
    /// Marks that are ignored because of their markup.
    pub bad_marks: Vec<IgnoredMark>,
    /// What the page says about itself.
    pub facts: PageFacts,
    /// Where things can be put in.
    pub places: Places,
}

impl Template {
    /// A template of these parts.
    #[must_use]
    pub fn new(body: Vec<u8>, parts: Compiled) -> Self {
        Self {
            body,
            parts,
            findings: Cell::default(),
        }
    }

    /// Compiles `body`, a document in `encoding`.
    ///
    /// # Errors
    /// Why a part of the document cannot be understood: such a page streams as ever and is no template.
    pub fn compile(body: Vec<u8>, encoding: &'static Encoding) -> Result<Self, Failure> {
        let mut compiler = Compiler::new(CompileOptions {
            look: Look::Components,
            places: true,
            encoding,
            guest: false,
        });
        let mut source = Source::default();
        source.push(&body);
        compiler.write(&body, &source)?;
        compiler.end(&source)?;
        // For whoever is not asked for, nothing is a component: the same page has other places then.
        if compiler.hides_places() {
            return Err(Failure::AmbiguousMarkup);
        }
        let parts = Compiled {
            nodes: compiler.take_nodes(),
            failed: compiler.take_failed(),
            bad_marks: compiler.take_bad_marks(),
            facts: compiler.facts(),
            places: compiler.places(),
        };
        Ok(Self::new(body, parts))
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_8;

    use super::*;

    #[test]
    fn a_page_whose_head_ends_in_a_component_is_no_template() {
        let page = b"<i data-cdp-experience=d><body>";
        assert!(Template::compile(page.to_vec(), UTF_8).is_err());
        let page = b"<head></head><body data-x><p data-cdp-experience=d>x</p>";
        assert!(Template::compile(page.to_vec(), UTF_8).is_ok());
    }
}
