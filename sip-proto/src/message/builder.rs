//! Messages from scratch.

use super::base::{Assembler, Decimal};
use super::{HeaderName, Message, Method, Request, Response, StatusCode, TypedHeader};

/// Room for a message that fits a datagram on most links.
const CAPACITY_BYTES: usize = 1500;

/// What is built. In a box: each call moves the builder.
#[derive(Debug)]
struct Building {
    assembler: Assembler,
    body: Vec<u8>,
}

impl Building {
    fn new(assembler: Assembler) -> Box<Self> {
        Box::new(Self { assembler, body: Vec::new() })
    }

    fn push_cseq(&mut self, number: u32, method: &Method) {
        let number = Decimal::of(number as usize);
        let parts = [number.as_bytes(), b" ", method.as_bytes()];
        self.assembler.push_parts(&HeaderName::CSeq, parts);
    }

    fn finish(self) -> Message {
        Message::from_base(self.assembler.finish(&self.body))
    }
}

macro_rules! header_setters {
    ($($(#[$doc:meta])* $setter:ident $name:ident;)*) => {
        /// Adds a header field. White space around the value is dropped, CR and LF inside become
        /// spaces. Content-Length is filled in by itself.
        #[must_use]
        pub fn header(mut self, name: HeaderName, value: impl AsRef<[u8]>) -> Self {
            if name != HeaderName::ContentLength {
                self.building.assembler.push(&name, value.as_ref());
            }
            self
        }

        /// Adds a header field of a type.
        ///
        /// ```
        /// use sip_proto::message::{Expires, Method, TypedHeader, Via};
        /// use sip_proto::Request;
        ///
        /// let request = Request::builder(Method::Publish, "sip:b@b.example")
        ///     .typed(&Via::parse(b"SIP/2.0/TCP a.example;branch=z9hG4bK1")?)
        ///     .typed(&Expires(3600))
        ///     .build();
        /// assert_eq!(request.require(), Ok(Expires(3600)));
        /// # Ok::<(), sip_proto::ParseError>(())
        /// ```
        #[must_use]
        pub fn typed<'h, H: TypedHeader<'h>>(self, header: &H) -> Self {
            self.header(H::NAME, header.to_string())
        }

        $($(#[$doc])*
        #[must_use]
        pub fn $setter(self, value: impl AsRef<[u8]>) -> Self {
            self.header(HeaderName::$name, value)
        })*

        /// Adds a Content-Type, and gives the message a body.
        #[must_use]
        pub fn body(mut self, content_type: &str, body: impl AsRef<[u8]>) -> Self {
            self.building.body = body.as_ref().to_vec();
            self.header(HeaderName::ContentType, content_type)
        }
    };
}

/// Builds a [`Request`]; see [`Request::builder`]. Header fields come in the order of the calls.
#[derive(Debug)]
pub struct RequestBuilder {
    method: Method,
    building: Box<Building>,
}

impl RequestBuilder {
    pub(super) fn new(method: Method, uri: &[u8]) -> Self {
        let before = [method.as_bytes(), b" ", b""];
        let assembler = Assembler::new(before, uri, b" SIP/2.0", CAPACITY_BYTES);
        Self { method, building: Building::new(assembler) }
    }

    header_setters! {
        /// Adds the From.
        from From;
        /// Adds the To.
        to To;
        /// Adds the Call-ID.
        call_id CallId;
        /// Adds a Contact.
        contact Contact;
    }

    /// Adds the CSeq, with the request's method.
    #[must_use]
    pub fn cseq(mut self, number: u32) -> Self {
        self.building.push_cseq(number, &self.method);
        self
    }

    /// Adds Max-Forwards; without this it is 70 (RFC 3261 section 8.1.1.6).
    #[must_use]
    pub fn max_forwards(self, hops: u8) -> Self {
        self.header(HeaderName::MaxForwards, Decimal::of(usize::from(hops)).as_bytes())
    }

    /// The request, with Max-Forwards and Content-Length.
    #[must_use]
    pub fn build(mut self) -> Request {
        if !self.building.assembler.has(HeaderName::MaxForwards.id()) {
            self = self.max_forwards(70);
        }
        Request::from_parts(self.method, self.building.finish())
    }
}

/// Builds a [`Response`]; see [`Response::builder`]. Header fields come in the order of the calls.
#[derive(Debug)]
pub struct ResponseBuilder {
    status: StatusCode,
    building: Box<Building>,
}

impl ResponseBuilder {
    pub(super) fn new(status: StatusCode) -> Self {
        let assembler = Response::assembler(status, status.reason().as_bytes(), CAPACITY_BYTES);
        Self { status, building: Building::new(assembler) }
    }

    header_setters! {
        /// Adds the From.
        from From;
        /// Adds the To.
        to To;
        /// Adds the Call-ID.
        call_id CallId;
        /// Adds a Contact.
        contact Contact;
    }

    /// Adds the CSeq.
    #[must_use]
    pub fn cseq(mut self, number: u32, method: &Method) -> Self {
        self.building.push_cseq(number, method);
        self
    }

    /// The response, with Content-Length.
    #[must_use]
    pub fn build(self) -> Response {
        Response::from_parts(self.status, self.building.finish())
    }
}
