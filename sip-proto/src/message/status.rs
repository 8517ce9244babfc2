//! Status codes and their reason phrases.

use core::fmt;

use thiserror::Error;

use crate::ParseErrorKind;

/// A status code, 100 to 699 (RFC 3261 section 7.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

macro_rules! statuses {
    ($($(#[$doc:meta])* $code:literal $name:ident $reason:literal;)*) => {
        impl StatusCode {
            $(#[doc = concat!($code, " ", $reason, ".")] $(#[$doc])* pub const $name: Self = Self($code);)*

            /// The reason phrase of the RFC that defines the code; for others, that of their
            /// class's x00 code.
            #[must_use]
            pub const fn reason(self) -> &'static str {
                match self.0 {
                    $($code => $reason,)*
                    101..=199 => "Trying",
                    201..=299 => "OK",
                    301..=399 => "Multiple Choices",
                    401..=499 => "Bad Request",
                    501..=599 => "Server Internal Error",
                    _ => "Busy Everywhere",
                }
            }
        }

        #[cfg(test)]
        const ALL: &[(u16, StatusCode, &str)] = &[$(($code, StatusCode::$name, $reason),)*];
    };
}

statuses! {
    100 TRYING "Trying";
    180 RINGING "Ringing";
    181 CALL_IS_BEING_FORWARDED "Call Is Being Forwarded";
    182 QUEUED "Queued";
    183 SESSION_PROGRESS "Session Progress";
    /// RFC 6228.
    199 EARLY_DIALOG_TERMINATED "Early Dialog Terminated";
    200 OK "OK";
    /// RFC 6665.
    202 ACCEPTED "Accepted";
    /// RFC 5839.
    204 NO_NOTIFICATION "No Notification";
    300 MULTIPLE_CHOICES "Multiple Choices";
    301 MOVED_PERMANENTLY "Moved Permanently";
    302 MOVED_TEMPORARILY "Moved Temporarily";
    305 USE_PROXY "Use Proxy";
    380 ALTERNATIVE_SERVICE "Alternative Service";
    400 BAD_REQUEST "Bad Request";
    401 UNAUTHORIZED "Unauthorized";
    402 PAYMENT_REQUIRED "Payment Required";
    403 FORBIDDEN "Forbidden";
    404 NOT_FOUND "Not Found";
    405 METHOD_NOT_ALLOWED "Method Not Allowed";
    406 NOT_ACCEPTABLE "Not Acceptable";
    407 PROXY_AUTHENTICATION_REQUIRED "Proxy Authentication Required";
    408 REQUEST_TIMEOUT "Request Timeout";
    410 GONE "Gone";
    /// RFC 3903.
    412 CONDITIONAL_REQUEST_FAILED "Conditional Request Failed";
    413 REQUEST_ENTITY_TOO_LARGE "Request Entity Too Large";
    414 REQUEST_URI_TOO_LONG "Request-URI Too Long";
    415 UNSUPPORTED_MEDIA_TYPE "Unsupported Media Type";
    416 UNSUPPORTED_URI_SCHEME "Unsupported URI Scheme";
    /// RFC 4412.
    417 UNKNOWN_RESOURCE_PRIORITY "Unknown Resource-Priority";
    420 BAD_EXTENSION "Bad Extension";
    421 EXTENSION_REQUIRED "Extension Required";
    /// RFC 4028.
    422 SESSION_INTERVAL_TOO_SMALL "Session Interval Too Small";
    423 INTERVAL_TOO_BRIEF "Interval Too Brief";
    /// RFC 6442.
    424 BAD_LOCATION_INFORMATION "Bad Location Information";
    /// RFC 8224.
    428 USE_IDENTITY_HEADER "Use Identity Header";
    /// RFC 3892.
    429 PROVIDE_REFERRER_IDENTITY "Provide Referrer Identity";
    /// RFC 5626.
    430 FLOW_FAILED "Flow Failed";
    /// RFC 5079.
    433 ANONYMITY_DISALLOWED "Anonymity Disallowed";
    /// RFC 8224.
    436 BAD_IDENTITY_INFO "Bad Identity Info";
    /// RFC 8224.
    437 UNSUPPORTED_CREDENTIAL "Unsupported Credential";
    /// RFC 8224.
    438 INVALID_IDENTITY_HEADER "Invalid Identity Header";
    /// RFC 5626.
    439 FIRST_HOP_LACKS_OUTBOUND_SUPPORT "First Hop Lacks Outbound Support";
    /// RFC 5393.
    440 MAX_BREADTH_EXCEEDED "Max-Breadth Exceeded";
    /// RFC 6086.
    469 BAD_INFO_PACKAGE "Bad Info Package";
    /// RFC 5360.
    470 CONSENT_NEEDED "Consent Needed";
    480 TEMPORARILY_UNAVAILABLE "Temporarily Unavailable";
    481 CALL_DOES_NOT_EXIST "Call/Transaction Does Not Exist";
    482 LOOP_DETECTED "Loop Detected";
    483 TOO_MANY_HOPS "Too Many Hops";
    484 ADDRESS_INCOMPLETE "Address Incomplete";
    485 AMBIGUOUS "Ambiguous";
    486 BUSY_HERE "Busy Here";
    487 REQUEST_TERMINATED "Request Terminated";
    488 NOT_ACCEPTABLE_HERE "Not Acceptable Here";
    /// RFC 6665.
    489 BAD_EVENT "Bad Event";
    491 REQUEST_PENDING "Request Pending";
    493 UNDECIPHERABLE "Undecipherable";
    /// RFC 3329.
    494 SECURITY_AGREEMENT_REQUIRED "Security Agreement Required";
    500 SERVER_INTERNAL_ERROR "Server Internal Error";
    501 NOT_IMPLEMENTED "Not Implemented";
    502 BAD_GATEWAY "Bad Gateway";
    503 SERVICE_UNAVAILABLE "Service Unavailable";
    504 SERVER_TIMEOUT "Server Time-out";
    505 VERSION_NOT_SUPPORTED "Version Not Supported";
    513 MESSAGE_TOO_LARGE "Message Too Large";
    /// RFC 8599.
    555 PUSH_NOTIFICATION_SERVICE_NOT_SUPPORTED "Push Notification Service Not Supported";
    /// RFC 3312.
    580 PRECONDITION_FAILURE "Precondition Failure";
    600 BUSY_EVERYWHERE "Busy Everywhere";
    603 DECLINE "Decline";
    604 DOES_NOT_EXIST_ANYWHERE "Does Not Exist Anywhere";
    606 NOT_ACCEPTABLE_ANYWHERE "Not Acceptable";
    /// RFC 8197.
    607 UNWANTED "Unwanted";
    /// RFC 8688.
    608 REJECTED "Rejected";
}

impl StatusCode {
    /// `code` as a status; `None` outside 100 to 699.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        if code >= 100 && code <= 699 { Some(Self(code)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn as_u16(self) -> u16 {
        self.0
    }

    /// Its first digit, 1 to 6.
    #[must_use]
    pub const fn class(self) -> u8 {
        // At most 6, because the code is at most 699.
        (self.0 / 100) as u8
    }

    /// 1xx.
    #[must_use]
    pub const fn is_provisional(self) -> bool {
        self.0 < 200
    }

    /// 2xx to 6xx.
    #[must_use]
    pub const fn is_final(self) -> bool {
        self.0 >= 200
    }

    /// 2xx.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 >= 200 && self.0 < 300
    }
}

