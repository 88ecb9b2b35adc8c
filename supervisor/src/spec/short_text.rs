//! Short texts without an allocation.

/// A text of at most `N` bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct ShortText<const N: usize> {
    len: u8,
    /// The text, padded with zeros.
    bytes: [u8; N],
}

impl<const N: usize> ShortText<N> {
    /// Returns `None` if the text is too long.
    pub(super) fn new(text: &str) -> Option<Self> {
        let len = u8::try_from(text.len()).ok()?;
        let mut bytes = [0; N];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { len, bytes })
    }

    pub(super) fn as_str(&self) -> &str {
        // The bytes were made from text, so they are UTF-8.
        std::str::from_utf8(self.used()).unwrap_or_default()
    }

    /// Returns the bytes of the text.
    pub(super) fn used(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }

    pub(super) fn len(&self) -> u8 {
        self.len
    }

    /// Returns the bytes of the text, padded with zeros.
    pub(super) fn padded(&self) -> &[u8; N] {
        &self.bytes
    }
}
