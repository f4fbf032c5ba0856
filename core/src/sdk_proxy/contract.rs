//! Which contract a call is made under, and what that changes of what the client sent.
//!
//! In: route, tenant and site. Out: the upstream's path, and the rules for query, JSON and headers. It never sees the
//! request's own values.

use super::{
    json::{JsonRules, Member},
    query::Parameter,
    route::{Call, Door, Route},
};
use crate::config::{CdpSettings, Site};

/// What the client speaks, and what the upstream does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contract<'a> {
    /// Both speak the direct API's.
    Direct,
    /// Both speak Edge's; this is the site's context id.
    Edge(&'a str),
    /// The client speaks Edge's, and the call becomes the direct API's.
    Mapped,
}

impl<'a> Contract<'a> {
    /// Edge is called only by a site that has a context there.
    pub(super) fn of(route: &Route, cdp: &'a CdpSettings) -> Self {
        match (route.door, &cdp.edge_context_id) {
            (Door::Direct, _) => Self::Direct,
            (Door::Edge, Some(context)) => Self::Edge(context),
            (Door::Edge, None) => Self::Mapped,
        }
    }

    /// The upstream's path for a path of the allow-list.
    pub(super) fn path(self, path: &str) -> &str {
        match self {
            Self::Direct | Self::Edge(_) => path,
            // What is below /v1/events is the direct API's own; the only other call is /v1/personalize.
            Self::Mapped => path.strip_prefix("/v1/events").unwrap_or("/v2/callFlows"),
        }
    }

    /// What is done to the query.
    pub(super) fn parameters(
        self,
        call: &Call,
        cdp: &CdpSettings,
        site: &Site,
    ) -> Vec<(&'static str, Parameter)> {
        let key = |fill| Parameter::Own {
            key: cdp.client_key.clone(),
            fill,
        };
        let mut rules = vec![("callback", Parameter::Callback)];
        match self {
            Self::Direct => rules.push(("client_key", key(true))),
            Self::Edge(context) => {
                let context = Parameter::Own {
                    key: context.to_owned(),
                    fill: true,
                };
                // Edge knows the key by the context.
                rules.extend([("client_key", key(false)), ("sitecoreContextId", context)]);
            }
            Self::Mapped => rules.extend([
                ("client_key", key(true)),
                ("siteId", Parameter::Drop),
                ("sitecoreContextId", Parameter::Drop),
            ]),
        }
        if matches!(call, Call::ShowBrowser) && self.is_direct_api() {
            // Engage, too, gives the client key as the token.
            let token = Parameter::Fill(cdp.client_key.clone());
            rules.push(("api_token", token));
        }
        if matches!(call, Call::CreateEvent | Call::FlowInQuery) {
            let members = self.members(call, cdp, site);
            rules.push(("message", Parameter::Json(members)));
        }
        rules
    }

    /// What is done to the JSON of an event or of a flow's call.
    pub(super) fn members(self, call: &Call, cdp: &CdpSettings, site: &Site) -> JsonRules {
        let (key, pos) = match call {
            Call::Flow | Call::FlowInQuery => ("clientKey", "pointOfSale"),
            _ => ("client_key", "pos"),
        };
        let own = Member::Own {
            key: cdp.client_key.clone(),
            fill: self.is_direct_api(),
        };
        let mut rules = vec![(key, own)];
        if self.is_direct_api() {
            rules.push((pos, Member::Fill(site.point_of_sale.clone())));
        }
        if *call == Call::Flow && self == Self::Mapped {
            // Fields that Edge has and the direct API has not.
            rules.extend([("guestRef", Member::Drop), ("variants", Member::Drop)]);
        }
        JsonRules::new(rules)
    }

    /// Whether `CDP_ENDPOINT` answers.
    const fn is_direct_api(self) -> bool {
        matches!(self, Self::Direct | Self::Mapped)
    }
}
