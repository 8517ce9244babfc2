//! The system's own files about names.

use std::fs;

use sip_proto::EndpointConfig;
use sip_sproutlet::DnsConfig;

const RESOLV_CONF: &str = "/etc/resolv.conf";
const HOSTS: &str = "/etc/hosts";

/// An endpoint whose resolver is set up by the configuration and, as far as that allows, by the
/// files of the system. A file that is not there says nothing.
pub(crate) fn endpoint(dns: &DnsConfig) -> EndpointConfig {
    let read = |path| if dns.system { fs::read_to_string(path).ok() } else { None };
    let [resolv_conf, hosts] = [RESOLV_CONF, HOSTS].map(|path| read(path).unwrap_or_default());
    let mut endpoint = EndpointConfig::default();
    dns.apply(&resolv_conf, &hosts, &mut endpoint);
    endpoint
}
