//! The type of an event.
//!
//! In: the text of `type`. Out: a [`Kind`], or why no client may send it. Upper and lower case are told apart, as the
//! CDP does it.

use serde_json::Value;

use super::rule;

/// A type of the catalogue; which fields it has is told beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Something was put into the cart: `product`.
    Add,
    /// Travellers of the cart: fields of their own.
    AddConsumers,
    /// Contacts of the cart: fields of their own.
    AddContacts,
    /// The cart was paid, cancelled or refunded: `reference_id`, `status`.
    Checkout,
    /// The cart was emptied: no field.
    ClearCart,
    /// Things in the cart were confirmed: `product`, a list.
    Confirm,
    /// Any type of the site's own, such as a goal: attributes of its own.
    Custom,
    /// Closes the session of the channel: no field.
    ForceClose,
    /// A form was seen or sent: `ext.formId`, `ext.interactionType`.
    Form,
    /// Who the visitor is: `identifiers` and what else is known.
    Identity,
    /// A whole order at once: `order`.
    OrderCheckout,
    /// Between CONFIRM and CHECKOUT: fields of its own.
    Payment,
    /// Something was searched for: `product_type`, `product_name`; for flights more.
    Search,
    /// A page was seen: perhaps `referrer`, `utm_…`.
    View,
}

impl Kind {
    /// Every type that has a name of its own.
    pub const NAMED: [Self; 13] = [
        Self::Add,
        Self::AddConsumers,
        Self::AddContacts,
        Self::Checkout,
        Self::ClearCart,
        Self::Confirm,
        Self::ForceClose,
        Self::Form,
        Self::Identity,
        Self::OrderCheckout,
        Self::Payment,
        Self::Search,
        Self::View,
    ];

    /// The type on the wire; `custom` for those of the site's own.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Add => "ADD",
            Self::AddConsumers => "ADD_CONSUMERS",
            Self::AddContacts => "ADD_CONTACTS",
            Self::Checkout => "CHECKOUT",
            Self::ClearCart => "CLEAR_CART",
            Self::Confirm => "CONFIRM",
            Self::Custom => "custom",
            Self::ForceClose => "FORCE_CLOSE",
            Self::Form => "FORM",
            Self::Identity => "IDENTITY",
            Self::OrderCheckout => "ORDER_CHECKOUT",
            Self::Payment => "PAYMENT",
            Self::Search => "SEARCH",
            Self::View => "VIEW",
        }
    }

    /// The kind of a type.
    pub(super) fn read(value: &Value) -> Result<Self, String> {
        let code = value.as_str().unwrap_or_default();
        if let Some(named) = Self::NAMED.iter().find(|kind| kind.label() == code) {
            return Ok(*named);
        }
        match code {
            "TRACKING" => Err("is written by the CDP itself when a flow runs: leave it to it".to_owned()),
            super::LOGOUT => Err(
                "is no event but the wish for a new browser id, and only XM may have it: in a CDP-Event header or \
                 as a goal's type in the configuration"
                    .to_owned(),
            ),
            _ if rule::is_custom_type(code) => Ok(Self::Custom),
            _ if (rule::CODE.fits)(value) => Err(format!(
                "has a meaning of its own in the CDP: choose another, such as \"GOAL_{code}\""
            )),
            _ => Err(format!(
                "expected {} such as \"SIGNUP\", found {}",
                rule::CODE.expected,
                super::invalid::found(value)
            )),
        }
    }
}
