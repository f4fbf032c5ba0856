//! In: a guest's ref and perhaps an edit of it. Out: the guest as it then is; refused edits leave it as it was.
//! Whoever watches the stand-in hears of each change.

use serde_json::json;

use super::problem::Problem;
use crate::app::App;
use crate::cdp::tenant::Guest;

/// The guest as it is.
///
/// # Errors
/// A ref of nobody.
pub fn found(app: &App, reference: &str) -> Result<Guest, Problem> {
    let found = app.tenant().record(reference).cloned();
    found.ok_or_else(|| Problem::unknown_guest(reference))
}

/// Edits a copy of the guest and keeps it when the edit succeeds.
///
/// # Errors
/// A ref of nobody, or what `edit` refuses.
pub fn change<T>(
    app: &App,
    reference: &str,
    edit: impl FnOnce(&mut Guest, i64) -> Result<T, Problem>,
) -> Result<(Guest, T), Problem> {
    let now = app.clock.now_ms();
    let mut tenant = app.tenant();
    let found = tenant.record(reference).cloned();
    let mut guest = found.ok_or_else(|| Problem::unknown_guest(reference))?;
    let result = edit(&mut guest, now)?;
    guest.modified_at = now;
    tenant.keep(guest.clone());
    drop(tenant);
    tell(app, "changed", &guest.reference);
    Ok((guest, result))
}

/// Tells the page that a guest is not as it was.
pub fn tell(app: &App, what: &str, reference: &str) {
    app.hub
        .send("guest", &json!({"what": what, "guestRef": reference}));
}
