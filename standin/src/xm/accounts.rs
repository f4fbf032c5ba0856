//! In: logins. Out: who an authentication cookie belongs to. Never a password: any will do.

use std::collections::HashMap;

/// Name of the cookie.
pub const COOKIE: &str = ".ASPXAUTH";

/// Somebody signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The address signed in with.
    pub email: String,
    /// For "Hello, …": the form's field, or the part before the @.
    pub first_name: String,
}

/// Who is signed in, by cookie value.
#[derive(Debug, Default)]
pub struct Accounts {
    by_token: HashMap<String, Account>,
}

impl Accounts {
    /// Signs in.
    pub fn sign_in(&mut self, token: String, account: Account) {
        self.by_token.insert(token, account);
    }

    /// Signs out.
    pub fn sign_out(&mut self, token: &str) {
        self.by_token.remove(token);
    }

    /// Who has this cookie.
    #[must_use]
    pub fn who(&self, token: &str) -> Option<&Account> {
        self.by_token.get(token)
    }
}
