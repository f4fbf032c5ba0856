//! The values of the configuration, each with the rule it must obey.
//!
//! In: one JSON value. Out: the value as the core uses it, or what was expected and what was found. No rule
//! here knows the key it is used for.

mod codes;
mod hosts;
mod names;
mod paths;
mod scalars;
mod urls;

pub use codes::is_reserved_type;
pub(super) use codes::{channel, currency, event_type, language};
pub(super) use hosts::{cookie_domain, host};
pub(super) use names::{
    cache_version, client_key, context_id, cookie_name, form_field, friendly_id, gtm_container,
    json_pointer, part, point_of_sale, provider,
};
pub(super) use paths::{endpoint_prefix, path_pattern, path_prefix};
pub(super) use scalars::{choice, flag, integer};
pub(super) use urls::{library_url, origin};
