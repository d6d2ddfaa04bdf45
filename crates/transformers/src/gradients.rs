//! Gradients of one sample with respect to the trained parameters, by their factors.
//!
//! A trained layer's gradient is `Σ_t δ_t ⊗ a_t` over the tokens, where `a_t` is the layer's input
//! and `δ_t` the gradient at its output. Both are read off one backward pass, in which a zero
//! variable is added to the layer's output and the parameters themselves are constants. In
//! [`crate::hessian`], for second derivatives, they are variables.

use crate::{
	error::{Error, Result},
	layers::{Pass, SiteRecord},
	lora::Adapter,
	ops::{self, Mask},
	sites::Site,
	tensor::{misfit, Tensor, VariableGradients},
};
use openledger_kernels as kernels;
use rand::Rng;
use rayon::prelude::*;
use std::sync::Arc;

/// One sample's gradient at one site: the sum over the tokens of `δ_t ⊗ a_t`.
#[derive(Clone, Debug, PartialEq)]
pub struct Factors {
	/// The number of tokens.
	pub tokens: usize,
	/// The inputs `a`, `[tokens][inputs]`, or `[tokens][inputs + 1]` with a last 1 where the site
	/// has a bias.
	pub inputs: Vec<f32>,
	/// The gradients `δ` at the outputs, `[tokens][outputs]`.
	pub deltas: Vec<f32>,
}

/// Adds the gradient that `factors` (one per site) stand for to `sum`, laid out as the parameters
/// are: site after site, row-major `[outputs][inputs (+ 1)]`.
///
/// Tokens are added one after the other, so a batch that is summed sample by sample has the same
/// bits however its samples were computed.
///
/// # Errors
/// [`Error::ParameterCount`] if `sum`, the sites and the factors do not fit together.
pub fn add_gradient(sites: &[Site], factors: &[Factors], sum: &mut [f32]) -> Result<()> {
	let expected: usize = sites.iter().map(Site::coordinates).sum();
	let fits = |(site, factors): (&Site, &Factors)| {
		factors.inputs.len() == factors.tokens * site.columns()
			&& factors.deltas.len() == factors.tokens * site.outputs
	};
	if sum.len() != expected || factors.len() != sites.len() || !sites.iter().zip(factors).all(fits)
	{
		return Err(Error::ParameterCount { found: sum.len(), expected });
	}
	let mut rest = sum;
	for (site, Factors { tokens, inputs, deltas }) in sites.iter().zip(factors) {
		let (own, after) = rest.split_at_mut(site.coordinates());
		kernels::matmul_tn(deltas, inputs, own, site.outputs, *tokens, site.columns());
		rest = after;
	}
	Ok(())
}

/// The gradient that `factors` (one per site) stand for, laid out as [`add_gradient`] does.
///
/// # Errors
/// Those of [`add_gradient`].
pub fn gradient(sites: &[Site], factors: &[Factors]) -> Result<Vec<f32>> {
	let mut sum = vec![0.0; sites.iter().map(Site::coordinates).sum()];
	add_gradient(sites, factors, &mut sum)?;
	Ok(sum)
}

/// Does `work` for every sample, on all threads. Results are in the order of the samples.
///
/// # Errors
/// The error of the first sample, in order, for which `work` fails.
pub fn in_order<S: Sync, R: Send>(
	samples: &[S],
	work: impl Fn(&S) -> Result<R> + Sync + Send,
) -> Result<Vec<R>> {
	let results: Vec<Result<R>> = samples.par_iter().map(work).collect();
	results.into_iter().collect()
}

/// The quantity that is differentiated. It is a mean over the targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
	/// The loss `-log p`, in nats.
	Loss,
	/// The margin `log(p / (1 - p))` (Park et al. 2023, TRAK, section 3.2).
	Margin,
}

