//! A notice as a page. It is made of the finished text, whose blocks are put between tags and escaped there, so that a
//! template has no markup of its own that could go wrong.

use crate::error::Result;
use crate::incident::data::{Library, invalid};
use crate::incident::{report, template};
use serde::Serialize;

const FILE: &str = "notice.html";

#[derive(Serialize)]
struct Values<'a> {
    lang: &'a str,
    subject: &'a str,
    style: &'a str,
    style_hash: String,
    blocks: Vec<Block<'a>>,
}

/// A part of a notice between empty lines.
#[derive(Default, Serialize)]
struct Block<'a> {
    heading: Option<&'a str>,
    items: Vec<&'a str>,
    lines: Vec<&'a str>,
}

pub(super) fn page(library: &Library, text: &str, lang: &str) -> Result<String> {
    let source = library.text(FILE).ok_or_else(|| invalid(FILE, "there is no such file"))?;
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    // The line's label is for mail.
    let subject = first.split_once(':').map_or(first, |(_, subject)| subject.trim());
    let style = report::style(library)?;
    let style_hash = report::hash_of(style);
    let blocks = blocks(rest);
    template::fill(FILE, source, &Values { lang, subject, style, style_hash, blocks })
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block<'_>> = vec![Block::default()];
    for line in text.lines() {
        let last = blocks.last_mut();
        if line.is_empty() {
            blocks.push(Block::default());
        } else if let Some(heading) = line.strip_prefix("# ") {
            blocks.push(Block { heading: Some(heading), ..Block::default() });
            blocks.push(Block::default());
        } else if let Some(item) = line.strip_prefix("- ") {
            match last {
                Some(block) if block.lines.is_empty() && block.heading.is_none() => block.items.push(item),
                _ => blocks.push(Block { items: vec![item], ..Block::default() }),
            }
        } else {
            match last {
                Some(block) if block.items.is_empty() && block.heading.is_none() => block.lines.push(line),
                _ => blocks.push(Block { lines: vec![line], ..Block::default() }),
            }
        }
    }
    blocks.retain(|block| block.heading.is_some() || !block.items.is_empty() || !block.lines.is_empty());
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_blocks() {
        let shape: Vec<_> = blocks("a\nb\n\n# H\n- 1\n- 2\nc\n")
            .iter()
            .map(|block| (block.heading.is_some(), block.items.len(), block.lines.len()))
            .collect();
        assert_eq!(shape, [(false, 0, 2), (true, 0, 0), (false, 2, 0), (false, 0, 1)]);
    }

    #[test]
    fn markup_in_a_text_stays_text() {
        let library = Library::built_in();
        let page = page(&library, "Subject: <b>\n\n# <i>\n- <script>alert(1)</script>\n", "en").unwrap();
        assert!(page.contains("&lt;script&gt;") && !page.contains("<script") && !page.contains("<b>"));
    }
}