/// Why a number is no [`StatusCode`]: it is not in 100 to 699.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0} is no status code: those are 100 to 699")]
pub struct InvalidStatusCode(pub u16);

/// ```
/// use sip_proto::StatusCode;
///
/// let status: StatusCode = 486.try_into()?;
/// assert_eq!(status, StatusCode::BUSY_HERE);
/// assert!(StatusCode::try_from(700).is_err());
/// # Ok::<(), sip_proto::message::InvalidStatusCode>(())
/// ```
impl TryFrom<u16> for StatusCode {
    type Error = InvalidStatusCode;

    fn try_from(code: u16) -> Result<Self, InvalidStatusCode> {
        Self::new(code).ok_or(InvalidStatusCode(code))
    }
}

impl From<StatusCode> for u16 {
    fn from(status: StatusCode) -> Self {
        status.0
    }
}

impl PartialEq<u16> for StatusCode {
    fn eq(&self, code: &u16) -> bool {
        self.0 == *code
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl ParseErrorKind {
    /// The status owed to a request with this fault (RFC 3261 section 21): 505 for another version,
    /// 413 for a body beyond a limit (section 21.4.11), 513 for a header beyond one (section
    /// 21.5.7), 400 for the rest.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::Version => StatusCode::VERSION_NOT_SUPPORTED,
            Self::HeaderBytes | Self::HeaderCount | Self::HeaderValueBytes => {
                StatusCode::MESSAGE_TOO_LARGE
            }
            Self::BodyBytes | Self::BodyParts | Self::BodyDepth => {
                StatusCode::REQUEST_ENTITY_TOO_LARGE
            }
            Self::StartLine
            | Self::Header
            | Self::Truncated
            | Self::ContentLength
            | Self::Cardinality
            | Self::Value
            | Self::Uri
            | Self::Multipart
            | Self::Sdp => StatusCode::BAD_REQUEST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_codes_have_their_number_and_phrase_and_come_in_order() {
        for window in ALL.windows(2) {
            assert!(window[0].0 < window[1].0);
        }
        for &(code, status, reason) in ALL {
            assert_eq!(StatusCode::new(code), Some(status));
            assert_eq!(status.reason(), reason);
        }
    }

    #[test]
    fn classes_follow_the_first_digit() {
        for code in 100..=699 {
            let status = StatusCode::new(code).unwrap();
            assert_eq!(u16::from(status.class()), code / 100);
            assert_ne!(status.is_provisional(), status.is_final());
            assert_eq!(status.is_success(), status.class() == 2);
            assert!(!status.reason().is_empty());
        }
        for code in [0, 99, 700, 999, u16::MAX] {
            assert_eq!(StatusCode::new(code), None);
        }
    }
}
