//! [`Message`]: headers and body, read and written as edited.

use std::sync::Arc;

use bytes::Bytes;

use super::base::{Assembler, Base, Span};
use super::list::{Elements, ElementsBack};
use super::name::OTHER;
use super::overlay::Overlay;
use super::view::{Header, Named, Views};
use super::{CallId, HeaderError, HeaderName, TypedHeader};
use crate::{ParseError, ParseErrorKind};

/// The header fields and the body of a [`Request`](super::Request) or a
/// [`Response`](super::Response).
///
/// An immutable base, shared by all copies, and the edits made since. Reads see the edits; a clone
/// copies the edits only; headers that nobody touched leave byte for byte as they came.
///
/// Content-Length belongs to the writer: it follows the body, it is added where it was absent, and
/// edits by its name do nothing.
#[derive(Clone)]
pub struct Message {
    pub(super) base: Arc<Base>,
    pub(super) overlay: Option<Box<Overlay>>,
}

impl Message {
    pub(super) fn from_base(base: Base) -> Self {
        Self { base: Arc::new(base), overlay: None }
    }

    #[inline]
    pub(super) fn views(&self) -> Views<'_> {
        Views::new(&self.base, self.overlay.as_deref())
    }

    #[inline]
    pub(super) fn named<'a>(&'a self, name: &HeaderName) -> Named<'a> {
        Named::new(&self.base, self.overlay.as_deref(), name)
    }

    /// Every header field, in wire order.
    pub fn iter(&self) -> impl Iterator<Item = Header<'_>> {
        self.views().map(|view| Header { name: view.name(), value: view.value })
    }

    /// The value of the first field called `name`.
    #[must_use]
    pub fn value(&self, name: &HeaderName) -> Option<&[u8]> {
        self.sole(name).unwrap_or_else(|| self.values(name).next())
    }

    /// The value of the only field that can be called `name`; `None` where edits, or a second field,
    /// must be looked at.
    #[inline]
    fn sole(&self, name: &HeaderName) -> Option<Option<&[u8]>> {
        let id = name.id();
        let is_sole = self.overlay.is_none() && id != OTHER && !self.base.headers.may_repeat(id);
        is_sole.then(|| self.base.first_value(id))
    }

    /// The value of each field called `name`.
    pub fn values<'a>(
        &'a self,
        name: &HeaderName,
    ) -> impl DoubleEndedIterator<Item = &'a [u8]> + use<'a> {
        self.named(name).map(|(_, value)| value)
    }

    /// The elements of all fields called `name`: split at commas outside quotes and `<>`, unless
    /// `name` is known not to be a list (see [`HeaderName::is_list`]).
    pub fn list<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        Listed {
            values: self.named(name),
            elements: Elements::new(b"", true),
            split: name.is_list(),
        }
    }

    /// The same elements from the back: the first one is the last of the last field.
    pub fn list_rev<'a>(&'a self, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let split = name.is_list();
        self.values(name).rev().flat_map(move |value| ElementsBack::new(value, split))
    }

    /// Whether a field is called `name`.
    #[must_use]
    pub fn has(&self, name: &HeaderName) -> bool {
        self.values(name).next().is_some()
    }

    /// How many fields are called `name`.
    #[must_use]
    pub fn count(&self, name: &HeaderName) -> usize {
        match self.sole(name) {
            Some(value) => usize::from(value.is_some()),
            None => self.values(name).count(),
        }
    }

    /// The first `H`, if there is one.
    ///
    /// # Errors
    ///
    /// Where it is malformed; the offset counts from the start of the element.
    pub fn header<'a, H: TypedHeader<'a>>(&'a self) -> Result<Option<H>, HeaderError> {
        let is_list = H::NAME.is_list();
        let first = match self.sole(&H::NAME) {
            Some(value) => value.and_then(|value| first_element(value, is_list)),
            None => self.values(&H::NAME).find_map(|value| first_element(value, is_list)),
        };
        first.map(typed).transpose()
    }

    /// Each `H`.
    pub fn header_list<'a, H: TypedHeader<'a>>(
        &'a self,
    ) -> impl Iterator<Item = Result<H, HeaderError>> {
        self.list(&H::NAME).map(typed)
    }

    /// Each `H` from the back: the first one is the last in the message, as the Via of who sent a
    /// request.
    pub fn header_list_rev<'a, H: TypedHeader<'a>>(
        &'a self,
    ) -> impl Iterator<Item = Result<H, HeaderError>> {
        self.list_rev(&H::NAME).map(typed)
    }

    /// The `H` that must be there: for a list header, the first of them.
    ///
    /// # Errors
    ///
    /// `Cardinality` if there is none, or more than one of what is not a list; else as
    /// [`Message::header`].
    pub fn require<'a, H: TypedHeader<'a>>(&'a self) -> Result<H, HeaderError> {
        let is_list = H::NAME.is_list();
        let element = match self.sole(&H::NAME) {
            Some(value) => value.and_then(|value| first_element(value, is_list)),
            None => {
                let mut values = self.values(&H::NAME);
                let first = values.find_map(|value| first_element(value, is_list));
                first.filter(|_| is_list || values.next().is_none())
            }
        };
        let missing = ParseError { kind: ParseErrorKind::Cardinality, offset: 0 };
        element.ok_or_else(|| HeaderError::new::<H>(missing)).and_then(typed)
    }

    /// The Call-ID.
    ///
    /// # Errors
    ///
    /// As [`Message::require`].
    pub fn call_id(&self) -> Result<&[u8], HeaderError> {
        self.require::<CallId<'_>>().map(|id| id.0)
    }

    /// The body; empty if there is none.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        self.overlay.as_ref().and_then(|edits| edits.body.as_ref()).unwrap_or(&self.base.body)
    }

    /// The Request-URI or the reason phrase, as edited.
    pub(super) fn subject(&self) -> &[u8] {
        match self.overlay.as_ref().and_then(|edits| edits.uri.as_ref()) {
            Some(uri) => uri,
            None => self.base.subject.of(&self.base.bytes),
        }
    }

    /// A part of the start line, as it came.
    pub(super) fn start_bytes(&self, span: Span) -> &[u8] {
        span.of(&self.base.bytes)
    }

    /// Moves the message into right-sized storage of its own, so that it pins no receive buffer.
    /// It reads and writes as before.
    pub fn detach(&mut self) {
        self.base = Arc::new(self.base.detached());
        if let Some(edits) = &mut self.overlay {
            edits.detach();
        }
    }

    /// How many bytes of text it holds, those it shares with its copies included.
    pub(crate) fn held_bytes(&self) -> usize {
        let edits = self.overlay.as_deref().map_or(0, Overlay::held_bytes);
        self.base.bytes.len() + edits
    }

    /// About how many bytes a response to this needs.
    pub(super) fn copy_hint(&self) -> usize {
        self.base.headers_end() + 64
    }

    /// Copies the header lines that `is_copied`, untouched ones byte for byte.
    pub(super) fn copy_into(
        &self,
        assembler: &mut Assembler,
        is_copied: impl Fn(&HeaderName) -> bool,
    ) {
        for view in self.views().filter(|view| is_copied(view.name())) {
            match view.untouched() {
                Some(index) => assembler.push_raw(&self.base, index),
                None => assembler.push(view.name(), view.value),
            }
        }
    }
}

/// The elements of all fields with one name.
struct Listed<'a> {
    values: Named<'a>,
    elements: Elements<'a>,
    split: bool,
}

impl<'a> Iterator for Listed<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            if let Some(element) = self.elements.next() {
                return Some(element);
            }
            self.elements = Elements::new(self.values.next()?.1, self.split);
        }
    }
}

#[inline]
fn typed<'a, H: TypedHeader<'a>>(value: &'a [u8]) -> Result<H, HeaderError> {
    H::parse(value).map_err(HeaderError::new::<H>)
}

/// The first element of a value; none in an empty list.
#[inline]
fn first_element(value: &[u8], is_list: bool) -> Option<&[u8]> {
    Elements::new(value, is_list).next()
}
