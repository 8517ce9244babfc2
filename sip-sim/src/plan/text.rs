//! Plans as TOML.

use super::{Plan, PlanError};

impl Plan {
    /// The plan as TOML, for an editor and for a repository.
    #[must_use]
    pub fn to_toml(&self) -> String {
        // Every field is a number, a string or a list of tables: nothing TOML cannot hold.
        toml::to_string(self).expect("a plan is representable in TOML")
    }

    /// Reads what [`to_toml`](Self::to_toml) or a person wrote.
    ///
    /// # Errors
    ///
    /// Text that is not TOML, keys that no plan has, and everything that
    /// [`validate`](Self::validate) finds.
    pub fn from_toml(text: &str) -> Result<Self, PlanError> {
        let plan: Self =
            toml::from_str(text).map_err(|error| PlanError::Text { reason: error.to_string() })?;
        plan.validate()?;
        Ok(plan)
    }
}

/// A seed as a TOML integer; as a string where it exceeds TOML's 63 bits.
pub(super) mod seed {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Text {
        Number(u64),
        Digits(String),
    }

    // serde's `with` prescribes the reference.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "signature given by serde")]
    pub(in crate::plan) fn serialize<S: Serializer>(seed: &u64, out: S) -> Result<S::Ok, S::Error> {
        if i64::try_from(*seed).is_ok() {
            out.serialize_u64(*seed)
        } else {
            out.serialize_str(&seed.to_string())
        }
    }

    pub(in crate::plan) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        match Text::deserialize(from)? {
            Text::Number(seed) => Ok(seed),
            Text::Digits(digits) => digits.parse().map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Profile;

    #[test]
    fn a_plan_survives_its_text() {
        for seed in [0, 1, 7, u64::MAX] {
            let plan = Plan::random(seed, &Profile::default());
            assert_eq!(Plan::from_toml(&plan.to_toml()), Ok(plan));
        }
    }

    #[test]
    fn a_person_may_leave_out_what_has_a_default() {
        let plan = Plan::from_toml(
            r#"
            seed = 3
            heal_at_ms = 0
            stop_at_ms = 20000
            phone = [
                { name = "alice", user = "alice", address = "10.0.1.1:5060" },
                { name = "bob", user = "bob", address = "10.0.1.2:5060", transport = "tcp" },
            ]
            call = [{ id = 1, at_ms = 5000, from = "alice", to = "bob" }]
            "#,
        )
        .expect("a valid plan");
        assert_eq!(plan.phones.len(), 2);
        assert!(plan.server.record_route);
    }

    #[test]
    fn a_misspelt_key_is_named() {
        let error = Plan::from_toml("seed = 1\nheal_at_ms = 0\nstop_at_ms = 0\nphones = []")
            .expect_err("an unknown key");
        assert!(error.to_string().contains("phones"), "{error}");
    }
}
