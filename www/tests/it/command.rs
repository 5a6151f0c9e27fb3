//! The program: it says where it listens, answers there, and ends when told.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

fn demo() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fieldseal-demo"));
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts a server, asks it for `/`, ends it, and answers the first line of what it said.
fn ask_and_stop(command: &mut Command) -> String {
    let mut child = command.spawn().expect("a process");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("an output")).read_line(&mut line).expect("a line");
    let address = line.trim_end().strip_prefix("listening on http://").expect("an address");

    let mut stream = TcpStream::connect(address).expect("a connection");
    write!(stream, "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");

    kill_process(Pid::from_child(&child), Signal::TERM).expect("a signal");
    assert!(child.wait().expect("an end").success());
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn the_shop_listens_and_ends() {
    let dir = TempDir::new().expect("a directory");
    let signer = dir.path().join("signer.json");
    std::fs::write(&signer, crate::sealed::signer().to_string()).expect("a file");
    let mut command = demo();
    command.args(["shop", "--listen", "127.0.0.1:0", "--data"]).arg(dir.path().join("data"));
    command.arg("--sdk").arg(dir.path()).arg("--signer").arg(signer);
    // A key holder that is not there keeps no page from being shown.
    command.args(["--keys", "http://127.0.0.1:9/"]);
    assert_eq!(ask_and_stop(&mut command), "HTTP/1.1 200 OK");
}

#[test]
fn the_console_listens_and_ends() {
    let dir = TempDir::new().expect("a directory");
    let roles = dir.path().join("roles.json");
    std::fs::write(&roles, r#"[{"name":"Payments desk","credential":"fsk_x"}]"#).expect("a file");
    let mut command = demo();
    command.args(["console", "--listen", "127.0.0.1:0", "--roles"]).arg(roles);
    assert_eq!(ask_and_stop(&mut command), "HTTP/1.1 200 OK");
}

#[test]
fn a_bad_roles_file_is_named_without_its_contents() {
    let dir = TempDir::new().expect("a directory");
    let roles = dir.path().join("roles.json");
    std::fs::write(&roles, r#"[{"name":"Payments desk","credential":["fsk_secret"]}]"#).expect("a file");
    let output = demo()
        .args(["console", "--listen", "127.0.0.1:0", "--roles"])
        .arg(roles)
        .output()
        .expect("an output");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(!output.status.success());
    assert!(said.contains("roles are malformed") && !said.contains("fsk_secret"), "{said}");
}
