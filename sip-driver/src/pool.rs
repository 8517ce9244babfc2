//! Memory for what arrives, reused without an allocation per packet.

use bytes::{Bytes, BytesMut};

/// Small enough to stay in cache, large enough for a batch of ordinary datagrams.
const CHUNK_BYTES: usize = 64 * 1024;

/// Copies received bytes into shared chunks.
///
/// The kernel writes into large scratch buffers, because any datagram may be large; what arrived
/// is copied out, because most are small and the machine must be able to hold them for a while
/// without pinning a scratch buffer. A chunk is reused as soon as nobody holds a part of it, which
/// for machines that keep copies is the next batch.
#[derive(Default)]
pub(crate) struct Pool {
    chunk: BytesMut,
}

impl Pool {
    pub(crate) fn copy(&mut self, data: &[u8]) -> Bytes {
        if self.chunk.capacity() < data.len() && !self.chunk.try_reclaim(data.len()) {
            self.chunk = BytesMut::with_capacity(CHUNK_BYTES.max(data.len()));
        }
        self.chunk.extend_from_slice(data);
        self.chunk.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_reused_once_it_is_free() {
        let mut pool = Pool::default();
        let first = pool.copy(&[1; 1000]);
        let address = first.as_ptr();
        drop(first);
        let returned = (0..200).any(|_| pool.copy(&[2; 1000]).as_ptr() == address);
        assert!(returned, "200 kB went through one chunk of 64 kB");
    }

    #[test]
    fn what_is_held_is_not_overwritten() {
        let mut pool = Pool::default();
        let held: Vec<Bytes> = (0..200).map(|i| pool.copy(&[i; 1000])).collect();
        for (i, data) in (0u8..).zip(&held) {
            assert!(data.iter().all(|byte| *byte == i));
        }
    }

    #[test]
    fn any_size_fits() {
        let mut pool = Pool::default();
        for size in [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
            assert_eq!(pool.copy(&vec![7; size]).len(), size);
        }
    }
}
