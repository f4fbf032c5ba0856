//! Cart and order: ADD, CONFIRM, CHECKOUT, ORDER_CHECKOUT.
//!
//! In: an event. Out: its fields. Required is what names the thing and its worth; the rest is checked where it is
//! there, and a product may have attributes of its own.

use super::{
    fields::Fields,
    rule::{CODE, CURRENCY, INSTANT, PRICE, QUANTITY, TEXT, UPPER},
};

/// Most products or order items.
const MAX_ITEMS: usize = 100;
/// Most data extensions of an order.
const MAX_EXTENSIONS: usize = 6;
/// What may become of a cart.
const STATUS: [&str; 5] = [
    "PURCHASED",
    "PAYMENT_PENDING",
    "CONFIRMED",
    "CANCELLED",
    "REFUNDED",
];

/// ADD: Sitecore's own clients send as little as `item_id`.
pub(super) fn add(fields: &mut Fields<'_>) {
    fields.object("product", |product| {
        product.required("item_id", TEXT);
        product.optionals(&[
            ("type", CODE),
            ("name", TEXT),
            ("orderedAt", INSTANT),
            ("quantity", QUANTITY),
            ("price", PRICE),
            ("productId", TEXT),
            ("currency", CURRENCY),
            ("originalPrice", PRICE),
            ("originalCurrencyCode", CURRENCY),
            ("referenceId", TEXT),
        ]);
        product.open();
    });
}

/// CONFIRM.
pub(super) fn confirm(fields: &mut Fields<'_>) {
    fields.objects("product", 1..=MAX_ITEMS, |product| {
        product.required("item_id", TEXT);
        product.open();
    });
}

/// CHECKOUT.
pub(super) fn checkout(fields: &mut Fields<'_>) {
    fields.required("reference_id", UPPER);
    fields.choice("status", &STATUS, true);
}

/// ORDER_CHECKOUT.
pub(super) fn order_checkout(fields: &mut Fields<'_>) {
    fields.object("order", |order| {
        order.required("referenceId", TEXT);
        order.required("orderedAt", INSTANT);
        order.required("status", CODE);
        order.required("currencyCode", CURRENCY);
        order.required("price", PRICE);
        order.optional("paymentType", TEXT);
        let by_card = order
            .kept("paymentType")
            .and_then(|kind| kind.as_str())
            .is_some_and(|kind| kind.eq_ignore_ascii_case("card"));
        if by_card {
            order.required("cardType", TEXT);
        } else {
            order.optional("cardType", TEXT);
        }
        order.objects("extensions", 0..=MAX_EXTENSIONS, |extension| {
            extension.required("name", TEXT);
            extension.required("key", TEXT);
            extension.open();
        });
        order.objects("orderItems", 1..=MAX_ITEMS, |item| {
            item.required("type", CODE);
            item.required("referenceId", TEXT);
            item.required("productId", TEXT);
            item.required("price", PRICE);
            item.required("quantity", QUANTITY);
            item.optionals(&[
                ("name", TEXT),
                ("orderedAt", INSTANT),
                ("status", CODE),
                ("currencyCode", CURRENCY),
            ]);
            item.open();
        });
        order.open();
    });
}
