//! In: a member at the account page, or the form on it. Out: the page with what the shop knows, or a redirect
//! back to it. Never for anybody who has not signed in.

use std::sync::Arc;

use axum::extract::{Form, Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use minijinja::context;
use minijinja::value::Serde;
use serde::Deserialize;

use super::accounts::{Account, COOKIE};
use super::forms::found;
use super::respond::{Page, respond};
use super::{cookies, edge_headers};
use crate::app::App;

/// The profile form. A checkbox that is not ticked is not in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Profile {
    first_name: String,
    last_name: String,
    phone: String,
    city: String,
    newsletter: Option<String>,
}

/// `GET /account`
pub async fn account(State(app): State<Arc<App>>, request: Request) -> Response {
    let Some(account) = signed_in(&app, request.headers()) else {
        return to_login();
    };
    let page = Page {
        context: context! { account => Serde(account) },
        form: true,
        ..Page::ok("pages/account.html")
    };
    respond(&app, request.uri(), request.headers(), page)
}

/// `POST /account/profile`: what is empty is forgotten, but for the first name, which the page greets with.
pub async fn save(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Form(profile): Form<Profile>,
) -> Response {
    let Some(mut account) = signed_in(&app, &headers) else {
        return to_login();
    };
    let told = |text: &str| text.trim().to_owned();
    if !profile.first_name.trim().is_empty() {
        account.first_name = told(&profile.first_name);
    }
    account.last_name = told(&profile.last_name);
    account.phone = told(&profile.phone);
    account.city = told(&profile.city);
    account.newsletter = profile.newsletter.is_some();
    app.accounts().keep(account.clone());
    let mut headers = HeaderMap::new();
    if app.settings().site.cdp_events {
        headers.extend(edge_headers::identity(&account));
    }
    found("/account", headers)
}

fn signed_in(app: &App, headers: &HeaderMap) -> Option<Account> {
    app.accounts()
        .who(cookies::value(headers, COOKIE)?)
        .cloned()
}

fn to_login() -> Response {
    found("/login?ReturnUrl=%2faccount", HeaderMap::new())
}
