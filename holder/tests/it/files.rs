//! Sealed files and `keyholder open-file`: the way of every value, and nothing that was not sealed comes out.

use crate::support::{ORIGIN, Place, Ran, entropy, first, now, options};
use fieldseal::file::{About, CHUNK, MAGIC, SEALED_CHUNK, Sealing, head};
use fieldseal::keyset::KeySet;
use fieldseal::sealer::{SealOptions, Sealer};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use zeroize::Zeroizing;

/// A sealed file: its head and its chunks.
struct Sealed {
    head: Vec<u8>,
    chunks: Vec<Vec<u8>>,
}

impl Sealed {
    fn new(keys: &KeySet, options: &SealOptions, about: &About, content: &[u8]) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *key).unwrap();
        let (value, mut sealing) = Sealing::new(&key, about).unwrap();
        let sealer = Sealer::new(keys.clone(), ORIGIN).unwrap();
        let token = sealer.seal_json(&value, options, now(), entropy()).unwrap();
        let mut chunks: Vec<_> = content.chunks(CHUNK).map(<[u8]>::to_vec).collect();
        let mut last = chunks.pop().unwrap_or_default();
        chunks.iter_mut().for_each(|chunk| sealing.next(chunk).unwrap());
        sealing.last(&mut last).unwrap();
        chunks.push(last);
        Self { head: head(&token).into_bytes(), chunks }
    }

    fn scan(keys: &KeySet, content: &[u8]) -> Self {
        Self::new(keys, &options("scan", "health-note"), &About::default(), content)
    }

    fn bytes(&self) -> Vec<u8> {
        self.with(&self.chunks.concat())
    }

    fn with(&self, body: &[u8]) -> Vec<u8> {
        [&self.head, body].concat()
    }

    fn token(&self) -> &str {
        std::str::from_utf8(&self.head[MAGIC.len()..self.head.len() - 1]).unwrap()
    }
}

fn content(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at % 251) as u8 ^ (at / CHUNK) as u8).collect()
}

/// Opens these bytes into the file `opened`.
fn open(place: &Place, sealed: &[u8], more: &[&str]) -> Ran {
    fs::write(place.path("sealed"), sealed).unwrap();
    let (from, to) = (place.path("sealed"), place.path("opened"));
    let args = ["open-file", "--in", from.to_str().unwrap(), "--out", to.to_str().unwrap()];
    place.run(&[&args, more].concat())
}

/// The files beside the key holder: nothing else may be left behind.
fn left(place: &Place) -> Vec<String> {
    let names = fs::read_dir(place.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| !matches!(name.as_str(), "home" | "key" | "sealed"));
    names.sort();
    names
}

#[test]
fn a_file_opens() {
    let place = Place::with_keys(&[("health", "HPKE-9")]);
    let keys = place.keys();
    for len in [0, 1, CHUNK, 2 * CHUNK + 9] {
        let content = content(len);
        let ran = open(&place, &Sealed::scan(&keys, &content).bytes(), &["--purpose", "care"]);
        let to = place.path("opened");
        assert_eq!(ran.ok(), format!("Wrote {}: {len} bytes.\n", to.display()));
        assert!(fs::read(&to).unwrap() == content, "{len}");
        assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(left(&place), ["opened"]);
        fs::remove_file(to).unwrap();
    }
    let record = place.audit().pop().unwrap();
    assert_eq!(
        [&record["action"], &record["outcome"], &record["kind"], &record["purpose"]],
        ["open", "granted", "health-note", "care"]
    );
}

#[test]
fn from_a_pipe_to_a_pipe() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let text = "a line\n".repeat(CHUNK);
    let sealed = Sealed::scan(&place.keys(), text.as_bytes()).bytes();
    for args in [&["open-file"][..], &["open-file", "--in", "-", "--out", "-"]] {
        let ran = place.run_with_input(args, &sealed);
        assert_eq!(ran.stderr, "");
        assert!(ran.ok() == text);
    }
}

#[test]
fn what_it_was_called_is_told() {
    let place = Place::with_keys(&[("*", "HPKE-9")]);
    let about = About { name: Some("scan\u{1b}[2J.pdf".into()), media_type: Some("application/pdf".into()) };
    let options = SealOptions { sub: Some("customer-7".to_owned()), ..options("scan", "passport-number") };
    let sealed = Sealed::new(&place.keys(), &options, &about, b"%PDF").bytes();
    let ran = open(&place, &sealed, &["--sub", "customer-7"]);
    assert_eq!(ran.stderr, "Whoever sealed it called it scan\\u{1b}[2J.pdf, of the type application/pdf.\n");
    fs::remove_file(place.path("opened")).unwrap();
    let report: Value = serde_json::from_str(&open(&place, &sealed, &["--json"]).ok()).unwrap();
    let known = ["bytes", "field", "kind", "iss", "sub", "name", "type"].map(|name| report[name].clone());
    assert_eq!(
        known,
        [
            json!(4),
            json!("scan"),
            json!("passport-number"),
            json!(ORIGIN),
            json!("customer-7"),
            json!("scan\u{1b}[2J.pdf"),
            json!("application/pdf")
        ]
    );
    // Of a file on standard output a machine is told beside it.
    let ran = place.run_with_input(&["open-file", "--json"], &sealed);
    let report: Value = serde_json::from_str(&ran.stderr).unwrap();
    assert_eq!((report["bytes"].as_u64(), report["file"].as_str()), (Some(4), None));
    assert_eq!(ran.ok(), "%PDF");
}

