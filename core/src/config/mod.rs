//! The configuration: what `wrangler.toml` says becomes one typed, bounded struct, or a list of problems.
//!
//! In: the Worker's text and JSON bindings. Out: [`Config`], or every problem at once. It never panics, never
//! stops at the first problem, and never repeats a value that could be a secret.
//!
//! ```text
//! vars ─► site ─► consent, tag, rules     each a list of keys, read through
//!      └► sites                           reader + tables (a key: where, which, what is wrong)
//!                                         values (a value: what it must look like)
//! ```

mod consent;
mod defaults;
mod found;
mod names;
mod problem;
mod reader;
pub mod rollout;
mod rules;
mod scope;
pub mod settings;
mod site;
mod sites;
mod tables;
mod tag;
mod values;
mod vars;

#[cfg(test)]
mod tests;

pub use names::VARS;
pub use problem::Problem;
pub use rollout::Rollout;
pub(crate) use rules::EXTENSIONS;
pub use scope::site_for;
pub use settings::{
    Bots, BrowserCache, BudgetFrom, CacheRule, CdpSettings, Config, Consent, ConsentCookie, Goal,
    GoalScript, GuestApi, GuestField, GuestUpdate, Identity, Language, PageExperience, PageViews,
    PathPattern, Site, SiteScope, Tag,
};
pub use values::is_reserved_type;
pub use vars::{parse, parse_strict};
