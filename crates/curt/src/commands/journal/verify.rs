//! `curt journal verify`: whether everything that was written can be read.

use curt_journal::SegmentState;
use serde_json::json;

use super::survey::{Content, Segment, Survey};
use crate::{terminal::text::count, visible::visible};

/// The totals of all segments.
#[derive(Default)]
struct Sum {
    records: u64,
    live: u64,
    damaged: u64,
    /// Includes whole records that are no clicks.
    lost: u64,
    bytes_unreadable: u64,
    dropped: u64,
}

impl Sum {
    fn of(segments: &[Segment]) -> Self {
        let mut sum = Self::default();
        for segment in segments {
            sum.damaged += u64::from(segment.problem().is_some());
            let Ok(content) = &segment.content else { continue };
            let found = &content.found;
            sum.live += u64::from(found.state == SegmentState::Live);
            sum.records += found.records;
            sum.lost += content.lost();
            sum.bytes_unreadable += found.bytes_skipped;
            sum.dropped += found.dropped.unwrap_or(0);
        }
        sum
    }
}

/// Segments that were moved aside are known to be damaged, and do not count here.
pub(super) fn is_sound(survey: &Survey) -> bool {
    Sum::of(&survey.segments).damaged == 0
}

pub(super) fn text(survey: &Survey) -> String {
    let Sum { records, live, damaged, lost, bytes_unreadable, dropped } = Sum::of(&survey.segments);
    let all = survey.segments.len() as u64;
    let place = survey.directory.display().to_string();
    let place = visible(&place);
    let mut words = if damaged == 0 {
        format!("{place} is sound: {} with {}", count(all, "segment"), count(records, "record"))
    } else {
        format!(
            "{place} is not sound: {damaged} of {}; {} whole, {lost} lost, {} unreadable",
            count(all, "segment"),
            count(records, "record"),
            count(bytes_unreadable, "byte"),
        )
    };
    if 0 < live {
        words.extend(["; ", &live.to_string(), " of the segments may still grow"]);
    }
    if 0 < dropped {
        words.extend(["; ", &count(dropped, "click"), " never written, for want of room"]);
    }
    words + "\n"
}

/// One object.
pub(super) fn json(survey: &Survey) -> String {
    let Sum { records, live, damaged, lost, bytes_unreadable, dropped } = Sum::of(&survey.segments);
    let with_damage = survey.segments.iter().filter_map(|segment| {
        let damage = segment.problem()?;
        let content = segment.content.as_ref().ok();
        Some(json!({
            "segment": segment.file.id.to_string(),
            "damage": damage,
            "lost": content.map(Content::lost),
            "bytes_unreadable": content.map(|content| content.found.bytes_skipped),
            "file": segment.file.path.display().to_string(),
        }))
    });
    let object = json!({
        "sound": damaged == 0,
        "segments": survey.segments.len(),
        "live": live,
        "records": records,
        "lost": lost,
        "bytes_unreadable": bytes_unreadable,
        "dropped": dropped,
        "damaged": with_damage.collect::<Vec<_>>(),
        "put_aside": survey.damaged.len(),
        "foreign": survey.foreign.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
    });
    object.to_string()
}
