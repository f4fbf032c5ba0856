//! The queues of an environment: stored events must also be delivered.
//!
//! In: `queues` of the file. Out: warnings. It never repeats the name of a queue.

use toml::{Table, Value};

/// The binding that the Worker looks for.
const BINDING: &str = "EVENTS";
/// As often as Cloudflare allows. Delays grow to a quarter of an hour, so this is half a day to a day.
const MOST_RETRIES: i64 = 100;
/// What Cloudflare does where the file says nothing.
const DEFAULT_RETRIES: i64 = 3;

/// The queues of an environment.
#[derive(Debug, Default)]
pub struct Queues {
    producers: Vec<Table>,
    consumers: Vec<Table>,
}

impl Queues {
    /// Reads `queues` of an environment's table. (wrangler inherits it as little as `vars`.)
    pub fn of(environment: &Table) -> Self {
        let list = |name: &str| -> Vec<Table> {
            let entries = environment
                .get("queues")
                .and_then(|queues| queues.get(name))
                .and_then(Value::as_array);
            let tables = entries.into_iter().flatten().filter_map(Value::as_table);
            tables.cloned().collect()
        };
        Self {
            producers: list("producers"),
            consumers: list("consumers"),
        }
    }

    /// What an operator probably did not mean.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let named = |producer: &&Table| text(producer, "binding") == Some(BINDING);
        if self.producers.iter().any(|producer| !named(&producer)) {
            warnings.push(format!(
                "queues.producers: the Worker stores events in the binding {BINDING}; it uses no other"
            ));
        }
        match self.producers.iter().find(named) {
            Some(producer) => {
                let queue = text(producer, "queue");
                if !self.consumers.iter().any(|consumer| text(consumer, "queue") == queue) {
                    warnings.push(format!(
                        "queues.consumers: none for the queue of {BINDING}; events are stored and not delivered, unless another Worker consumes it"
                    ));
                }
            }
            None if !self.consumers.is_empty() => warnings.push(format!(
                "queues.producers: no binding {BINDING}; nothing is stored in the queue that is consumed"
            )),
            None => {}
        }
        self.consumers.iter().for_each(|consumer| {
            warnings.extend(
                consumer_warnings(consumer).map(|warning| format!("queues.consumers: {warning}")),
            );
        });
        warnings
    }
}

fn consumer_warnings(consumer: &Table) -> impl Iterator<Item = String> {
    let dead_letters = text(consumer, "dead_letter_queue");
    let lost = match dead_letters {
        None => Some("no dead_letter_queue; events that the CDP never takes are deleted"),
        Some(name) if Some(name) == text(consumer, "queue") => Some(
            "dead_letter_queue is the queue itself; what the CDP never takes would go round for ever",
        ),
        Some(_) => None,
    };
    let retries = consumer
        .get("max_retries")
        .and_then(Value::as_integer)
        .unwrap_or(DEFAULT_RETRIES);
    let short = (retries < MOST_RETRIES).then(|| {
        format!("max_retries is {retries}; only {MOST_RETRIES} outlast an outage of half a day")
    });
    lost.map(str::to_owned).into_iter().chain(short)
}

fn text<'t>(table: &'t Table, key: &str) -> Option<&'t str> {
    table.get(key).and_then(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(file: &str) -> Vec<String> {
        Queues::of(&file.parse().expect("TOML")).warnings()
    }

    const PRODUCER: &str = "[[queues.producers]]\nqueue = \"e\"\nbinding = \"EVENTS\"\n";
    const CONSUMER: &str =
        "[[queues.consumers]]\nqueue = \"e\"\nmax_retries = 100\ndead_letter_queue = \"d\"\n";

    #[test]
    fn a_queue_with_all_that_it_needs_and_no_queue_are_fine() {
        assert!(warnings(&format!("{PRODUCER}{CONSUMER}")).is_empty());
        assert!(warnings("").is_empty());
        assert!(warnings("[queues]").is_empty());
    }

    #[test]
    fn what_is_missing_beside_a_producer_is_warned_about() {
        let without = |key: &str| {
            let kept = |line: &&str| !line.starts_with(key);
            CONSUMER.lines().filter(kept).collect::<Vec<_>>().join("\n")
        };
        let cases = [
            (String::new(), "none for the queue of EVENTS"),
            (
                CONSUMER.replace("\"e\"", "\"other\""),
                "none for the queue of EVENTS",
            ),
            (without("dead_letter_queue"), "no dead_letter_queue"),
            (CONSUMER.replace("\"d\"", "\"e\""), "the queue itself"),
            (without("max_retries"), "max_retries is 3"),
        ];
        for (consumer, expected) in cases {
            let found = warnings(&format!("{PRODUCER}{consumer}"));
            assert_eq!(found.len(), 1, "{consumer}: {found:?}");
            assert!(found[0].contains(expected), "{found:?}");
        }
    }

    #[test]
    fn a_binding_of_another_name_is_warned_about() {
        let other = PRODUCER.replace("EVENTS", "QUEUE");
        let found = warnings(&format!("{other}{CONSUMER}"));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("it uses no other"), "{found:?}");
        assert!(found[1].contains("no binding EVENTS"), "{found:?}");
    }
}
