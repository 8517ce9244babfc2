//! A driver makes use of the descriptors it may have, and says when they are too few. Alone in its
//! process, whose limits it lowers.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use sip_driver::{DescriptorShortage, DriverConfig, Sockets};

#[test]
fn the_soft_limit_is_raised_as_far_as_it_is_needed_and_may_be() {
    let limit = || getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
    setrlimit(Resource::RLIMIT_NOFILE, 64, 512).expect("anyone may lower it");
    let config = |connections_max| DriverConfig {
        connections_max,
        descriptors_reserved: 100,
        ..DriverConfig::default()
    };
    let sockets = Sockets::bind(config(300)).expect("nothing to bind");
    assert_eq!((limit(), sockets.shortage()), ((400, 512), None));
    let sockets = Sockets::bind(config(500)).expect("nothing to bind");
    let short = DescriptorShortage { limit: 512, connections: 412, connections_wanted: 500 };
    assert_eq!((limit(), sockets.shortage()), ((512, 512), Some(short)));
}
