//! Edits: what goes into the overlay.

use bytes::{Bytes, BytesMut};
use smallvec::SmallVec;

use super::base::{Span, line_safe};
use super::lexer::{is_lws, trim};
use super::list::{element_end, last_element_start};
use super::name::OTHER;
use super::overlay::{Change, Line, Overlay, Place};
use super::{Header, HeaderName, Message};

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
        let places = self.places(&name);
        match places.split_first() {
            Some((first, others)) => {
                self.change(*first, value);
                self.remove_all(others);
            }
            None => self.edits().back.push(Line { name, value }),
        }
    }

    /// Removes every field called `name`, and says how many there were.
    pub fn remove(&mut self, name: &HeaderName) -> usize {
        if *name == HeaderName::ContentLength {
            return 0;
        }
        let places = self.places(name);
        self.remove_all(&places);
        places.len()
    }

    /// Adds a field after all others if none is called `name`, and says whether it did.
    pub fn set_if_absent(&mut self, name: HeaderName, value: impl Into<Bytes>) -> bool {
        let is_absent = name != HeaderName::ContentLength && !self.has(&name);
        if is_absent {
            self.push_back(name, value);
        }
        is_absent
    }

    /// Removes every field that `is_kept` says no to, and says how many those were. It is not asked
    /// about Content-Length.
    ///
    /// ```
    /// use sip_proto::{HeaderName, Method, Request};
    ///
    /// let mut request = Request::builder(Method::Info, "sip:b@b.example")
    ///     .header(HeaderName::from_bytes("X-One"), "1")
    ///     .header(HeaderName::from_bytes("X-Two"), "2")
    ///     .build();
    /// assert_eq!(request.retain(|header| !header.name.as_bytes().starts_with(b"X-")), 2);
    /// assert!(request.has(&HeaderName::MaxForwards));
    /// ```
    pub fn retain(&mut self, mut is_kept: impl FnMut(Header<'_>) -> bool) -> usize {
        let doomed: SmallVec<[Place; 8]> = self
            .views()
            .filter(|view| {
                let header = Header { name: view.name(), value: view.value };
                *header.name != HeaderName::ContentLength && !is_kept(header)
            })
            .map(|view| view.place)
            .collect();
        self.remove_all(&doomed);
        doomed.len()
    }

    /// Removes the first list element of `name` (the top Via, the top Route); of what is not a
    /// list, the first field. Returns it; see also [`Message::remove_front`].
    pub fn pop_front(&mut self, name: &HeaderName) -> Option<Bytes> {
        let (place, value) = self.editable(name).next()?;
        let end = first_end(value, name);
        let popped = self.share(place, trim(&value[..end.unwrap_or(value.len())]));
        self.cut_front(name, place, end);
        Some(popped)
    }

    /// As [`Message::pop_front`], for what is not wanted any more. Says whether there was one.
    pub fn remove_front(&mut self, name: &HeaderName) -> bool {
        let first =
            self.editable(name).next().map(|(place, value)| (place, first_end(value, name)));
        if let Some((place, end)) = first {
            self.cut_front(name, place, end);
        }
        first.is_some()
    }

    /// Removes the first line of `name`, or its part up to the comma at `end`.
    fn cut_front(&mut self, name: &HeaderName, place: Place, end: Option<usize>) {
        match (end, place) {
            (Some(end), _) => self.keep(place, end + 1, usize::MAX),
            (None, Place::Base(index)) => {
                self.remove_at(place);
                let id = name.id();
                if id != OTHER {
                    self.edits().passed = Some((id, index as u32 + 1));
                }
            }
            (None, Place::Front(_) | Place::Back(_)) => self.remove_at(place),
        }
    }

    /// Removes the last list element of `name`; of what is not a list, the last field. Returns it.
    pub fn pop_back(&mut self, name: &HeaderName) -> Option<Bytes> {
        let (place, value) = self.editable(name).next_back()?;
        let start = last_start(value, name);
        let popped = self.share(place, trim(&value[start..]));
        match start {
            0 => self.remove_at(place),
            // An element that is not the first starts after a comma.
            start => self.keep(place, 0, start - 1),
        }
        Some(popped)
    }

    /// Puts `value` in the place of the first list element of `name`; of what is not a list, of the
    /// first field. Pushed to the front if there is none.
    pub fn replace_front(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        let value = value.into();
        let first = self.editable(&name).next();
        match first {
            Some((place, old)) => {
                let rest = &old[first_end(old, &name).unwrap_or(old.len())..];
                let value = joined(b"", line_safe(value), rest);
                self.change(place, value);
            }
            None => self.push_front(name, value),
        }
    }

    /// Puts `value` in the place of the last list element of `name`; of what is not a list, of the
    /// last field. Pushed to the back if there is none.
    pub fn replace_back(&mut self, name: HeaderName, value: impl Into<Bytes>) {
        let value = value.into();
        let last = self.editable(&name).next_back();
        match last {
            Some((place, old)) => {
                let rest = &old[..last_start(old, &name)];
                let value = joined(rest, line_safe(value), b"");
                self.change(place, value);
            }
            None => self.push_back(name, value),
        }
    }

    /// Replaces the first list element of `name`, or the first field of what is not a list, by what
    /// `new` makes of it. Says whether there was one.
    ///
    /// ```
    /// use sip_proto::{HeaderName, Method, Request};
    ///
    /// let mut request = Request::builder(Method::Info, "sip:b@b.example")
    ///     .header(HeaderName::Via, "SIP/2.0/UDP a, SIP/2.0/UDP b")
    ///     .build();
    /// request.update_front(&HeaderName::Via, |top| [top, b";received=192.0.2.1"].concat());
    /// let via = request.value(&HeaderName::Via);
    /// assert_eq!(via, Some(&b"SIP/2.0/UDP a;received=192.0.2.1, SIP/2.0/UDP b"[..]));
    /// ```
    pub fn update_front<V: Into<Bytes>>(
        &mut self,
        name: &HeaderName,
        new: impl FnOnce(&[u8]) -> V,
    ) -> bool {
        let Some((place, old)) = self.editable(name).next() else {
            return false;
        };
        let (first, rest) = old.split_at(first_end(old, name).unwrap_or(old.len()));
        let value = joined(b"", line_safe(new(trim(first)).into()), rest);
        self.change(place, value);
        true
    }

    /// Replaces the last list element of `name`, or the last field of what is not a list, by what
    /// `new` makes of it. Says whether there was one.
    pub fn update_back<V: Into<Bytes>>(
        &mut self,
        name: &HeaderName,
        new: impl FnOnce(&[u8]) -> V,
    ) -> bool {
        let Some((place, old)) = self.editable(name).next_back() else {
            return false;
        };
        let (rest, last) = old.split_at(last_start(old, name));
        let value = joined(rest, line_safe(new(trim(last)).into()), b"");
        self.change(place, value);
        true
    }

    /// Replaces the value of each field called `name` by what `new` makes of it, and says how many
    /// there were.
    pub fn update<V: Into<Bytes>>(
        &mut self,
        name: &HeaderName,
        mut new: impl FnMut(&[u8]) -> V,
    ) -> usize {
        if *name == HeaderName::ContentLength {
            return 0;
        }
        let changes: SmallVec<[(Place, Bytes); 2]> =
            self.named(name).map(|(place, old)| (place, line_safe(new(old).into()))).collect();
        let count = changes.len();
        for (place, value) in changes {
            self.change(place, value);
        }
        count
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
    ) -> impl DoubleEndedIterator<Item = (Place, &'a [u8])> + use<'a> {
        let is_ours = *name == HeaderName::ContentLength;
        let is_list = name.is_list();
        self.named(name).filter(move |(_, value)| !(is_ours || is_list && value.is_empty()))
    }

    /// Where all that is called `name` is kept, in wire order.
    fn places(&self, name: &HeaderName) -> SmallVec<[Place; 4]> {
        self.named(name).map(|(place, _)| place).collect()
    }

    /// Removes the lines at these places, which are in wire order.
    fn remove_all(&mut self, places: &[Place]) {
        if !places.is_empty() {
            self.edits().remove_all(places);
        }
    }

    /// `part`, which is a part of the value kept at `place`, in the storage that it shares.
    fn share(&self, place: Place, part: &[u8]) -> Bytes {
        let edits = self.overlay.as_deref();
        let own = match place {
            Place::Front(index) => {
                edits.and_then(|edits| edits.front.get(index)).map(|it| &it.value)
            }
            Place::Back(index) => edits.and_then(|edits| edits.back.get(index)).map(|it| &it.value),
            Place::Base(index) => edits.and_then(|edits| edits.value(index)),
        };
        own.unwrap_or(&self.base.bytes).slice_ref(part)
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

/// Where the last element of a line starts: 0, or after a comma.
fn last_start(value: &[u8], name: &HeaderName) -> usize {
    if name.is_list() { last_element_start(value) } else { 0 }
}

/// A value between what stands before and after it in its line.
fn joined(before: &[u8], value: Bytes, after: &[u8]) -> Bytes {
    if before.is_empty() && after.is_empty() {
        return value;
    }
    let mut joined = BytesMut::with_capacity(before.len() + 1 + value.len() + after.len());
    joined.extend_from_slice(before);
    if !before.is_empty() {
        // After the comma.
        joined.extend_from_slice(b" ");
    }
    joined.extend_from_slice(&value);
    joined.extend_from_slice(after);
    line_end_trimmed(joined.freeze())
}

/// An empty element at the end would leave white space there.
fn line_end_trimmed(value: Bytes) -> Bytes {
    value.slice_ref(trim(&value))
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
