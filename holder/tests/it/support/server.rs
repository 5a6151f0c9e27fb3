//! The service as a process of its own, and what it answers.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A service that runs as a process of its own and ends with the test.
pub(crate) struct Server {
    child: Child,
    log: Arc<Mutex<String>>,
    /// Ends when the process has ended. It reads all the time, because a full pipe would stop the service.
    reader: Option<JoinHandle<()>>,
    /// Kept open, for the service may have more to say.
    out: BufReader<ChildStdout>,
    pub(crate) url: String,
}

/// An answer over HTTP.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: ureq::http::HeaderMap,
    pub(crate) body: String,
}

impl Answered {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// The results of an answer that went well.
    pub(crate) fn results(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json()["results"].as_array().unwrap().clone()
    }

    /// Asserts that this is a problem document, and gives its code.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.header("cache-control"), Some("no-store"));
        let problem = self.json();
        assert_eq!(problem["status"], self.status);
        let code = problem["code"].as_str().unwrap().to_owned();
        assert_eq!(problem["type"], format!("/problems/{code}"));
        assert!(!problem["title"].as_str().unwrap().is_empty());
        assert!(!problem["detail"].as_str().unwrap().is_empty());
        code
    }
}

pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(60)))
        .build()
        .into()
}

impl Server {
    pub(super) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let url = said(&mut out, "listening on ");
        let log = Arc::new(Mutex::new(String::new()));
        let (lines, kept) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&log));
        let reader = std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().unwrap().extend([&line, "\n"]);
            }
        });
        Self { child, log, reader: Some(reader), out, url }
    }

    /// What comes after these words on the next line of its output.
    pub(crate) fn said(&mut self, words: &str) -> String {
        said(&mut self.out, words)
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answered {
        self.try_request(method, path, headers, body).unwrap()
    }

    /// The same for a service that may have gone away, or goes before it has answered.
    pub(crate) fn try_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Option<Answered> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = agent().run(request.body(body).unwrap()).ok()?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        Some(Answered { status, headers, body: response.body_mut().read_to_string().ok()? })
    }

    pub(crate) fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answered {
        self.request("GET", path, headers, b"")
    }

    pub(crate) fn post(&self, secret: &str, body: &[u8]) -> Answered {
        let bearer = format!("Bearer {secret}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.request("POST", "/v1/open", &headers, body)
    }

    /// Sends JSON to an address of the service.
    pub(crate) fn ask(&self, secret: &str, path: &str, body: &Value) -> Answered {
        let bearer = format!("Bearer {secret}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.request("POST", path, &headers, body.to_string().as_bytes())
    }

    /// Sends a request without a body, or with one that is JSON, for a credential.
    pub(crate) fn send(&self, secret: &str, method: &str, path: &str, body: Option<&Value>) -> Answered {
        let bearer = format!("Bearer {secret}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = body.map(Value::to_string).unwrap_or_default();
        self.request(method, path, &headers, body.as_bytes())
    }

    pub(crate) fn open(&self, secret: &str, tokens: &[Value]) -> Answered {
        self.post(secret, serde_json::json!({ "tokens": tokens }).to_string().as_bytes())
    }

    /// Opens tokens in a request that has a name.
    pub(crate) fn open_named(&self, secret: &str, name: &str, tokens: &[Value]) -> Answered {
        self.try_open_named(secret, name, tokens).unwrap()
    }

    pub(crate) fn try_open_named(&self, secret: &str, name: &str, tokens: &[Value]) -> Option<Answered> {
        let body = serde_json::json!({ "tokens": tokens }).to_string();
        let bearer = format!("Bearer {secret}");
        let headers = [("authorization", bearer.as_str()), ("idempotency-key", name)];
        self.try_request("POST", "/v1/open", &headers, body.as_bytes())
    }

    pub(crate) fn try_open(&self, secret: &str, tokens: &[Value]) -> Option<Answered> {
        let body = serde_json::json!({ "tokens": tokens }).to_string();
        let bearer = format!("Bearer {secret}");
        self.try_request("POST", "/v1/open", &[("authorization", bearer.as_str())], body.as_bytes())
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Asks it to read its files again.
    pub(crate) fn hang_up(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    }

    /// Ends it without any warning, as a power cut would.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, and gives its exit code and all that it logged.
    pub(crate) fn stop(mut self) -> (Option<i32>, String) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.reader.take().unwrap().join().unwrap();
        (self.child.wait().unwrap().code(), self.log())
    }
}

fn said(out: &mut BufReader<ChildStdout>, words: &str) -> String {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    line.trim_end().strip_prefix(words).unwrap().to_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
