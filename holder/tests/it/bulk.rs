//! Opening in bulk with the real command: formats, order, refusals, and what is left after an interruption.

use crate::support::{Place, options, seal};
use fieldseal::keyset::KeySet;
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::record::{Field, Row};
use parquet::schema::types::Type;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn place() -> (Place, KeySet) {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let keys = place.keys();
    (place, keys)
}

fn number(keys: &KeySet, i: usize) -> String {
    seal(keys, &options("n", "number"), &i.to_string())
}

fn text(keys: &KeySet, field: &str, text: &str) -> String {
    seal(keys, &options(field, "text"), &json!(text).to_string())
}

fn read(place: &Place, name: &str) -> String {
    fs::read_to_string(place.path(name)).unwrap()
}

/// What is in the directory beside the home and the key.
fn names(place: &Place) -> Vec<String> {
    let entries = fs::read_dir(place.path(".")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.filter(|name| name != "home" && name != "key").collect();
    names.sort();
    names
}

fn csv_rows(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn lines_go_to_a_private_file() {
    let (place, keys) = place();
    let input: String = (0..600).map(|i| number(&keys, i) + "\n").collect();
    fs::write(place.path("tokens"), &input).unwrap();
    let ran = place.run(&["open", "--file", "tokens", "--out", "out"]);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    ran.ok();
    let out = read(&place, "out");
    for (i, line) in out.lines().enumerate() {
        assert_eq!(serde_json::from_str::<Value>(line).unwrap()["value"], i);
    }
    assert_eq!(out.lines().count(), 600);
    assert_eq!(fs::metadata(place.path("out")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(names(&place), ["out", "tokens"]);
    // The same as is printed, and nothing is written over.
    assert_eq!(place.run(&["open", "--file", "tokens"]).ok(), out);
    let again = place.run(&["open", "--file", "tokens", "--out", "out"]).failed(2);
    assert!(again.contains("error[output-exists]"), "{again}");
    assert_eq!(read(&place, "out"), out);
    assert_eq!(place.outcomes().len(), 1200);
    // A stream can be written to a file as well.
    place.run_with_input(&["open", "--out", "piped"], input.as_bytes()).ok();
    assert_eq!(read(&place, "piped"), out);
}

#[test]
fn a_summary_for_machines() {
    let (place, keys) = place();
    let input = format!("{}\nbroken\n{}\nbroken\n", number(&keys, 1), text(&keys, "f", "x"));
    for args in [&["open", "--json"][..], &["open", "--json", "--out", "out"]] {
        let ran = place.run_with_input(args, input.as_bytes());
        let summary: Value = serde_json::from_str(&ran.stderr).unwrap();
        assert_eq!((ran.code, &summary["opened"]), (Some(1), &json!(2)));
        assert_eq!(summary["refused"], json!({ "token-malformed": 2 }));
        assert!(summary["seconds"].is_f64());
    }
}

#[test]
fn csv_keeps_its_columns_and_rows() {
    let (place, keys) = place();
    let awkward = "a \"quoted\"\r\nline, and a comma\n";
    let rows = [
        ["1", &text(&keys, "note", awkward), "kept, \"as\" is", &text(&keys, "name", "Zoë")],
        ["2", "no token", "two\nlines", ""],
        ["3", &seal(&keys, &options("note", "text"), "{\"a\":[1,null]}"), "", &text(&keys, "other", "x")],
        ["4", "", "é", &text(&keys, "name", "")],
    ];
    let mut input = csv::Writer::from_writer(Vec::new());
    input.write_record(["id", "note", "plain", "name"]).unwrap();
    rows.iter().for_each(|row| input.write_record(row).unwrap());
    let input = input.into_inner().unwrap();
    fs::write(place.path("in.csv"), &input).unwrap();
    let args = ["--column", "name", "--column", "note", "--field-is-column"];
    let ran = place.run(&[&["open", "--file", "in.csv", "--out", "out.csv"][..], &args].concat());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(1), ""));
    let expected = [
        ["id", "note", "plain", "name", "note_error", "name_error"],
        ["1", awkward, "kept, \"as\" is", "Zoë", "", ""],
        ["2", "", "two\nlines", "", "token-malformed", ""],
        ["3", "{\"a\":[1,null]}", "", "", "", "token-wrong-field"],
        ["4", "", "é", "", "", ""],
    ];
    let out = read(&place, "out.csv");
    assert_eq!(csv_rows(&out), expected);
    // To standard output, and from a pipe, it is the same.
    assert_eq!(place.run(&[&["open", "--file", "in.csv"][..], &args].concat()).stdout, out);
    let piped = place.run_with_input(&[&["open", "--format", "csv"][..], &args].concat(), &input);
    assert_eq!(piped.stdout, out);
    // Another program reads the same cells.
    let script = "import csv,json,sys; print(json.dumps(list(csv.reader(open(sys.argv[1], newline='')))))";
    let python =
        std::process::Command::new("python3").args(["-c", script]).arg(place.path("out.csv")).output();
    match python {
        Ok(output) if output.status.success() => {
            assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), json!(expected));
        }
        _ => eprintln!("python3 is not here, so it did not read the file"),
    }
}