/// Each row is a file with one fault, and how many whole chunks of it may be given out before it is found.
#[test]
fn nothing_but_what_was_sealed_is_given_out() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let content = "0123456789abcdef".repeat(3 * CHUNK / 16) + "the end";
    let sealed = Sealed::scan(&place.keys(), content.as_bytes());
    let [a, b, c, last] = [0, 1, 2, 3].map(|at| sealed.chunks[at].as_slice());
    let other = Sealed::scan(&place.keys(), content.as_bytes());
    let changed = |chunk: &[u8]| {
        let mut chunk = chunk.to_vec();
        chunk[99] ^= 4;
        chunk
    };
    for (case, body, chunks) in [
        ("cut at a chunk", [a, b].concat(), 1),
        ("cut inside a chunk", [a, b, &c[..77]].concat(), 2),
        ("nothing behind the head", vec![], 0),
        ("the last chunk is missing", [a, b, c].concat(), 2),
        ("swapped", [a, c, b, last].concat(), 1),
        ("one comes twice", [a, b, b, c, last].concat(), 2),
        ("something behind the end", [a, b, c, last, b"\n"].concat(), 3),
        ("a changed bit", [a, &changed(b), c, last].concat(), 1),
        ("the chunks of another file", other.chunks.concat(), 0),
    ] {
        let file = sealed.with(&body);
        let said = "error[file-damaged]: The sealed file was cut short or changed since it was sealed. Take another \
                    copy of it.\n";
        assert_eq!(open(&place, &file, &[]).failed(1), said, "{case}");
        assert!(left(&place).is_empty(), "{case}");
        let ran = place.run_with_input(&["open-file"], &file);
        assert!(ran.stdout == content[..chunks * CHUNK], "{case}: {} bytes came out", ran.stdout.len());
        let said = format!("{said}What was written so far was sealed so, but it is not the whole file.\n");
        assert_eq!(ran.failed(1), said, "{case}");
    }
}

#[test]
fn what_is_no_sealed_file() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let sealed = Sealed::scan(&place.keys(), b"content");
    let another = crate::support::seal(&place.keys(), &options("scan", "health-note"), "\"a note\"");
    for (case, file, code, exit) in [
        ("empty", vec![], "file-malformed", 2),
        ("another file", b"%PDF-1.7\n".to_vec(), "file-malformed", 2),
        ("only a token", sealed.token().into(), "file-malformed", 2),
        (
            "another version",
            [b"fieldseal-file-v2\n", &sealed.head[MAGIC.len()..]].concat(),
            "file-malformed",
            2,
        ),
        ("no token", head("a.b").into_bytes(), "token-malformed", 1),
        (
            "a token of something else",
            [head(&another).as_bytes(), &sealed.chunks.concat()].concat(),
            "file-malformed",
            1,
        ),
    ] {
        let said = open(&place, &file, &[]).failed(exit);
        assert!(said.starts_with(&format!("error[{code}]: ")), "{case}: {said}");
        assert!(left(&place).is_empty(), "{case}");
    }
    let said = place.run(&["open-file", "--in", "nowhere"]).failed(2);
    assert!(said.starts_with("error[input-unreadable]") && said.contains("nowhere"), "{said}");
    let said = place.run(&["open-file", "--in", "home"]).failed(2);
    assert!(said.starts_with("error[input-unreadable]") && said.contains("home"), "{said}");
}

