//! A client of a language server: requests, answers, and the wait until the server is ready.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use std::{env, thread};

use serde_json::{Value, json};

/// The result of a step of the test.
pub type StepResult<T = ()> = Result<T, Box<dyn Error>>;

/// The time in which the server has to answer a request.
const ANSWER: Duration = Duration::from_secs(60);

/// A running rust-analyzer.
#[derive(Debug)]
pub struct Client {
    process: Child,
    input: ChildStdin,
    messages: Receiver<Value>,
    settings: Value,
    last_id: u64,
    last_version: u64,
}

impl Client {
    /// Starts the rust-analyzer of the environment variable `RUST_ANALYZER`, or that of the path;
    /// returns `None` if there is none, or no source of the standard library: rust-analyzer would
    /// add that to the toolchain.
    ///
    /// # Errors
    ///
    /// If it does not answer.
    pub fn start(root: &Path, package: &str) -> StepResult<Option<Self>> {
        let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output()?.stdout;
        let sysroot = String::from_utf8(sysroot)?;
        if !Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library").is_dir() {
            return Ok(None);
        }
        let program = env::var_os("RUST_ANALYZER").unwrap_or_else(|| "rust-analyzer".into());
        // Rustup's proxy is there without the component, too, and fails.
        let version = Command::new(&program).arg("--version").stderr(Stdio::null()).output();
        let Some(version) = version.ok().filter(|version| version.status.success()) else {
            return Ok(None);
        };
        println!("{}", String::from_utf8_lossy(&version.stdout).trim());
        let mut process = Command::new(&program)
            .current_dir(root)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let input = process.stdin.take().ok_or("no standard input")?;
        let output = BufReader::new(process.stdout.take().ok_or("no standard output")?);
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut output = output;
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let build =
            json!(["cargo", "check", "--quiet", "--package", package, "--message-format=json"]);
        let settings = json!({
            "checkOnSave": false,
            "cachePriming": { "enable": false },
            "cargo": { "buildScripts": { "overrideCommand": build } },
            "hover": { "actions": { "enable": false }, "memoryLayout": { "enable": false } },
            "completion": { "autoimport": { "enable": false }, "postfix": { "enable": false } },
        });
        let (last_id, last_version) = (0, 0);
        let mut client = Self { process, input, messages, settings, last_id, last_version };
        client.initialize(root)?;
        Ok(Some(client))
    }

    fn initialize(&mut self, root: &Path) -> StepResult {
        let settings = self.settings.clone();
        self.request(
            "initialize",
            &json!({
                "processId": std::process::id(),
                "rootUri": uri(root),
                "workspaceFolders": [{ "uri": uri(root), "name": "root" }],
                "initializationOptions": settings,
                "capabilities": {
                    "experimental": { "serverStatusNotification": true },
                    "workspace": { "configuration": true },
                    "textDocument": {
                        "hover": { "contentFormat": ["markdown"] },
                        "publishDiagnostics": {},
                        "completion": { "completionItem": {
                            "documentationFormat": ["markdown"],
                            "resolveSupport": { "properties": ["documentation"] },
                        } },
                    },
                },
            }),
        )?;
        self.notify("initialized", &json!({}))
    }

    /// Waits until the server has read the program, and has built its macros.
    ///
    /// # Errors
    ///
    /// If it fails, or takes longer than the limit.
    pub fn wait_until_ready(&mut self, limit: Duration) -> StepResult {
        let end = Instant::now() + limit;
        loop {
            let message = self.next(end).map_err(|_| "rust-analyzer is not ready in time")?;
            if message["method"] == "experimental/serverStatus"
                && message["params"]["quiescent"] == true
            {
                if message["params"]["health"] == "error" {
                    return Err(message["params"]["message"].to_string().into());
                }
                return Ok(());
            }
        }
    }

    /// Opens a file with this text.
    ///
    /// # Errors
    ///
    /// If the server has ended.
    pub fn open(&mut self, file: &Path, text: &str) -> StepResult {
        self.notify(
            "textDocument/didOpen",
            &json!({ "textDocument": {
                "uri": uri(file), "languageId": "rust", "version": 0, "text": text,
            } }),
        )
    }

    /// Replaces the text of an open file.
    ///
    /// # Errors
    ///
    /// If the server has ended.
    pub fn change(&mut self, file: &Path, text: &str) -> StepResult {
        self.last_version += 1;
        self.notify(
            "textDocument/didChange",
            &json!({
                "textDocument": { "uri": uri(file), "version": self.last_version },
                "contentChanges": [{ "text": text }],
            }),
        )
    }

    /// Sends a request, and returns its result.
    ///
    /// # Errors
    ///
    /// If the answer is an error, or does not come.
    pub fn request(&mut self, method: &str, params: &Value) -> StepResult<Value> {
        let end = Instant::now() + ANSWER;
        loop {
            self.last_id += 1;
            let id = self.last_id;
            self.send(&json!({ "id": id, "method": method, "params": params }))?;
            let answer = loop {
                let message = self.next(end).map_err(|error| format!("{method}: {error}"))?;
                if message["id"] == id && message.get("method").is_none() {
                    break message;
                }
            };
            match answer.get("error") {
                None => return Ok(answer["result"].clone()),
                // The text has changed meanwhile.
                Some(error) if error["code"] == -32801 => {}
                Some(error) => return Err(format!("{method}: {error}").into()),
            }
        }
    }

    fn notify(&mut self, method: &str, params: &Value) -> StepResult {
        self.send(&json!({ "method": method, "params": params }))
    }

    fn send(&mut self, message: &Value) -> StepResult {
        let mut message = message.clone();
        message["jsonrpc"] = json!("2.0");
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        Ok(self.input.flush()?)
    }

    /// Returns the server's next message, and answers its own requests.
    fn next(&mut self, end: Instant) -> StepResult<Value> {
        let limit = end.saturating_duration_since(Instant::now());
        let message = self.messages.recv_timeout(limit).map_err(|error| match error {
            RecvTimeoutError::Timeout => "no answer in time",
            RecvTimeoutError::Disconnected => "rust-analyzer has ended",
        })?;
        if message.get("method").is_some() && message.get("id").is_some() {
            let result = if message["method"] == "workspace/configuration" {
                json!([self.settings.clone()])
            } else {
                Value::Null
            };
            self.send(&json!({ "id": message["id"], "result": result }))?;
        }
        Ok(message)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Returns the address of a file.
#[must_use]
pub fn uri(path: &Path) -> String {
    format!("file://{}", path.display())
}

fn read(output: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        output.read_line(&mut line).ok().filter(|read| *read > 0)?;
        match line.trim().split_once(": ") {
            Some(("Content-Length", number)) => length = number.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut text = vec![0; length];
    output.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}
