//! What happens to a failure in a state: Retry, then Catch, then out.

use crate::definition::{Next, Retrier, State};
use crate::exit::Way;
use crate::failure::Failure;
use crate::run::{Extra, Flow, Run};
use crate::strand::{Activity, Strand};
use crate::time::Millis;

impl Run<'_> {
    /// Retries, catches, or fails the strand.
    pub fn handle(&mut self, state: &State, strand: &mut Strand, failure: Failure) -> Flow {
        if let Some(delay) = self.retry(state, strand, &failure) {
            strand.activity = Activity::Backoff { until: self.now.saturating_add(delay) };
            return Flow::Wait;
        }
        self.catch(state, strand, failure)
    }

    /// The delay before the next attempt, if the first retrier for this failure grants one.
    pub fn retry(&mut self, state: &State, strand: &mut Strand, failure: &Failure) -> Option<Millis> {
        let (index, retrier) = matching(state.retry(), |retrier| failure.matches_any(&retrier.errors))?;
        let attempts = strand.retries.entry(index).or_insert(0);
        if *attempts >= retrier.max_attempts {
            return None;
        }
        let delay = retrier.delay_s(*attempts);
        *attempts += 1;
        if !retrier.full_jitter {
            return Some((delay * 1_000.0) as Millis);
        }
        let fraction = self.seed.fraction(self.counters.draws);
        self.counters.draws += 1;
        Some((delay * 1_000.0 * fraction) as Millis)
    }

    /// Leaves by the first catcher for this failure, or fails the strand.
    pub fn catch(&mut self, state: &State, strand: &mut Strand, failure: Failure) -> Flow {
        let Some((index, catcher)) = matching(state.catch(), |catcher| failure.matches_any(&catcher.errors))
        else {
            return Flow::Failed(failure);
        };
        let next = Next::State(catcher.next.clone());
        let prefix = format!("Catch[{index}]/");
        let way = Way { assign: &catcher.assign, output: catcher.output.as_ref(), next: &next, prefix };
        let error = failure.output();
        let extra = Extra { error: Some(&error), ..Extra::default() };
        // A catcher that fails itself is not caught again.
        self.leave(state, strand, way, extra).unwrap_or_else(Flow::Failed)
    }
}

impl Retrier {
    /// Seconds before the attempt that follows on `attempts` retries, before any jitter.
    pub(crate) fn delay_s(&self, attempts: u64) -> f64 {
        let exponent = i32::try_from(attempts).unwrap_or(i32::MAX);
        let most = self.max_delay_s.unwrap_or(crate::limits::MAX_SECONDS) as f64;
        (self.interval_s as f64 * self.backoff_rate.powi(exponent)).min(most)
    }
}

pub(crate) fn matching<T>(handlers: &[T], matches: impl Fn(&T) -> bool) -> Option<(usize, &T)> {
    handlers.iter().enumerate().find(|(_, handler)| matches(handler))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays() {
        let retrier = |rate, most| Retrier {
            errors: Vec::new(),
            interval_s: 2,
            max_attempts: 9,
            backoff_rate: rate,
            max_delay_s: most,
            full_jitter: false,
        };
        for (rate, most, attempts, wanted) in [
            (2.0, None, 0, 2.0),
            (2.0, None, 3, 16.0),
            (1.5, None, 2, 4.5),
            (1.0, None, 50, 2.0),
            (2.0, Some(10), 3, 10.0),
            (2.0, None, u64::MAX, 99_999_999.0),
        ] {
            assert_eq!(retrier(rate, most).delay_s(attempts), wanted, "{rate} {most:?} {attempts}");
        }
    }
}