#[test]
fn a_file_is_opened_as_any_value_is() {
    let place = Place::with_keys(&[("health", "HPKE-9"), ("payment", "HPKE-9")]);
    let keys = place.keys();
    let once = SealOptions { once: true, ..options("scan", "health-note") };
    let file = Sealed::new(&keys, &once, &About::default(), b"content");
    for (more, code) in [
        (["--field", "other"], "token-wrong-field"),
        (["--kind", "diagnosis"], "token-wrong-kind"),
        (["--origin", "https://other.example"], "token-wrong-origin"),
        (["--sub", "customer-7"], "token-wrong-subject"),
    ] {
        let said = open(&place, &file.bytes(), &more).failed(1);
        assert!(said.starts_with(&format!("error[{code}]")), "{said}");
    }
    open(&place, &file.bytes(), &["--field", "scan", "--kind", "health-note", "--origin", ORIGIN]).ok();
    fs::remove_file(place.path("opened")).unwrap();
    let said = open(&place, &file.bytes(), &[]).failed(1);
    assert!(said.starts_with("error[token-already-opened]"), "{said}");

    // A service with leave for the class has the token opened and gets the key of the file; another one does not.
    let file = Sealed::scan(&keys, b"content");
    let server = place.serve();
    let (health, payment) = (place.credential("clinic", &["health"]), place.credential("shop", &["payment"]));
    let answer = server.open(&health, &[json!(file.token())]).results().remove(0);
    assert_eq!(answer["value"]["file"]["key"].as_str().map(str::len), Some(43));
    assert_eq!(answer["valid"], json!(false));
    let refused = server.open(&payment, &[json!(file.token())]).results().remove(0);
    assert_eq!(refused["error"]["code"], "not-allowed");
    drop(server);

    // The token is sealed again to another key, and the file behind it stays as it is.
    place.run(&["keys", "rotate", "--class", "health"]).ok();
    fs::write(place.path("tokens"), file.token()).unwrap();
    place.run(&["rewrap", "--file", "tokens", "--out", "moved"]).ok();
    let moved: Value = serde_json::from_str(&fs::read_to_string(place.path("moved")).unwrap()).unwrap();
    assert!(moved["rewrapped"] == true && moved["token"] != file.token());
    let again = [head(moved["token"].as_str().unwrap()).as_bytes(), &file.chunks.concat()].concat();
    open(&place, &again, &[]).ok();
    assert_eq!(fs::read(place.path("opened")).unwrap(), b"content");
    fs::remove_file(place.path("opened")).unwrap();

    // Without the key there is no file.
    let kid = first(&keys).kid().to_owned();
    place.run(&["keys", "revoke", &kid, "--reason", "lost"]).ok();
    assert!(open(&place, &file.bytes(), &[]).failed(1).starts_with("error[open-failed]"));
    open(&place, &file.bytes(), &["--revoked"]).ok();
}

#[test]
fn nothing_is_written_over() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    fs::write(place.path("opened"), "another").unwrap();
    let sealed = Sealed::scan(&place.keys(), b"content").bytes();
    assert!(open(&place, &sealed, &[]).failed(2).starts_with("error[file-exists]"));
    assert_eq!(fs::read(place.path("opened")).unwrap(), b"another");
    fs::remove_file(place.path("opened")).unwrap();
    // Not even a name that leads nowhere.
    std::os::unix::fs::symlink("nowhere", place.path("opened")).unwrap();
    assert!(open(&place, &sealed, &[]).failed(2).starts_with("error[file-exists]"));
    // And the token was not used up for it.
    assert!(place.outcomes().is_empty());
}

/// However long a file is, it is opened in the memory of some chunks.
#[test]
fn a_long_file_takes_no_more_memory() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let sealed = Sealed::scan(&place.keys(), &content(32 * 1024 * 1024)).bytes();
    let mut command = place.command(&["open-file"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = child.stdout.take().unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()).unwrap());
    let peak = |process: u32| {
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().to_owned();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap()
    };
    let mut input = child.stdin.take().unwrap();
    let (start, rest) = sealed.split_at(8 * SEALED_CHUNK);
    input.write_all(start).unwrap();
    let before = peak(child.id());
    input.write_all(rest).unwrap();
    let after = peak(child.id());
    drop(input);
    assert!(child.wait().unwrap().success());
    assert_eq!(reader.join().unwrap(), 32 * 1024 * 1024);
    assert!(after - before < 8 * 1024, "{} kB more for 32 MiB", after - before);
}

#[test]
fn an_interruption_leaves_nothing_behind() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let sealed = Sealed::scan(&place.keys(), &content(9 * CHUNK)).bytes();
    let mut command = place.command(&["open-file", "--out", "opened"]);
    let mut child = command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(&sealed[..sealed.len() - CHUNK]).unwrap();
    while left(&place).is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    // It may have been waiting for more when it was told to stop.
    let _ = input.write_all(&sealed[sealed.len() - CHUNK..]);
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(2), "{said}");
    assert!(said.starts_with("error[open-interrupted]"), "{said}");
    assert!(left(&place).is_empty(), "{:?}", left(&place));
}

/// `file` is what shells and people use to look at the beginning of something.
#[test]
fn a_sealed_file_tells_what_it_is() {
    let place = Place::with_keys(&[("*", "ECDH-ES")]);
    let sealed = Sealed::scan(&place.keys(), b"content").bytes();
    fs::write(place.path("sealed"), &sealed).unwrap();
    let mut line = [0; 18];
    File::open(place.path("sealed")).unwrap().read_exact(&mut line).unwrap();
    assert_eq!(&line, b"fieldseal-file-v1\n");
}
