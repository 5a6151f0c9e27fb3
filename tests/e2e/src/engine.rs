//! The three browser engines, each started through its WebDriver program.

use crate::page::Page;
use crate::program::{Program, find, free_port};
use anyhow::{Context, Result};
use serde_json::json;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use thirtyfour::{Capabilities, WebDriver};

/// A browser engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Blink and V8, through chromedriver.
    Chromium,
    /// Gecko, through geckodriver.
    Firefox,
    /// WebKitGTK's MiniBrowser, through WebKitWebDriver on a virtual display.
    WebKit,
}

/// How a browser is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// As everybody has it.
    On,
    /// With JavaScript switched off in the browser's own settings.
    Off,
}

/// A browser with one session, and the program that drives it.
#[derive(Debug)]
pub struct Browser {
    /// Which engine it is.
    pub engine: Engine,
    driver: WebDriver,
    // Ends the browser when the session is gone.
    _program: Program,
}

impl Engine {
    /// All engines, in the order in which they are reported.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];

    /// The engine's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "chromium",
            Self::Firefox => "firefox",
            Self::WebKit => "webkit",
        }
    }

    /// Why it can't be started here, if so.
    pub fn missing(self) -> Option<String> {
        let absent: Vec<&str> = match self {
            Self::Chromium => vec!["chromedriver"],
            Self::Firefox => vec!["geckodriver"],
            Self::WebKit => vec!["WebKitWebDriver", "xvfb-run", "xauth"],
        }
        .into_iter()
        .filter(|name| find(name).is_none())
        .collect();
        (!absent.is_empty()).then(|| format!("{} not found; run `cargo xtask setup`", absent.join(", ")))
    }

    /// Starts the engine with one session.
    pub async fn start(self, scripts: Scripts) -> Result<Browser> {
        self.start_as(self.driver_command()?, self.capabilities(scripts, &[])?).await
    }

    /// Starts the engine so that whoever measures can have its garbage collected: Chromium gives pages a function for it,
    /// and Firefox lets WebDriver into its own process. WebKit has no such switch.
    pub async fn start_to_measure(self) -> Result<Browser> {
        let mut command = self.driver_command()?;
        let more: &[&str] = match self {
            Self::Chromium => &["--js-flags=--expose-gc"],
            Self::Firefox => {
                command.arg("--allow-system-access");
                &[]
            }
            Self::WebKit => &[],
        };
        self.start_as(command, self.capabilities(Scripts::On, more)?).await
    }

    async fn start_as(self, mut command: Command, capabilities: Capabilities) -> Result<Browser> {
        let port = free_port()?;
        match self {
            Self::Firefox => command.args(["--port", &port.to_string()]),
            Self::Chromium | Self::WebKit => command.arg(format!("--port={port}")),
        };
        let mut program = Program::start(command)?;
        program.answers_on(port, Duration::from_secs(30))?;
        let url = format!("http://127.0.0.1:{port}");
        // A browser that starts while the machine is busy may give up once; what fails twice is a fault.
        let driver = match WebDriver::new(&url, capabilities.clone()).await {
            Ok(driver) => driver,
            Err(_) => WebDriver::new(&url, capabilities)
                .await
                .with_context(|| format!("{} gave no session", self.name()))?,
        };
        driver.set_page_load_timeout(Duration::from_secs(30)).await?;
        driver.set_script_timeout(Duration::from_secs(30)).await?;
        Ok(Browser { engine: self, driver, _program: program })
    }

    fn driver_command(self) -> Result<Command> {
        let program =
            |name: &str| find(name).with_context(|| format!("{name} not found; run `cargo xtask setup`"));
        Ok(match self {
            Self::Chromium => Command::new(program("chromedriver")?),
            Self::Firefox => {
                let mut command = Command::new(program("geckodriver")?);
                // Its second port is fixed unless it is given, and two sessions would want the same.
                command.args(["--websocket-port", &free_port()?.to_string()]);
                command
            }
            Self::WebKit => {
                let mut command = Command::new(program("xvfb-run")?);
                command.args(["--auto-servernum", "--server-args", "-screen 0 1280x1024x24 -nolisten tcp"]);
                command.arg(program("WebKitWebDriver")?);
                // A virtual display has no graphics card.
                command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1").env("LIBGL_ALWAYS_SOFTWARE", "1");
                command
            }
        })
    }

    fn capabilities(self, scripts: Scripts, more: &[&str]) -> Result<Capabilities> {
        let options = match self {
            // Chromium has no such setting at start; its driver's own protocol switches scripts off and on.
            Self::Chromium => {
                let usual = [
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--disable-background-networking",
                    "--window-size=1280,1000",
                ];
                let args = [&usual, more].concat();
                json!({ "goog:chromeOptions": { "args": args }})
            }
            Self::Firefox => json!({ "moz:firefoxOptions": {
                "args": ["-headless"],
                "prefs": { "javascript.enabled": scripts == Scripts::On }
            }}),
            Self::WebKit => json!({ "webkitgtk:browserOptions": {
                "binary": mini_browser()?,
                "args": ["--automation", format!("--enable-javascript={}", scripts == Scripts::On)]
            }}),
        };
        Ok(serde_json::from_value(options)?)
    }
}

impl Browser {
    /// The page that the session shows.
    pub fn page(&self) -> Page {
        Page::new(self.engine, self.driver.clone())
    }

    /// Closes the browser.
    pub async fn close(self) -> Result<()> {
        self.driver.quit().await?;
        Ok(())
    }
}

/// WebKitGTK's own small browser. It lies in a folder named after the machine and the library's version.
fn mini_browser() -> Result<PathBuf> {
    let libraries = std::fs::read_dir("/usr/lib")?.flatten().map(|entry| entry.path());
    libraries
        .chain(["/usr/lib".into(), "/usr/libexec".into()])
        .flat_map(|dir| ["webkit2gtk-4.1", "webkitgtk-6.0", "webkit2gtk-4.0"].map(|name| dir.join(name)))
        .map(|dir| dir.join("MiniBrowser"))
        .find(|path| path.is_file())
        .context("MiniBrowser of WebKitGTK not found below /usr/lib")
}
