//! Opening in bulk with the real command: formats, order, refusals, and what is left after an interruption.

mod parquet;
mod resume;

use crate::support::{Place, options, seal};
use fieldseal::keyset::KeySet;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

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
