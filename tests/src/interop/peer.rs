//! A child process with its output in a file, ended by its own id.

use std::fs::{self, File};
use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(20);
const GRACE: Duration = Duration::from_secs(3);

/// A running program. Dropping it ends it.
pub(super) struct Peer {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Peer {
    /// Starts `command` with its output in `folder/name.log`.
    pub(super) fn spawn(name: &str, folder: &Path, command: &mut Command) -> Result<Self, String> {
        let log = folder.join(format!("{name}.log"));
        let open = || File::create(&log).map_err(|error| format!("{}: {error}", log.display()));
        let output = open()?;
        let errors = output.try_clone().map_err(|error| error.to_string())?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("cannot start {name}: {error}"))?;
        Ok(Self { name: name.to_owned(), child, log })
    }

    /// The process id.
    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    pub(super) fn output(&self) -> String {
        fs::read(&self.log).map_or_else(|_| String::new(), |it| String::from_utf8_lossy(&it).into())
    }

    /// Waits until it has printed `text`.
    pub(super) fn wait_for(&mut self, text: &str, limit: Duration) -> Result<(), String> {
        let start = Instant::now();
        while !self.output().contains(text) {
            if start.elapsed() > limit {
                return Err(self.complain(&format!("did not print `{text}` in {limit:?}")));
            }
            if let Ok(Some(status)) = self.child.try_wait()
                && !self.output().contains(text)
            {
                return Err(self.complain(&format!("ended with {status} before `{text}`")));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Waits until it ends by itself.
    pub(super) fn wait(&mut self, limit: Duration) -> Result<ExitStatus, String> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                return Ok(status);
            }
            if start.elapsed() > limit {
                return Err(self.complain(&format!("is still running after {limit:?}")));
            }
            thread::sleep(POLL);
        }
    }

    /// Waits until it ends by itself, with status 0.
    pub(super) fn wait_success(&mut self, limit: Duration) -> Result<(), String> {
        let status = self.wait(limit)?;
        if status.success() {
            return Ok(());
        }
        Err(self.complain(&format!("ended with {status}")))
    }

    /// Sends SIGINT, as Ctrl-C would.
    pub(super) fn interrupt(&self) -> Result<(), String> {
        self.signal("-INT")
    }

    /// Sends the signal that `kill` knows by that option.
    pub(super) fn signal(&self, option: &str) -> Result<(), String> {
        let status = Command::new("kill")
            .args([option, &self.id().to_string()])
            .status()
            .map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(self.complain("could not be signalled")) }
    }

    /// Ends it as a crash would.
    pub(super) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// `what` happened, and the end of its output.
    pub(super) fn complain(&self, what: &str) -> String {
        let output = self.output();
        let lines: Vec<&str> = output.lines().collect();
        let tail = lines[lines.len().saturating_sub(15)..].join("\n    ");
        format!("{} {what}:\n    {tail}", self.name)
    }
}

impl Drop for Peer {
    /// Asks it to end first: a program with children of its own, such as Kamailio, must end them.
    fn drop(&mut self) {
        // Its id is its own only while it has not been waited for.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = Command::new("kill").args(["-TERM", &self.id().to_string()]).status();
        }
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < GRACE {
            thread::sleep(POLL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder of its own for one run's files, removed at the end.
pub(super) struct Scratch(PathBuf);

impl Scratch {
    /// Makes it.
    pub(super) fn new(name: &str) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("sip-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes one file in it.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let file = self.0.join(name);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent).map_err(|error| error.to_string())?;
        }
        fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
        Ok(file)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A port of loopback that nobody has at the moment, UDP and TCP, with the next one free too; of
/// four digits, because sipsak cuts the fifth off a URI.
pub(super) fn free_port() -> Result<u16, String> {
    const RANGE: u16 = 3_000;
    // Each call goes on where the last one stopped, so that two peers of one run never race.
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let free = |port: u16| {
        UdpSocket::bind(("127.0.0.1", port)).is_ok()
            && TcpListener::bind(("127.0.0.1", port)).is_ok()
    };
    (0..RANGE)
        .map(|_| 6_000 + NEXT.fetch_add(2, Ordering::Relaxed) % RANGE)
        .find(|port| free(*port) && free(*port + 1))
        .ok_or_else(|| "no free port on 127.0.0.1".to_owned())
}

/// A file of this crate's `interop` folder.
pub(super) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop").join(name)
}
