//! placeholder
#[derive(Clone,Copy,Debug,PartialEq,Eq)] pub struct StatusCode(u16);
impl StatusCode { pub const VERSION_NOT_SUPPORTED:Self=Self(505); pub const MESSAGE_TOO_LARGE:Self=Self(513); pub const BAD_REQUEST:Self=Self(400);}
#[derive(Clone,Debug)] pub struct Request; #[derive(Clone,Debug)] pub struct Response;
