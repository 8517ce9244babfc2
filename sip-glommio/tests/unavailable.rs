//! Where glommio cannot work, the error says so; nothing panics. Alone in its process, whose
//! limits it lowers.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sip_driver::test_support::{Echo, Reporter};
use sip_driver::{DriverConfig, DriverError, Sockets, stop_channel};

#[test]
fn too_little_lockable_memory_is_an_error_in_words() {
    let (_, hard) = getrlimit(Resource::RLIMIT_MEMLOCK).expect("a limit");
    setrlimit(Resource::RLIMIT_MEMLOCK, 64 * 1024, hard).expect("anyone may lower it");
    let sockets = Sockets::bind(DriverConfig::default()).expect("nothing to bind");
    let (_stop, signal) = stop_channel().expect("a descriptor");
    let (report, _observed) = std::sync::mpsc::channel();
    match sip_glommio::run(sockets, signal, Echo::new, Reporter(report)) {
        Err(error @ DriverError::Runtime { .. }) => {
            let text = error.to_string();
            assert!(text.starts_with("glommio cannot start: "), "{text}");
            assert!(text.contains("memlock") || text.contains("no io_uring"), "{text}");
        }
        other => panic!("{other:?}"),
    }
}
