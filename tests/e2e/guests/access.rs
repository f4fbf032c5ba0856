//! Whoever is not XM's server gets a clear answer and changes nothing: visitors, pages, wrong keys, odd paths.

use serde_json::json;
use xm_edge_tests::{RETURNING_ID, Visit, World};

use super::{GUEST, KEY, OTHER, asked, build, call, problem, send, tenant};

#[test]
fn a_visitor_reads_and_changes_nobody() {
    let world = build().start();
    tenant::install(&world, &[(RETURNING_ID, GUEST)]);
    for path in [
        "/me",
        &format!("/{GUEST}"),
        &format!("/{OTHER}"),
        "?email=jane%40d.ie",
    ] {
        let target = format!("/_cdp/guests{path}");
        for method in ["GET", "PUT", "PATCH", "DELETE"] {
            let visit = world.revisit(&target).method(method);
            let visit = visit.body("application/json", json!({"firstName": "Eve"}).to_string());
            // Typed into the address bar, or sent by a program that looks like a browser; 405 where there is no such call.
            let status = if method == "GET" || !path.starts_with('?') {
                401
            } else {
                405
            };
            problem(&visit.get(), status);
            // A script of the site's own page, even with the key.
            let script = visit
                .header("Sec-Fetch-Site", "same-origin")
                .header("Sec-Fetch-Mode", "cors");
            problem(&script.get(), 403);
            problem(
                &script
                    .header("Authorization", &format!("Bearer {KEY}"))
                    .get(),
                403,
            );
        }
    }
    assert!(asked(&world).is_empty(), "{:?}", asked(&world));
}

#[test]
fn a_forged_origin_is_refused_and_gets_no_cors() {
    let world = build().start();
    let own = format!("http://{}", world.workerd.address());
    for origin in [own.as_str(), "https://evil.example", "null"] {
        let answer = call(&world, "GET", &format!("/{GUEST}"))
            .header("Origin", origin)
            .get();
        problem(&answer, 403);
        let preflight = call(&world, "OPTIONS", &format!("/{GUEST}"))
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "DELETE")
            .get();
        problem(&preflight, 403);
        assert_eq!(preflight.header("access-control-allow-methods"), None);
    }
    for site in ["same-origin", "same-site", "cross-site"] {
        let answer = call(&world, "GET", &format!("/{GUEST}"))
            .header("Sec-Fetch-Site", site)
            .get();
        problem(&answer, 403);
    }
    assert!(asked(&world).is_empty());
}

#[test]
fn a_wrong_key_is_refused_whatever_it_looks_like() {
    let world = build().start();
    let almost = &KEY[..KEY.len() - 1];
    let longer = format!("{KEY}0");
    let long = "k".repeat(4_000);
    for authorization in [
        "",
        "Bearer",
        "Bearer wrong",
        &format!("Bearer {almost}"),
        &format!("Bearer {longer}"),
        &format!("Bearer {}", KEY.to_uppercase()),
        &format!("Bearer {long}"),
        &format!("Basic {KEY}"),
        &format!("Bearer {KEY}, Bearer wrong"),
        KEY,
    ] {
        let answer = call(&world, "DELETE", &format!("/{GUEST}"))
            .header("Authorization", authorization)
            .get();
        problem(&answer, 401);
        assert!(
            answer
                .header("www-authenticate")
                .is_some_and(|value| value.starts_with("Bearer "))
        );
    }
    let none = call(&world, "DELETE", &format!("/{GUEST}"))
        .without("Authorization")
        .get();
    problem(&none, 401);
    assert!(asked(&world).is_empty());
}

#[test]
fn no_trick_in_a_path_or_query_reaches_the_cdp() {
    let world = build().start();
    let upper = GUEST.to_uppercase();
    let long = "a".repeat(10_240);
    // The same field three hundred times is one field.
    let many = format!(
        "/{GUEST}/extensions/ext/fields?name={}",
        vec!["a"; 300].join("%2C")
    );
    #[rustfmt::skip]
    let cases: &[(&str, &str, u16)] = &[
        ("GET", "/..%2f..%2fv2%2fcallFlows", 400), ("GET", "/..%5c..%5cv2", 400), ("GET", "/%2e%2e%2f", 400),
        ("GET", "/%2Fv2%2FcallFlows", 400), ("GET", &format!("/{upper}"), 400), ("GET", &format!("/{long}"), 400),
        ("GET", &format!("/{GUEST}%00"), 400), ("GET", &format!("/{GUEST}%2f{OTHER}"), 400), ("GET", "/%6de", 400),
        ("GET", &format!("/{GUEST}/extensions/ext6"), 400), ("GET", &format!("/{GUEST}/extensions/%65xt"), 400),
        ("GET", &format!("/{GUEST}/extensions/ext%2f..%2f..%2f{OTHER}"), 400),
        ("GET", &format!("/{GUEST}/orders"), 404), ("GET", &format!("/{GUEST}/"), 404), ("GET", "//", 404), ("GET", "/", 404),
        ("GET", &format!("//{GUEST}"), 404), ("GET", &format!("/{GUEST}//extensions"), 404),
        ("GET", "", 400), ("GET", "?", 400), ("GET", "?email=", 400), ("GET", "?email=a%40b.ie&email=c%40d.ie", 400),
        ("GET", "?email=a%40b.ie&firstName=x", 400), ("GET", "?identifiers.provider=p&identifiers.id=1", 400),
        ("GET", "?email=a%40b.ie&limit=101", 400), ("GET", "?email=a%40b.ie%26limit%3D5", 200),
        ("DELETE", &format!("/{GUEST}/extensions/ext/fields"), 400), ("DELETE", &many, 200),
        ("DELETE", "", 405), ("HEAD", &format!("/{GUEST}"), 405), ("TRACE", "", 405),
    ];
    world
        .cdp
        .rest_with(|_| xm_edge_tests::Reply::json(json!({"items": []})));
    for (method, path, status) in cases {
        let before = asked(&world).len();
        let answer = call(&world, method, path).get();
        assert_eq!(answer.status, *status, "{method} {path}: {}", answer.text());
        let called = asked(&world).len() - before;
        assert_eq!(
            called,
            usize::from(*status == 200),
            "{method} {path}: {:?}",
            asked(&world)
        );
    }
    let last = asked(&world);
    assert!(last[0].contains("email=a%40b.ie%26limit%3D5&"), "{last:?}");
}

