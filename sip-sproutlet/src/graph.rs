//! The services of one host, and the step from configuration to them.

use core::time::Duration;

use crate::abi::Sproutlet;
use crate::config::{ConfigError, HostLimits, ServiceConfig};
use crate::guard::Guard;
use crate::location::LocationLimits;
use crate::proxy::Proxy;
use crate::registrar::Registrar;

/// The services of one host: which there are, which takes what none is named for, and what the
/// host itself needs to know.
pub struct ServiceGraph {
    pub(crate) services: Vec<Box<dyn Sproutlet>>,
    pub(crate) entry: Option<usize>,
    pub(crate) domains: Vec<String>,
    pub(crate) limits: HostLimits,
    pub(crate) location: LocationLimits,
    pub(crate) timer_c: Duration,
    pub(crate) decisions: bool,
    pub(crate) guard: Option<Guard>,
}

impl ServiceGraph {
    /// A graph without services, responsible for `domains`, with default bounds.
    #[must_use]
    pub fn new(domains: Vec<String>) -> Self {
        let config = ServiceConfig { domains, ..ServiceConfig::default() };
        Self::without_services(&config)
    }

    /// The services that `config` describes: the registrar takes every request that names no
    /// service and hands what is not a registration to the proxy.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for the first mistake in `config`.
    pub fn from_config(config: &ServiceConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let graph = Self::without_services(config);
        let proxy = Proxy::new(&config.proxy, config.registrar.enabled);
        let proxy = Box::new(proxy.guarded(graph.guard.clone()));
        if config.registrar.enabled {
            let registrar = Registrar::new(&config.registrar, proxy.name());
            let registrar = registrar.guarded(graph.guard.clone());
            graph.with(proxy)?.with(Box::new(registrar))?.entry("registrar")
        } else {
            graph.with(proxy)?.entry("proxy")
        }
    }

    /// This graph with one more service.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if its name, an alias or its port is taken.
    pub fn with(mut self, service: Box<dyn Sproutlet>) -> Result<Self, ConfigError> {
        let names = core::iter::once(service.name())
            .chain(service.aliases().iter().map(String::as_str))
            .collect::<Vec<_>>();
        for (index, name) in names.iter().enumerate() {
            let own = names[..index].iter().any(|other| other.eq_ignore_ascii_case(name));
            if own || self.find(name).is_some() {
                return Err(taken(service.name(), "name", name));
            }
        }
        if let Some(port) = service.port()
            && self.services.iter().any(|other| other.port() == Some(port))
        {
            return Err(taken(service.name(), "port", &port.to_string()));
        }
        self.services.push(service);
        Ok(self)
    }

    /// This graph with the service called `name` taking what no service is named for.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] if there is no such service.
    pub fn entry(mut self, name: &str) -> Result<Self, ConfigError> {
        self.entry = Some(self.find(name).ok_or_else(|| {
            ConfigError::new(
                "entry",
                format!("there is no service called `{name}`"),
                "name one of the services",
            )
        })?);
        Ok(self)
    }

    /// This graph with other bounds.
    #[must_use]
    pub fn limits(mut self, limits: HostLimits) -> Self {
        self.limits = limits;
        self
    }

    /// This graph with every decision told as [`Event::Decision`](sip_proto::Event::Decision), or
    /// not, which is the default.
    #[must_use]
    pub const fn decisions(mut self, told: bool) -> Self {
        self.decisions = told;
        self
    }

    /// The service with that name or alias.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.services.iter().position(|service| {
            service.name().eq_ignore_ascii_case(name)
                || service.aliases().iter().any(|alias| alias.eq_ignore_ascii_case(name))
        })
    }

    fn without_services(config: &ServiceConfig) -> Self {
        Self {
            services: Vec::new(),
            entry: None,
            domains: config.domains.clone(),
            limits: config.limits.clone(),
            location: LocationLimits {
                aors_max: config.registrar.aors_max,
                bytes_max: config.registrar.location_bytes_max,
                absent_s: u64::from(config.registrar.absent_s),
            },
            timer_c: Duration::from_secs(u64::from(config.proxy.timer_c_s)),
            decisions: config.decisions,
            guard: Guard::new(config),
        }
    }
}

fn taken(service: &str, what: &str, value: &str) -> ConfigError {
    ConfigError::new(
        format!("services.{service}"),
        format!("the {what} `{value}` is taken"),
        "give each service names and a port of its own",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_names_and_ports_of_their_own() {
        let proxy = || Box::new(Proxy::new(&ServiceConfig::default().proxy, false));
        let graph = || ServiceGraph::new(vec!["localhost".to_owned()]).with(proxy());
        let twice = graph().and_then(|graph| graph.with(proxy())).err().expect("a mistake");
        assert_eq!(
            twice.to_string(),
            "services.proxy: the name `proxy` is taken; give each service names and a port of its own"
        );
        let unknown = graph().and_then(|graph| graph.entry("x")).err().expect("a mistake");
        assert_eq!(unknown.key, "entry");
        let mut config = ServiceConfig::default();
        config.registrar.enabled = false;
        let graph = ServiceGraph::from_config(&config).expect("a valid configuration");
        let entry = graph.entry.and_then(|entry| graph.services.get(entry)).expect("an entry");
        assert_eq!((entry.name(), graph.services.len()), ("proxy", 1));
    }
}