#[test]
fn columns_of_tokens_are_found() {
    let (place, keys) = place();
    let (a, b) = (text(&keys, "a", "A"), text(&keys, "b", "B"));
    let input = format!("id,x,y,z\r\n1,{a},,a.b.c\r\n2,,{b},\r\n");
    let auto = ["open", "--format", "csv", "--column", "auto"];
    let opened = place.run_with_input(&auto, input.as_bytes()).ok();
    // The line ends are those of the input.
    assert_eq!(opened, "id,x,y,z,x_error,y_error\r\n1,A,,a.b.c,,\r\n2,,B,,,\r\n");
    let none = place.run_with_input(&auto, b"id,x\n1,\n").failed(2);
    assert!(none.contains("error[column-unknown]"), "{none}");
}

#[test]
fn tables_that_are_none() {
    let (place, keys) = place();
    let token = number(&keys, 1);
    let csv = |input: &str| place.run_with_input(&["open", "--format", "csv"], input.as_bytes());
    // A table without rows is one.
    assert_eq!(csv("token\n").ok(), "token,token_error\n");
    assert_eq!(csv("token").ok(), "token,token_error\n");
    for (input, code) in [
        ("", "column-unknown"),
        ("id\n1\n", "column-unknown"),
        ("token,token\n1,2\n", "column-unknown"),
        ("token,token_error\n1,2\n", "column-taken"),
        (&*format!("token,id\n{token},1\n{token}\n"), "table-malformed"),
    ] {
        let said = csv(input).failed(2);
        assert!(said.contains(&format!("error[{code}]")), "{input:?} {said}");
        assert!(!said.contains(&token));
    }
    // A quotation mark that is not closed does not fill the memory.
    let endless = csv(&format!("token\n\"{}", "x".repeat(20 << 20))).failed(2);
    assert!(endless.contains("error[table-malformed]"), "{endless}");
    // What comes before the place that is wrong has been opened.
    let mut rows = format!("token,id\n{token},1\n").repeat(1) + &format!("{token},1\n").repeat(400);
    rows.push_str("one\n");
    let ran = csv(&rows);
    assert_eq!((ran.code, ran.stdout.lines().count()), (Some(2), 257));
    for (args, code) in [
        (&["open", "--format", "xlsx"][..], "format-unknown"),
        (&["open", "--format", "parquet"], "file-needed"),
        (&["open", "--format", "parquet", "--out", "out"], "file-needed"),
        (&["open", "--file", "-", "--out", "out", "--resume"], "file-needed"),
        (&["open", "--file", "key", "--format", "parquet", "--out", "out"], "table-malformed"),
        (&["open", "--file", "key.csv", "--out", "out.parquet"], "format-mixed"),
        (&["open", "--file", "key", "--out", "no/such/directory"], "output-failed"),
        (&["open", "--file", "key", "--field-is-column"], "column-unknown"),
        (&["open", "--file", "key", "--column", "token"], "column-unknown"),
    ] {
        let said = place.run(args).failed(2);
        assert!(said.contains(&format!("error[{code}]")), "{args:?} {said}");
    }
    assert_eq!(names(&place), Vec::<String>::new());
}

