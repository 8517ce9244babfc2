//! The grammar of URIs.

use memchr::memchr;

use super::super::host::host;
use super::super::lexer::{
    Fault, PARAM, PASSWORD, Parsed, SCHEME, URI_HEADER, URIC, USER, escaped, number, run, some,
};
use super::super::{Params, Uri};
use super::{Authority, Scheme};

/// ```abnf
/// SIP-URI      =  "sip:" [ userinfo ] hostport uri-parameters [ headers ]
/// absoluteURI  =  scheme ":" ( hier-part / opaque-part )
/// ```
pub(super) fn uri(raw: &[u8]) -> Parsed<'_, Uri<'_>> {
    let (rest, name) = scheme(raw)?;
    let (rest, opaque) = match rest {
        [b':', opaque @ ..] => (opaque, opaque),
        _ => return Fault::at(rest),
    };
    let base =
        Uri { raw, scheme: name, opaque, authority: None, params: Params::EMPTY, headers: None };
    match name {
        Scheme::Sip | Scheme::Sips => sip(base, rest),
        Scheme::Tel => tel(base, rest),
        Scheme::Other(_) => match escaped(URIC)(rest)? {
            (_, []) => Fault::at(rest),
            (after, _) => Ok((after, base)),
        },
    }
}

/// To whoever does not dial it, a tel URI is an absoluteURI with parameters (RFC 3966 section 3);
/// the number itself is read by [`Uri::telephone_subscriber`](super::Uri::telephone_subscriber).
fn tel<'a>(base: Uri<'a>, input: &'a [u8]) -> Parsed<'a, Uri<'a>> {
    let (_, body) = escaped(URIC)(input)?;
    let number_len = memchr(b';', body).unwrap_or(body.len());
    if number_len == 0 {
        return Fault::at(input);
    }
    let (rest, params) = params(&input[number_len..])?;
    Ok((rest, Uri { params, ..base }))
}

/// ```abnf
/// scheme  =  ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )
/// ```
fn scheme(input: &[u8]) -> Parsed<'_, Scheme<'_>> {
    if let [b's' | b'S', b'i' | b'I', b'p' | b'P', b':', ..] = input {
        return Ok((&input[3..], Scheme::Sip));
    }
    let (rest, name) = some(SCHEME)(input)?;
    if !name.first().is_some_and(u8::is_ascii_alphabetic) {
        return Fault::at(input);
    }
    let scheme = if name.eq_ignore_ascii_case(b"sip") {
        Scheme::Sip
    } else if name.eq_ignore_ascii_case(b"sips") {
        Scheme::Sips
    } else if name.eq_ignore_ascii_case(b"tel") {
        Scheme::Tel
    } else {
        // The class is ASCII.
        Scheme::Other(core::str::from_utf8(name).unwrap_or_default())
    };
    Ok((rest, scheme))
}

/// ```abnf
/// userinfo        =  ( user / telephone-subscriber ) [ ":" password ] "@"
/// hostport        =  host [ ":" port ]
/// ```
fn sip<'a>(base: Uri<'a>, input: &'a [u8]) -> Parsed<'a, Uri<'a>> {
    let (rest, (user, password)) = userinfo(input)?;
    let (mut rest, host) = host(rest)?;
    let mut port = None;
    if let [b':', tail @ ..] = rest {
        let (after, found) = number(tail)?;
        (rest, port) = (after, Some(found));
    }
    let (rest, params) = params(rest)?;
    let (rest, headers) = headers(rest)?;
    let authority = Some(Authority { user, password, host, port });
    Ok((rest, Uri { authority, params, headers, ..base }))
}

/// User and password.
type UserInfo<'a> = (Option<&'a [u8]>, Option<&'a [u8]>);

/// User and password, and what follows their `@`. An `@` stands nowhere else unescaped, so the first
/// one ends the userinfo.
fn userinfo(input: &[u8]) -> Parsed<'_, UserInfo<'_>> {
    // Almost always a user and an `@`; what could be a host and a port must be looked at.
    let plain = run(input, USER);
    if plain > 0 && input.get(plain) == Some(&b'@') {
        return Ok((&input[plain + 1..], (Some(&input[..plain]), None)));
    }
    if memchr(b'@', &input[plain..]).is_none() {
        return Ok((input, (None, None)));
    }
    let (rest, user) = escaped(USER)(input)?;
    if user.is_empty() {
        return Fault::at(input);
    }
    let (rest, password) = match rest {
        [b':', tail @ ..] => {
            let (rest, password) = escaped(PASSWORD)(tail)?;
            (rest, Some(password))
        }
        _ => (rest, None),
    };
    match rest {
        [b'@', tail @ ..] => Ok((tail, (Some(user), password))),
        _ => Fault::at(rest),
    }
}

/// ```abnf
/// uri-parameters  =  *( ";" uri-parameter)
/// other-param     =  pname [ "=" pvalue ]
/// pname           =  1*paramchar
/// pvalue          =  1*paramchar
/// ```
fn params(input: &[u8]) -> Parsed<'_, Params<'_>> {
    let [b';', start @ ..] = input else {
        return Ok((input, Params::EMPTY));
    };
    let mut rest = start;
    loop {
        rest = one_or_more(rest)?.0;
        if let [b'=', tail @ ..] = rest {
            rest = one_or_more(tail)?.0;
        }
        match rest {
            [b';', tail @ ..] => rest = tail,
            _ => return Ok((rest, Params::unchecked(&start[..start.len() - rest.len()]))),
        }
    }
}

fn one_or_more(input: &[u8]) -> Parsed<'_, &[u8]> {
    match escaped(PARAM)(input)? {
        (_, []) => Fault::at(input),
        parsed => Ok(parsed),
    }
}

/// ```abnf
/// headers  =  "?" header *( "&" header )
/// header   =  hname "=" hvalue
/// hname    =  1*( hnv-unreserved / unreserved / escaped )
/// hvalue   =  *( hnv-unreserved / unreserved / escaped )
/// ```
fn headers(input: &[u8]) -> Parsed<'_, Option<&[u8]>> {
    let [b'?', start @ ..] = input else {
        return Ok((input, None));
    };
    let mut rest = start;
    loop {
        let (after, name) = escaped(URI_HEADER)(rest)?;
        let (false, [b'=', tail @ ..]) = (name.is_empty(), after) else {
            return Fault::at(after);
        };
        (rest, _) = escaped(URI_HEADER)(tail)?;
        match rest {
            [b'&', tail @ ..] => rest = tail,
            _ => return Ok((rest, Some(&start[..start.len() - rest.len()]))),
        }
    }
}
