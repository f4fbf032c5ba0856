//! The catalogue: every type of event that a client may send, and what each must hold.
//!
//! ```text
//! JSON object ─► kind ─► base ─► identity │ commerce │ page ─► Checked ─► complete ─► Event
//!                        each reads through fields (an object), rule (a value), attributes (free ones)
//! ```
//!
//! In: a JSON object as a page or XM writes it. Out: a [`Checked`] event, or everything that is wrong with it, field
//! by field; completed with what only the edge knows it is an [`Event`](crate::cdp::event::Event). It refuses what the
//! CDP would refuse or silently lose, and asks for no more.

mod attributes;
mod base;
mod commerce;
mod complete;
mod fields;
mod identity;
mod kind;
mod page;
mod rule;
#[cfg(test)]
mod tests;

use std::{fmt, io};

use serde_json::{Map, Value};

use self::{fields::Fields, rule::ONE};
use crate::answer::invalid::{self, Problems};

pub use self::{
    complete::{EventContext, complete},
    kind::Kind,
};
pub use crate::answer::Invalid;

/// Largest event as it is given, in bytes of JSON.
pub const MAX_EVENT: usize = 16 * 1024;
/// The type that is no event but XM's wish for a new browser id.
pub(super) const LOGOUT: &str = "LOGOUT";

/// An event with nothing wrong in it, to be completed by [`complete`].
#[derive(Clone, PartialEq)]
pub struct Checked {
    kind: Kind,
    fields: Map<String, Value>,
}

impl Checked {
    /// Its type.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// A custom event without attributes, as the rules of the configuration send it.
    pub(super) fn custom(event_type: &str) -> Self {
        let mut fields = Map::new();
        fields.insert("type".to_owned(), event_type.into());
        let kind = Kind::Custom;
        Self { kind, fields }
    }
}

/// What a visitor typed never stands in a log.
impl fmt::Debug for Checked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checked({})", self.kind.label())
    }
}

/// Checks an event.
///
/// `null` and empty texts count as absent. Fields of the edge (`browser_id`, `client_key`, `requested_at`) are refused;
/// `channel`, `pos`, `language`, `currency` and `page` may be given. `ext` comes out flat.
///
/// # Errors
/// All problems, at most 20; none repeats a value.
pub fn check(event: Map<String, Value>) -> Result<Checked, Vec<Invalid>> {
    let mut problems = Problems::default();
    if size(&event) > MAX_EVENT {
        problems.add("event".to_owned(), "is larger than 16 KiB");
        return problems.into_result(Checked::custom(""));
    }
    let mut fields = Fields::new(String::new(), event, &mut problems);
    let kind = read_kind(&mut fields);
    base::read(&mut fields, kind);
    match kind {
        Some(Kind::Identity) => identity::read(&mut fields),
        Some(Kind::Form) => page::form(&mut fields),
        Some(Kind::ClearCart) => fields.close("CLEAR_CART has no fields of its own"),
        Some(Kind::ForceClose) => {
            fields.optional("_bx_extended_message", ONE);
            fields.close("FORCE_CLOSE has no fields of its own");
        }
        Some(Kind::Search) => page::search(&mut fields),
        Some(Kind::Add) => commerce::add(&mut fields),
        Some(Kind::Confirm) => commerce::confirm(&mut fields),
        Some(Kind::Checkout) => commerce::checkout(&mut fields),
        Some(Kind::OrderCheckout) => commerce::order_checkout(&mut fields),
        Some(
            Kind::AddConsumers | Kind::AddContacts | Kind::Custom | Kind::Payment | Kind::View,
        )
        | None => {}
    }
    // Closed types have nothing left.
    fields.open();
    let fields = fields.finish();
    let kind = kind.unwrap_or(Kind::Custom);
    problems.into_result(Checked { kind, fields })
}

fn read_kind(fields: &mut Fields<'_>) -> Option<Kind> {
    let Some(value) = fields.take("type") else {
        fields.report(
            "type",
            "is missing: expected the type of the event, such as \"SIGNUP\"",
        );
        return None;
    };
    match Kind::read(&value) {
        Ok(kind) => {
            fields.keep("type", value);
            Some(kind)
        }
        Err(problem) => {
            fields.report("type", problem);
            None
        }
    }
}

/// Whether `id` can be an identifier's.
pub(super) fn is_identifier(id: &str) -> bool {
    (rule::TEXT.fits)(&id.into())
}

/// Bytes of `event` as compact JSON.
fn size(event: &Map<String, Value>) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.saturating_add(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    // Counting never fails; if it did, the event would count as too large.
    match serde_json::to_writer(&mut counter, event) {
        Ok(()) => counter.0,
        Err(_) => usize::MAX,
    }
}
