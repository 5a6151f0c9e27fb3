//! The figures of charts: where bars begin and how long they are. The page draws them, and has the same figures in a
//! table beside them.

use super::timeline::Timeline;
use super::view::time;
use crate::incident::Counts;
use serde::Serialize;
use std::collections::BTreeMap;

/// The width of a drawing, in its own units.
const WIDTH: u64 = 720;
/// What of it is for names on the left, and for figures on the right.
const LEFT: u64 = 190;
const RIGHT: u64 = 70;
/// The height of a row.
const ROW: u64 = 30;
/// The most rows; the table has all.
const MAX_ROWS: usize = 20;
/// The most characters of a name in a drawing.
const MAX_NAME: usize = 24;
/// The height of the bars of a timeline.
const TALL: u64 = 140;

/// Horizontal bars, each of several parts.
#[derive(Serialize)]
pub(super) struct Bars {
    id: &'static str,
    title: String,
    description: String,
    width: u64,
    height: u64,
    left: u64,
    rows: Vec<Row>,
    /// All of them, for the table.
    table: Vec<Figures>,
    /// How many rows are in the table alone.
    more: usize,
    head: &'static str,
}

#[derive(Serialize)]
struct Row {
    name: String,
    middle: u64,
    top: u64,
    parts: Vec<Part>,
    end: u64,
    total: u64,
}

#[derive(Serialize)]
struct Part {
    class: &'static str,
    x: u64,
    width: u64,
}

#[derive(Serialize)]
struct Figures {
    name: String,
    #[serde(flatten)]
    counts: Counts,
}

impl Bars {
    /// A chart of counts by something, the most touched first.
    pub(super) fn of(
        id: &'static str,
        head: &'static str,
        counts: &BTreeMap<String, Counts>,
    ) -> Option<Self> {
        let mut all: Vec<(&String, &Counts)> = counts.iter().collect();
        all.sort_by_key(|(_, counts)| std::cmp::Reverse((touched(counts), counts.safe)));
        let most =
            all.iter().map(|(_, counts)| touched(counts) + counts.safe).max().filter(|most| *most > 0)?;
        let rows: Vec<Row> = all.iter().take(MAX_ROWS).zip(0..).map(|(of, at)| row(of, at, most)).collect();
        let (first, figures) = all.first()?;
        Some(Self {
            id,
            head,
            title: format!("Values by {head}"),
            description: format!(
                "For each {head}, how many values were opened, how many more could be opened, and how many are safe. \
                 The most touched is {first}: {} opened or exposed, {} safe.",
                touched(figures),
                figures.safe
            ),
            width: WIDTH,
            height: rows.len() as u64 * ROW + 8,
            left: LEFT,
            more: all.len() - rows.len(),
            rows,
            table: all
                .iter()
                .map(|(name, counts)| Figures { name: (*name).clone(), counts: **counts })
                .collect(),
        })
    }
}

fn row((name, counts): &(&String, &Counts), at: u64, most: u64) -> Row {
    let scale = |count: u64| (u128::from(count) * u128::from(WIDTH - LEFT - RIGHT) / u128::from(most)) as u64;
    let mut x = LEFT;
    let mut parts = Vec::new();
    let series = [
        ("opened", counts.opened),
        ("exposed", counts.exposed.saturating_sub(counts.both)),
        ("safe", counts.safe),
    ];
    for (class, count) in series.into_iter().filter(|(_, count)| *count > 0) {
        // Even one in a hundred thousand is seen.
        let width = scale(count).max(2);
        parts.push(Part { class, x, width });
        x += width;
    }
    let top = at * ROW + 6;
    let total = touched(counts) + counts.safe;
    Row { name: shortened(name), middle: top + 14, top, parts, end: x + 6, total }
}

/// How many values were opened or exposed.
fn touched(counts: &Counts) -> u64 {
    (counts.opened + counts.exposed).saturating_sub(counts.both)
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

/// Bars over time.
#[derive(Serialize)]
pub(super) struct Times {
    title: String,
    description: String,
    width: u64,
    height: u64,
    ground: u64,
    bars: Vec<TimeBar>,
    first: String,
    last: String,
    most: u64,
    step: String,
}

#[derive(Serialize)]
struct TimeBar {
    x: u64,
    y: u64,
    width: u64,
    height: u64,
    from: String,
    openings: u64,
}

impl Times {
    pub(super) fn of(timeline: &Timeline) -> Option<Self> {
        let most = timeline.bars.iter().map(|bar| bar.openings).max().filter(|most| *most > 0)?;
        let place = (WIDTH - 60) / timeline.bars.len() as u64;
        let width = place.saturating_sub(4).clamp(2, 60);
        let bars: Vec<TimeBar> = timeline
            .bars
            .iter()
            .zip(0..)
            .map(|(bar, at)| {
                let tall = (u128::from(bar.openings) * u128::from(TALL) / u128::from(most)) as u64;
                let height = if bar.openings > 0 { tall.max(2) } else { 0 };
                TimeBar {
                    x: 50 + at * place,
                    y: TALL + 10 - height,
                    width,
                    height,
                    from: time(bar.from),
                    openings: bar.openings,
                }
            })
            .collect();
        let step = timeline.step_in_words();
        let (first, last) = (bars.first()?.from.clone(), bars.last()?.from.clone());
        Some(Self {
            title: "Openings over time".to_owned(),
            description: format!(
                "How often a value was opened in each {step}, from {first} to {last}: {most} at most."
            ),
            width: WIDTH,
            height: TALL + 40,
            ground: TALL + 10,
            bars,
            first,
            last,
            most,
            step,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(opened: u64, exposed: u64, both: u64, safe: u64) -> Counts {
        Counts { opened, exposed, both, safe }
    }

    #[test]
    fn bars_fit_and_the_most_touched_is_first() {
        let of = BTreeMap::from([
            ("a".to_owned(), counts(1, 0, 0, 99_999)),
            ("b".to_owned(), counts(10, 20, 5, 0)),
            ("c".to_owned(), counts(0, 0, 0, 0)),
        ]);
        let bars = Bars::of("kind", "kind", &of).unwrap();
        let names: Vec<&str> = bars.rows.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["b", "a", "c"]);
        for row in &bars.rows {
            let end = row.parts.last().map_or(LEFT, |part| part.x + part.width);
            assert!(end <= WIDTH - RIGHT + 4, "{end}");
        }
        // What was opened and exposed is drawn once.
        assert_eq!(bars.rows[0].total, 25);
        assert_eq!(bars.rows[1].parts[0].width, 2);
        assert!(Bars::of("kind", "kind", &BTreeMap::new()).is_none());
    }

    #[test]
    fn a_long_name_is_cut_at_a_character() {
        assert_eq!(shortened(&"é".repeat(30)), format!("{}…", "é".repeat(24)));
        assert_eq!(shortened("short"), "short");
    }
}
