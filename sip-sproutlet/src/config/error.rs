//! What is wrong with a configuration, and how to put it right.

use thiserror::Error;

/// A semantic mistake in a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{key}: {problem}; {fix}")]
pub struct ConfigError {
    /// The dotted path of the key, as `registrar.expires_min_s`.
    pub key: String,
    /// What is wrong with its value.
    pub problem: String,
    /// What to write instead.
    pub fix: String,
}

impl ConfigError {
    pub(crate) fn new(
        key: impl Into<String>,
        problem: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self { key: key.into(), problem: problem.into(), fix: fix.into() }
    }
}
