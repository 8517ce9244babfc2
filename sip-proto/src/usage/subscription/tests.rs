//! Both sides of a subscription by the example, and against each other.

mod notifier;
mod pair;
mod refer;
mod subscriber;
