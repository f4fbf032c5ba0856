//! Where a page's parts come from: compiled while the page streams past, or compiled before, for everyone.
//!
//! In: chunks, or a template. Out: the same nodes, failures and facts either way. It holds no decision.

use std::{mem, rc::Rc};

use crate::{
    reason::Failure,
    template::{
        Compiler, FailedComponent, IgnoredMark, Node, OpenComponent, PageFacts, Places, Range,
        Source, Template,
    },
};

pub(super) enum Parts {
    Streaming(Box<Compiler>),
    Template(Compiled),
}

/// A template whose parts are handed out once.
pub(super) struct Compiled {
    template: Rc<Template>,
    /// Whether its components count; otherwise the page is bytes.
    personalise: bool,
    handed_out: bool,
}

impl Parts {
    pub(super) fn of_template(template: Rc<Template>, personalise: bool) -> Self {
        Self::Template(Compiled {
            template,
            personalise,
            handed_out: false,
        })
    }

    /// As [`Compiler::write`]; a template has everything already.
    pub(super) fn write(&mut self, chunk: &[u8], source: &Source) -> Result<(), Failure> {
        match self {
            Self::Streaming(compiler) => compiler.write(chunk, source),
            Self::Template(_) => Ok(()),
        }
    }

    /// As [`Compiler::end`].
    pub(super) fn end(&mut self, source: &Source) -> Result<(), Failure> {
        match self {
            Self::Streaming(compiler) => compiler.end(source),
            Self::Template(_) => Ok(()),
        }
    }

    /// As [`Compiler::abandon`].
    pub(super) fn abandon(&mut self, failure: Failure, end: usize) {
        if let Self::Streaming(compiler) = self {
            compiler.abandon(failure, end);
        }
    }

    /// As [`Compiler::take_nodes`], with the failures and ignored marks that are known beside them.
    pub(super) fn take(&mut self) -> (Vec<FailedComponent>, Vec<IgnoredMark>, Vec<Node>) {
        match self {
            Self::Streaming(compiler) => (
                compiler.take_failed(),
                compiler.take_bad_marks(),
                compiler.take_nodes(),
            ),
            Self::Template(compiled) => compiled.take(),
        }
    }

    pub(super) fn located(&self) -> usize {
        match self {
            Self::Streaming(compiler) => compiler.located(),
            Self::Template(compiled) => compiled.template.body.len(),
        }
    }

    pub(super) fn open_component(&self) -> Option<OpenComponent<'_>> {
        match self {
            Self::Streaming(compiler) => compiler.open_component(),
            Self::Template(_) => None,
        }
    }

    pub(super) fn facts(&self) -> PageFacts {
        match self {
            Self::Streaming(compiler) => compiler.facts(),
            Self::Template(compiled) => compiled.template.parts.facts.clone(),
        }
    }

    pub(super) fn places(&self) -> Places {
        match self {
            Self::Streaming(compiler) => compiler.places(),
            Self::Template(compiled) => compiled.template.parts.places,
        }
    }
}

impl Compiled {
    fn take(&mut self) -> (Vec<FailedComponent>, Vec<IgnoredMark>, Vec<Node>) {
        if mem::replace(&mut self.handed_out, true) {
            return Default::default();
        }
        let parts = &self.template.parts;
        if self.personalise {
            let (failed, ignored) = (parts.failed.clone(), parts.bad_marks.clone());
            (failed, ignored, parts.nodes.clone())
        } else {
            let whole = Range::new(0, self.template.body.len());
            (Vec::new(), Vec::new(), vec![Node::Bytes(whole)])
        }
    }
}
