//! The edited view of a message: what it reads as, line by line, in wire order.

use core::fmt;
use core::iter::{Enumerate, Rev};
use core::slice;

use bytes::Bytes;

use super::HeaderName;
use super::base::{Base, HeaderSpan, name_at};
use super::name::{NameId, OTHER};
use super::overlay::{Change, Line, Overlay, Patch, Place};
use crate::error::Escaped;

/// A header field of the edited view.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name.
    pub name: &'a HeaderName,
    /// Its value: no white space at either end, folds inside as they stand.
    pub value: &'a [u8],
}

/// As on the wire, with what is not printable escaped.
impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, Escaped(self.value))
    }
}

/// A line of the edited view and where it is kept.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) place: Place,
    pub(super) value: &'a [u8],
    kept: Kept<'a>,
}

#[derive(Clone, Copy)]
enum Kept<'a> {
    Line(&'a Line),
    Base { base: &'a Base, span: &'a HeaderSpan, nth_other: usize, is_patched: bool },
}

impl<'a> View<'a> {
    pub(super) fn name(&self) -> &'a HeaderName {
        match self.kept {
            Kept::Line(line) => &line.name,
            Kept::Base { base, span, nth_other, .. } => name_at(base, span, nth_other),
        }
    }

    /// Its index in the base, if it stands there as it came.
    pub(super) fn untouched(&self) -> Option<usize> {
        match (self.place, self.kept) {
            (Place::Base(index), Kept::Base { is_patched: false, .. }) => Some(index),
            _ => None,
        }
    }
}

/// A header name to look for, without borrowing who asked.
struct Wanted {
    id: NameId,
    other: Option<Bytes>,
}

impl Wanted {
    #[inline]
    fn new(name: &HeaderName) -> Self {
        match name {
            HeaderName::Other(other) => Self { id: OTHER, other: Some(other.clone()) },
            known => Self { id: known.id(), other: None },
        }
    }

    #[inline]
    fn is_line(&self, line: &Line) -> bool {
        match (&line.name, &self.other) {
            (HeaderName::Other(name), Some(other)) => name.eq_ignore_ascii_case(other),
            (name, _) => name.id() == self.id && self.other.is_none(),
        }
    }

    #[inline]
    fn is_span(&self, base: &Base, span: &HeaderSpan) -> bool {
        span.id == self.id && self.is_other(base, span)
    }

    fn is_other(&self, base: &Base, span: &HeaderSpan) -> bool {
        span.id != OTHER
            || self
                .other
                .as_ref()
                .is_none_or(|other| other.eq_ignore_ascii_case(base.wire_name(span)))
    }
}

/// All lines, in wire order.
pub(super) struct Views<'a> {
    base: &'a Base,
    front: Rev<slice::Iter<'a, Line>>,
    index: usize,
    nth_other: usize,
    patches: &'a [Patch],
    back: Enumerate<slice::Iter<'a, Line>>,
}

impl<'a> Views<'a> {
    #[inline]
    pub(super) fn new(base: &'a Base, overlay: Option<&'a Overlay>) -> Self {
        let (front, patches, back) = parts(overlay);
        Self {
            base,
            front: front.iter().rev(),
            index: 0,
            nth_other: 0,
            patches,
            back: back.iter().enumerate(),
        }
    }

    #[inline]
    fn next_base(&mut self) -> Option<View<'a>> {
        let base = self.base;
        while let Some(span) = base.headers.get(self.index) {
            let (index, nth_other) = (self.index, self.nth_other);
            self.index += 1;
            self.nth_other += usize::from(span.id == OTHER);
            let change = change_of(&mut self.patches, index);
            if let Some(value) = changed(base, span, change) {
                let is_patched = change.is_some();
                let kept = Kept::Base { base, span, nth_other, is_patched };
                return Some(View { place: Place::Base(index), value, kept });
            }
        }
        None
    }
}

impl<'a> Iterator for Views<'a> {
    type Item = View<'a>;

    #[inline]
    fn next(&mut self) -> Option<View<'a>> {
        if let Some(line) = self.front.next() {
            // What is left of the reversed front is as long as the line's index.
            let place = Place::Front(self.front.len());
            return Some(View { place, value: &line.value, kept: Kept::Line(line) });
        }
        self.next_base().or_else(|| {
            let (index, line) = self.back.next()?;
            Some(View { place: Place::Back(index), value: &line.value, kept: Kept::Line(line) })
        })
    }
}

