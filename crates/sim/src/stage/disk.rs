//! A disk that waits, refuses, does what it was asked and says it failed, and dies just before or after a call. Every append
//! is shown to the device's witness before anybody else can see it. Keeps nothing itself.

use std::{cell::Cell, rc::Rc};

use syncline_store::{
    Append, Compacted, Compaction, Disk, DiskError, Entries, Generation, Loaded, MemoryDisk, PageId, Pages,
    Sequence, Tail,
};

use crate::{ground::Ground, oracle::Witness, tasks::Owner};

/// Whether the disk of a device is in trouble: then calls fail as often as the weather says.
pub(crate) type Health = Cell<bool>;

/// One context's handle on the disk of its device.
pub(crate) struct FaultyDisk {
    pub(crate) disk: MemoryDisk,
    pub(crate) ground: Rc<Ground>,
    pub(crate) is_ill: Rc<Health>,
    pub(crate) witness: Rc<Witness>,
    pub(crate) owner: Owner,
    /// Whether the connection is lost for good: the disk answers nothing else then.
    pub(crate) is_lost: Rc<Cell<bool>>,
}

impl FaultyDisk {
    async fn call<T>(
        &self,
        act: impl AsyncFnOnce(&MemoryDisk) -> Result<T, DiskError>,
    ) -> Result<T, DiskError> {
        let mut call = Call { ground: &self.ground, is_ended: false };
        self.ground.pause().await;
        if self.is_lost.get() {
            call.is_ended = true;
            return Err(DiskError::Closed);
        }
        if self.is_ill.get() && self.ground.strikes(self.ground.weather.disk_refuses) {
            call.is_ended = true;
            self.ground.count(|counts| &mut counts.disk_refused);
            return Err(self.refusal());
        }
        if self.ground.weather.disk_takes > 0 {
            self.ground.time.sleep(self.ground.weather.disk_takes).await;
        }
        let result = act(&self.disk).await;
        self.ground.pause().await;
        call.is_ended = true;
        if self.is_ill.get() && self.ground.strikes(self.ground.weather.disk_doubt) {
            self.ground.count(|counts| &mut counts.disk_doubt);
            return Err(self.doubt());
        }
        result
    }

    fn refusal(&self) -> DiskError {
        match self.ground.fate.below(4) {
            0 => DiskError::Aborted,
            1 => self.doubt(),
            2 => DiskError::Unavailable,
            _ => DiskError::QuotaExceeded,
        }
    }

    /// An error that leaves open what happened; some are the last word.
    fn doubt(&self) -> DiskError {
        if self.ground.fate.happens(200) {
            self.is_lost.set(true);
            self.ground.count(|counts| &mut counts.disks_lost);
            self.ground.say(|| format!("{:?} loses its disk", self.owner));
            return DiskError::Closed;
        }
        DiskError::Other { name: "UnknownError".to_owned(), message: "the disk hiccuped".to_owned() }
    }

    fn show(&self, append: Append) -> Append {
        match &append {
            Append::Appended(sequence) => self.witness.see(self.owner, *sequence),
            Append::Behind(_) => self.ground.count(|counts| &mut counts.behind),
            Append::Compacted => {}
        }
        append
    }
}

impl Disk for FaultyDisk {
    async fn load(&self) -> Result<Loaded, DiskError> {
        self.call(async |disk| disk.load().await).await
    }

    async fn tail(&self, generation: Generation, after: Sequence) -> Result<Tail, DiskError> {
        self.call(async |disk| disk.tail(generation, after).await).await
    }

    async fn append(
        &self,
        generation: Generation,
        after: Sequence,
        entry: &[u8],
    ) -> Result<Append, DiskError> {
        self.call(async |disk| Ok(self.show(disk.append(generation, after, entry).await?))).await
    }

    async fn append_after_tail(
        &self,
        generation: Generation,
        after: Sequence,
        decide: &mut dyn FnMut(&Entries) -> Option<Vec<u8>>,
    ) -> Result<Append, DiskError> {
        self.call(async |disk| Ok(self.show(disk.append_after_tail(generation, after, decide).await?))).await
    }

    async fn pages(&self, generation: Generation, ids: &[PageId]) -> Result<Pages, DiskError> {
        self.call(async |disk| disk.pages(generation, ids).await).await
    }

    async fn damaged_entry(&self, entry: Sequence) -> Result<Option<Rc<[u8]>>, DiskError> {
        self.call(async |disk| disk.damaged_entry(entry).await).await
    }

    async fn compact(&self, compaction: &Compaction) -> Result<Compacted, DiskError> {
        self.call(async |disk| {
            let compacted = disk.compact(compaction).await?;
            match compacted {
                Compacted::Done => self.ground.count(|counts| &mut counts.compactions),
                Compacted::Stale => self.ground.count(|counts| &mut counts.stale_compactions),
            }
            Ok(compacted)
        })
        .await
    }

    async fn flush(&self) -> Result<(), DiskError> {
        self.call(async |disk| disk.flush().await).await
    }
}

/// Notices a call that is dropped before it ended.
struct Call<'a> {
    ground: &'a Ground,
    is_ended: bool,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if !self.is_ended {
            self.ground.count(|counts| &mut counts.crashes_in_disk);
        }
    }
}
