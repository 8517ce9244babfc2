//! How many descriptors there are, and what is left for connections.

use std::fmt;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::DriverConfig;

/// How many connections the descriptors of this process allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Descriptors {
    /// Accepted while there are fewer connections than this.
    pub(crate) accept_below: usize,
    /// Dialled while there are fewer than this: what is accepted cannot use up what is dialled.
    pub(crate) dial_below: usize,
    shortage: Option<DescriptorShortage>,
}

/// This process may open fewer files than [`DriverConfig::connections_max`] needs. It runs all the
/// same, with fewer connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DescriptorShortage {
    /// Files that it may open.
    pub limit: usize,
    /// Connections that it therefore has at most.
    pub connections: usize,
    /// Connections that it was to have.
    pub connections_wanted: usize,
}

impl fmt::Display for DescriptorShortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, connections, connections_wanted } = self;
        write!(
            f,
            "only {connections} of {connections_wanted} connections are possible, because this \
             process may open no more than {limit} files; raise the hard limit (ulimit -Hn, or \
             LimitNOFILE in a systemd unit)"
        )
    }
}

impl Descriptors {
    /// Raises the soft limit of this process as far as `config` needs it and the hard limit lets
    /// it, and says what that allows.
    pub(crate) fn claim(config: &DriverConfig) -> Self {
        let wanted = config.connections_max.saturating_add(config.descriptors_reserved);
        Self::within(raise_to(wanted), config)
    }

    pub(crate) fn shortage(&self) -> Option<DescriptorShortage> {
        self.shortage
    }

    fn within(limit: usize, config: &DriverConfig) -> Self {
        // Of few descriptors, half are kept: some connections are better than none.
        let reserved = config.descriptors_reserved.min(limit / 2);
        let connections = config.connections_max.min(limit - reserved);
        let connections_wanted = config.connections_max;
        let shortage = DescriptorShortage { limit, connections, connections_wanted };
        Self {
            accept_below: connections,
            dial_below: connections + reserved / 2,
            shortage: (connections < connections_wanted).then_some(shortage),
        }
    }
}

/// The soft limit, raised to `wanted` where it is less and may be.
fn raise_to(wanted: usize) -> usize {
    let wanted = wanted as u64;
    // Neither call fails on a healthy system; then nothing is known to be short.
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return usize::MAX };
    let limit = match wanted.min(hard) {
        more if more > soft && setrlimit(Resource::RLIMIT_NOFILE, more, hard).is_ok() => more,
        _ => soft,
    };
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_everything_else() {
        let config = DriverConfig {
            connections_max: 1_000,
            descriptors_reserved: 100,
            ..DriverConfig::default()
        };
        for (limit, accept_below, dial_below, short) in [
            (usize::MAX, 1_000, 1_050, false),
            (1_100, 1_000, 1_050, false),
            (1_099, 999, 1_049, true),
            (200, 100, 150, true),
            (64, 32, 48, true),
            (0, 0, 0, true),
        ] {
            let descriptors = Descriptors::within(limit, &config);
            let got = (descriptors.accept_below, descriptors.dial_below);
            assert_eq!(got, (accept_below, dial_below), "{limit}");
            assert_eq!(descriptors.shortage().is_some(), short, "{limit}");
        }
        let shortage = Descriptors::within(200, &config).shortage().expect("a shortage");
        let text = shortage.to_string();
        assert!(text.starts_with("only 100 of 1000 connections"), "{text}");
        assert!(text.contains("200 files"), "{text}");
    }
}
