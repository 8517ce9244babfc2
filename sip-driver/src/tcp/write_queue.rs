//! Bytes waiting to be written on one connection.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};

use bytes::{Buf as _, Bytes};

/// Chunks handed to the kernel by one system call.
const CHUNKS_MAX: usize = 64;

/// Chunks in order; the first may be partly written.
#[derive(Debug, Default)]
pub(super) struct WriteQueue {
    chunks: VecDeque<Bytes>,
    bytes: usize,
}

impl WriteQueue {
    pub(super) fn push(&mut self, data: Bytes) {
        if !data.is_empty() {
            self.bytes += data.len();
            self.chunks.push_back(data);
        }
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Writes until nothing waits or `stream` takes no more; says how many bytes it took.
    pub(super) fn write_to(&mut self, stream: &mut impl Write) -> io::Result<usize> {
        let mut written = 0;
        while !self.chunks.is_empty() {
            let slices: Vec<_> =
                self.chunks.iter().take(CHUNKS_MAX).map(|chunk| IoSlice::new(chunk)).collect();
            match stream.write_vectored(&slices) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => {
                    self.consume(count);
                    written += count;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(written)
    }

    fn consume(&mut self, mut count: usize) {
        self.bytes -= count;
        while let Some(first) = self.chunks.front_mut() {
            if count < first.len() {
                first.advance(count);
                return;
            }
            count -= first.len();
            self.chunks.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes at most `at_once` bytes a call and `space` in all.
    struct Narrow {
        at_once: usize,
        space: usize,
        taken: Vec<u8>,
    }

    impl Write for Narrow {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            let count = data.len().min(self.at_once).min(self.space);
            if count == 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.space -= count;
            self.taken.extend(&data[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn partial_writes_lose_and_repeat_nothing() {
        let text = b"the quick brown fox jumps over the lazy dog";
        for at_once in 1..text.len() {
            let mut queue = WriteQueue::default();
            text.chunks(5).for_each(|chunk| queue.push(Bytes::from_static(chunk)));
            queue.push(Bytes::new());
            let mut stream = Narrow { at_once, space: 20, taken: Vec::new() };
            assert_eq!(queue.write_to(&mut stream).expect("no error"), 20);
            assert_eq!(queue.bytes(), text.len() - 20);
            stream.space = usize::MAX;
            assert_eq!(queue.write_to(&mut stream).expect("no error"), text.len() - 20);
            assert_eq!((stream.taken.as_slice(), queue.bytes()), (&text[..], 0));
        }
    }
}
