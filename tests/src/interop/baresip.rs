//! Two headless baresip phones: both register, one calls the other, both see the call come and go.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Options;
use super::peer::{Peer, free_port};
use super::server::Server;

const STEP: Duration = Duration::from_secs(10);
const MODULES: &str = "/usr/lib/baresip/modules";

/// Registers both, calls, hangs up.
pub(super) fn run(server: &Server, _options: &Options) -> Result<String, String> {
    call(server, None)
}

/// The same, both phones with `password`.
pub(super) fn call(server: &Server, password: Option<&str>) -> Result<String, String> {
    for transport in ["udp", "tcp", "tls"] {
        let address = match transport {
            "tls" => server.tls_address(),
            _ => server.address(),
        };
        let scratch = server.scratch();
        let bob_folder =
            phone(server, &format!("bob-{transport}"), ("bob", password), address, transport)?;
        let mut bob = start(scratch.path(), &bob_folder, "bob", &[])?;
        bob.wait_for("200 OK", STEP)?;
        let alice_folder =
            phone(server, &format!("alice-{transport}"), ("alice", password), address, transport)?;
        let dial = format!("/dial sip:bob@{address};transport={transport}");
        let mut alice = start(scratch.path(), &alice_folder, "alice", &["-e", &dial, "-t", "4"])?;
        alice.wait_for("200 OK", STEP)?;
        alice.wait_for("Call established", STEP)?;
        bob.wait_for("Call established", STEP)?;
        alice.wait_for("terminated (duration", STEP)?;
        bob.wait_for("terminated (duration", STEP)?;
    }
    Ok("registered, established and closed on both phones, over UDP, TCP and TLS".to_owned())
}

fn start(logs: &Path, folder: &Path, name: &str, arguments: &[&str]) -> Result<Peer, String> {
    let mut command = Command::new("baresip");
    command.arg("-f").arg(folder).args(arguments);
    let log = folder.file_name().unwrap_or_else(|| name.as_ref()).to_string_lossy();
    Peer::spawn(&log, logs, &mut command)
}

/// Writes the configuration folder of one phone.
fn phone(
    running: &Server,
    folder: &str,
    (user, password): (&str, Option<&str>),
    server: std::net::SocketAddr,
    transport: &str,
) -> Result<PathBuf, String> {
    let scratch = running.scratch();
    let config = format!(
        "sip_listen 127.0.0.1:{}\nnet_interface 127.0.0.1\naudio_player aubridge,x\n\
         audio_source aubridge,x\naudio_alert aubridge,x\nmodule_path {MODULES}\n\
         module g711.so\nmodule aubridge.so\nmodule_tmp account.so\nmodule_app menu.so\n\
         sip_cafile {}\n",
        free_port()?,
        running.authority().display(),
    );
    let password = password.map(|it| format!(";auth_user={user};auth_pass={it}"));
    let account = format!(
        "<sip:{user}@{server};transport={transport}>;regint=60;answermode=auto;audio_codecs=PCMU{}\n",
        password.unwrap_or_default()
    );
    let file = scratch.write(&format!("{folder}/config"), &config)?;
    scratch.write(&format!("{folder}/accounts"), &account)?;
    scratch.write(&format!("{folder}/contacts"), "")?;
    file.parent().map(Path::to_path_buf).ok_or_else(|| "no folder".to_owned())
}
