//! Runs that are interrupted, and go on.

use super::parquet::{parquet_rows, write_parquet};
use super::{csv_rows, names, number, place, read};
use crate::support::{Place, options, seal};
use parquet::record::Field;
use serde_json::{Value, json};
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A run in the background.
fn spawn(place: &Place, args: &[&str]) -> Child {
    place.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// A number that is somewhere below, and another one each time.
fn below(most: u64) -> u64 {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).unwrap();
    u64::from_le_bytes(bytes) % most
}

/// Runs the command, kills it at random moments, and goes on until it comes to the end. Gives how often it was killed.
fn through_interruptions(place: &Place, args: &[&str], kills: usize, longest: u64) -> usize {
    let resumed = [args, &["--resume"]].concat();
    let mut killed = 0;
    for _ in 0..kills {
        let mut child = spawn(place, &resumed);
        let end = Instant::now() + Duration::from_millis(below(longest));
        while Instant::now() < end && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        if output.status.code().is_some() {
            // It came to the end, so there is nothing more to interrupt.
            ended(output.status.code(), &String::from_utf8_lossy(&output.stderr), killed);
            return killed;
        }
        killed += 1;
    }
    let end = place.run(&resumed);
    ended(end.code, &end.stderr, killed);
    killed
}

/// A run may have been killed when its output was whole and its journal gone: then there is nothing to resume.
fn ended(code: Option<i32>, stderr: &str, killed: usize) {
    let was_whole = killed > 0 && stderr.contains("error[resume-nothing]");
    assert!(code == Some(0) || was_whole, "{code:?} {stderr}");
}

#[test]
fn each_value_is_written_once_whatever_interrupts() {
    const MANY: usize = 4000;
    let (place, keys) = place();
    let tokens: Vec<_> = (0..MANY).map(|i| number(&keys, i)).collect();
    fs::write(place.path("tokens"), tokens.join("\n")).unwrap();
    let rows: String =
        tokens.iter().enumerate().map(|(i, token)| format!("{i},\"x\ny\",{token}\n")).collect();
    fs::write(place.path("t.csv"), format!("id,other,token\n{rows}")).unwrap();
    write_parquet(
        &place.path("t.parquet"),
        &[1500, MANY - 1500],
        |i| Some(tokens[i].clone()),
        |_| "s".to_owned(),
    );
    // The moments are spread over the time that a run takes.
    let start = Instant::now();
    place.run(&["open", "--file", "tokens", "--out", "out", "--sync-every", "0"]).ok();
    let longest = start.elapsed().as_millis() as u64;
    let mut killed = 0;
    for round in 0..4 {
        let out = |ending: &str| format!("out-{round}{ending}");
        let (lines, csv, parquet) = (out(""), out(".csv"), out(".parquet"));
        let every = ["--sync-every", "0"];
        killed += through_interruptions(
            &place,
            &[&["open", "--file", "tokens", "--out", &lines][..], &every].concat(),
            5,
            longest,
        );
        let values: Vec<_> = read(&place, &lines)
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["value"].as_u64().unwrap() as usize)
            .collect();
        assert!(values.iter().copied().eq(0..MANY));
        killed += through_interruptions(
            &place,
            &[&["open", "--file", "t.csv", "--out", &csv][..], &every].concat(),
            5,
            longest,
        );
        let rows = csv_rows(&read(&place, &csv));
        assert_eq!(rows[0], ["id", "other", "token", "token_error"]);
        assert!(
            rows[1..].iter().enumerate().all(|(i, row)| row == &[&i.to_string(), "x\ny", &i.to_string(), ""])
        );
        assert_eq!(rows.len(), MANY + 1);
        let columns = ["--column", "first"];
        killed += through_interruptions(
            &place,
            &[&["open", "--file", "t.parquet", "--out", &parquet][..], &columns, &every].concat(),
            5,
            longest,
        );
        let rows = parquet_rows(&place.path(&parquet));
        assert_eq!(rows.len(), MANY);
        let is_whole = |(i, row): (usize, &Vec<(String, Field)>)| {
            row[0].1 == Field::Long(i as i64)
                && row[1].1 == Field::Str(i.to_string())
                && row[4].1 == Field::Null
        };
        assert!(rows.iter().enumerate().all(is_whole));
    }
    let kept = ["out-0", "out-0.csv", "out-0.parquet"];
    assert!(kept.iter().all(|name| names(&place).contains(&(*name).to_owned())));
    assert!(
        !names(&place).iter().any(|name| name.contains("progress") || name.contains("part-")),
        "{:?}",
        names(&place)
    );
    eprintln!("killed {killed} times");
    assert!(killed > 10);
}

