//! Where the process dies or a port fails: at one call, counted over all ports.

use domain::ports::PortError;
use std::sync::Mutex;
use tokio::sync::Notify;

/// The event at the chosen call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The process dies before the call has done anything.
    DiesBefore,
    /// The call takes effect, and the process dies before it learns so.
    DiesAfter,
    /// The call fails and has no effect.
    Fails,
    /// The call takes effect and fails all the same: an answer that never came.
    FailsAfter,
}

/// Counts the calls of a run and brings the fault at one of them.
#[derive(Default)]
pub struct Plan {
    state: Mutex<State>,
    died: Notify,
}

#[derive(Default)]
struct State {
    calls: Vec<&'static str>,
    fault: Option<(usize, Fault)>,
    is_out: Option<fn(&str) -> bool>,
}

impl Plan {
    /// Brings `fault` at call number `at`, once.
    pub fn set(&self, at: usize, fault: Fault) {
        self.state.lock().expect("no test panics with the lock").fault = Some((at, fault));
    }

    /// Lets every call fail that `is_out` picks by its name, until it is [`Plan::restore`]d.
    pub fn interrupt(&self, is_out: fn(&str) -> bool) {
        self.state.lock().expect("no test panics with the lock").is_out = Some(is_out);
    }

    pub fn restore(&self) {
        self.state.lock().expect("no test panics with the lock").is_out = None;
    }

    /// The names of the calls so far.
    pub fn calls(&self) -> Vec<&'static str> {
        self.state.lock().expect("no test panics with the lock").calls.clone()
    }

    /// Ends when the process dies.
    pub async fn death(&self) {
        self.died.notified().await;
    }

    pub fn is_out(&self, call: &str) -> bool {
        let state = self.state.lock().expect("no test panics with the lock");
        state.is_out.is_some_and(|is_out| is_out(call))
    }

    fn fault_of(&self, call: &'static str) -> Option<Fault> {
        let mut state = self.state.lock().expect("no test panics with the lock");
        if state.is_out.is_some_and(|is_out| is_out(call)) {
            return Some(Fault::Fails);
        }
        let number = state.calls.len();
        state.calls.push(call);
        let due = state.fault.filter(|(at, _)| *at == number);
        due.map(|(_, fault)| {
            state.fault = None;
            fault
        })
    }

    async fn die(&self) -> ! {
        self.died.notify_one();
        std::future::pending::<()>().await;
        unreachable!("pending futures never end")
    }

    /// Makes a call under the plan.
    pub async fn call<T>(
        &self,
        name: &'static str,
        effect: impl Future<Output = Result<T, PortError>>,
    ) -> Result<T, PortError> {
        match self.fault_of(name) {
            None => effect.await,
            Some(Fault::DiesBefore) => self.die().await,
            Some(Fault::DiesAfter) => {
                // The effect's own end is unknown to the dead.
                drop(effect.await);
                self.die().await
            }
            Some(Fault::Fails) => Err(PortError::broken("fault on purpose")),
            Some(Fault::FailsAfter) => {
                effect.await?;
                Err(PortError::broken("an answer that never came, on purpose"))
            }
        }
    }
}
