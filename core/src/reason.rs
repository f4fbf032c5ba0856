//! Why something was left alone, as constant labels for logs, `Server-Timing` and counters.
//!
//! In: nothing. Out: enums whose `label()` never carries a value of a request, a visitor or a decision.

/// Why a request or a response passed through untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PassThrough {
    /// `Content-Disposition: attachment`.
    Attachment,
    /// A charset in which markup is not ASCII bytes (utf-16, iso-2022-jp, …) or that is unknown.
    Charset,
    /// The configuration is invalid.
    Config,
    /// Experience Editor, preview or debug mode of XM.
    Editing,
    /// A response without a body.
    EmptyBody,
    /// A content encoding that the runtime does not decode, or several stacked.
    Encoding,
    /// A path under `exclude_paths`, or one of XM's own (`/sitecore/*`, `/-/*`, …).
    ExcludedPath,
    /// The platform refused something that it never refuses.
    Internal,
    /// The request has already passed through this Worker.
    Loop,
    /// Any method but GET.
    Method,
    /// The response has no `Content-Type`.
    NoContentType,
    /// `Cache-Control: no-transform`.
    NoTransform,
    /// The response is not HTML.
    NotHtml,
    /// A fetch or XHR of a script, a subresource, or a client that does not take HTML.
    NotNavigation,
    /// `Range` in the request, or a 206.
    Range,
    /// Whether the rollout is on cannot be known: KV is bound and does not answer.
    RolloutUnknown,
    /// `shadow = true`: the page is looked at, and XM's own answer goes to the visitor.
    Shadow,
    /// A path that ends in the extension of a static file.
    StaticFile,
    /// Any status but 200 (404 when configured).
    Status,
    /// The kill switch in KV.
    SwitchedOff,
    /// `browser_cache = "revalidate"`, and the page is larger than may be kept for its ETag, or broke off.
    TooLarge,
    /// A WebSocket upgrade.
    Upgrade,
}

impl PassThrough {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Attachment => "attachment",
            Self::Charset => "charset",
            Self::Config => "config_invalid",
            Self::Editing => "editing",
            Self::EmptyBody => "empty_body",
            Self::Encoding => "encoding",
            Self::ExcludedPath => "excluded_path",
            Self::Internal => "internal",
            Self::Loop => "loop",
            Self::Method => "method",
            Self::NoContentType => "no_content_type",
            Self::NoTransform => "no_transform",
            Self::NotHtml => "not_html",
            Self::NotNavigation => "not_navigation",
            Self::Range => "range",
            Self::RolloutUnknown => "rollout_unknown",
            Self::Shadow => "shadow",
            Self::StaticFile => "static_file",
            Self::Status => "status",
            Self::SwitchedOff => "switched_off",
            Self::TooLarge => "too_large_to_revalidate",
            Self::Upgrade => "upgrade",
        }
    }
}

/// Why a component shows what XM authored. The first byte range of the page that it marks is then the origin's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Failure {
    /// The page's markup became ambiguous before the component's end (lol_html's strict mode).
    AmbiguousMarkup,
    /// The mark's friendly id is empty or has characters that the CDP refuses.
    BadFriendlyId,
    /// A pointer of the component's own marks is not a JSON Pointer.
    BadMark,
    /// The breaker of this friendly id, or of the CDP, is open.
    BreakerOpen,
    /// The CDP could not be reached, or answered with a status other than 2xx.
    CdpError,
    /// The fragment could not be fetched as HTML from XM.
    FragmentError,
    /// The CDP's answer is not a JSON object, or too large or too deep.
    InvalidDecision,
    /// A preview by somebody without a browser id that may be used: nobody is asked, and none is created.
    NoBrowserId,
    /// The visitor's guest record is to be shown, and the secret `CDP_API_TOKEN` is not set.
    NoCredentials,
    /// The element has no end tag of its own.
    NoEndTag,
    /// The rollout is for a share of the visitors, and this one is not among them.
    NotInRollout,
    /// The guest behind the browser id is not the person whom XM named in `CDP-Guest`.
    NotTheGuest,
    /// The origin's body ended inside the component.
    OriginTruncated,
    /// The parser's memory limit was reached.
    ParserLimit,
    /// The flow is switched off in the rollout.
    SwitchedOff,
    /// The decision did not arrive within the budget.
    Timeout,
    /// The component's content is larger than `hold_limit_kib`.
    TooLarge,
    /// More components, or deeper nesting, than a page may have.
    TooMany,
}

