//! Hex, as keys and tags are written.

use alloc::string::String;
use alloc::vec::Vec;

const BYTES_MAX: usize = 128;

/// Lower-case hex.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble });
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Reads hex of either case, up to 128 bytes.
#[must_use]
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.len() > 2 * BYTES_MAX {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks_exact(2).map(|pair| Some(16 * digit(*pair.first()?)? + digit(*pair.last()?)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_read_in_either_case_and_written_in_one() {
        let every: Vec<u8> = (0..=255).collect();
        let (low, high) = every.split_at(128);
        for bytes in [low, high, &[]] {
            let text = to_hex(bytes);
            assert_eq!(from_hex(&text).as_deref(), Some(bytes));
            assert_eq!(from_hex(&text.to_uppercase()).as_deref(), Some(bytes));
        }
        assert_eq!(to_hex(&[0, 9, 10, 0x9f, 0xf9, 255]), "00090a9ff9ff");
    }
}
