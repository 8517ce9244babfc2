//! What an operator can set about the services.

use serde::Deserialize;

use crate::config::{AuthConfig, ConfigError, HostLimits};

/// What an operator can set about the services. The default serves the domain `localhost`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceConfig {
    /// The domains this server is responsible for. A URI with one of them as its host, and no
    /// port or one of ours, is the server's own.
    pub domains: Vec<String>,
    /// Whether every routing decision is told as
    /// [`Event::Decision`](sip_proto::Event::Decision): no, since it costs a formatted text for
    /// each. Off, nothing is formatted.
    pub decisions: bool,
    /// Who may register and call.
    pub auth: AuthConfig,
    /// Registration.
    pub registrar: RegistrarConfig,
    /// Forwarding.
    pub proxy: ProxyConfig,
    /// Bounds of the service host.
    pub limits: HostLimits,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            domains: vec!["localhost".to_owned()],
            decisions: false,
            auth: AuthConfig::default(),
            registrar: RegistrarConfig::default(),
            proxy: ProxyConfig::default(),
            limits: HostLimits::default(),
        }
    }
}

/// What an operator can set about registration (RFC 3261 section 10.3).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrarConfig {
    /// Whether this server is a registrar at all. If not, REGISTER for its domains gets 405.
    pub enabled: bool,
    /// How long a binding lives that asks for no time, in seconds: 3600.
    pub expires_default_s: u32,
    /// The shortest time a binding may ask for, in seconds: 60. Shorter ones get 423 with
    /// Min-Expires.
    pub expires_min_s: u32,
    /// The longest time a binding lives, in seconds: 7200. Longer ones are shortened to it.
    pub expires_max_s: u32,
    /// Bindings of one address-of-record: 10. Beyond: 403.
    pub contacts_per_aor_max: usize,
    /// Bytes of one binding that a phone chooses: Contact, Path, Call-ID and the
    /// address-of-record: 2048. Beyond: 403.
    pub contact_bytes_max: usize,
    /// URIs in the Path of one REGISTER (RFC 3327): 8. Beyond: 403.
    pub path_max: usize,
    /// Addresses-of-record, also those that [`absent_s`](Self::absent_s) remembers: 1,000,000.
    /// Beyond: those without bindings are forgotten, the longest gone first; if all have some, 503.
    pub aors_max: usize,
    /// Bytes of all bindings together, with what the store itself needs for each: 1 GiB. Beyond:
    /// users without bindings are forgotten likewise; if that is not enough, 503.
    pub location_bytes_max: usize,
    /// How long a user without bindings is still known (480 rather than 404), in seconds: 3600.
    pub absent_s: u32,
    /// How often a change is tried again because another one came between: 5. Beyond: 500.
    pub conflicts_max: u32,
}

impl Default for RegistrarConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            expires_default_s: 3600,
            expires_min_s: 60,
            expires_max_s: 7200,
            contacts_per_aor_max: 10,
            contact_bytes_max: 2048,
            path_max: 8,
            aors_max: 1_000_000,
            location_bytes_max: 1 << 30,
            absent_s: 3600,
            conflicts_max: 5,
        }
    }
}

/// What an operator can set about forwarding (RFC 3261 section 16).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProxyConfig {
    /// Timer C, how long a ringing INVITE may go without news, in seconds: 181, since it must be
    /// longer than 3 minutes (RFC 3261 section 16.6, step 11).
    pub timer_c_s: u32,
    /// Whether the proxy stays on the path of the dialogs it sets up (RFC 3261 section 16.6,
    /// step 4).
    pub record_route: bool,
    /// Whether requests that lead to foreign domains, by their Route or their Request-URI, are
    /// forwarded. On, anyone who can reach the server can use it to reach others: leave it on only
    /// where all who can reach it are trusted. Off, they get 403 unless they are inside a dialog
    /// that was set up through this server: their Route must be its Record-Route
    /// (so [`record_route`](Self::record_route) must be on) with the MAC that it made for that
    /// Call-ID, under its present secrets or the ones before. The MAC does not say where the other
    /// end of the dialog is; and contacts are reached wherever they are, so that whoever may
    /// register decides that.
    pub relay_foreign: bool,
    /// Contacts that one request is forked to: 10. Beyond: those with the lowest q are left out.
    pub forks_max: usize,
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self { timer_c_s: 181, record_route: true, relay_foreign: true, forks_max: 10 }
    }
}

