//! The plot: a bar a peer on a logarithmic scale, for each engine, as SVG that a page shows in light and in dark.

use crate::peers::{Peer, Work};
use crate::results::{InEngine, Results};
use std::fmt::Write as _;

const WIDTH: f64 = 860.0;
/// Where bars begin: names stand before.
const LEFT: f64 = 300.0;
/// Where they end: ratios stand behind.
const RIGHT: f64 = 780.0;
const ROW: f64 = 20.0;
const HEAD: f64 = 58.0;
const FOOT: f64 = 26.0;

/// What the colours mean.
const MEANINGS: [(&str, &str); 3] =
    [("ours", "fieldseal"), ("quantum", "post-quantum"), ("other", "classical")];

/// What all plots look like. The colours are told apart by people who see few, and each bar has its text.
const STYLE: &str = "
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600; font-size: 15px }
  .axis { fill: #59636e; font-size: 11px }
  .grid { stroke: #d1d9e0 }
  .one { stroke: #59636e; stroke-dasharray: 3 3 }
  .ours { fill: #0969da }
  .quantum { fill: #8250df }
  .other { fill: #9aa4ae }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .axis { fill: #9198a1 }
    .grid { stroke: #3d444d }
    .one { stroke: #9198a1 }
    .ours { fill: #4493f8 }
    .quantum { fill: #ab7df8 }
    .other { fill: #656c76 }
  }
";

/// The plot of one work, all engines below each other. None if it was not measured.
pub(crate) fn of(results: &Results, work: Work) -> Option<String> {
    let engines: Vec<(&InEngine, Vec<(&Peer, f64)>)> =
        results.engines.iter().filter_map(|engine| Some((engine, bars(results, engine, work)?))).collect();
    let ratios = || engines.iter().flat_map(|(_, bars)| bars.iter().map(|(_, ratio)| *ratio));
    let scale = Scale::over(ratios())?;
    let height: f64 = engines.iter().map(|(_, bars)| HEAD + ROW * bars.len() as f64 + FOOT).sum();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{}, ratios\">\n<style>{STYLE}</style>\n",
        escape(work.title())
    );
    let mut top = 0.0;
    for (engine, bars) in &engines {
        panel(&mut svg, top, engine, work, results, bars, &scale);
        top += HEAD + ROW * bars.len() as f64 + FOOT;
    }
    svg += "</svg>\n";
    Some(svg)
}

/// The peers with their ratios, the fastest first.
fn bars<'a>(results: &'a Results, engine: &InEngine, work: Work) -> Option<Vec<(&'a Peer, f64)>> {
    let measured = engine.work(work)?;
    let ratio = |peer: &'a Peer| Some((peer, measured.ratio(measured.median(&peer.id)?)?));
    let mut bars: Vec<_> = results.peers.iter().filter_map(ratio).collect();
    bars.sort_by(|a, b| a.1.total_cmp(&b.1));
    (!bars.is_empty()).then_some(bars)
}

fn panel(
    svg: &mut String,
    top: f64,
    engine: &InEngine,
    work: Work,
    results: &Results,
    bars: &[(&Peer, f64)],
    scale: &Scale,
) {
    let bottom = top + HEAD + ROW * bars.len() as f64;
    let title = format!("{} in {}", work.title(), engine.title());
    let _ = writeln!(svg, "<text class=\"title\" x=\"8\" y=\"{:.0}\">{}</text>", top + 22.0, escape(&title));
    let floor = format!("times {}, logarithmic; shorter is faster", results.title(work.floor()));
    let _ = writeln!(svg, "<text class=\"axis\" x=\"8\" y=\"{:.0}\">{}</text>", top + 40.0, escape(&floor));
    for (at, (class, meaning)) in MEANINGS.into_iter().enumerate() {
        let x = RIGHT - 330.0 + 120.0 * at as f64;
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{:.0}\" width=\"10\" height=\"10\" rx=\"2\"/>",
            top + 31.0
        );
        let _ =
            writeln!(svg, "<text class=\"axis\" x=\"{}\" y=\"{:.0}\">{meaning}</text>", x + 15.0, top + 40.0);
    }
    for (value, label) in scale.ticks() {
        let x = scale.place(value);
        let class = if label == "1" { "one" } else { "grid" };
        let from = top + HEAD - 6.0;
        let _ = writeln!(svg, "<path class=\"{class}\" d=\"M{x:.1} {from:.1}V{bottom:.1}\"/>");
        let _ = writeln!(
            svg,
            "<text class=\"axis\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
            bottom + 14.0
        );
    }
    for (row, (peer, ratio)) in bars.iter().enumerate() {
        let y = top + HEAD + ROW * row as f64;
        let class = match peer {
            peer if peer.is_ours() => "ours",
            peer if peer.post_quantum => "quantum",
            _ => "other",
        };
        let (from, to, base) = (scale.place(scale.least), scale.place(*ratio), y + 14.0);
        let _ = writeln!(svg, "<text x=\"8\" y=\"{base:.1}\">{}</text>", escape(&peer.title));
        let width = (to - from).max(1.5);
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"14\" rx=\"2\"/>",
            y + 3.0
        );
        let text = if *ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") };
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{base:.1}\">{text}</text>", from + width + 6.0);
    }
}

/// A logarithmic scale over whole powers of ten.
struct Scale {
    least: f64,
    most: f64,
}

impl Scale {
    fn over(ratios: impl Iterator<Item = f64>) -> Option<Self> {
        let (least, most) = ratios.fold(None, |seen, ratio| {
            let (least, most) = seen.unwrap_or((ratio, ratio));
            Some((f64::min(least, ratio), f64::max(most, ratio)))
        })?;
        // A bar at the least value would have no length, so the scale begins below it.
        Some(Self { least: 10_f64.powf((least * 0.8).log10().floor()), most: most * 1.1 })
    }

    fn place(&self, ratio: f64) -> f64 {
        let share = (ratio / self.least).log10() / (self.most / self.least).log10();
        LEFT + (RIGHT - LEFT) * share
    }

    fn ticks(&self) -> Vec<(f64, String)> {
        let powers = self.least.log10().round() as i32..=self.most.log10().floor() as i32;
        powers.map(|power| (10_f64.powi(power), format!("{}", 10_f64.powi(power)))).collect()
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::Scale;

    #[test]
    fn a_scale_begins_below_the_least_bar_and_ends_above_the_longest() {
        let scale = Scale::over([0.1, 1.0, 21.0].into_iter()).expect("a scale");
        assert_eq!(scale.least, 0.01);
        assert!(scale.place(0.1) > super::LEFT && scale.place(21.0) < super::RIGHT);
        let labels: Vec<_> = scale.ticks().into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["0.01", "0.1", "1", "10"]);
    }
}