impl Output {
	/// The value at `logits` `[targets, classes]`.
	pub fn value(self, logits: &Tensor, targets: &[usize]) -> Result<f64> {
		let rows = logits.values().chunks_exact(logits.width().max(1));
		let mut sum = 0.0;
		for (row, &target) in rows.zip(targets) {
			let own = f64::from(row.get(target).copied().unwrap_or(f32::NAN));
			sum += match self {
				Self::Loss => kernels::log_sum_exp(row, None) - own,
				Self::Margin => own - kernels::log_sum_exp(row, Some(target)),
			};
		}
		let value = sum / targets.len().max(1) as f64;
		value.is_finite().then_some(value).ok_or(Error::NotFinite("an output"))
	}

	/// The gradient at `logits` `[targets, classes]`, which can itself be differentiated. That of
	/// the loss may also be taken at copies of these logits, `[copies · targets, classes]`.
	pub fn slope(self, logits: &Tensor, targets: &[usize]) -> Result<Tensor> {
		let shared = || Arc::new(targets.to_vec());
		let (mask, sign) = match self {
			Self::Loss => (Mask::Nothing, 1.0),
			Self::Margin => (Mask::One(shared()), -1.0),
		};
		let difference = ops::softmax(logits, &mask)?.sub(&one_hot(logits, targets)?)?;
		Ok(difference.affine(sign / targets.len().max(1) as f64, 0.0))
	}
}

/// A tensor of the shape of `logits` with 1 at each row's target and 0 elsewhere. The targets
/// repeat if there are more rows.
fn one_hot(logits: &Tensor, targets: &[usize]) -> Result<Tensor> {
	let mut values = vec![0.0; logits.values().len()];
	let rows = values.chunks_exact_mut(logits.width().max(1));
	for (row, &target) in rows.zip(targets.iter().cycle()) {
		if let Some(value) = row.get_mut(target) {
			*value = 1.0;
		}
	}
	Ok(Tensor::new(logits.dims(), values)?)
}

