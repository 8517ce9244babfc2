//! Whether io_uring can be used here: glommio panics where it cannot.

use std::io;
use std::os::fd::{FromRawFd as _, OwnedFd};

use nix::errno::Errno;
use nix::libc;

/// Makes a ring and throws it away.
pub(crate) fn probe() -> io::Result<()> {
    const ENTRIES: libc::c_uint = 1;
    // `struct io_uring_params`, 120 bytes, all zero for the defaults.
    let mut params = [0u64; 15];
    // SAFETY: the kernel reads and writes no more than the parameters.
    let fd = unsafe { libc::syscall(libc::SYS_io_uring_setup, ENTRIES, params.as_mut_ptr()) };
    let fd = i32::try_from(Errno::result(fd)?).map_err(io::Error::other)?;
    // SAFETY: the kernel just made it, and nobody else knows of it.
    drop(unsafe { OwnedFd::from_raw_fd(fd) });
    Ok(())
}

/// Why there is no ring, and what to do about it.
pub(crate) fn advice(error: &io::Error) -> String {
    let advice = match error.raw_os_error().map(Errno::from_raw) {
        Some(Errno::EPERM | Errno::EACCES) => {
            "the system forbids it: see the sysctl kernel.io_uring_disabled and, in a container, \
             its seccomp profile (Docker's default one forbids it)"
        }
        Some(Errno::ENOSYS) => "this kernel has none: Linux 5.8 or later is needed",
        Some(Errno::ENOMEM) => "raise the memlock limit (`ulimit -l`)",
        _ => "another runtime may work",
    };
    format!("no io_uring: {error}; {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forbidden_ring_says_who_forbids_it() {
        let text = advice(&Errno::EPERM.into());
        assert!(text.contains("seccomp") && text.contains("kernel.io_uring_disabled"), "{text}");
    }

    #[test]
    fn a_probe_leaves_nothing_behind() {
        if let Err(error) = probe() {
            return eprintln!("skipped: {}", advice(&error));
        }
        let open = || std::fs::read_dir("/proc/self/fd").expect("Linux").count();
        let before = open();
        probe().expect("as a moment ago");
        assert_eq!(open(), before);
    }
}
