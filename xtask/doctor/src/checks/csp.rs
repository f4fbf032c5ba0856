//! Whether the page's Content-Security-Policy lets work what the Worker puts into it: the tag, and the script of goals.
//!
//! The policy is judged by the standard's own algorithm (crate `content-security-policy`), header and `<meta>` alike. Policies
//! that only report are left out.

use content_security_policy::{
    CheckResult, CspList, Destination, Element, Initiator, InlineCheckType, ParserMetadata,
    PolicyDisposition, PolicySource, Request,
};
use url::Url;
use xm_edge_core::{
    config::Tag,
    request::Headers,
    tag::{Injection, Position, nonce_from_csp},
};

use crate::{
    finding::{Code, Finding},
    page::Page,
    rules::Rules,
};

pub(super) fn check(page: &Page<'_>, rules: &Rules, found: &mut Vec<Finding>) {
    let Some(response) = &page.input.response else {
        return;
    };
    let header = response
        .headers
        .get("content-security-policy")
        .unwrap_or_default();
    let mut policies = CspList::parse(&header, PolicySource::Header, PolicyDisposition::Enforce);
    for meta in &page.inventory.policies {
        policies.append(CspList::parse(
            meta,
            PolicySource::Meta,
            PolicyDisposition::Enforce,
        ));
    }
    if policies.0.is_empty() {
        return;
    }
    let nonce = nonce_from_csp(&header);
    let origin = response.url.origin().ascii_serialization();
    let injection = Injection {
        cdp: &rules.cdp,
        site: &rules.site,
        origin: &origin,
        nonce: nonce.as_deref(),
    };
    let judge = Judge {
        policies: &policies,
        page: &response.url,
        nonce: nonce.as_deref().unwrap_or_default(),
    };
    let mut blocked = Vec::new();
    tag(&injection, &judge, &mut blocked);
    let base = format!("{origin}{}", rules.site.endpoint_prefix);
    let has_goals = page
        .inventory
        .attributes
        .iter()
        .any(|mark| mark.name == "data-cdp-goal");
    if has_goals {
        let script = format!("{base}/{}", rules.site.goal_script.file());
        if judge.blocks(&script, Destination::Script, ParserMetadata::ParserInserted) {
            blocked.push(format!("the script of marked goals ({script})"));
        }
    }
    if !blocked.is_empty() {
        let message = format!(
            "the page's Content-Security-Policy blocks {}",
            blocked.join(", ")
        );
        let help = "add 'self' and the hosts to script-src, or a nonce that is new with each page: the Worker takes it over";
        found.push(Finding::new(Code::CspScript, message, help));
    }
    let talks = has_goals || matches!(rules.site.tag, Tag::Boxever { .. } | Tag::Engage { .. });
    if talks
        && judge.blocks(
            &format!("{base}/event"),
            Destination::None,
            ParserMetadata::None,
        )
    {
        let message =
            format!("the page's Content-Security-Policy keeps the browser from calling {base}/");
        let help = "add 'self' to connect-src";
        found.push(Finding::new(Code::CspConnect, message, help));
    }
    let loads = !matches!(rules.site.tag, Tag::None | Tag::Own);
    if loads && policies.does_sink_type_require_trusted_types("'script'", false) {
        let message = "the page's Content-Security-Policy requires Trusted Types for scripts, and the tag sets addresses as text";
        let help = "take require-trusted-types-for out, or give the page a default policy that lets the tag's addresses pass";
        found.push(Finding::new(Code::CspTrustedTypes, message, help));
    }
}

struct Judge<'a> {
    policies: &'a CspList,
    page: &'a Url,
    nonce: &'a str,
}

impl Judge<'_> {
    fn blocks(&self, url: &str, destination: Destination, parser_metadata: ParserMetadata) -> bool {
        let Ok(url) = Url::parse(url) else {
            return false;
        };
        let request = Request {
            current_url: url.clone(),
            url,
            origin: self.page.origin(),
            redirect_count: 0,
            destination,
            initiator: Initiator::None,
            nonce: self.nonce.to_owned(),
            integrity_metadata: String::new(),
            parser_metadata,
        };
        self.policies.should_request_be_blocked(&request).0 == CheckResult::Blocked
    }

    fn blocks_inline(&self, script: &str) -> bool {
        let nonce = (!self.nonce.is_empty()).then(|| self.nonce.into());
        let element = Element { nonce };
        let check = self
            .policies
            .should_elements_inline_type_behavior_be_blocked(
                &element,
                InlineCheckType::Script,
                script,
            );
        check.0 == CheckResult::Blocked
    }
}

/// The tag's inline script, and what it loads.
fn tag(injection: &Injection<'_>, judge: &Judge<'_>, blocked: &mut Vec<String>) {
    for piece in injection.pieces() {
        let script = piece
            .html
            .split_once('>')
            .and_then(|(_, rest)| rest.strip_suffix("</script>"))
            .filter(|_| piece.position != Position::BodyStart);
        if script.is_some_and(|script| judge.blocks_inline(script)) {
            blocked.push("the tag's inline script".to_owned());
        }
    }
    let by_script =
        |url: &str| judge.blocks(url, Destination::Script, ParserMetadata::NotParserInserted);
    match &injection.site.tag {
        Tag::Boxever { library_url } | Tag::Engage { library_url } => {
            let own = format!(
                "{}{}/library.js",
                injection.origin, injection.site.endpoint_prefix
            );
            // The first-party copy comes where the library itself does not.
            if by_script(library_url) && by_script(&own) {
                blocked.push(format!("the library ({library_url}) and its copy ({own})"));
            }
        }
        Tag::Gtm { container_id } => {
            let url = format!("https://www.googletagmanager.com/gtm.js?id={container_id}");
            if by_script(&url) {
                blocked.push("the container (https://www.googletagmanager.com)".to_owned());
            }
        }
        Tag::None | Tag::Own => {}
    }
}
