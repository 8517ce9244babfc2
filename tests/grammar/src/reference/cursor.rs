//! A place in a text, and the basic rules of RFC 3261 section 25.1.

use super::{Leniency, Reading, host};

/// A parameter: its name, and its value with quotes where it has them.
pub type Param = (Vec<u8>, Option<Vec<u8>>);

/// A text in which each fold is one space: `LWS = [*WSP CRLF] 1*WSP`.
#[must_use]
pub fn unfold(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        if raw[at..].starts_with(b"\r\n") && raw.get(at + 2).is_some_and(|byte| is_wsp(*byte)) {
            text.push(b' ');
            at += 3;
        } else {
            text.push(raw[at]);
            at += 1;
        }
    }
    text
}

pub(super) fn is_wsp(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// `token  =  1*(alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" )`
pub(super) fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&byte)
}

/// `word`: a token, and some separators.
pub(super) fn is_word(byte: u8) -> bool {
    is_token(byte) || b"()<>:\\\"/[]?{}".contains(&byte)
}

/// `unreserved  =  alphanum / mark`
pub(super) fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte)
}

/// Neither white space nor a control character.
pub(super) fn is_visible(byte: u8) -> bool {
    byte > b' ' && byte != 0x7f
}

/// A text without folds, and how much of it is read.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    pub(super) text: &'a [u8],
    pub(super) reading: Reading,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a [u8], reading: Reading) -> Self {
        Self { text, reading }
    }

    pub(super) fn allows(&self, leniency: Leniency) -> bool {
        self.reading.allows(leniency)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.first().copied()
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.text.split_at(count);
        self.text = rest;
        taken
    }

    /// `byte`, or nothing.
    pub(super) fn byte(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| {
            self.take(1);
        })
    }

    /// As much as there is of a class.
    pub(super) fn run(&mut self, class: impl Fn(u8) -> bool) -> &'a [u8] {
        let count = self.text.iter().take_while(|byte| class(**byte)).count();
        self.take(count)
    }

    /// At least one of a class.
    pub(super) fn some(&mut self, class: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
        Some(self.run(class)).filter(|run| !run.is_empty())
    }

    /// As much as there is of a class or of `escaped = "%" HEXDIG HEXDIG`.
    pub(super) fn escaped_run(&mut self, class: impl Fn(u8) -> bool) -> &'a [u8] {
        let mut count = 0;
        while let Some(byte) = self.text.get(count) {
            let digits = self.text.get(count + 1..count + 3);
            let is_escape =
                *byte == b'%' && digits.is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit));
            match (is_escape, class(*byte)) {
                (true, _) => count += 3,
                (false, true) => count += 1,
                (false, false) => break,
            }
        }
        self.take(count)
    }

    /// At least one such.
    pub(super) fn some_escaped(&mut self, class: impl Fn(u8) -> bool) -> Option<&'a [u8]> {
        Some(self.escaped_run(class)).filter(|run| !run.is_empty())
    }

    /// `SWS  =  [LWS]`
    pub(super) fn sws(&mut self) {
        self.run(is_wsp);
    }

    /// `LWS`
    pub(super) fn lws(&mut self) -> Option<()> {
        self.some(is_wsp).map(|_| ())
    }

    /// `SEMI`, `EQUAL`, `SLASH`, `COLON`, `COMMA`: white space, the byte, white space.
    pub(super) fn separator(&mut self, byte: u8) -> Option<()> {
        let mut ahead = self.clone();
        ahead.sws();
        ahead.byte(byte)?;
        ahead.sws();
        *self = ahead;
        Some(())
    }

    pub(super) fn token(&mut self) -> Option<&'a [u8]> {
        self.some(is_token)
    }

    /// `1*DIGIT`, as a number of `max` at most.
    pub(super) fn number(&mut self, max: u64) -> Option<u64> {
        let digits = self.some(|byte| byte.is_ascii_digit())?;
        let add = |sum: u64, digit: &u8| {
            sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')).filter(|sum| *sum <= max)
        };
        digits.iter().try_fold(0, add)
    }

    /// ```abnf
    /// quoted-string  =  SWS DQUOTE *(qdtext / quoted-pair ) DQUOTE
    /// qdtext         =  LWS / %x21 / %x23-5B / %x5D-7E / UTF8-NONASCII
    /// quoted-pair    =  "\" (%x00-09 / %x0B-0C / %x0E-7F)
    /// ```
    pub(super) fn quoted_string(&mut self) -> Option<&'a [u8]> {
        let mut ahead = self.clone();
        ahead.byte(b'"')?;
        while ahead.peek()? != b'"' {
            if ahead.byte(b'\\').is_some() {
                let escaped = ahead.peek()?;
                if !self.allows(Leniency::AnyOctetInQuotes)
                    && (!escaped.is_ascii() || b"\r\n".contains(&escaped))
                {
                    return None;
                }
                ahead.take(1);
            } else {
                ahead.qdtext()?;
            }
        }
        ahead.take(1);
        Some(self.take(self.text.len() - ahead.text.len()))
    }

    fn qdtext(&mut self) -> Option<()> {
        let is_single = |byte: u8| matches!(byte, b' ' | b'\t' | 0x21..=0x7e);
        if is_single(self.peek()?) || self.allows(Leniency::AnyOctetInQuotes) {
            self.take(1);
            return Some(());
        }
        // UTF8-NONASCII: one character.
        let is_one = |count: &usize| {
            let bytes = self.text.get(..*count).unwrap_or_default();
            !bytes.is_ascii() && core::str::from_utf8(bytes).is_ok()
        };
        let count = (2..=4).find(is_one)?;
        self.take(count);
        Some(())
    }

    /// ```abnf
    /// generic-param  =  token [ EQUAL gen-value ]
    /// gen-value      =  token / host / quoted-string
    /// ```
    fn generic_param(&mut self) -> Option<Param> {
        let name = self.token()?.to_vec();
        if self.separator(b'=').is_none() {
            return Some((name, None));
        }
        Some((name, Some(self.gen_value()?.to_vec())))
    }

    fn gen_value(&mut self) -> Option<&'a [u8]> {
        if let Some(quoted) = self.quoted_string() {
            return Some(quoted);
        }
        if self.allows(Leniency::WideParameterValue) {
            return self.some(|byte| is_visible(byte) && !b",;<>\"\\".contains(&byte));
        }
        let mut ahead = self.clone();
        if ahead.byte(b'[').is_some() {
            host::host(&mut ahead)?;
            return Some(self.take(self.text.len() - ahead.text.len()));
        }
        self.token()
    }

    /// `*( SEMI generic-param )`
    pub(super) fn params(&mut self) -> Option<Vec<Param>> {
        let mut params = Vec::new();
        while self.separator(b';').is_some() {
            params.push(self.generic_param()?);
        }
        Some(params)
    }
}

/// What `rule` makes of all of `raw`, its folds and the white space around it taken away.
pub(super) fn all<T>(
    raw: &[u8],
    reading: Reading,
    rule: impl Fn(&mut Cursor<'_>) -> Option<T>,
) -> Option<T> {
    let text = unfold(raw);
    let mut cursor = Cursor::new(&text, reading);
    cursor.sws();
    let value = rule(&mut cursor)?;
    cursor.sws();
    cursor.is_at_end().then_some(value)
}
