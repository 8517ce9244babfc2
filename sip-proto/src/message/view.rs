//! The edited view of a message: what it reads as, line by line, in wire order.

use core::iter::{Enumerate, Rev};
use core::slice;

use super::HeaderName;
use super::base::{Base, HeaderSpan, name_at};
use super::name::{NameId, OTHER};
use super::overlay::{Change, Line, Overlay, Patch, Place};

/// A header field of the edited view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its name.
    pub name: &'a HeaderName,
    /// Its value: no white space at either end, folds inside as they stand.
    pub value: &'a [u8],
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
    Base {
        base: &'a Base,
        span: &'a HeaderSpan,
        nth_other: usize,
        is_patched: bool,
    },
}

impl<'a> View<'a> {
    pub(super) fn name(&self) -> &'a HeaderName {
        match self.kept {
            Kept::Line(line) => &line.name,
            Kept::Base {
                base,
                span,
                nth_other,
                ..
            } => name_at(base, span, nth_other),
        }
    }

    /// Its index in the base, if it stands there as it came.
    pub(super) fn untouched(&self) -> Option<usize> {
        match (self.place, self.kept) {
            (
                Place::Base(index),
                Kept::Base {
                    is_patched: false, ..
                },
            ) => Some(index),
            _ => None,
        }
    }

    #[inline]
    fn is_named(&self, wanted: &Wanted) -> bool {
        match self.kept {
            Kept::Base { span, .. } if span.id != OTHER => span.id == wanted.id,
            Kept::Base { base, span, .. } => {
                wanted.id == OTHER && wanted.other.eq_ignore_ascii_case(base.wire_name(span))
            }
            Kept::Line(line) => match &line.name {
                HeaderName::Other(name) => {
                    wanted.id == OTHER && wanted.other.eq_ignore_ascii_case(name)
                }
                known => known.id() == wanted.id,
            },
        }
    }
}

/// A header name to look for, without borrowing who asked.
#[derive(Clone)]
pub(super) struct Wanted {
    id: NameId,
    other: bytes::Bytes,
}

impl Wanted {
    #[inline]
    pub(super) fn new(name: &HeaderName) -> Self {
        match name {
            HeaderName::Other(other) => Self {
                id: OTHER,
                other: other.clone(),
            },
            known => Self {
                id: known.id(),
                other: bytes::Bytes::new(),
            },
        }
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
        let (front, patches, back): (&[Line], &[Patch], &[Line]) = match overlay {
            Some(overlay) => (&overlay.front, &overlay.patches, &overlay.back),
            None => (&[], &[], &[]),
        };
        Self {
            base,
            front: front.iter().rev(),
            index: 0,
            nth_other: 0,
            patches,
            back: back.iter().enumerate(),
        }
    }

    /// Those named so.
    #[inline]
    pub(super) fn named(self, wanted: Wanted) -> impl Iterator<Item = View<'a>> {
        self.filter(move |view| view.is_named(&wanted))
    }

    #[inline]
    fn next_base(&mut self) -> Option<View<'a>> {
        loop {
            let index = self.index;
            let span = self.base.headers.get(index)?;
            let nth_other = self.nth_other;
            self.index += 1;
            self.nth_other += usize::from(span.id == OTHER);
            let mut value = span.value.of(&self.base.bytes);
            let mut is_patched = false;
            if let [patch, rest @ ..] = self.patches
                && patch.index as usize == index
            {
                self.patches = rest;
                is_patched = true;
                match &patch.change {
                    Change::Removed => continue,
                    Change::Part(part) => value = part.of(&self.base.bytes),
                    Change::Value(new) => value = new,
                }
            }
            let kept = Kept::Base {
                base: self.base,
                span,
                nth_other,
                is_patched,
            };
            return Some(View {
                place: Place::Base(index),
                value,
                kept,
            });
        }
    }
}

impl<'a> Iterator for Views<'a> {
    type Item = View<'a>;

    #[inline]
    fn next(&mut self) -> Option<View<'a>> {
        if let Some(line) = self.front.next() {
            // What is left of the reversed front is as long as the line's index.
            let place = Place::Front(self.front.len());
            return Some(View {
                place,
                value: &line.value,
                kept: Kept::Line(line),
            });
        }
        self.next_base().or_else(|| {
            let (index, line) = self.back.next()?;
            Some(View {
                place: Place::Back(index),
                value: &line.value,
                kept: Kept::Line(line),
            })
        })
    }
}
