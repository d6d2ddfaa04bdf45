//! Prometheus metrics of the worker.

use polkadot_sdk::substrate_prometheus_endpoint::{
	exponential_buckets, register, Counter, Gauge, Histogram, HistogramOpts, PrometheusError,
	Registry, U64,
};

/// The metrics, whose names begin with `attribution_`.
#[derive(Clone)]
pub struct Metrics {
	/// The assignments that were seen: jobs, and jobs that were drawn anew.
	pub seen: Counter<U64>,
	/// The verdicts that were computed.
	pub computed: Counter<U64>,
	/// The claims that the runtime's hook submitted, without those submitted again.
	pub submitted: Counter<U64>,
	/// The tries that failed.
	pub failed: Counter<U64>,
	/// The engine's processes that died or were ended at work, each with one job.
	pub died: Counter<U64>,
	/// The seconds that a verdict took.
	pub seconds: Histogram,
	/// The jobs that wait for a process or are in one.
	pub queue: Gauge<U64>,
}

impl Metrics {
	/// Registers the metrics.
	///
	/// # Errors
	/// If they are registered already.
	pub fn register(registry: &Registry) -> Result<Self, PrometheusError> {
		let counter = |name: &str, help: &str| -> Result<_, PrometheusError> {
			register(Counter::new(format!("attribution_{name}_total"), help)?, registry)
		};
		Ok(Self {
			seen: counter("jobs_seen", "Assignments seen, redraws included")?,
			computed: counter("jobs_computed", "Verdicts computed")?,
			submitted: counter("jobs_submitted", "Claims submitted, resubmissions not counted")?,
			failed: counter("jobs_failed", "Tries to compute a verdict that failed")?,
			died: counter("processes_died", "Processes that died or were ended at work on a job")?,
			seconds: register(
				Histogram::with_opts(
					HistogramOpts::new("attribution_job_seconds", "Seconds per verdict")
						.buckets(exponential_buckets(0.001, 2.0, 18)?),
				)?,
				registry,
			)?,
			queue: register(
				Gauge::new("attribution_queue_length", "Jobs waiting or being computed")?,
				registry,
			)?,
		})
	}
}
