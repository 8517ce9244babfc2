//! A machine that echoes, and the checks that every adapter must pass (feature `test-support`).
//!
//! An adapter's whole test file:
//!
//! ```ignore
//! fn run(sockets: Sockets, stop: StopSignal, app: Reporter) -> Result<RunSummary, DriverError> {
//!     sip_tokio::run(sockets, stop, Echo::new, app)
//! }
//!
//! sip_driver::conformance!(run);
//! ```

pub mod certificates;
pub mod datagrams;
mod echo;
pub mod life;
mod peer;
mod running;
pub mod secure;
pub mod streams;

pub use echo::{Echo, Observed, Question, Reporter};
pub use peer::Peer;
pub use running::{Run, Running};

/// One test for each check, with the adapter that `$run` (a [`Run`](crate::test_support::Run))
/// starts.
#[macro_export]
macro_rules! conformance {
    ($run:path) => {
        $crate::conformance!(@ $run, datagrams:
            echoes_every_size,
            loses_nothing_in_a_burst,
            answers_from_the_address_that_was_asked,
            speaks_ipv6,
            reports_a_refused_datagram,
            opens_an_ephemeral_socket,
            closes_a_socket_it_opened,
        );
        $crate::conformance!(@ $run, streams:
            echoes_a_stream_in_one_byte_pieces,
            tells_which_of_our_addresses_was_reached,
            leaves_descriptors_for_everything_else,
            dials_out,
            reports_a_refused_dial,
            reports_that_the_peer_closed,
            answers_a_half_closed_peer,
            writes_everything_before_it_closes,
            reports_how_much_a_slow_reader_leaves_queued,
            resets_what_never_reads,
            lingers_for_the_peer_within_its_limit,
        );
        $crate::conformance!(@ $run, secure:
            echoes_over_every_layer_and_closes_in_order,
            reports_that_a_layered_peer_closed,
            keeps_failed_handshakes_from_the_machine,
            allows_only_so_many_handshakes_from_one_address,
            reads_nothing_more_from_who_reads_nothing,
            dials_over_tls_whom_it_means,
        );
        $crate::conformance!(@ $run, life:
            fires_timers_never_early_and_hardly_late,
            hands_answers_of_the_application_to_the_machine,
            ignores_forged_ids,
            tells_the_wall_clock,
            rests_while_idle,
            drains,
            gives_a_drain_up_in_time,
            stops_while_busy,
        );
    };
    (@ $run:path, $module:ident: $($check:ident,)+) => {
        $(
            #[test]
            fn $check() {
                $crate::test_support::$module::$check($run);
            }
        )+
    };
}
