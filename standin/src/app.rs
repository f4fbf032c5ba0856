//! In: the options. Out: everything both servers share. Never touches the network.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::cdp::flow::Flows;
use crate::cdp::tenant::Tenant;
use crate::cli::Options;
use crate::clock::Clock;
use crate::live::hub::Hub;
use crate::received::Log;
use crate::settings::Settings;
use crate::xm::accounts::Accounts;
use crate::xm::pages::Pages;

/// The state of the process.
#[derive(Debug)]
pub struct App {
    /// The command line.
    pub options: Options,
    /// The XM site's URL, once it listens.
    pub xm_url: String,
    /// The stand-in's time.
    pub clock: Clock,
    /// Who wants to know what happens.
    pub hub: Hub,
    /// What was received.
    pub log: Arc<Log>,
    /// The site's templates.
    pub pages: Pages,
    settings: Mutex<Settings>,
    tenant: Mutex<Tenant>,
    flows: Mutex<Flows>,
    accounts: Mutex<Accounts>,
}

impl App {
    /// The start state.
    #[must_use]
    pub fn new(options: Options, xm_url: String) -> Self {
        let hub = Hub::default();
        Self {
            xm_url,
            clock: Clock::default(),
            log: Arc::new(Log::new(hub.clone())),
            hub,
            pages: Pages::embedded(),
            settings: Mutex::default(),
            tenant: Mutex::new(Tenant::new(&options.points_of_sale)),
            flows: Mutex::new(Flows::embedded()),
            accounts: Mutex::default(),
            options,
        }
    }

    /// Faults, latency, manner of the site.
    pub fn settings(&self) -> MutexGuard<'_, Settings> {
        held(&self.settings)
    }

    /// Guests, browsers, sessions, events.
    pub fn tenant(&self) -> MutexGuard<'_, Tenant> {
        held(&self.tenant)
    }

    /// Experiences and experiments.
    pub fn flows(&self) -> MutexGuard<'_, Flows> {
        held(&self.flows)
    }

    /// Who is signed in at the site.
    pub fn accounts(&self) -> MutexGuard<'_, Accounts> {
        held(&self.accounts)
    }

    /// Everything to the start state, except the numbers of requests.
    pub fn reset(&self) {
        *self.settings() = Settings::default();
        *self.tenant() = Tenant::new(&self.options.points_of_sale);
        *self.flows() = Flows::embedded();
        *self.accounts() = Accounts::default();
        self.clock.reset();
        self.log.clear();
        self.hub.send("reset", &());
    }
}

/// A panic while the lock was held must not take every later request along.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