/// Waits until a run has put something on the disk.
fn wait_for_progress(place: &Place, out: &str) {
    let journal = place.path(&format!("{out}.progress"));
    let end = Instant::now() + Duration::from_secs(60);
    while fs::read_to_string(&journal).map_or(0, |journal| journal.lines().count()) < 3 {
        assert!(Instant::now() < end, "nothing came of it");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn ctrl_c_ends_well_and_only_the_same_run_goes_on() {
    const MANY: usize = 20_000;
    let (place, keys) = place();
    let token = number(&keys, 7);
    fs::write(place.path("tokens"), format!("{token}\n").repeat(MANY)).unwrap();
    let args = ["open", "--file", "tokens", "--out", "out", "--sync-every", "0", "--purpose", "migration"];
    let child = spawn(&place, &args);
    wait_for_progress(&place, "out");
    // Nobody else writes to it meanwhile.
    let busy = place.run(&[&args[..], &["--resume"]].concat()).failed(2);
    assert!(busy.contains("error[resume-busy]"), "{busy}");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("error[interrupted]") && said.contains("--resume"), "{said}");
    assert_eq!(names(&place), ["out", "out.progress", "tokens"]);
    // What was opened has been written: there is a record for each line and a line for each record.
    let written = read(&place, "out").lines().count();
    assert!(written > 0 && written < MANY);
    assert_eq!(place.outcomes().len(), written);

    for (change, code) in [
        (&["--file", "tokens", "--out", "out", "--resume"][..], "resume-mismatch"),
        (
            &["--file", "tokens", "--out", "out", "--purpose", "migration", "--field", "n", "--resume"],
            "resume-mismatch",
        ),
        (&["--file", "other", "--out", "out", "--purpose", "migration", "--resume"], "resume-mismatch"),
        (&["--file", "tokens", "--out", "tokens", "--purpose", "migration", "--resume"], "resume-nothing"),
        (&["--file", "tokens", "--out", "out", "--purpose", "migration"], "output-exists"),
        (&["--file", "tokens", "--purpose", "migration", "--resume"], "--out"),
    ] {
        fs::write(place.path("other"), format!("{token}\n").repeat(MANY)).unwrap();
        let said = place.run(&[&["open"][..], change].concat()).failed(2);
        assert!(said.contains(code), "{change:?} {said}");
    }
    // Part of the output is lost.
    let whole = fs::read(place.path("out")).unwrap();
    fs::write(place.path("out"), &whole[..whole.len() - 1]).unwrap();
    let said = place.run(&[&args[..], &["--resume"]].concat()).failed(2);
    assert!(said.contains("error[resume-mismatch]"), "{said}");
    // Half a line that was not on the disk for certain is.
    fs::write(place.path("out"), [&whole[..], b"{\"field\":"].concat()).unwrap();
    let resumed = place.run(&[&args[..], &["--resume", "--json"]].concat());
    let summary: Value = serde_json::from_str(&resumed.stderr).unwrap();
    assert_eq!((resumed.code, &summary["opened"]), (Some(0), &json!(MANY)));
    let out = read(&place, "out");
    assert_eq!(out.lines().count(), MANY);
    assert!(out.lines().all(|line| line.ends_with(",\"value\":7}")));
    assert_eq!(place.outcomes().len(), MANY);
    assert_eq!(names(&place), ["other", "out", "tokens"]);
    let nothing = place.run(&[&args[..], &["--resume"]].concat()).failed(2);
    assert!(nothing.contains("error[resume-nothing]"), "{nothing}");
}

/// The journal's last line, with these members changed.
fn note(place: &Place, out: &str, changes: &[(&str, Value)]) {
    let path = place.path(&format!("{out}.progress"));
    let journal = fs::read_to_string(&path).unwrap();
    let mut last: Value = serde_json::from_str(journal.lines().last().unwrap()).unwrap();
    for (name, value) in changes {
        last[*name] = value.clone();
    }
    fs::write(path, format!("{journal}{last}\n{{\"batch\":9")).unwrap();
}

/// Interruptions at the very end of a Parquet file, when its parts become one and then are removed.
#[test]
fn parts_become_one_file_whatever_interrupts() {
    const MANY: usize = 20_000;
    let (place, keys) = place();
    let token = number(&keys, 7);
    write_parquet(&place.path("t.parquet"), &[MANY], |_| Some(token.clone()), |_| String::new());
    let args =
        ["open", "--file", "t.parquet", "--out", "o.parquet", "--column", "first", "--sync-every", "0"];
    let mut child = spawn(&place, &args);
    wait_for_progress(&place, "o.parquet");
    child.kill().unwrap();
    child.wait().unwrap();
    let parts = names(&place).iter().filter(|name| name.starts_with("o.parquet.part-")).count();
    assert!(parts > 0);
    let state: Vec<_> = names(&place).into_iter().filter(|name| name.starts_with("o.parquet")).collect();
    let kept: Vec<_> = state.iter().map(|name| fs::read(place.path(name)).unwrap()).collect();
    let resume = [&args[..], &["--resume"]].concat();

    // It was killed while it wrote the output: that is done again, from the parts that the journal knows.
    let rows = json!(MANY);
    note(&place, "o.parquet", &[("input", rows.clone())]);
    fs::write(place.path("o.parquet"), b"PAR1 and then nothing more").unwrap();
    place.run(&resume).ok();
    let some = parquet_rows(&place.path("o.parquet"));
    assert!(some.len() >= 256 && some.len() < MANY && some.len().is_multiple_of(256));
    assert!(some.iter().enumerate().all(|(i, row)| row[0].1 == Field::Long(i as i64)));
    assert_eq!(names(&place), ["o.parquet", "t.parquet"]);

    // It was killed while it tidied up: the output stays as it is.
    for (name, content) in state.iter().zip(kept) {
        fs::write(place.path(name), content).unwrap();
    }
    note(&place, "o.parquet", &[("input", rows), ("complete", json!(true))]);
    fs::write(place.path("o.parquet"), b"complete").unwrap();
    fs::remove_file(place.path("o.parquet.part-00000")).unwrap();
    place.run(&resume).ok();
    assert_eq!(read(&place, "o.parquet"), "complete");
    assert_eq!(names(&place), ["o.parquet", "t.parquet"]);
}

/// Tokens that open a single time were opened for an output that is lost: the same batches are the same requests,
/// and so they open again.
#[test]
fn what_opens_once_is_not_lost_by_an_interruption() {
    const MANY: usize = 3000;
    let (place, keys) = place();
    let once = |i: usize| {
        let mut options = options("n", "number");
        options.once = true;
        seal(&keys, &options, &i.to_string()) + "\n"
    };
    fs::write(place.path("tokens"), (0..MANY).map(once).collect::<String>()).unwrap();
    // Nothing is put on the disk for an hour, so all that is opened until it is killed is lost.
    let args = ["open", "--file", "tokens", "--out", "out", "--sync-every", "3600"];
    let mut child = spawn(&place, &args);
    let end = Instant::now() + Duration::from_secs(60);
    while fs::metadata(place.path("out")).map_or(0, |out| out.len()) == 0 {
        assert!(Instant::now() < end, "nothing came of it");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    place.run(&[&args[..], &["--resume"]].concat()).ok();
    let out = read(&place, "out");
    let values = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["value"].as_u64());
    assert!(values.eq((0..MANY as u64).map(Some)));
    let outcomes = place.outcomes();
    assert!(outcomes.contains(&"granted-again".to_owned()));
    assert_eq!(outcomes.iter().filter(|outcome| *outcome == "granted").count(), MANY);
    // Another run is another request.
    let again = place.run(&["open", "--file", "tokens", "--out", "again", "--json"]);
    let summary: Value = serde_json::from_str(&again.stderr).unwrap();
    assert_eq!(summary["refused"], json!({ "token-already-opened": MANY }));
}
