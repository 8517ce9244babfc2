//! Edits: what goes into the overlay.

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;

use super::base::{Span, line_safe};
use super::lexer::is_lws;
use super::list::{element_end, last_element_start};
use super::overlay::{Change, Line, Overlay, Place};
use super::{HeaderName, Message};

/// In each of these, white space around a value is dropped, and CR and LF inside become spaces.
/// Content-Length belongs to the writer: edits of it do nothing.
impl Message {
    fn edits(&mut self) -> &mut Overlay {
        self.overlay.get_or_insert_default()
    }

    /// Adds a field above all others, right after the start line.
    pub fn push_front(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        if name != HeaderName::ContentLength {
            let value = line_safe(value.into());
            self.edits().front.push(Line { name, value });
        }
    }

    /// Adds a field after all others.
    pub fn push_back(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        if name != HeaderName::ContentLength {
            let value = line_safe(value.into());
            self.edits().back.push(Line { name, value });
        }
    }

    /// Makes `value` the only field called `name`, in the place of the first there was, or at the
    /// end.
    pub fn set(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        if name != HeaderName::ContentLength {
            self.set_any(name, value.into());
        }
    }

    fn set_any(&mut self, name: HeaderName, value: Bytes) {
        let value = line_safe(value);
        let first = self.named(&name).next().map(|(place, _)| place);
        match first {
            Some(first) => {
                self.change(first, value);
                self.remove_but(&name, Some(first));
            }
            None => self.edits().back.push(Line { name, value }),
        }
    }

    /// Removes every field called `name`, and says how many there were.
    pub fn remove(&mut self, name: &HeaderName) -> usize {
        if *name == HeaderName::ContentLength { 0 } else { self.remove_but(name, None) }
    }

    /// Removes the first list element of `name` (the top Via, the top Route); of what is not a
    /// list, the first field. Says whether there was one.
    pub fn pop_front(&mut self, name: &HeaderName) -> bool {
        let Some((place, value)) = self.editable(name).next() else {
            return false;
        };
        match first_end(value, name) {
            Some(end) => self.keep(place, end + 1, usize::MAX),
            None => self.remove_at(place),
        }
        true
    }

    /// Removes the last list element of `name`; of what is not a list, the last field. Says whether
    /// there was one.
    pub fn pop_back(&mut self, name: &HeaderName) -> bool {
        let Some((place, value)) = self.editable(name).last() else {
            return false;
        };
        match if name.is_list() { last_element_start(value) } else { 0 } {
            0 => self.remove_at(place),
            // An element that is not the first starts after a comma.
            start => self.keep(place, 0, start - 1),
        }
        true
    }

    /// Puts `value` in the place of the first list element of `name`; of what is not a list, of the
    /// first field. Pushed to the front if there is none.
    pub fn replace_front(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        let value = line_safe(value.into());
        let Some((place, old)) = self.editable(&name).next() else {
            return self.push_front(name, value);
        };
        let Some(end) = first_end(old, &name) else {
            return self.change(place, value);
        };
        let rest = &old[end..];
        let mut joined = BytesMut::with_capacity(value.len() + rest.len());
        joined.extend_from_slice(&value);
        joined.extend_from_slice(rest);
        self.change(place, joined.freeze());
    }

    /// Replaces the body and its Content-Type; Content-Length follows. An empty body with an empty
    /// type leaves no Content-Type.
    pub fn set_body(&mut self, content_type: &str, body: impl Into<Bytes>) {
        let body = body.into();
        if content_type.is_empty() && body.is_empty() {
            self.remove(&HeaderName::ContentType);
        } else {
            self.set(HeaderName::ContentType, Bytes::copy_from_slice(content_type.as_bytes()));
        }
        if self.base.has_length {
            self.set_any(HeaderName::ContentLength, body.len().to_string().into());
        }
        self.edits().body = Some(body);
    }

    pub(super) fn set_subject(&mut self, uri: Bytes) {
        self.edits().uri = Some(line_safe(uri));
    }