/// The value, and the factors of its gradient, one per site. `forward` gives the logits of the
/// targets, `[targets, classes]`.
pub(crate) fn factors(
	adapter: &Adapter,
	forward: impl Fn(&mut Pass<'_>) -> Result<Tensor>,
	output: Output,
	targets: &[usize],
) -> Result<(f64, Vec<Factors>)> {
	let mut pass = Pass::plain(adapter).recorded();
	let logits = forward(&mut pass)?;
	let value = output.value(&logits, targets)?;
	let slope = output.slope(&logits.detach(), targets)?;
	Ok((value, read_factors(adapter, &pass.into_records(), &logits, &slope)?))
}

/// The factors of gradients whose outer products sum to the Gauss-Newton (Fisher) matrix of the mean
/// loss (Martens 2020, section 9.2).
///
/// With `every_class`, for a single row of logits, there is one gradient for each class: the loss's
/// gradient there, times the root of the class's probability. Their sum is exact. Otherwise there
/// are `draws` of them, each at a class drawn from the model for each row of logits, and the sum is
/// right in expectation. The model decides which of the two, not the text: all texts have equally
/// many.
pub(crate) fn fisher_factors(
	adapter: &Adapter,
	forward: impl Fn(&mut Pass<'_>) -> Result<Tensor>,
	every_class: bool,
	draws: usize,
	rng: &mut impl Rng,
) -> Result<Vec<Vec<Factors>>> {
	let mut pass = Pass::plain(adapter).recorded();
	let logits = forward(&mut pass)?;
	let records = pass.into_records();
	let probabilities = ops::softmax(&logits.detach(), &Mask::Nothing)?;
	let rows = || probabilities.values().chunks_exact(probabilities.width().max(1));
	let at = |targets: &[usize], weight: f64| {
		let slope = probabilities.sub(&one_hot(&logits, targets)?)?.affine(weight, 0.0);
		read_factors(adapter, &records, &logits, &slope)
	};
	if every_class {
		let classes = probabilities.values().iter().enumerate();
		return classes.map(|(class, p)| at(&[class], f64::from(*p).sqrt())).collect();
	}
	let weight = 1.0 / ((rows().len() * draws).max(1) as f64).sqrt();
	let mut drawn = || rows().map(|row| draw(row, rng.random())).collect::<Vec<usize>>();
	(0..draws).map(|_| at(&drawn(), weight)).collect()
}

/// The class in whose part of `[0, 1)` the number `point` lies, where classes have parts as large
/// as their probabilities.
fn draw(probabilities: &[f32], point: f64) -> usize {
	let (mut reached, mut last) = (0.0, 0);
	for (class, probability) in probabilities.iter().enumerate() {
		if *probability > 0.0 {
			reached += f64::from(*probability);
			last = class;
			if point < reached {
				break;
			}
		}
	}
	last
}

/// Makes one backward pass from `slope` at `logits` and reads off the factors.
fn read_factors(
	adapter: &Adapter,
	records: &[Option<SiteRecord>],
	logits: &Tensor,
	slope: &Tensor,
) -> Result<Vec<Factors>> {
	let gradients = logits.backward(slope)?;
	each_record(adapter.sites(), records, |site, record| {
		site_factors(site, &record.input, delta(&gradients, &record.probe))
	})
}

/// Does `read` for every site that the pass came by; the others get factors without tokens.
fn each_record(
	sites: &[Site],
	records: &[Option<SiteRecord>],
	read: impl Fn(&Site, &SiteRecord) -> Result<Factors>,
) -> Result<Vec<Factors>> {
	let none = || Ok(Factors { tokens: 0, inputs: vec![], deltas: vec![] });
	let read = |(site, record): (&Site, &Option<SiteRecord>)| match record {
		Some(record) => read(site, record),
		None => none(),
	};
	sites.iter().zip(records).map(read).collect()
}

/// The gradient at a probe, or zeros where nothing depends on it.
fn delta(gradients: &VariableGradients, probe: &Tensor) -> Vec<f32> {
	match gradients.get(probe) {
		Some(gradient) => gradient.values().to_vec(),
		None => vec![0.0; probe.values().len()],
	}
}

/// The factors of a site whose input is `[tokens, inputs]`.
fn site_factors(site: &Site, input: &Tensor, deltas: Vec<f32>) -> Result<Factors> {
	let &[tokens, _] = input.dims() else { return Ok(misfit("trained site", &[input.dims()])?) };
	let mut inputs = input.values().to_vec();
	if site.bias {
		let rows = inputs.chunks_exact(site.inputs.max(1));
		inputs = rows.flat_map(|row| row.iter().copied().chain([1.0])).collect();
	}
	Ok(Factors { tokens, inputs, deltas })
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn gradient_should_be_the_sum_of_outer_products() {
		let site = |inputs, bias| Site { name: "s".into(), inputs, outputs: 2, bias };
		let sites = [site(1, false), site(1, true)];
		let first =
			Factors { tokens: 2, inputs: vec![1.0, 2.0], deltas: vec![1.0, -1.0, 3.0, 0.5] };
		let second = Factors { tokens: 1, inputs: vec![4.0, 1.0], deltas: vec![2.0, 3.0] };
		let factors = [first, second];
		assert_eq!(gradient(&sites, &factors).unwrap(), [7.0, 0.0, 8.0, 2.0, 12.0, 3.0]);
		assert!(gradient(&sites[..1], &factors).is_err());
		assert!(add_gradient(&sites, &factors, &mut [0.0; 5]).is_err());
	}

	#[test]
	fn draw_should_meet_the_probabilities_and_never_choose_the_impossible() {
		let probabilities = [0.0, 0.25, 0.0, 0.75, 0.0];
		let points = (0..1000).map(|i| draw(&probabilities, f64::from(i) / 1000.0));
		let classes: Vec<usize> = points.collect();
		assert_eq!(classes.iter().filter(|class| **class == 1).count(), 250);
		assert_eq!(classes.iter().filter(|class| **class == 3).count(), 750);
		// The sum of probabilities may be slightly less than 1.
		assert_eq!(draw(&[0.5, 0.499, 0.0], 0.9999), 1);
	}
}
