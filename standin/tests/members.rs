//! The shop's members: what the account page keeps, shows, and tells the edge.

mod support;

use serde_json::{Value, json};
use support::{Reply, Standin};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// The cookie of somebody who has just signed in.
fn sign_in(standin: &Standin, form: &str) -> String {
    let login = standin.send("POST", standin.xm, "/login", &[FORM], Some(form));
    let cookie = login.header("set-cookie").expect("signed in");
    cookie.split(';').next().unwrap().to_owned()
}

fn save(standin: &Standin, cookie: &str, form: &str) -> Reply {
    let headers = [FORM, ("cookie", cookie)];
    standin.send("POST", standin.xm, "/account/profile", &headers, Some(form))
}

fn page(standin: &Standin, path: &str, cookie: &str) -> Reply {
    standin.send("GET", standin.xm, path, &[("cookie", cookie)], None)
}

fn event(reply: &Reply) -> Value {
    serde_json::from_str(reply.header("cdp-event").expect("CDP-Event")).unwrap()
}

#[test]
fn a_saved_profile_is_on_the_account_page_and_stays_over_logins() {
    let standin = Standin::start();
    let cookie = sign_in(&standin, "Email=jane%40example.com");
    let saved = save(
        &standin,
        &cookie,
        "FirstName=Zo%C3%AB&LastName=O%27Hara&Phone=%2B353+1&City=%22%3E%3Cscript%3E&Newsletter=true",
    );
    assert_eq!(
        (saved.status, saved.header("location")),
        (302, Some("/account"))
    );
    assert_eq!(
        saved.header("cdp-event"),
        None,
        "only when the site is told to"
    );
    let again = sign_in(&standin, "Email=jane%40example.com");
    for cookie in [cookie, again] {
        let html = page(&standin, "/account", &cookie).text();
        assert!(html.contains("Hello, Zoë"), "{html}");
        assert!(
            html.contains("value=\"+353 1\"") && html.contains("checked=\"checked\""),
            "{html}"
        );
        assert!(
            !html.contains("\"\"><script>") && html.contains("value=\"&quot;&gt;&lt;script&gt;\""),
            "{html}"
        );
    }
    let cookie = sign_in(&standin, "Email=jane%40example.com");
    save(&standin, &cookie, "FirstName=+&City=");
    let html = page(&standin, "/account", &cookie).text();
    assert!(
        html.contains("Hello, Zoë"),
        "the name in the greeting stays"
    );
    assert!(
        !html.contains("+353") && !html.contains("checked="),
        "the rest is forgotten"
    );
}

#[test]
fn nobody_saves_a_profile_without_having_signed_in() {
    let standin = Standin::start();
    for cookie in ["a=b", ".ASPXAUTH=0123"] {
        let reply = save(&standin, cookie, "FirstName=Eve");
        assert_eq!(
            (reply.status, reply.header("location")),
            (302, Some("/login?ReturnUrl=%2faccount"))
        );
    }
}

#[test]
fn login_and_profile_tell_the_edge_in_ascii_when_the_site_is_told_to() {
    let standin = Standin::start();
    standin.put("/site", &json!({"cdp_events": true}));
    let login = standin.send(
        "POST",
        standin.xm,
        "/login",
        &[FORM],
        Some("Email=zoe%40example.com&FirstName=Zo%C3%AB"),
    );
    assert!(login.header("cdp-event").unwrap().is_ascii());
    let identifiers = json!([{"provider": "email", "id": "zoe@example.com"}]);
    assert_eq!(
        event(&login),
        json!({"type": "IDENTITY", "email": "zoe@example.com", "firstname": "Zoë", "identifiers": identifiers})
    );
    let cookie = login
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap();
    let saved = save(
        &standin,
        cookie,
        "FirstName=Zo%C3%AB&LastName=Doe&Phone=0851&City=K%C3%B6ln&Newsletter=true",
    );
    assert_eq!(
        event(&saved),
        json!({
            "type": "IDENTITY", "email": "zoe@example.com", "firstname": "Zoë", "lastname": "Doe", "phone": "0851",
            "city": "Köln", "identifiers": identifiers, "ext": {"newsletter": true},
        })
    );
}

#[test]
fn only_pages_for_members_carry_cdp_guest_and_only_when_the_site_is_told_to() {
    let standin = Standin::start();
    let cookie = sign_in(&standin, "Email=jane%40example.com");
    let told = |path: &str, cookie: &str| {
        page(&standin, path, cookie)
            .header("cdp-guest")
            .map(str::to_owned)
    };
    assert_eq!(told("/account", &cookie), None, "not by default");
    standin.put("/site", &json!({"guest": true}));
    for path in ["/account", "/", "/plain", "/nowhere"] {
        assert_eq!(
            told(path, &cookie).as_deref(),
            Some("authenticated"),
            "{path}"
        );
        assert_eq!(told(path, "a=b"), None, "{path} for a stranger");
    }
    assert_eq!(told("/api/cart", &cookie), None, "no page");
    page(&standin, "/logout", &cookie);
    assert_eq!(told("/", &cookie), None, "signed out");
}

#[test]
fn the_account_page_marks_guest_data_with_a_default_for_everybody() {
    let standin = Standin::start();
    let cookie = sign_in(&standin, "Email=jane%40example.com");
    let html = page(&standin, "/account", &cookie).text();
    assert!(
        html.contains("data-cdp-guest><p>Hello <b data-cdp-text=\"/firstName\">customer</b>"),
        "{html}"
    );
}
