//! Counts what a world met, so that a run can show that it was not vacuous. Judges nothing but that.

/// Which number, for [`crate::ground::Ground::count`].
pub(crate) type Which = fn(&mut Counts) -> &mut u64;

macro_rules! counts {
    ($($field:ident $must:ident $text:literal;)*) => {
        /// How often each thing happened.
        #[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
        pub struct Counts {
            $(#[doc = $text] pub $field: u64,)*
        }

        impl Counts {
            /// Adds what another world met.
            pub fn add(&mut self, other: &Self) {
                $(self.$field = self.$field.saturating_add(other.$field);)*
            }

            /// Each number with its words.
            pub fn rows(&self) -> Vec<(&'static str, u64)> {
                vec![$(($text, self.$field),)*]
            }

            /// What has to happen in a run of many seeds and did not.
            pub fn missing(&self) -> Vec<&'static str> {
                [$(counts!(@$must $text, self.$field),)*].into_iter().flatten().collect()
            }
        }
    };
    (@must $text:literal, $number:expr) => { ($number == 0).then_some($text) };
    (@may $text:literal, $number:expr) => { None::<&'static str>.filter(|_| $number == 0) };
}

counts! {
    actions may "actions of apps and of fate";
    polls may "polls of tasks";
    writes must "edits acknowledged";
    writes_failed must "edits that failed";
    writes_unknown must "edits cut short by a crash";
    writes_unknown_durable must "edits cut short by a crash and durable all the same";
    reads must "reads compared with the log";
    live_answers must "live answers compared with the log";
    syncs must "calls of sync that succeeded";
    syncs_failed must "calls of sync that failed";
    commits must "commits explained";
    coalesced must "edits coalesced into a queued change";
    queued_behind must "edits made while their record was in flight";
    crashes must "crashes of a context or a device";
    crashes_in_disk must "crashes just before or after a disk call";
    freezes must "contexts frozen and thawed";
    departures must "of these, contexts told that they were left";
    steals must "leaderships stolen";
    syncs_brief must "calls of sync with a budget that succeeded";
    syncs_dropped must "calls of sync given up half-way";
    led_anew must "changes of leader";
    requests must "requests";
    requests_lost must "requests lost";
    answers_lost must "answers lost";
    effects_unheard must "answers lost after an effect";
    duplicates must "requests delivered twice";
    delayed must "requests delayed by seconds or more";
    partitions must "partitions";
    wakes must "contexts shown again";
    data_saved must "devices whose data is to be saved from then on";
    paced must "worlds where a bandwidth is kept";
    refused_tokens must "requests refused for their token";
    throttled must "requests put off with Retry-After";
    html must "answers in HTML";
    oversized must "pushes refused as too large";
    doubts must "answers that left a change in doubt";
    unchanged must "pulls answered with 304";
    hints must "hints over the live channel";
    restarts must "restarts of the server";
    purges must "purges of deletions at the server";
    applied must "changes applied at the server";
    answered_again must "changes answered again without a second effect";
    conflicts must "conflicts answered by the server";
    rejections must "changes refused for good";
    resolved_local must "conflicts resolved for the local edit";
    resolved_remote must "conflicts resolved for the incoming record";
    merges must "conflicts merged";
    kept must "conflicts kept until somebody chooses";
    kept_on must "news of a record whose conflict is kept";
    ended_by_itself may "kept conflicts whose sides came to say the same";
    functions_failed must "functions that failed on a conflict";
    functions_silent must "functions that never answered";
    chosen_by_function must "kept conflicts ended by a function";
    chosen_by_user must "kept conflicts ended by a user's choice";
    rebased_by_pull must "pending edits met by a pull";
    overtaken must "changes overtaken by a pull while in flight";
    mass_deletions must "pulls that waited because they would delete too much";
    confirmed must "pulls that somebody let go on";
    expired must "records that left a device because nobody edited them";
    snapshots must "snapshots of a collection";
    pages must "pages with more behind them";
    behind must "appends that came second";
    compactions must "compactions of a log";
    stale_compactions must "compactions that came second";
    resets must "contexts that missed entries folded away";
    disk_refused must "disk calls refused";
    disk_doubt must "disk calls done and reported as failed";
    disks_lost must "contexts that lost their disk for good";
    disks_damaged must "disks with a spoiled bit";
    messages_lost must "messages between contexts lost";
    clock_jumps must "clocks that jumped";
    dated_anew must "measures of the clock that dated queued edits anew";
    upgrades must "apps opened anew in a newer version";
    migrated must "documents migrated on a device";
    migrated_in must "documents migrated on their way in";
    migrated_queued must "queued changes migrated";
    newer must "documents of a newer version met by an older app";
    newer_patched must "documents of a newer version patched by an older app";
    revived may "conflicting changes that a late duplicate applied after all";
}
