//! The configuration: what `wrangler.toml` says becomes one typed, bounded struct, or a list of problems.
//!
//! In: the Worker's text and JSON bindings. Out: [`Config`], or every problem at once. It never panics,
//! never stops at the first problem, and never repeats a value that could be a secret.

pub mod settings;

pub use settings::{
    Bots, BrowserCache, BudgetFrom, CacheRule, CdpSettings, Config, Consent, ConsentCookie, Goal, Identity, Language,
    PageExperience, PageViews, PathPattern, Site, SiteScope, Tag,
};
