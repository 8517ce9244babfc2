//! What the runtime adapters share: batched sockets, the drive loop, write queues.
