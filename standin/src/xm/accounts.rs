//! In: logins and profiles. Out: who an authentication cookie belongs to. Never a password: any will do.

use std::collections::HashMap;

use serde::Serialize;

/// Name of the cookie.
pub const COOKIE: &str = ".ASPXAUTH";

/// What a member has told the shop.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The address signed in with.
    pub email: String,
    /// For "Hello, …": the form's field, or the part before the @.
    pub first_name: String,
    /// Empty until it is told, like all that follows.
    pub last_name: String,
    /// As written.
    pub phone: String,
    /// As written.
    pub city: String,
    /// Whether the monthly letter is wanted.
    pub newsletter: bool,
}

/// All members, and who of them is signed in.
#[derive(Debug, Default)]
pub struct Accounts {
    by_email: HashMap<String, Account>,
    by_token: HashMap<String, String>,
}

impl Accounts {
    /// Signs in; the first login of an address makes its account. `first_name`, where told, is taken over.
    pub fn sign_in(&mut self, token: String, email: &str, first_name: Option<&str>) -> Account {
        self.by_token.insert(token, email.to_owned());
        let account = self
            .by_email
            .entry(email.to_owned())
            .or_insert_with(|| Account {
                email: email.to_owned(),
                first_name: name_in(email),
                ..Account::default()
            });
        if let Some(first_name) = first_name {
            first_name.clone_into(&mut account.first_name);
        }
        account.clone()
    }

    /// Signs out.
    pub fn sign_out(&mut self, token: &str) {
        self.by_token.remove(token);
    }

    /// Who has this cookie.
    #[must_use]
    pub fn who(&self, token: &str) -> Option<&Account> {
        self.by_email.get(self.by_token.get(token)?)
    }

    /// Replaces what a member has told.
    pub fn keep(&mut self, account: Account) {
        self.by_email.insert(account.email.clone(), account);
    }
}

/// `jane.doe@example.com` → `Jane`
fn name_in(email: &str) -> String {
    let word = email.split(['@', '.', '+']).next().unwrap_or_default();
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}
