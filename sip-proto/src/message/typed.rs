//! Edits by type: what is displayed is what is written.

use super::{HeaderName, Message, TypedHeader};

/// The edits by name, with a typed value, which says itself what it is called. A view made by hand
/// is as right as its fields are; text that is not UTF-8 does not survive being displayed, so that
/// the edits by name are for such values.
///
/// ```
/// use sip_proto::message::{MaxForwards, Method, Route, TypedHeader};
/// use sip_proto::Request;
///
/// let mut request = Request::builder(Method::Bye, "sip:b@b.example").build();
/// request.set_typed(&MaxForwards(69));
/// request.push_front_typed(&Route::parse(b"<sip:edge.example;lr>")?);
/// let MaxForwards(hops) = request.require()?;
/// assert_eq!(hops, 69);
/// # Ok::<(), sip_proto::ParseError>(())
/// ```
impl Message {
    /// As [`Message::set`].
    pub fn set_typed<'h, H: TypedHeader<'h>>(&mut self, header: &H) {
        self.set(H::NAME, header.to_string());
    }

    /// As [`Message::push_front`].
    pub fn push_front_typed<'h, H: TypedHeader<'h>>(&mut self, header: &H) {
        self.push_front(H::NAME, header.to_string());
    }

    /// As [`Message::push_back`].
    pub fn push_back_typed<'h, H: TypedHeader<'h>>(&mut self, header: &H) {
        self.push_back(H::NAME, header.to_string());
    }

    /// As [`Message::replace_front`].
    pub fn replace_front_typed<'h, H: TypedHeader<'h>>(&mut self, header: &H) {
        self.replace_front(H::NAME, header.to_string());
    }

    /// As [`Message::replace_back`].
    pub fn replace_back_typed<'h, H: TypedHeader<'h>>(&mut self, header: &H) {
        self.replace_back(H::NAME, header.to_string());
    }

    /// As [`Message::set`], with the elements of a list in one field; with none, removes it.
    ///
    /// ```
    /// use sip_proto::message::{Allow, HeaderName, Method};
    /// use sip_proto::Request;
    ///
    /// let mut request = Request::builder(Method::Options, "sip:b@b.example").build();
    /// request.set_list_typed(&[Allow("INVITE"), Allow("ACK"), Allow("BYE")]);
    /// assert_eq!(request.value(&HeaderName::Allow), Some(&b"INVITE, ACK, BYE"[..]));
    /// ```
    pub fn set_list_typed<'h, H: TypedHeader<'h>>(&mut self, headers: &[H]) {
        let name: HeaderName = H::NAME;
        if headers.is_empty() {
            self.remove(&name);
        } else {
            let elements: Vec<String> = headers.iter().map(ToString::to_string).collect();
            self.set(name, elements.join(", "));
        }
    }
}
