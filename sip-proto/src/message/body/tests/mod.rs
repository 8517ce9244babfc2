//! Bodies: split, found, written, edited, and limited.

mod multipart;
mod sdp;
mod sipfrag;
