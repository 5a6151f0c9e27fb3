//! The demonstration, as `cargo xtask demo` starts it once everything is built.
#![forbid(unsafe_code)]

use anyhow::Result;
use clap::Parser;
use fieldseal_e2e::demo::{Demo, Shown};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

/// Starts the shop, its key holder and the console, and stops them on ctrl-c.
#[derive(Parser)]
struct Args {
    /// Drive one checkout through a real headless browser, check what the shop has, and end
    #[arg(long)]
    once: bool,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let args = Args::parse();
    if args.once {
        let shown = Demo::anywhere()?.once().await?;
        if args.json {
            anstream::println!("{}", serde_json::to_string_pretty(&shown)?);
        } else {
            print(&shown);
        }
        return Ok(if shown.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let mut terminate = signal(SignalKind::terminate())?;
    let demo = Demo::start()?;
    if args.json {
        anstream::println!("{}", serde_json::json!({ "shop": demo.shop.url, "console": demo.console.url }));
    } else {
        anstream::println!("\n  The shop      {}/", demo.shop.url);
        anstream::println!("  The console   {}/", demo.console.url);
        anstream::println!("\n  Place an order, then look at it in the console. Ctrl-C ends everything.\n");
    }
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => outcome?,
        _ = terminate.recv() => {}
    }
    Ok(ExitCode::SUCCESS)
}

fn print(shown: &Shown) {
    let short = |text: &str, most: usize| match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    };
    let width = shown.fields.iter().map(|row| row.field.len()).max().unwrap_or(0);
    anstream::println!("\nOne checkout in {}\n", shown.engine);
    anstream::println!(
        "  {:width$}  {:30}  {:34}  the key holder opened",
        "field",
        "typed",
        "the shop stored"
    );
    for row in &shown.fields {
        let mark = if row.sealed { "\x1b[32m✓\x1b[0m" } else { "\x1b[1;31m✗\x1b[0m" };
        let stored = format!("{} {} bytes", short(&row.stored, 20), row.stored.len());
        let (typed, opened) = (short(&row.typed, 28), short(&row.opened, 40));
        anstream::println!("{mark} {:width$}  {typed:30}  {stored:34}  {opened}", row.field);
    }
    let sealed = shown.fields.iter().filter(|row| row.sealed).count();
    anstream::println!(
        "\n{sealed} of {} fields were stored sealed and open to what was typed.",
        shown.fields.len()
    );
    anstream::println!(
        "Searched {} bytes that the shop received, logged and stored, for every typed value in every encoding:",
        shown.searched_bytes
    );
    for leak in &shown.leaks {
        anstream::println!("\x1b[1;31m✗\x1b[0m {} was found in {}, {}", leak.field, leak.place, leak.form);
    }
    if shown.leaks.is_empty() {
        anstream::println!("\x1b[32m✓\x1b[0m none was found.");
    }
}
