//! Whom to let in, and how much of it.

/// What WebSocket listeners accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WsConfig {
    /// The only path that is served, such as `/sip`; any if there is none. Others get 404.
    pub path: Option<String>,
    /// Web pages' origins that are let in, such as `https://phone.example.com`, compared without
    /// regard to case; others, and pages that name none, get 403. Empty: any, and clients that are
    /// no browser.
    pub origins: Vec<String>,
    /// Bytes of the HTTP request that asks for the upgrade. Beyond: 431, and the end.
    pub head_bytes_max: usize,
    /// Bytes of one message, and so of one frame. Beyond: closed with 1009. The default is what the
    /// machine takes by default, headers and body.
    pub message_bytes_max: usize,
}

impl Default for WsConfig {
    fn default() -> Self {
        Self {
            path: None,
            origins: Vec::new(),
            head_bytes_max: 8 * 1024,
            message_bytes_max: 96 * 1024,
        }
    }
}
