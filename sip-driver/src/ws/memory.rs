//! A stream whose two directions are memory.

use std::io::{self, ErrorKind, Read, Write};

/// Reads from what arrived until there is no more, and takes whatever is written.
pub(super) struct Memory<'a, 'b> {
    pub(super) input: &'a mut &'b [u8],
    pub(super) output: &'a mut Vec<u8>,
}

impl Read for Memory<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.input.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.input.read(buffer)
    }
}

impl Write for Memory<'_, '_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.output.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
