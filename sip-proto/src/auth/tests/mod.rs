//! The layer as a whole, and the numbers that were published.

mod aka;
mod flows;
mod hostile;
mod vectors;

/// The bytes that hexadecimal digits spell.
pub(super) fn hex<const N: usize>(digits: &str) -> [u8; N] {
    assert_eq!(digits.len(), 2 * N, "{digits}");
    core::array::from_fn(|index| {
        u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).expect("hexadecimal digits")
    })
}