#[test]
fn a_huge_or_odd_body_is_refused_unsent() {
    let world = build().start();
    let deep = format!(
        "{{\"firstName\":{}1{}}}",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    let large = format!("{{\"firstName\":\"{}\"}}", "a".repeat(64 * 1024));
    let nested = json!({"name": "ext", "a": {"b": 1}}).to_string();
    let many: serde_json::Map<String, serde_json::Value> =
        (0..101).map(|n| (format!("f{n}"), json!(n))).collect();
    let many = serde_json::Value::Object(many).to_string();
    let extensions = format!("/{GUEST}/extensions");
    let ext = format!("{extensions}/ext");
    type Case<'a> = (&'a str, &'a str, &'a str, &'a [u8], u16, &'a [&'a str]);
    #[rustfmt::skip]
    let cases: &[Case<'_>] = &[
        ("POST", "", "application/json", large.as_bytes(), 413, &[]),
        ("POST", "", "application/json", deep.as_bytes(), 400, &["body"]),
        ("POST", "", "application/json", b"", 400, &["body"]),
        ("POST", "", "application/json", b"{", 400, &["body"]),
        ("POST", "", "application/json", b"[{}]", 400, &["body"]),
        ("POST", "", "application/json", b"\xff\xfe", 400, &["body"]),
        ("POST", "", "text/plain", b"{}", 415, &[]),
        ("POST", "", "application/x-www-form-urlencoded", b"firstName=Jane", 415, &[]),
        ("POST", "", "application/json", br#"{"emial":"j@d.ie"}"#, 400, &["emial"]),
        ("PUT", &format!("/{GUEST}"), "application/json", br#"{"email":1,"gender":"F"}"#, 400, &["gender", "email"]),
        ("POST", &extensions, "application/json", nested.as_bytes(), 400, &["a"]),
        ("POST", &extensions, "application/json", br#"{"name":"loyalty","a":1}"#, 400, &["name"]),
        ("PATCH", &ext, "application/json", many.as_bytes(), 400, &["body"]),
    ];
    for (method, path, content_type, body, status, fields) in cases {
        let answer = call(&world, method, path).body(content_type, body).get();
        assert_eq!(
            problem(&answer, *status),
            *fields,
            "{method} {path} {}",
            answer.text()
        );
    }
    // One that is announced is not waited for.
    let announced = call(&world, "POST", "")
        .header("Content-Type", "application/json")
        .header("Content-Length", "1073741824");
    problem(&announced.send().finish(), 413);
    assert!(asked(&world).is_empty(), "{:?}", asked(&world));
}

#[test]
fn a_body_without_a_length_is_bounded_too() {
    let world = build().start();
    let mut exchange = call(&world, "POST", "")
        .header("Content-Type", "application/json")
        .header("Transfer-Encoding", "chunked")
        .send();
    let chunk = [b"10000\r\n".as_slice(), &vec![b' '; 0x10000], b"\r\n"].concat();
    exchange.write(&chunk);
    exchange.write(b"2\r\n{}\r\n0\r\n\r\n");
    problem(&exchange.finish(), 413);
    assert!(asked(&world).is_empty());
}

#[test]
fn without_a_secret_the_operator_is_told_which() {
    for (missing, keep) in [
        ("XM_API_KEY", "CDP_API_TOKEN"),
        ("CDP_API_TOKEN", "XM_API_KEY"),
    ] {
        let world = World::build().var(keep, json!(KEY)).start();
        let answer = call(&world, "GET", &format!("/{GUEST}")).get();
        problem(&answer, 503);
        assert!(
            answer
                .text()
                .contains(&format!("npx wrangler secret put {missing}")),
            "{}",
            answer.text()
        );
        assert!(asked(&world).is_empty());
    }
}

#[test]
fn an_invalid_configuration_calls_nobody() {
    let world = build().site(json!({"guest_api": "v3"})).start();
    problem(&call(&world, "GET", &format!("/{GUEST}")).get(), 503);
    assert!(asked(&world).is_empty());
}

#[test]
fn the_guest_api_is_below_the_configured_prefix_only() {
    let world = build()
        .site(json!({"endpoint_prefix": "/edge/cdp"}))
        .start();
    tenant::install(&world, &[]);
    let target = "/edge/cdp/guests?email=jane%40d.ie";
    let found = Visit::from_server(&world.workerd, target, KEY).get();
    assert_eq!(found.status, 200);
    assert!(
        found.text().contains("/edge/cdp/guests?email=jane%40d.ie"),
        "{}",
        found.text()
    );
    // Elsewhere is XM's.
    assert_eq!(
        send(&world, "POST", "", &json!({})).get().text(),
        "no such page"
    );
}