/// Nothing is left of a run that had no right to begin.
#[test]
fn a_wrong_key_leaves_no_output() {
    let (place, keys) = place();
    fs::write(place.path("tokens"), number(&keys, 1)).unwrap();
    let mut command = place.command(&["open", "--file", "tokens", "--out", "out"]);
    let wrong = command.env("KEYHOLDER_KEY_FILE", place.path("nothing")).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    assert_eq!(names(&place), ["tokens"]);
}

/// A table of a number, a token or none, a list of numbers, and a token, in groups of so many rows.
fn write_parquet(
    path: &Path,
    groups: &[usize],
    first: impl Fn(usize) -> Option<String>,
    second: impl Fn(usize) -> String,
) {
    let column =
        |name, physical, repetition| Type::primitive_type_builder(name, physical).with_repetition(repetition);
    let id = column("id", Physical::INT64, Repetition::REQUIRED).build().unwrap();
    let text = |name, repetition| {
        column(name, Physical::BYTE_ARRAY, repetition)
            .with_logical_type(Some(LogicalType::String))
            .build()
            .unwrap()
    };
    let element = column("element", Physical::INT32, Repetition::OPTIONAL).build().unwrap();
    let list = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![Arc::new(element)]);
    let list = Type::group_type_builder("numbers")
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(list.build().unwrap())]);
    let fields = vec![
        id,
        text("first", Repetition::OPTIONAL),
        list.build().unwrap(),
        text("second", Repetition::REQUIRED),
    ];
    let fields = fields.into_iter().map(Arc::new).collect();
    let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields).build().unwrap());
    let properties = Arc::new(WriterProperties::builder().build());
    let mut writer = SerializedFileWriter::new(File::create(path).unwrap(), schema, properties).unwrap();
    let mut from = 0;
    for rows in groups {
        let rows = from..from + rows;
        from = rows.end;
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let ids: Vec<i64> = rows.clone().map(|i| i as i64).collect();
        column.typed::<Int64Type>().write_batch(&ids, None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let cells: Vec<_> = rows.clone().map(&first).collect();
        let levels: Vec<i16> = cells.iter().map(|cell| i16::from(cell.is_some())).collect();
        let cells: Vec<ByteArray> = cells.iter().flatten().map(|cell| cell.as_str().into()).collect();
        column.typed::<ByteArrayType>().write_batch(&cells, Some(&levels), None).unwrap();
        column.close().unwrap();
        // Of no list, an empty one, [i], and [null, i].
        let mut column = group.next_column().unwrap().unwrap();
        let (mut values, mut definition, mut repetition) = (Vec::new(), Vec::new(), Vec::new());
        for i in rows.clone() {
            match i % 4 {
                0 => definition.push(0),
                1 => definition.push(1),
                2 => definition.push(3),
                _ => definition.extend([2, 3]),
            }
            repetition.push(0);
            if i % 4 == 3 {
                repetition.push(1);
            }
            if i % 4 > 1 {
                values.push(i as i32);
            }
        }
        column.typed::<Int32Type>().write_batch(&values, Some(&definition), Some(&repetition)).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let cells: Vec<_> = rows.map(&second).collect();
        let cells: Vec<ByteArray> = cells.iter().map(|cell| cell.as_str().into()).collect();
        column.typed::<ByteArrayType>().write_batch(&cells, None, None).unwrap();
        column.close().unwrap();
        group.close().unwrap();
    }
    writer.close().unwrap();
}

fn parquet_rows(path: &Path) -> Vec<Vec<(String, Field)>> {
    let reader = SerializedFileReader::new(File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| Row::into_columns(row.unwrap())).collect()
}

