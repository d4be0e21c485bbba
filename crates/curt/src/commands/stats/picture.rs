//! Clicks as a picture. No colours: blocks and shades work on every terminal.

use std::fmt::Write as _;

use super::answers::{Clicks, Missing, Series, Summary, minute};
use crate::terminal::{
    table::{Column, Listing, cell},
    text::count,
};

/// Lines of a chart: with eighths of a block they show 64 heights.
const HEIGHT: usize = 8;

/// Widest column of a chart, with the gap behind it.
const COLUMN_WIDTH_MAX: usize = 4;

/// From none to eight eighths of a block.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// From none to most.
const SHADES: [char; 5] = ['·', '░', '▒', '▓', '█'];

/// With fewer clicks a week shows no pattern.
const WEEK_CLICKS_MIN: u64 = 50;

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const COLUMNS: &[Column] = &[Column::Word("FROM"), Column::Number("PEOPLE"), Column::Number("ALL")];

/// How many clicks, when, and the change from the period before.
pub(super) fn headline(short_url: &str, summary: &Summary) -> String {
    let Summary { from, to, tz, clicks, previous, .. } = summary;
    let (from, to) = (minute(from), minute(to));
    format!(
        "{short_url}\n{} of people from {from} to {to} ({tz})\n{}\n{}\n",
        count(clicks.human, "click"),
        change(clicks.human, previous.clicks.human),
        classes(clicks),
    )
}

/// Compares with the same length of time before.
fn change(now: u64, before: u64) -> String {
    if before == 0 {
        return "none in as much time before".to_owned();
    }
    let percent = (i128::from(now) - i128::from(before)) * 100 / i128::from(before);
    format!("{percent:+} % on {before} in as much time before")
}

/// The other classes of clicks.
fn classes(clicks: &Clicks) -> String {
    let Clicks { total, human, bot, preview, prefetch, suspicious } = clicks;
    let people = if *human == 1 { "person" } else { "people" };
    let prefetches = if *prefetch == 1 { "prefetch" } else { "prefetches" };
    let (bots, previews) = (count(*bot, "bot"), count(*preview, "preview"));
    format!(
        "{total} in all: {human} {people}, {bots}, {previews}, {prefetch} {prefetches}, \
         {suspicious} suspicious"
    )
}

/// Warns of clicks that the picture does not show.
pub(super) fn missing(missing: &Missing) -> Vec<String> {
    let Missing { dropped, lost } = missing;
    if dropped + lost == 0 {
        return Vec::new();
    }
    let (clicks, are) = (dropped + lost, if dropped + lost == 1 { "is" } else { "are" });
    let clicks = count(clicks, "click");
    let words = format!("of that time {are} known to be missing, of whichever links");
    vec![format!("{clicks} {words}: {dropped} dropped, {lost} lost")]
}

/// One line for each point.
pub(super) fn lines(series: &Series) -> String {
    let row = |point: &super::answers::Point| {
        let counts = [point.clicks.human, point.clicks.total];
        let label = [cell(&point.label(&series.unit))].into_iter();
        label.chain(counts.map(|count| cell(&count.to_string()))).collect()
    };
    Listing::new(COLUMNS).part(series.points.iter().map(row))
}

/// Clicks of people over time: a column for each point, or for several points if there are too
/// many.
pub(super) fn chart(series: &Series, width: usize) -> String {
    let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else {
        return String::new();
    };
    let people: Vec<u64> = series.points.iter().map(|point| point.clicks.human).collect();
    // The axis needs its numbers and a line.
    let margin = people.iter().sum::<u64>().to_string().len();
    let room = width.saturating_sub(margin + 2).max(1);
    let together = people.len().div_ceil(room);
    let bars: Vec<u64> = people.chunks(together).map(|points| points.iter().sum()).collect();
    let column = (room / bars.len()).min(COLUMN_WIDTH_MAX);
    let most = bars.iter().copied().max().unwrap_or(0);

    let mut chart = String::new();
    for row in (0..HEIGHT).rev() {
        let name = if row + 1 == HEIGHT { most.to_string() } else { String::new() };
        let bars: String = bars.iter().map(|bar| bar_at(row, *bar, most, column)).collect();
        writeln!(chart, "{name:>margin$} │{}", bars.trim_end()).expect(WRITING);
    }
    let length = bars.len() * column;
    writeln!(chart, "{:>margin$} └{}", 0, "─".repeat(length)).expect(WRITING);
    let (first, last) = (first.label(&series.unit), last.label(&series.unit));
    let gap = length.saturating_sub(first.len() + last.len()).max(2);
    let has_room = first.len() + gap + last.len() <= room && 1 < people.len();
    let last = if has_room { format!("{:gap$}{last}", "") } else { String::new() };
    writeln!(chart, "{:>margin$}  {first}{last}", "").expect(WRITING);
    if 1 < together {
        writeln!(chart, "a column is {together} {}s", series.unit).expect(WRITING);
    }
    chart
}

const WRITING: &str = "writing to a string cannot fail";

/// The part of a bar in this line, and the gap behind it. Every count above zero is visible.
fn bar_at(row: usize, bar: u64, most: u64, width: usize) -> String {
    let eighths = scaled(bar, most, (HEIGHT * 8) as u64);
    let block = BLOCKS[eighths.saturating_sub(row * 8).min(8)];
    let gap = usize::from(1 < width);
    let mut part = block.to_string().repeat(width - gap);
    part.extend(std::iter::repeat_n(' ', gap));
    part
}

/// From 0 for none to `steps` for the most.
fn scaled(count: u64, most: u64, steps: u64) -> usize {
    let step = (u128::from(count) * u128::from(steps)).div_ceil(u128::from(most.max(1)));
    usize::try_from(step).unwrap_or(0)
}

/// When in the week people come, if enough of them came to tell.
pub(super) fn week(summary: &Summary) -> String {
    if summary.clicks.human < WEEK_CLICKS_MIN {
        return String::new();
    }
    let most = summary.hours_by_weekday.iter().flatten().copied().max().unwrap_or(0);
    let hours: Vec<_> = (0..24).step_by(3).map(|hour| format!("{hour:<6}")).collect();
    let hours = hours.concat();
    let mut week = format!("\nBy weekday and hour, {most} at most\n     {}\n", hours.trim_end());
    for (name, hours) in WEEKDAYS.iter().zip(&summary.hours_by_weekday) {
        let shade = |count: &u64| SHADES[scaled(*count, most, 4)].to_string().repeat(2);
        let shades: String = hours.iter().map(shade).collect();
        writeln!(week, "{name}  {shades}").expect(WRITING);
    }
    week
}

#[cfg(test)]
mod tests;
