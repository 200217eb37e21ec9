//! A device's clock, which is off and may jump; its timers keep true time.

use std::{cell::Cell, rc::Rc};

use syncline_core::ports::Clock;
use syncline_protocol::Millis;

use crate::time::Time;

/// What the server's clock says when the world begins: 2026-01-01.
pub(crate) const BEGINNING: i64 = 1_767_225_600_000;

/// True time as a moment.
pub(crate) fn moment(time: &Time) -> Millis {
    Millis(BEGINNING).plus(i64::try_from(time.now()).unwrap_or(i64::MAX))
}

/// How far a device's clock is off, in milliseconds.
pub(crate) type Skew = Cell<i64>;

/// A device's clock.
pub(crate) struct DeviceClock {
    pub(crate) time: Rc<Time>,
    pub(crate) skew: Rc<Skew>,
}

impl Clock for DeviceClock {
    fn now(&self) -> Millis {
        moment(&self.time).plus(self.skew.get())
    }

    async fn sleep(&self, milliseconds: u64) {
        self.time.sleep(milliseconds).await;
    }
}
