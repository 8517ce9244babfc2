//! What was edited since a message was parsed or built.

use bytes::Bytes;
use smallvec::SmallVec;

use super::HeaderName;
use super::base::Span;
use super::name::NameId;

/// The edits of one message, flat. None at all costs nothing: a message then has no overlay.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlay {
    /// Instead of the Request-URI.
    pub(super) uri: Option<Bytes>,
    /// Instead of the body.
    pub(super) body: Option<Bytes>,
    /// Header lines before the base's: the last one comes first.
    pub(super) front: SmallVec<[Line; 2]>,
    /// What became of base headers, by rising index.
    pub(super) patches: SmallVec<[Patch; 4]>,
    /// Header lines after the base's.
    pub(super) back: SmallVec<[Line; 1]>,
    /// Which known name was popped, and from which base header on there may be more of it: what is
    /// removed does not come back. So popping line after line does not look at all that are gone.
    pub(super) passed: Option<(NameId, u32)>,
}

/// A header line that is not in the base.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) name: HeaderName,
    pub(super) value: Bytes,
}

/// What became of the base header at `index`.
#[derive(Clone, Debug)]
pub(super) struct Patch {
    pub(super) index: u32,
    pub(super) change: Change,
}

#[derive(Clone, Debug)]
pub(super) enum Change {
    Removed,
    /// Only this part of the base is left of its value.
    Part(Span),
    /// Another value.
    Value(Bytes),
}

/// Where a header line of the edited view is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Front(usize),
    Base(usize),
    Back(usize),
}

impl Place {
    /// Its index in the base, if it is there.
    const fn in_base(self) -> Option<usize> {
        match self {
            Self::Base(index) => Some(index),
            Self::Front(_) | Self::Back(_) => None,
        }
    }

    const fn in_front(self) -> Option<usize> {
        match self {
            Self::Front(index) => Some(index),
            Self::Base(_) | Self::Back(_) => None,
        }
    }

    const fn in_back(self) -> Option<usize> {
        match self {
            Self::Back(index) => Some(index),
            Self::Front(_) | Self::Base(_) => None,
        }
    }
}

impl Overlay {
    /// Records what became of the base header at `index`, instead of what was recorded before.
    pub(super) fn patch(&mut self, index: usize, change: Change) {
        // At most `Limits::header_count_max` headers.
        let index = index as u32;
        match self.patches.binary_search_by_key(&index, |patch| patch.index) {
            Ok(found) => self.patches[found].change = change,
            Err(place) => self.patches.insert(place, Patch { index, change }),
        }
    }

    /// What became of the base header at `index`.
    pub(super) fn change_mut(&mut self, index: usize) -> Option<&mut Change> {
        let found = self.patches.binary_search_by_key(&(index as u32), |patch| patch.index).ok()?;
        Some(&mut self.patches[found].change)
    }

    /// The value that the base header at `index` was given instead of its own.
    pub(super) fn value(&self, index: usize) -> Option<&Bytes> {
        let found = self.patches.binary_search_by_key(&(index as u32), |patch| patch.index).ok()?;
        match &self.patches[found].change {
            Change::Value(value) => Some(value),
            Change::Removed | Change::Part(_) => None,
        }
    }

    /// The base header from which on a name may be found.
    pub(super) fn first_of(&self, id: NameId) -> usize {
        self.passed.filter(|(passed, _)| *passed == id).map_or(0, |(_, first)| first as usize)
    }

    /// Removes the lines at these places, which are in wire order, in one pass.
    pub(super) fn remove_all(&mut self, places: &[Place]) {
        self.remove_from_base(places.iter().filter_map(|place| place.in_base()));
        // The front is kept the other way round.
        remove_lines(&mut self.front, places.iter().rev().filter_map(|place| place.in_front()));
        remove_lines(&mut self.back, places.iter().filter_map(|place| place.in_back()));
    }

    /// Removes the base headers at these rising indexes.
    fn remove_from_base(&mut self, indexes: impl Iterator<Item = usize>) {
        let mut removed = indexes.map(|index| index as u32).peekable();
        let mut merged = SmallVec::new();
        for patch in self.patches.drain(..) {
            while let Some(index) = removed.next_if(|index| *index < patch.index) {
                merged.push(Patch { index, change: Change::Removed });
            }
            let is_removed = removed.next_if_eq(&patch.index).is_some();
            let change = if is_removed { Change::Removed } else { patch.change };
            merged.push(Patch { index: patch.index, change });
        }
        merged.extend(removed.map(|index| Patch { index, change: Change::Removed }));
        self.patches = merged;
    }

    /// How many bytes the values have.
    pub(super) fn held_bytes(&self) -> usize {
        let lines = self.front.iter().chain(&self.back).map(|line| line.value.len());
        let patches = self.patches.iter().map(|patch| match &patch.change {
            Change::Value(value) => value.len(),
            Change::Removed | Change::Part(_) => 0,
        });
        let others = self.uri.iter().chain(&self.body).map(Bytes::len);
        lines.chain(patches).chain(others).sum()
    }

    /// Moves every value into storage of its own.
    pub(super) fn detach(&mut self) {
        let own = |value: &mut Bytes| *value = Bytes::copy_from_slice(value);
        self.uri.iter_mut().for_each(own);
        self.body.iter_mut().for_each(own);
        for line in self.front.iter_mut().chain(&mut self.back) {
            own(&mut line.value);
            if let HeaderName::Other(name) = &mut line.name {
                own(name);
            }
        }
        for patch in &mut self.patches {
            if let Change::Value(value) = &mut patch.change {
                own(value);
            }
        }
    }
}

/// Removes the lines at these rising indexes.
fn remove_lines<const N: usize>(
    lines: &mut SmallVec<[Line; N]>,
    indexes: impl Iterator<Item = usize>,
) {
    let mut removed = indexes.peekable();
    let mut index = 0;
    lines.retain(|_| {
        index += 1;
        removed.next_if_eq(&(index - 1)).is_none()
    });
}