/// The lines with one name, in wire order: where each is kept, and its value.
pub(super) struct Named<'a> {
    wanted: Wanted,
    base: &'a Base,
    front: Rev<Enumerate<slice::Iter<'a, Line>>>,
    /// The base headers not looked at yet.
    rest: &'a [HeaderSpan],
    /// The index of the first of them.
    first: usize,
    patches: &'a [Patch],
    back: Enumerate<slice::Iter<'a, Line>>,
}

impl<'a> Named<'a> {
    #[inline]
    pub(super) fn new(base: &'a Base, overlay: Option<&'a Overlay>, name: &HeaderName) -> Self {
        let (front, patches, back) = parts(overlay);
        let first = overlay.map_or(0, |edits| edits.first_of(name.id()));
        let is_there = base.headers.may_have(name.id());
        let rest = base.headers.get(first..).filter(|_| is_there).unwrap_or_default();
        Self {
            wanted: Wanted::new(name),
            base,
            front: front.iter().enumerate().rev(),
            rest,
            first,
            patches: if first == 0 { patches } else { not_before(patches, first) },
            back: back.iter().enumerate(),
        }
    }
}

impl<'a> Iterator for Named<'a> {
    type Item = (Place, &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<(Place, &'a [u8])> {
        let Self { wanted, base, .. } = self;
        if let Some((index, line)) = self.front.find(|(_, line)| wanted.is_line(line)) {
            return Some((Place::Front(index), &line.value));
        }
        while let Some(found) = self.rest.iter().position(|span| wanted.is_span(base, span)) {
            let index = self.first + found;
            let span = &self.rest[found];
            let is_last = !base.headers.may_repeat(span.id);
            self.rest = if is_last { &[] } else { &self.rest[found + 1..] };
            self.first = index + 1;
            let change = change_of(&mut self.patches, index);
            if let Some(value) = changed(base, span, change) {
                return Some((Place::Base(index), value));
            }
        }
        let (index, line) = self.back.find(|(_, line)| wanted.is_line(line))?;
        Some((Place::Back(index), &line.value))
    }
}

impl<'a> DoubleEndedIterator for Named<'a> {
    fn next_back(&mut self) -> Option<(Place, &'a [u8])> {
        let Self { wanted, base, .. } = self;
        if let Some((index, line)) = self.back.rfind(|(_, line)| wanted.is_line(line)) {
            return Some((Place::Back(index), &line.value));
        }
        while let Some(found) = self.rest.iter().rposition(|span| wanted.is_span(base, span)) {
            let index = self.first + found;
            let span = &self.rest[found];
            self.rest = &self.rest[..found];
            let change = change_of_back(&mut self.patches, index);
            if let Some(value) = changed(base, span, change) {
                return Some((Place::Base(index), value));
            }
        }
        let (index, line) = self.front.rfind(|(_, line)| wanted.is_line(line))?;
        Some((Place::Front(index), &line.value))
    }
}

type Parts<'a> = (&'a [Line], &'a [Patch], &'a [Line]);

/// The edited lines before, among and after those of the base.
#[inline]
pub(super) fn parts(overlay: Option<&Overlay>) -> Parts<'_> {
    overlay.map_or((&[], &[], &[]), |edits| (&edits.front, &edits.patches, &edits.back))
}

fn not_before(patches: &[Patch], index: usize) -> &[Patch] {
    &patches[patches.partition_point(|patch| (patch.index as usize) < index)..]
}

/// What became of the header at `index`; `patches` are those not before the last one asked for.
#[inline]
fn change_of<'a>(patches: &mut &'a [Patch], index: usize) -> Option<&'a Change> {
    while let [patch, rest @ ..] = *patches {
        if patch.index as usize > index {
            break;
        }
        *patches = rest;
        if patch.index as usize == index {
            return Some(&patch.change);
        }
    }
    None
}

/// The same from the back: `patches` are those not after the last one asked for.
fn change_of_back<'a>(patches: &mut &'a [Patch], index: usize) -> Option<&'a Change> {
    while let [rest @ .., patch] = *patches {
        if (patch.index as usize) < index {
            break;
        }
        *patches = rest;
        if patch.index as usize == index {
            return Some(&patch.change);
        }
    }
    None
}

/// The value of `span` after a change; `None` if it was removed.
#[inline]
fn changed<'a>(base: &'a Base, span: &HeaderSpan, change: Option<&'a Change>) -> Option<&'a [u8]> {
    match change {
        None => Some(span.value.of(&base.bytes)),
        Some(Change::Part(part)) => Some(part.of(&base.bytes)),
        Some(Change::Value(value)) => Some(value),
        Some(Change::Removed) => None,
    }
}
