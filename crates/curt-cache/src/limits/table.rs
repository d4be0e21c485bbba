//! One shard of a purpose's keys, in order of expiry.

use std::{hash::RandomState, time::Duration};

use hashlink::{LinkedHashMap, linked_hash_map::RawEntryMut};

use super::{
    keys::Slot,
    log::Log,
    quotas::{Decision, Limit, Quota},
};

/// Bytes that a key costs beside its times: the node, its two links, its place in the hash table,
/// and the allocator's overhead for two allocations.
const KEY_BYTES: usize = size_of::<Slot>() + size_of::<Log>() + 64;

/// Expired keys that are dropped when a key is added: more than one, so that leftovers of a flood
/// go away, and few, so that no single request pays for all of them.
const DROPPED_AT_ONCE: usize = 2;

/// This fraction of the memory is for shared buckets.
const SHARED_PART: usize = 8;

/// **Invariant:** no log is empty, and keys are in the order of the newest times that they ever
/// had.
pub(super) struct Table {
    logs: LinkedHashMap<Slot, Log, RandomState>,
    /// The newest time that was recorded.
    newest: u64,
    bytes_max: usize,
}

impl Table {
    pub(super) fn new(bytes_max: usize, hasher: RandomState) -> Self {
        Self { logs: LinkedHashMap::with_hasher(hasher), newest: 0, bytes_max }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.logs.len()
    }

    /// Judges a request, and records it if it is allowed; `None` if there is no room for its key.
    ///
    /// The recorded time is rounded up to milliseconds, and is never before an earlier record; the
    /// time for judging is rounded down. So neither rounding nor two threads that arrive in a
    /// different order than they read the clock make a window shorter.
    pub(super) fn take(
        &mut self,
        slot: Slot,
        hash: u64,
        limit: Limit,
        now: Duration,
    ) -> Option<Decision> {
        let window = millis(limit.window());
        let (now, recorded_at) = (millis(now), millis_up(now).max(self.newest));
        let count_max = limit.count() as usize;
        let over = now.checked_sub(window);
        if self.logs.raw_entry().from_key_hashed_nocheck(hash, &slot).is_none() {
            self.drop_expired(over);
            if self.keys_max(slot, count_max) <= self.logs.len() {
                return None;
            }
        }
        let mut entry = match self.logs.raw_entry_mut().from_key_hashed_nocheck(hash, &slot) {
            RawEntryMut::Occupied(entry) => entry,
            RawEntryMut::Vacant(entry) => {
                entry.insert_entry_hashed_nocheck(hash, slot, Log::default())
            }
        };
        let log = entry.get_mut();
        if let Some(over) = over {
            log.forget_until(over);
        }
        let is_allowed = log.len() < count_max;
        if is_allowed {
            log.record(recorded_at, count_max);
            self.newest = recorded_at;
        }
        let oldest = log.oldest().unwrap_or(now);
        // Rounding up would add a millisecond, and headers would show a second more.
        let reset = (oldest + window).saturating_sub(now).min(window);
        let quota = Quota {
            limit,
            remaining: limit.count() - u32::try_from(log.len()).unwrap_or(u32::MAX),
            reset_after: Duration::from_millis(reset),
            is_shared: slot.is_shared(),
        };
        if is_allowed {
            entry.to_back();
            return Some(Decision::Allowed(quota));
        }
        Some(Decision::Refused(quota))
    }

    /// Judges a request without recording it; `None` if there is no room for its key.
    pub(super) fn look(
        &mut self,
        slot: Slot,
        hash: u64,
        limit: Limit,
        now: Duration,
    ) -> Option<Decision> {
        let (window, now) = (limit.window(), millis(now));
        let count_max = limit.count() as usize;
        let Some((_, log)) = self.logs.raw_entry().from_key_hashed_nocheck(hash, &slot) else {
            let has_room = self.logs.len() < self.keys_max(slot, count_max);
            let all = Quota {
                limit,
                remaining: limit.count(),
                reset_after: Duration::ZERO,
                is_shared: slot.is_shared(),
            };
            return has_room.then_some(Decision::Allowed(all));
        };
        let (count, oldest) = log.after(now.checked_sub(millis(window)));
        let reset = oldest.map_or(0, |oldest| (oldest + millis(window)).saturating_sub(now));
        let quota = Quota {
            limit,
            remaining: limit.count().saturating_sub(u32::try_from(count).unwrap_or(u32::MAX)),
            reset_after: Duration::from_millis(reset).min(window),
            is_shared: slot.is_shared(),
        };
        let is_allowed = count < count_max;
        Some(if is_allowed { Decision::Allowed(quota) } else { Decision::Refused(quota) })
    }

    /// Takes back the record of a request that was judged at that time. Of several at the same time
    /// it removes the earliest, so that no window gets shorter; expired records are already gone.
    /// Returns whether there is such a key.
    pub(super) fn give_back(
        &mut self,
        slot: Slot,
        hash: u64,
        limit: Limit,
        judged_at: Duration,
        now: Duration,
    ) -> bool {
        let recorded_at = millis_up(judged_at);
        if recorded_at + millis(limit.window()) <= millis(now).max(self.newest) {
            return true;
        }
        let entry = self.logs.raw_entry_mut().from_key_hashed_nocheck(hash, &slot);
        let RawEntryMut::Occupied(mut entry) = entry else { return false };
        entry.get_mut().forget_one_from(recorded_at);
        if entry.get().len() == 0 {
            entry.remove();
        }
        true
    }

    /// Drops the keys that expired longest ago, which come first.
    fn drop_expired(&mut self, over: Option<u64>) {
        let Some(over) = over else { return };
        for _ in 0..DROPPED_AT_ONCE {
            match self.logs.front() {
                Some((_, log)) if log.newest().is_none_or(|newest| newest <= over) => {
                    self.logs.pop_front();
                }
                _ => return,
            }
        }
    }

    /// How many keys there may be before another one like this is added. Every key counts with all
    /// the times it may get, so that an existing key is never cut short.
    fn keys_max(&self, slot: Slot, count_max: usize) -> usize {
        let all = self.bytes_max / (KEY_BYTES + count_max * size_of::<u32>());
        match slot {
            Slot::Own(_) => all - all / SHARED_PART,
            Slot::Network(_) | Slot::Links(_) => all,
            Slot::Everybody => usize::MAX,
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn millis_up(duration: Duration) -> u64 {
    millis(duration + Duration::from_nanos(999_999))
}
