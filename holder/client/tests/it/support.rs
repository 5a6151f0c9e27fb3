//! A key holder that runs as a process of its own, tokens sealed to it, and what stands in the way.

use fieldseal::NumericDate;
use fieldseal::keyset::KeySet;
use fieldseal::kind::Kind;
use fieldseal::sealer::{Entropy, SealOptions, Sealer};
use fieldseal_client::{Builder, Holder};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use zeroize::Zeroizing;

pub(crate) const ORIGIN: &str = "https://shop.example";

/// A secret of the right form that nobody has.
pub(crate) const NOBODY: &str = "fsk_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A key holder with one key and one credential.
pub(crate) struct Place {
    dir: TempDir,
    server: Option<Child>,
    pub(crate) url: String,
    pub(crate) credential: String,
    keys: KeySet,
}

/// The command, which cargo puts beside the folder of the tests.
fn program() -> PathBuf {
    let this = std::env::current_exe().unwrap();
    let path = this.ancestors().nth(2).unwrap().join("keyholder");
    assert!(path.is_file(), "build the key holder first: cargo build -p fieldseal-holder");
    path
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let mut place = Self {
            dir,
            server: None,
            url: String::new(),
            credential: String::new(),
            keys: KeySet::new(vec![]),
        };
        place.run(&["init", "--origin", ORIGIN]);
        place.run(&["keys", "new", "--class", "*"]);
        place.keys = KeySet::parse(&place.run(&["keys", "publish"])).unwrap();
        place.credential =
            place.credential("service", &["--class", "*", "--per-minute", "none", "--per-day", "none"]);
        place.serve(&[]);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Starts the service, in the place of the one that runs.
    pub(crate) fn serve(&mut self, more: &[&str]) {
        self.stop();
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut server = command.args(more).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        self.url = line.trim_end().strip_prefix("listening on ").unwrap().to_owned();
        self.server = Some(server);
    }

    fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(args)
            .current_dir(self.dir.path())
            .env_clear()
            .env("KEYHOLDER_HOME", self.dir.path().join("home"))
            .env("KEYHOLDER_KEY_FILE", self.dir.path().join("key"))
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> String {
        let output = self.command(args).output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn credential(&self, name: &str, more: &[&str]) -> String {
        let args: Vec<_> = ["credentials", "new", name].into_iter().chain(more.iter().copied()).collect();
        self.run(&args).trim_end().to_owned()
    }

    /// Seals JSON text on a page of the shop.
    pub(crate) fn seal(&self, kind: &str, json: &str) -> String {
        self.seal_with(SealOptions::new("note", Kind::parse(kind).unwrap()), json)
    }

    pub(crate) fn seal_once(&self, json: &str) -> String {
        let mut options = SealOptions::new("note", Kind::parse("text").unwrap());
        options.once = true;
        self.seal_with(options, json)
    }

    fn seal_with(&self, options: SealOptions, json: &str) -> String {
        let mut bytes = Zeroizing::new([0; Entropy::LEN]);
        getrandom::fill(bytes.as_mut_slice()).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let sealer = Sealer::new(self.keys.clone(), ORIGIN).unwrap();
        sealer.seal_json(json, &options, NumericDate(now), Entropy::new(&bytes)).unwrap()
    }

    pub(crate) fn kid(&self) -> &str {
        self.keys.keys().next().unwrap().kid()
    }

    /// A client of it at other addresses.
    pub(crate) fn at(&self, urls: &[&str]) -> Builder {
        let builder = Holder::builder().credential(self.credential.as_str());
        urls.iter().fold(builder, |builder, url| builder.url(*url))
    }

    pub(crate) fn client(&self) -> Holder {
        self.at(&[&self.url]).build().unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a proxy does with a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Treat {
    /// Passes everything on.
    Pass,
    /// Waits for the answer, and ends the connection before any of it arrives.
    Cut,
    /// Passes on a part of the answer only.
    Halve,
    /// Ends the connection at once.
    Refuse,
    /// Passes nothing on and says nothing.
    Silent,
}

/// A proxy before a key holder.
pub(crate) struct Proxy {
    pub(crate) url: String,
    connections: Arc<AtomicUsize>,
}

impl Proxy {
    /// `treat` says what is done with each connection; the last says it of all that follow.
    pub(crate) async fn start(to: &str, treat: &'static [Treat]) -> Self {
        let to = to.strip_prefix("http://").unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                let at = counted.fetch_add(1, Ordering::SeqCst).min(treat.len() - 1);
                tokio::spawn(pass(near, to.clone(), treat[at]));
            }
        });
        Self { url, connections }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn pass(mut near: TcpStream, to: String, treat: Treat) {
    match treat {
        Treat::Refuse => return,
        Treat::Silent => {
            let _ = near.read_to_end(&mut Vec::new()).await;
            return;
        }
        Treat::Pass | Treat::Cut | Treat::Halve => {}
    }
    let mut far = TcpStream::connect(to).await.unwrap();
    if treat == Treat::Pass {
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
        return;
    }
    let (mut asked, mut ask) = near.split();
    let (mut answered, mut answer) = far.split();
    let mut first = vec![0; 1 << 16];
    let length = tokio::select! {
        _ = tokio::io::copy(&mut asked, &mut answer) => return,
        length = answered.read(&mut first) => length.unwrap(),
    };
    assert!(length > 20);
    if treat == Treat::Halve {
        ask.write_all(&first[..length - 20]).await.unwrap();
    }
}

/// A server that gives every connection the same answer.
pub(crate) async fn answering(answer: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut asked = Vec::new();
                let mut piece = vec![0; 1 << 16];
                // The requests of the tests end their JSON object, and nothing else of them ends so.
                while !asked.ends_with(b"}") {
                    match stream.read(&mut piece).await {
                        Ok(length @ 1..) => asked.extend_from_slice(&piece[..length]),
                        _ => return,
                    }
                }
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    url
}

pub(crate) fn http(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}
