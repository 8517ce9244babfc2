//! Stream bytes to messages.