impl Failure {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::AmbiguousMarkup => "ambiguous_markup",
            Self::BadFriendlyId => "bad_friendly_id",
            Self::BadMark => "bad_mark",
            Self::BreakerOpen => "breaker_open",
            Self::CdpError => "cdp_error",
            Self::FragmentError => "fragment_error",
            Self::InvalidDecision => "invalid_decision",
            Self::NoBrowserId => "no_id",
            Self::NoCredentials => "no_credentials",
            Self::NoEndTag => "no_end_tag",
            Self::NotInRollout => "not_in_rollout",
            Self::NotTheGuest => "not_the_guest",
            Self::OriginTruncated => "origin_truncated",
            Self::ParserLimit => "parser_limit",
            Self::SwitchedOff => "switched_off",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::TooMany => "too_many",
        }
    }
}

/// Why one mark inside a component was ignored and its element left as authored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BadMark {
    /// An attribute that decisions may never set (`on*`, `style`, `srcdoc`, `data-cdp-*`).
    AttributeRefused,
    /// HTML for a friendly id that is not in `trusted_html`.
    HtmlNotTrusted,
    /// HTML that is not balanced.
    HtmlUnbalanced,
    /// The marked element has no end tag of its own.
    NoEndTag,
    /// Not a JSON Pointer (RFC 6901).
    PointerSyntax,
    /// The pointer points at nothing in the decision.
    PointerUnresolved,
    /// Text or HTML into an element whose content is not text (`script`, `style`, …).
    RawTextElement,
    /// Marked elements nest deeper than a page may.
    TooDeep,
    /// A URL that is neither same-site nor https, http, mailto or tel.
    UrlRefused,
    /// The value has a type that the mark cannot show.
    WrongType,
}

impl BadMark {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::AttributeRefused => "attribute_refused",
            Self::HtmlNotTrusted => "html_not_trusted",
            Self::HtmlUnbalanced => "html_unbalanced",
            Self::NoEndTag => "no_end_tag",
            Self::PointerSyntax => "pointer_syntax",
            Self::PointerUnresolved => "pointer_unresolved",
            Self::RawTextElement => "raw_text_element",
            Self::TooDeep => "too_deep",
            Self::UrlRefused => "url_refused",
            Self::WrongType => "wrong_type",
        }
    }
}

/// Why a page is not kept as a template, or not answered from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NotKept {
    /// The body holds a token against forged requests, made for one visitor or one render.
    AntiForgery,
    /// The request has `Authorization`.
    Authorization,
    /// A cookie of the rule's `bypass_cookies`.
    BypassCookie,
    /// The request has a cookie of somebody who is logged in on XM.
    LoggedIn,
    /// XM gives no explicit lifetime, and no rule does.
    NoLifetime,
    /// `no-store`.
    NoStore,
    /// A nonce in the policy or the body: it must be another one each time.
    Nonce,
    /// Not a 200 of a GET, or a part.
    NotWhole,
    /// `private`.
    Private,
    /// XM sets a cookie that no rule names in `strip_cookies`.
    SetCookie,
    /// Stale at once, and nothing to ask XM about it with.
    StaleAtOnce,
    /// `CDP-Event` or `CDP-Guest`: told about one visitor.
    ToldOfVisitor,
    /// The page is larger than may be kept.
    TooLarge,
    /// The request has a header that XM may build its page with and that is not in the key, such as `X-Forwarded-Host`.
    UnkeyedHeader,
    /// It is understood only in part.
    Unreadable,
    /// `Vary` names something but `Accept-Encoding`.
    Vary,
}

impl NotKept {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::AntiForgery => "anti_forgery",
            Self::Authorization => "authorization",
            Self::BypassCookie => "bypass_cookie",
            Self::LoggedIn => "logged_in",
            Self::NoLifetime => "no_lifetime",
            Self::NoStore => "no_store",
            Self::Nonce => "nonce",
            Self::NotWhole => "not_whole",
            Self::Private => "private",
            Self::SetCookie => "set_cookie",
            Self::StaleAtOnce => "stale_at_once",
            Self::ToldOfVisitor => "told_of_visitor",
            Self::TooLarge => "too_large",
            Self::UnkeyedHeader => "unkeyed_header",
            Self::Unreadable => "unreadable",
            Self::Vary => "vary",
        }
    }
}
