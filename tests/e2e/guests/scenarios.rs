//! The three things that Sitecore's guide wants of a server: registering a user, retrieving details, updating details and
//! the business's own fields.

use std::thread;

use serde_json::json;
use xm_edge_tests::{Latch, RETURNING_ID, Reply, visitor_cookie};

use super::{GUEST, TOKEN, asked, basic, build, call, json_of, problem, send, tenant};

#[test]
fn registering_retrieving_and_updating_a_user() {
    let world = build().start();
    tenant::install(&world, &[]);

    // Registering a user.
    let jane = json!({"guestType": "customer", "firstName": "Jane", "lastName": "Doe", "email": "jane@d.ie",
        "identifiers": [{"provider": "crm", "id": "4711"}]});
    let created = send(&world, "POST", "?createOrFind=true", &jane).get();
    assert_eq!(created.status, 201, "{}", created.text());
    let guest = json_of(&created)["ref"].as_str().unwrap().to_owned();
    assert_eq!(json_of(&created)["href"], format!("/_cdp/guests/{guest}"));
    assert_eq!(
        created.header("location"),
        Some(format!("/_cdp/guests/{guest}").as_str())
    );
    let again = send(&world, "POST", "?createOrFind=true", &jane).get();
    assert_eq!(
        (again.status, json_of(&again)["ref"].as_str()),
        (200, Some(guest.as_str()))
    );

    // Retrieving details.
    for query in ["?email=jane%40d.ie", "?provider=crm&id=4711"] {
        let found = call(&world, "GET", query).get();
        assert_eq!(
            (
                found.status,
                json_of(&found)["items"][0]["firstName"].as_str()
            ),
            (200, Some("Jane")),
            "{query}"
        );
    }
    let nobody = json_of(&call(&world, "GET", "?email=nobody%40d.ie").get());
    assert_eq!(nobody["items"], json!([]));
    let retrieved = call(&world, "GET", &format!("/{guest}")).get();
    assert_eq!(json_of(&retrieved)["lastName"], "Doe");
    assert_eq!(retrieved.header("cache-control"), Some("no-store"));

    // Updating details, and the business's own fields.
    let at = format!("/{guest}");
    assert_eq!(
        json_of(&send(&world, "PATCH", &at, &json!({"lastName": "Roe"})).get())["firstName"],
        "Jane"
    );
    let whole = json!({"guestType": "customer", "firstName": "Janet", "email": "jane@d.ie"});
    assert_eq!(
        json_of(&send(&world, "PUT", &at, &whole).get()).get("lastName"),
        None
    );
    let extensions = format!("{at}/extensions");
    let loyalty = json!({"name": "ext", "loyaltyTier": "gold", "points": 120, "vip": true});
    assert_eq!(
        send(&world, "POST", &extensions, &loyalty).get().status,
        201
    );
    let ext = format!("{extensions}/ext");
    assert_eq!(
        json_of(&send(&world, "PATCH", &ext, &json!({"points": 130.5})).get())["loyaltyTier"],
        "gold"
    );
    assert_eq!(json_of(&call(&world, "GET", &ext).get())["points"], 130.5);
    assert_eq!(
        json_of(&call(&world, "GET", &extensions).get())["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    let fewer = json_of(&call(&world, "DELETE", &format!("{ext}/fields?name=points,vip")).get());
    assert_eq!(
        (
            fewer.get("points"),
            fewer.get("vip"),
            fewer["loyaltyTier"].as_str()
        ),
        (None, None, Some("gold"))
    );
    assert_eq!(
        json_of(&send(&world, "PUT", &ext, &json!({"loyaltyTier": "silver"})).get())["loyaltyTier"],
        "silver"
    );
    assert_eq!(call(&world, "DELETE", &ext).get().status, 204);
    problem(&call(&world, "GET", &ext).get(), 404);

    // And forgetting the user.
    assert_eq!(call(&world, "DELETE", &at).get().status, 204);
    problem(&call(&world, "GET", &at).get(), 404);

    for request in world.cdp.rest() {
        assert_eq!(
            request.headers.get("authorization"),
            Some(basic().as_str()),
            "{}",
            request.target
        );
        assert!(!request.target.contains(TOKEN));
        for name in ["cookie", "origin", "x-forwarded-for"] {
            assert_eq!(request.headers.get(name), None, "{name} went to the CDP");
        }
    }
    assert!(world.origin().all().is_empty(), "XM was asked");
}

#[test]
fn me_is_the_guest_of_the_visitor_whose_cookie_comes_along() {
    let world = build().start();
    world.cdp.rest_with(|request| {
        if request.path().ends_with("/show.json") {
            assert_eq!(
                request.headers.get("authorization"),
                None,
                "credentials went to the Stream API"
            );
            return Reply::json(json!({"status": "OK", "customer": {"ref": GUEST}}));
        }
        Reply::json(json!({"ref": GUEST, "firstName": "Jane"}))
    });
    let cookies = format!("ASP.NET_SessionId=x; {}", visitor_cookie(RETURNING_ID));
    let me = call(&world, "GET", "/me").cookies(&cookies).get();
    assert_eq!(
        (me.status, json_of(&me)["firstName"].as_str()),
        (200, Some("Jane"))
    );
    let tier = json!({"tier": "gold"});
    let changed = send(&world, "PATCH", "/me/extensions/ext", &tier)
        .cookies(&cookies)
        .get();
    assert_eq!(changed.status, 200);
    let asked = asked(&world);
    assert!(
        asked[0].starts_with(&format!("GET /v1.2/browser/{RETURNING_ID}/show.json?")),
        "{asked:?}"
    );
    assert_eq!(asked[1], format!("GET /v2.1/guests/{GUEST}"));
    assert_eq!(
        asked[3],
        format!("PATCH /v2.1/guests/{GUEST}/extensions/ext")
    );
    for request in world.cdp.rest() {
        assert_eq!(request.headers.get("cookie"), None);
    }
}

#[test]
fn me_without_a_browser_id_or_with_an_unknown_one_changes_nothing() {
    let world = build().start();
    tenant::install(&world, &[]);
    assert_eq!(
        problem(&call(&world, "DELETE", "/me").get(), 400),
        ["browser_id"]
    );
    assert!(asked(&world).is_empty());
    let unknown = call(&world, "DELETE", "/me")
        .cookies(&visitor_cookie(RETURNING_ID))
        .get();
    assert_eq!(problem(&unknown, 404), ["browser_id"]);
    assert_eq!(asked(&world).len(), 1, "{:?}", asked(&world));
}

#[test]
fn v2_is_spoken_where_it_is_configured() {
    let world = build().site(json!({"guest_api": "v2"})).start();
    world.cdp.rest_with(|_| Reply::json(json!({"ref": GUEST})));
    assert_eq!(
        send(
            &world,
            "PUT",
            &format!("/{GUEST}"),
            &json!({"firstName": "Jane"})
        )
        .get()
        .status,
        200
    );
    assert_eq!(asked(&world), [format!("POST /v2/guests/{GUEST}")]);
    problem(
        &send(
            &world,
            "PATCH",
            &format!("/{GUEST}"),
            &json!({"firstName": "Jane"}),
        )
        .get(),
        501,
    );
}

#[test]
fn two_guests_that_could_be_meant_are_a_conflict() {
    let world = build().start();
    tenant::install(&world, &[]);
    for (email, id) in [("a@d.ie", "1"), ("b@d.ie", "2")] {
        let identifiers = json!([{"provider": "crm", "id": id}]);
        assert_eq!(
            send(
                &world,
                "POST",
                "",
                &json!({"email": email, "identifiers": identifiers})
            )
            .get()
            .status,
            201
        );
    }
    let both = json!({"email": "a@d.ie", "identifiers": [{"provider": "crm", "id": "2"}]});
    assert_eq!(
        problem(
            &send(&world, "POST", "?createOrFind=true", &both).get(),
            409
        ),
        ["email"]
    );
    assert_eq!(
        asked(&world)
            .iter()
            .filter(|line| line.starts_with("POST"))
            .count(),
        2
    );
}

#[test]
fn a_create_that_is_sent_twice_with_its_key_makes_one_guest() {
    let world = build().start();
    tenant::install(&world, &[]);
    let create = |body: &serde_json::Value| {
        send(&world, "POST", "", body)
            .header("Idempotency-Key", "\"order-4711\"")
            .get()
    };
    let jane = json!({"firstName": "Jane", "email": "jane@d.ie"});
    let (first, second) = (create(&jane), create(&jane));
    assert_eq!(
        (first.status, first.header("idempotency-replayed")),
        (201, None)
    );
    assert_eq!(
        (second.status, second.header("idempotency-replayed")),
        (201, Some("true"))
    );
    assert_eq!(
        (second.text(), second.header("location")),
        (first.text(), first.header("location"))
    );
    assert_eq!(
        problem(&create(&json!({"firstName": "Joan"})), 422),
        ["Idempotency-Key"]
    );
    assert_eq!(
        asked(&world)
            .iter()
            .filter(|line| line.starts_with("POST"))
            .count(),
        1,
        "{:?}",
        asked(&world)
    );
    let other = send(&world, "POST", "", &jane)
        .header("Idempotency-Key", "order-4712")
        .get();
    assert_eq!(
        (other.status, other.header("idempotency-replayed")),
        (201, None)
    );
}

#[test]
fn a_create_that_is_sent_again_too_early_is_told_to_wait() {
    let world = build().start();
    let (arrived, gate) = (Latch::new(), Latch::new());
    let (at_cdp, held) = (arrived.clone(), gate.clone());
    world.cdp.rest_with(move |_| {
        at_cdp.open();
        Reply::json(json!({"ref": GUEST}))
            .with_status(201)
            .hold(&held)
    });
    let create = || {
        send(&world, "POST", "", &json!({"firstName": "Jane"}))
            .header("Idempotency-Key", "k")
            .get()
    };
    thread::scope(|scope| {
        let first = scope.spawn(create);
        arrived.wait("the first create at the CDP");
        let early = create();
        gate.open();
        problem(&early, 409);
        assert_eq!(early.header("retry-after"), Some("1"));
        assert_eq!(first.join().unwrap().status, 201);
    });
    assert_eq!(create().header("idempotency-replayed"), Some("true"));
}

#[test]
fn a_server_that_gave_up_waiting_finds_its_guest_made() {
    let world = build().start();
    let (arrived, gate) = (Latch::new(), Latch::new());
    let (at_cdp, held) = (arrived.clone(), gate.clone());
    world.cdp.rest_with(move |request| {
        let answer = Reply::json(json!({"ref": GUEST}));
        if request.method == "POST" {
            at_cdp.open();
            return answer.with_status(201).hold(&held);
        }
        answer
    });
    let create =
        || send(&world, "POST", "", &json!({"firstName": "Jane"})).header("Idempotency-Key", "k");
    let impatient = create().send();
    arrived.wait("the create at the CDP");
    impatient.abort();
    gate.open();
    let _ = world.log_line("of the create", |line| {
        line["operation"] == "create" && line["status"] == 201
    });
    let again = create().get();
    assert_eq!(
        (again.status, again.header("idempotency-replayed")),
        (201, Some("true"))
    );
    assert_eq!(
        asked(&world)
            .iter()
            .filter(|line| line.starts_with("POST"))
            .count(),
        1
    );
}

#[test]
fn a_create_that_failed_can_be_sent_again_with_its_key() {
    let world = build().start();
    world.cdp.rest_with(|_| Reply::raw("").reset());
    let create = || {
        send(&world, "POST", "", &json!({"firstName": "Jane"}))
            .header("Idempotency-Key", "k")
            .get()
    };
    problem(&create(), 502);
    world
        .cdp
        .rest_with(|_| Reply::json(json!({"ref": GUEST})).with_status(201));
    assert_eq!(create().status, 201);
}
