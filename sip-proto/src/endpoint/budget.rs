//! How many message bytes the live transactions retain, together.

/// The account of `Limits::transaction_bytes_max`.
///
/// Each transaction remembers what it is charged, so that what it is charged at its start and
/// whenever it changes is given back to the byte when it ends.
#[derive(Debug)]
pub(super) struct Budget {
    max: usize,
    used: usize,
}

/// What one transaction is charged.
#[derive(Debug, Default)]
pub(super) struct Charge(usize);

impl Budget {
    pub(super) const fn new(max: usize) -> Self {
        Self { max, used: 0 }
    }

    /// What all are charged together.
    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// Whether `bytes` more are within the limit.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        self.used.saturating_add(bytes) <= self.max
    }

    /// Whether `charge` may become `bytes`: it always may become less.
    pub(super) fn allows(&self, charge: &Charge, bytes: usize) -> bool {
        bytes <= charge.0 || self.has_room(bytes - charge.0)
    }

    /// Makes `charge` what it is to be from now on.
    pub(super) fn charge(&mut self, charge: &mut Charge, bytes: usize) {
        // Every charge is part of what is used.
        self.used = self.used - charge.0 + bytes;
        charge.0 = bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_charged_is_given_back() {
        let mut budget = Budget::new(100);
        let (mut one, mut two) = (Charge::default(), Charge::default());
        budget.charge(&mut one, 60);
        budget.charge(&mut two, 30);
        assert_eq!((budget.used(), budget.has_room(10), budget.has_room(11)), (90, true, false));
        assert!(budget.allows(&two, 40) && !budget.allows(&two, 41));
        // What is there already may be more than is allowed, and become less.
        budget.charge(&mut two, 80);
        assert!(budget.allows(&two, 80) && !budget.allows(&two, 81));
        budget.charge(&mut one, 0);
        assert_eq!(budget.used(), 80);
        budget.charge(&mut two, 0);
        assert_eq!(budget.used(), 0);
    }
}
