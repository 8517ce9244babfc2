//! Bytes waiting to be written on one connection.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};

use bytes::{Buf as _, Bytes, BytesMut};

/// Chunks handed to the kernel by one system call.
const CHUNKS_MAX: usize = 64;

/// What is shorter and has to wait behind something is copied together with its like: a chunk of
/// its own costs more than a hundred bytes, so that a peer that never reads could make a queue of
/// two-byte answers hold many times what it counts.
const SMALL_BYTES: usize = 2048;

/// Chunks in order; the first may be partly written. What waits in `tail` comes after them all.
#[derive(Debug, Default)]
pub(super) struct WriteQueue {
    chunks: VecDeque<Bytes>,
    tail: BytesMut,
    bytes: usize,
}

impl WriteQueue {
    pub(super) fn push(&mut self, data: Bytes) {
        if data.is_empty() {
            return;
        }
        let waits = self.bytes > 0;
        self.bytes += data.len();
        if waits && data.len() < SMALL_BYTES {
            self.tail.extend_from_slice(&data);
            return;
        }
        if !self.tail.is_empty() {
            self.chunks.push_back(std::mem::take(&mut self.tail).freeze());
        }
        self.chunks.push_back(data);
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Writes until nothing waits or `stream` takes no more; says how many bytes it took.
    pub(super) fn write_to(&mut self, stream: &mut impl Write) -> io::Result<usize> {
        let mut written = 0;
        while self.bytes > 0 {
            let chunks = self.chunks.iter().map(|chunk| &chunk[..]);
            let all = chunks.chain(Some(&self.tail[..]).filter(|tail| !tail.is_empty()));
            let slices: Vec<_> = all.take(CHUNKS_MAX).map(IoSlice::new).collect();
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
        if count < self.tail.len() {
            self.tail.advance(count);
        } else {
            self.tail = BytesMut::new();
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

    #[test]
    fn many_small_writes_take_little_more_than_they_count() {
        let mut queue = WriteQueue::default();
        let mut stream = Narrow { at_once: 3, space: 0, taken: Vec::new() };
        for _ in 0..100_000 {
            queue.push(Bytes::from_static(b"\r\n"));
            stream.space = 1;
            assert_eq!(queue.write_to(&mut stream).expect("no error"), 1);
        }
        assert_eq!((queue.bytes(), queue.chunks.len()), (100_000, 0));
        assert!(queue.tail.capacity() <= 400_000, "{}", queue.tail.capacity());
    }

    #[test]
    fn large_and_small_writes_stay_in_order() {
        let mut queue = WriteQueue::default();
        let (mut expected, mut stream) =
            (Vec::new(), Narrow { at_once: 1_000, space: 0, taken: Vec::new() });
        for (fill, len) in [5_000, 2, 3, SMALL_BYTES - 1, SMALL_BYTES, 7, 9_000, 1]
            .into_iter()
            .cycle()
            .take(100)
            .enumerate()
        {
            let data = vec![fill as u8; len];
            expected.extend_from_slice(&data);
            queue.push(data.into());
            stream.space += 1_500;
            queue.write_to(&mut stream).expect("no error");
        }
        stream.space = usize::MAX;
        queue.write_to(&mut stream).expect("no error");
        assert_eq!(queue.bytes(), 0);
        assert!(stream.taken == expected);
    }
}
