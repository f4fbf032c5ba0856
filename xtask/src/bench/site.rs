//! What is around the Workers: XM and the CDP, and the cache of a data centre.
//!
//! In: the pages. Out: Workers in front of them, and what a Worker's process used for a number of visits.

use crate::project::Project;

use super::{
    cache::Cache,
    case::Case,
    load,
    origin::{Asked, Origin},
    worker::{Kind, Worker},
};

/// Everything that is no Worker.
pub struct Site<'a> {
    /// Whose Workers they are.
    pub project: &'a Project,
    /// XM and the CDP.
    pub origin: Origin,
    /// Behind the Cache API of every Worker.
    pub cache: Cache,
}

impl<'a> Site<'a> {
    /// Serves the pages of `cases`.
    ///
    /// # Errors
    /// When no port can be had.
    pub fn start(project: &'a Project, cases: &[Case]) -> anyhow::Result<Self> {
        Ok(Self {
            project,
            origin: Origin::start(cases)?,
            cache: Cache::start()?,
        })
    }

    /// Starts a Worker in front of it.
    ///
    /// # Errors
    /// When workerd is missing or does not start.
    pub fn worker(&self, kind: Kind, cases: &[Case]) -> anyhow::Result<Worker> {
        let origin = self.origin.url();
        Worker::start(self.project, kind, &origin, self.cache.address, cases)
    }

    /// Starts three of them.
    ///
    /// # Errors
    /// When workerd is missing or does not start.
    pub fn workers(&self, kinds: [Kind; 3], cases: &[Case]) -> anyhow::Result<[Worker; 3]> {
        let [first, second, third] = kinds.map(|kind| self.worker(kind, cases));
        Ok([first?, second?, third?])
    }

    /// Visits a page so many times; each answer has `length` bytes.
    ///
    /// # Errors
    /// When an answer or an event does not come.
    pub fn visits(
        &self,
        worker: &Worker,
        case: &Case,
        requests: usize,
        length: usize,
    ) -> anyhow::Result<Used> {
        let before = worker.cpu_time()?;
        load::burst(worker.address, case, requests, length)?;
        let events = requests as u64 * worker.kind.events();
        let asked = self.origin.asked(events)?;
        let took = worker.cpu_time()?.saturating_sub(before);
        Ok(Used {
            cpu_ms: took.as_secs_f64() * 1000.0 / requests as f64,
            asked,
        })
    }
}

/// What some visits used.
pub struct Used {
    /// CPU milliseconds per visit, the events behind it included.
    pub cpu_ms: f64,
    /// What XM and the CDP were asked, all visits together.
    pub asked: Asked,
}