impl ServiceConfig {
    /// Checks what the types cannot: ranges, and values that contradict each other.
    ///
    /// # Errors
    ///
    /// The first mistake found, with its key and how to put it right.
    pub fn validate(&self) -> Result<(), ConfigError> {
        if self.domains.is_empty() {
            return Err(ConfigError::new(
                "domains",
                "is empty: no request could be for this server",
                "name at least one domain, such as [\"localhost\"]",
            ));
        }
        for (index, domain) in self.domains.iter().enumerate() {
            validate_domain(index, domain)?;
            if self.domains[..index].iter().any(|other| other.eq_ignore_ascii_case(domain)) {
                return Err(ConfigError::new(
                    format!("domains[{index}]"),
                    format!("`{domain}` is there twice"),
                    "remove one of them",
                ));
            }
        }
        self.auth.validate()?;
        self.registrar.validate()?;
        self.proxy.validate(&self.limits)?;
        self.limits.validate()
    }
}

fn validate_domain(index: usize, domain: &str) -> Result<(), ConfigError> {
    let is_host = !domain.is_empty()
        && domain.len() <= 253
        && domain.split('.').all(|label| {
            !label.is_empty()
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        });
    let is_address = domain.trim_matches(['[', ']']).parse::<core::net::IpAddr>().is_ok();
    if is_host || is_address {
        return Ok(());
    }
    Err(ConfigError::new(
        format!("domains[{index}]"),
        format!("`{domain}` is not a host name"),
        "write a name without scheme and port, such as \"example.com\"",
    ))
}

impl RegistrarConfig {
    fn validate(&self) -> Result<(), ConfigError> {
        let positive = [
            ("expires_default_s", self.expires_default_s as usize),
            ("expires_max_s", self.expires_max_s as usize),
            ("contacts_per_aor_max", self.contacts_per_aor_max),
            ("contact_bytes_max", self.contact_bytes_max),
            ("aors_max", self.aors_max),
            ("location_bytes_max", self.location_bytes_max),
        ];
        if let Some((name, _)) = positive.into_iter().find(|(_, value)| *value == 0) {
            return Err(ConfigError::new(
                format!("registrar.{name}"),
                "must not be 0: nobody could register",
                "leave it out for the default, or set registrar.enabled = false",
            ));
        }
        // RFC 3261 section 10.3, step 7: 423 is for intervals under an hour only.
        if self.expires_min_s > 3600 {
            return Err(ConfigError::new(
                "registrar.expires_min_s",
                format!("{} is above 3600, the most that 423 may demand", self.expires_min_s),
                "set it to 3600 or less",
            ));
        }
        if self.expires_max_s < self.expires_min_s {
            return Err(ConfigError::new(
                "registrar.expires_max_s",
                format!(
                    "{} is below registrar.expires_min_s = {}",
                    self.expires_max_s, self.expires_min_s
                ),
                "raise expires_max_s or lower expires_min_s",
            ));
        }
        if !(self.expires_min_s..=self.expires_max_s).contains(&self.expires_default_s) {
            return Err(ConfigError::new(
                "registrar.expires_default_s",
                format!(
                    "{} is outside {}..={}",
                    self.expires_default_s, self.expires_min_s, self.expires_max_s
                ),
                "set it between expires_min_s and expires_max_s",
            ));
        }
        Ok(())
    }
}

impl ProxyConfig {
    fn validate(&self, limits: &HostLimits) -> Result<(), ConfigError> {
        // RFC 3261 section 16.6, step 11: three minutes and more, so that no phone that rings is
        // cut off.
        if self.timer_c_s <= 180 {
            return Err(ConfigError::new(
                "proxy.timer_c_s",
                format!(
                    "{} is no more than the 180 that RFC 3261 wants it to exceed",
                    self.timer_c_s
                ),
                "set it to 181 or more",
            ));
        }
        if self.forks_max == 0 || self.forks_max > limits.forks_per_transaction_max as usize {
            return Err(ConfigError::new(
                "proxy.forks_max",
                format!("{} is outside 1..={}", self.forks_max, limits.forks_per_transaction_max),
                "set it within that range, or raise limits.forks_per_transaction_max",
            ));
        }
        Ok(())
    }
}
