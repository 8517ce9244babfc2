//! Batches of all candidates in turn, so that what disturbs the machine disturbs all of them; of each
//! the tenth percentile, which is what it costs undisturbed.

use std::time::Instant;

use crate::allocations;
use crate::candidates::Operation;

const BATCH: u32 = 40;
const ROUNDS: usize = 1_001;

/// What one message costs.
pub(crate) struct Figure {
    pub(crate) ns: f64,
    pub(crate) allocations: usize,
}

pub(crate) fn interleaved(operations: Vec<Option<Operation>>) -> Vec<Option<Figure>> {
    let mut times: Vec<Vec<f64>> = operations.iter().map(|_| Vec::with_capacity(ROUNDS)).collect();
    for _ in 0..ROUNDS {
        for (operation, times) in operations.iter().zip(&mut times) {
            let Some(operation) = operation else { continue };
            let start = Instant::now();
            (0..BATCH).for_each(|_| operation());
            times.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH));
        }
    }
    let figures = operations.iter().zip(times).map(|(operation, mut times)| {
        let operation = operation.as_ref()?;
        times.sort_by(f64::total_cmp);
        let ns = times[times.len() / 10];
        Some(Figure { ns, allocations: allocations::count(operation) })
    });
    figures.collect()
}