#[test]
fn parquet_keeps_its_columns_and_rows() {
    let (place, keys) = place();
    let groups = [100, 0, 300, 1];
    let first = |i: usize| (!i.is_multiple_of(3)).then(|| number(&keys, i));
    let second = |i: usize| match i % 5 {
        0 => "no token".to_owned(),
        1 => String::new(),
        _ => text(&keys, "second", &format!("text {i}")),
    };
    write_parquet(&place.path("in.parquet"), &groups, first, second);
    let plain = parquet_rows(&place.path("in.parquet"));
    let args = ["open", "--file", "in.parquet", "--out", "out.parquet", "--json"];
    let ran = place.run(&[&args[..], &["--column", "auto"]].concat());
    // The first rows of the second column are not all tokens.
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let out = parquet_rows(&place.path("out.parquet"));
    assert_eq!(out.len(), 401);
    for (i, (row, plain)) in out.iter().zip(&plain).enumerate() {
        let names: Vec<_> = row.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["id", "first", "numbers", "second", "first_error"]);
        assert_eq!((&row[0], &row[2], &row[3]), (&plain[0], &plain[2], &plain[3]));
        let opened = if i.is_multiple_of(3) { Field::Null } else { Field::Str(i.to_string()) };
        assert_eq!((&row[1].1, &row[4].1), (&opened, &Field::Null));
    }
    assert_eq!(names(&place), ["in.parquet", "out.parquet"]);
    assert_eq!(fs::metadata(place.path("out.parquet")).unwrap().permissions().mode() & 0o777, 0o600);

    let args = ["open", "--file", "in.parquet", "--out", "both.parquet", "--json", "--sync-every", "0"];
    let ran = place.run(&[&args[..], &["--column", "second", "--column", "first"]].concat());
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let summary: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!(summary["refused"], json!({ "token-malformed": 81 }));
    let out = parquet_rows(&place.path("both.parquet"));
    assert_eq!(out.len(), 401);
    for (i, row) in out.iter().enumerate() {
        let (opened, error) = match i % 5 {
            0 => (Field::Null, Field::Str("token-malformed".to_owned())),
            1 => (Field::Str(String::new()), Field::Null),
            _ => (Field::Str(format!("text {i}")), Field::Null),
        };
        assert_eq!((&row[3].1, &row[5].1), (&opened, &error));
        assert_eq!(row[2], plain[i][2]);
    }
    let missing = place.run(&["open", "--file", "in.parquet", "--out", "x.parquet", "--column", "numbers"]);
    assert!(missing.failed(2).contains("error[column-unknown]"));
    // A table without rows.
    write_parquet(&place.path("empty.parquet"), &[], |_| None, |_| String::new());
    place.run(&["open", "--file", "empty.parquet", "--out", "none.parquet", "--column", "first"]).ok();
    assert_eq!(parquet_rows(&place.path("none.parquet")).len(), 0);
    // A file that was cut off.
    let whole = fs::read(place.path("in.parquet")).unwrap();
    fs::write(place.path("cut.parquet"), &whole[..whole.len() / 2]).unwrap();
    let cut = place.run(&["open", "--file", "cut.parquet", "--out", "y.parquet", "--column", "first"]);
    assert!(cut.failed(2).contains("error[table-malformed]"));
}

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
    let mut killed = 0;
    for round in 0..4 {
        let out = |ending: &str| format!("out-{round}{ending}");
        let (lines, csv, parquet) = (out(""), out(".csv"), out(".parquet"));
        let every = ["--sync-every", "0"];
        killed += through_interruptions(
            &place,
            &[&["open", "--file", "tokens", "--out", &lines][..], &every].concat(),
            5,
            700,
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
            700,
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
            700,
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

#[test]
fn an_output_that_cannot_be_written_says_so() {
    let (place, keys) = place();
    fs::write(place.path("tokens"), format!("{}\n", number(&keys, 1)).repeat(1000)).unwrap();
    if Path::new("/dev/full").exists() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(&["open", "--file", "tokens"]).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(String::from_utf8(output.stderr).unwrap().contains("error[output-failed]"));
    }
    // Nothing is opened for an output that is not there.
    let before = place.outcomes().len();
    place.run(&["open", "--file", "tokens", "--out", "home/x/y"]).failed(2);
    assert_eq!(place.outcomes().len(), before);
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