    /// The lines that edits of `name` see: those with an element.
    fn editable<'a>(
        &'a self,
        name: &HeaderName,
    ) -> impl Iterator<Item = (Place, &'a [u8])> + use<'a> {
        let is_ours = *name == HeaderName::ContentLength;
        let is_list = name.is_list();
        self.named(name).filter(move |(_, value)| !(is_ours || is_list && value.is_empty()))
    }

    /// Removes all that is called `name`, but not what is `kept`.
    fn remove_but(&mut self, name: &HeaderName, kept: Option<Place>) -> usize {
        let places: SmallVec<[Place; 8]> =
            self.named(name).map(|(place, _)| place).filter(|place| Some(*place) != kept).collect();
        if !places.is_empty() {
            let in_base = places.iter().filter_map(|place| match place {
                Place::Base(index) => Some(*index),
                Place::Front(_) | Place::Back(_) => None,
            });
            let edits = self.edits();
            edits.remove_all(in_base);
            retain_but(&mut edits.front, name, |index| kept == Some(Place::Front(index)));
            retain_but(&mut edits.back, name, |index| kept == Some(Place::Back(index)));
        }
        places.len()
    }

    /// Leaves only the part from `from` to `to` of a line's value, trimmed.
    fn keep(&mut self, place: Place, from: usize, to: usize) {
        let base = self.base.clone();
        let edits = self.edits();
        let value = match place {
            Place::Front(index) => &mut edits.front[index].value,
            Place::Back(index) => &mut edits.back[index].value,
            Place::Base(index) => {
                let mut span = base.headers[index].value;
                match edits.change_mut(index) {
                    Some(Change::Value(value)) => value,
                    Some(Change::Part(part)) => {
                        *part = narrowed(*part, &base.bytes, from, to);
                        return;
                    }
                    Some(Change::Removed) | None => {
                        span = narrowed(span, &base.bytes, from, to);
                        return edits.patch(index, Change::Part(span));
                    }
                }
            }
        };
        let (start, end) = trimmed(value, from, to);
        *value = value.slice(start..end);
    }

    fn remove_at(&mut self, place: Place) {
        let edits = self.edits();
        match place {
            Place::Front(index) => drop(edits.front.remove(index)),
            Place::Base(index) => edits.patch(index, Change::Removed),
            Place::Back(index) => drop(edits.back.remove(index)),
        }
    }

    fn change(&mut self, place: Place, value: Bytes) {
        let edits = self.edits();
        match place {
            Place::Front(index) => edits.front[index].value = value,
            Place::Base(index) => edits.patch(index, Change::Value(value)),
            Place::Back(index) => edits.back[index].value = value,
        }
    }
}

/// Where the comma is that ends the first element of a line, if one does.
fn first_end(value: &[u8], name: &HeaderName) -> Option<usize> {
    let end = if name.is_list() { element_end(value) } else { value.len() };
    Some(end).filter(|end| *end < value.len())
}

fn retain_but<const N: usize>(
    lines: &mut SmallVec<[Line; N]>,
    name: &HeaderName,
    is_kept: impl Fn(usize) -> bool,
) {
    let mut index = 0;
    lines.retain(|line| {
        let stays = line.name != *name || is_kept(index);
        index += 1;
        stays
    });
}

fn narrowed(span: Span, bytes: &[u8], from: usize, to: usize) -> Span {
    let (start, end) = trimmed(span.of(bytes), from, to);
    Span::new(span.start as usize + start, span.start as usize + end)
}

/// The range `from..to` of `value` without white space at either end.
fn trimmed(value: &[u8], from: usize, to: usize) -> (usize, usize) {
    let mut end = to.min(value.len());
    let mut start = from.min(end);
    while start < end && is_lws(value[start]) {
        start += 1;
    }
    while start < end && is_lws(value[end - 1]) {
        end -= 1;
    }
    (start, end)
}
