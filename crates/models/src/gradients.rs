//! Gradients of single rows by their factors: what every builder of an index starts from.
//!
//! Every trained parameter sits in a linear map `z = W x + b`, a *site*. There a row's gradient is
//! the sum over its tokens of the outer product of `δ`, the gradient at the site's output, and `a`,
//! the site's input. Factors are small; the gradient itself is formed row by row, if at all.

use crate::{
	model::Kind,
	network::{cross_entropy, cross_entropy_gradient, margin, margin_gradient, Linear, Network},
	Error, Model, Result,
};
use openledger_kernels::softmax;
use openledger_rows::Dataset;
pub use openledger_transformers::Site;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::{
	ops::Range,
	sync::atomic::{AtomicUsize, Ordering},
};

/// Rows of one batch.
static BATCH_ROWS: AtomicUsize = AtomicUsize::new(64);

/// Sets how many rows one batch has in this process, 64 if never set. It changes no result: it
/// bounds memory, and parts the work between threads.
///
/// # Errors
/// [`Error::Setting`] for 0.
pub fn set_batch_rows(rows: usize) -> Result<()> {
	if rows == 0 {
		return Err(Error::setting("batch rows", "must be at least 1"));
	}
	BATCH_ROWS.store(rows, Ordering::Relaxed);
	Ok(())
}

/// A function of the model at one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
	/// The cross-entropy of the row's own label, in nats.
	Loss,
	/// The log-odds `log(p / (1 - p))` of the row's own label (Park et al. 2023, section 3.2).
	Margin,
	/// Several gradients of each row, whose outer products sum to the Fisher information of its loss;
	/// for a softmax output that is the Gauss-Newton matrix, which with the rows' own labels it is
	/// not (Kunstner et al. 2019). They have no value, 0 stands for it.
	///
	/// Of a classifier of no more classes than `draws` there is one for each class, the loss's
	/// gradient there times the root of its probability: the sum is exact. Otherwise there are
	/// `draws`, each at a label drawn from the model, and the sum is right in expectation.
	Fisher {
		/// Fixes the labels, together with the row's number.
		seed: u64,
		/// The most gradients of a row.
		draws: u32,
	},
}

/// The factors of some rows' gradients at one site.
#[derive(Clone, Debug, PartialEq)]
pub struct SiteFactors {
	/// The first token of each row and the end of the last, `[rows + 1]`.
	pub tokens: Vec<usize>,
	/// `a` of each token, `[tokens][columns]`, with a trailing 1 where the site has a bias.
	pub inputs: Vec<f32>,
	/// `δ` of each token, `[gradients of a row][tokens][outputs]`.
	pub deltas: Vec<f32>,
}

/// The gradients of some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
	/// The function's value, `[gradients of a row][rows]`.
	pub values: Vec<f64>,
	/// Per site.
	pub sites: Vec<SiteFactors>,
}

impl Gradients {
	/// Number of rows.
	pub fn rows(&self) -> usize {
		self.sites.first().map_or(0, |site| site.tokens.len() - 1)
	}

	/// Adds the (first) gradient of row `row` to `sum`, `[coordinates]`: site after site, each
	/// row-major `[outputs][columns]`.
	///
	/// # Panics
	/// If there is no such row, or the sites are another model's.
	pub fn add_row(&self, row: usize, sites: &[Site], sum: &mut [f64]) {
		let mut rest = sum;
		for (site, factors) in sites.iter().zip(&self.sites) {
			let (here, after) = rest.split_at_mut(site.coordinates());
			rest = after;
			for token in factors.tokens[row]..factors.tokens[row + 1] {
				let delta = &factors.deltas[token * site.outputs..][..site.outputs];
				let input = &factors.inputs[token * site.columns()..][..site.columns()];
				accumulate_outer(delta, input, 0, here);
			}
		}
	}

	/// The gradient of row `row`, `[coordinates]`. See [`Gradients::add_row`].
	///
	/// # Panics
	/// As [`Gradients::add_row`].
	pub fn flat(&self, row: usize, sites: &[Site]) -> Vec<f64> {
		let mut sum = vec![0.0; coordinates(sites)];
		self.add_row(row, sites, &mut sum);
		sum
	}
}

/// Number of gradient coordinates over all sites.
pub fn coordinates(sites: &[Site]) -> usize {
	sites.iter().map(Site::coordinates).sum()
}

/// Adds the outer product of `left` and `right`, row-major `[left.len()][right.len()]`, to `sum`:
/// as many of its values as `sum` has, from the one at `start` on. Products of single precision are
/// exact here, so a fused machine instruction changes nothing.
pub fn accumulate_outer(left: &[f32], right: &[f32], start: usize, sum: &mut [f64]) {
	let width = right.len().max(1);
	let (mut skipped, mut rest) = (start % width, sum);
	for value in left.iter().skip(start / width) {
		let (here, after) = rest.split_at_mut((width - skipped).min(rest.len()));
		for (total, other) in here.iter_mut().zip(&right[skipped..]) {
			*total += f64::from(*value) * f64::from(*other);
		}
		(skipped, rest) = (0, after);
		if rest.is_empty() {
			break;
		}
	}
}

impl Model {
	/// Where the trained parameters are.
	pub fn sites(&self) -> Vec<Site> {
		let site = |(l, layer): (usize, &Linear)| Site {
			name: format!("layers.{l}"),
			inputs: layer.inputs,
			outputs: layer.outputs,
			bias: true,
		};
		match self.kind() {
			Kind::Network(network) => network.layers.iter().enumerate().map(site).collect(),
			Kind::Text(text) => text.sites(),
		}
	}

	/// Number of trained parameters: the dimension of gradients.
	pub fn coordinates(&self) -> usize {
		coordinates(&self.sites())
	}

	/// The trained parameters in the order of gradient coordinates: site after site, each row-major
	/// `[outputs][columns]`.
	pub fn parameters(&self) -> Vec<f32> {
		match self.kind() {
			Kind::Network(network) => {
				network.layers.iter().flat_map(|layer| &layer.parameters).copied().collect()
			},
			Kind::Text(text) => text.parameters(),
		}
	}

	/// The gradients of `function` at some rows. A row's gradient is the same bits in every range,
	/// on every machine.
	///
	/// # Errors
	/// [`openledger_rows::Error::FeatureCount`], [`openledger_rows::Error::ClassCount`], [`Error::NotFinite`].
	///
	/// # Panics
	/// If there are no such rows.
	pub fn gradients(
		&self,
		data: &Dataset,
		rows: Range<usize>,
		function: Function,
	) -> Result<Gradients> {
		self.check_fits(data)?;
		let network = match self.kind() {
			Kind::Network(network) => network,
			Kind::Text(text) => return text.gradients(data, rows, function),
		};
		let columns = data.columns();
		let features = &data.features()[rows.start * columns..rows.end * columns];
		let labels = &data.labels()[rows.clone()];
		let (values, gradients) = gradients_of(network, features, labels, rows.start, function);
		let finite = gradients.iter().all(|g| g.deltas.iter().all(|x| x.is_finite()));
		if !finite || values.iter().any(|x| !x.is_finite()) {
			return Err(Error::NotFinite("a gradient"));
		}
		Ok(Gradients { values, sites: gradients })
	}
}

fn gradients_of(
	network: &Network,
	features: &[f32],
	labels: &[u32],
	first: usize,
	function: Function,
) -> (Vec<f64>, Vec<SiteFactors>) {
	let activations = network.forward(features);
	let classes = network.classes();
	let rows = || activations.logits.chunks_exact(classes.max(1)).zip(labels);
	let (mut values, mut at_logits) = (Vec::new(), Vec::new());
	let mut add = |(value, gradient): (f64, Vec<f32>)| {
		values.push(value);
		at_logits.extend(gradient);
	};
	let loss = |z: &[f32], class| (cross_entropy(z, class), cross_entropy_gradient(z, class));
	match function {
		Function::Loss => rows().for_each(|(z, label)| add(loss(z, *label as usize))),
		Function::Margin => rows().for_each(|(z, label)| {
			let class = *label as usize;
			add((margin(z, class), margin_gradient(z, class)))
		}),
		Function::Fisher { seed, draws } => {
			let numbered = (first..).zip(rows());
			let roots = numbered.map(|(row, (z, _))| fisher_roots(z, seed, row as u64, draws));
			let roots: Vec<Vec<Vec<f32>>> = roots.collect();
			for number in 0..roots.first().map_or(0, Vec::len) {
				roots.iter().for_each(|roots| add((0.0, roots[number].clone())));
			}
		},
	}
	let deltas = network.backward(&activations, &at_logits);
	let sites = activations.inputs.into_iter().zip(deltas);
	let tokens: Vec<usize> = (0..=labels.len()).collect();
	let site = |(inputs, deltas)| SiteFactors { tokens: tokens.clone(), inputs, deltas };
	(values, sites.map(site).collect())
}

/// Gradients at the logits for [`Function::Fisher`]; row `row` has its own stream of numbers.
fn fisher_roots(logits: &[f32], seed: u64, row: u64, draws: u32) -> Vec<Vec<f32>> {
	let mut probabilities = logits.to_vec();
	softmax(&mut probabilities);
	let root = |class: usize, weight: f32| {
		let mut gradient = probabilities.clone();
		gradient[class] -= 1.0;
		gradient.iter_mut().for_each(|x| *x *= weight);
		gradient
	};
	if probabilities.len() <= draws as usize {
		return probabilities.iter().enumerate().map(|(class, p)| root(class, p.sqrt())).collect();
	}
	let mut rng = ChaCha8Rng::seed_from_u64(seed);
	rng.set_stream(row);
	let weight = 1.0 / (draws as f32).sqrt();
	(0..draws).map(|_| root(draw(&probabilities, rng.random()), weight)).collect()
}

/// The class at which the cumulated probabilities pass `uniform`.
fn draw(probabilities: &[f32], uniform: f32) -> usize {
	let mut passed = 0.0;
	for (class, probability) in probabilities.iter().enumerate() {
		passed += probability;
		if uniform < passed {
			return class;
		}
	}
	// Rounding can leave the sum short of one.
	probabilities.len().saturating_sub(1)
}

/// Calls `compute` for each batch of rows, several at a time, and `visit` with its results in the
/// order of the rows: sums made by `visit` are the same bits for any number of threads.
///
/// # Errors
/// The first of [`Model::gradients`], `compute` and `visit`.
pub fn for_each_batch<T: Send>(
	model: &Model,
	data: &Dataset,
	function: Function,
	compute: impl Fn(Range<usize>, Gradients) -> Result<T> + Sync,
	visit: impl FnMut(Range<usize>, T) -> Result<()>,
) -> Result<()> {
	let rows = BATCH_ROWS.load(Ordering::Relaxed);
	for_each_chunk(model, data, function, rows, compute, visit)
}

/// As [`for_each_batch`], `size` rows at a time: for sums in single precision, whose bits depend on
/// it.
pub fn for_each_chunk<T: Send>(
	model: &Model,
	data: &Dataset,
	function: Function,
	size: usize,
	compute: impl Fn(Range<usize>, Gradients) -> Result<T> + Sync,
	mut visit: impl FnMut(Range<usize>, T) -> Result<()>,
) -> Result<()> {
	let batches: Vec<Range<usize>> = (0..data.len())
		.step_by(size)
		.map(|start| start..start.saturating_add(size).min(data.len()))
		.collect();
	// As many results at once as there are threads, and no more: results can be large.
	for group in batches.chunks(rayon::current_num_threads().max(1)) {
		let one = |rows: &Range<usize>| {
			compute(rows.clone(), model.gradients(data, rows.clone(), function)?)
		};
		let results: Vec<Result<T>> = group.par_iter().map(one).collect();
		for (rows, result) in group.iter().zip(results) {
			visit(rows.clone(), result?)?;
		}
	}
	Ok(())
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		testing::{digits, perturbed, random_model},
		Activation,
	};

	/// Compares a gradient with central differences of `output` at the logits.
	fn compare(model: &Model, row: &[f32], output: impl Fn(&[f32]) -> f64, gradient: &[f64]) {
		let step = 1e-2f32;
		let mut checked = 0;
		for at in (0..gradient.len()).step_by(gradient.len() / 97 + 1) {
			let value = |sign: f32| output(&perturbed(model, at, sign * step).forward(row).logits);
			let expected = (value(1.0) - value(-1.0)) / (2.0 * f64::from(step));
			let found = gradient[at];
			assert!(
				(found - expected).abs() < 2e-3 + 2e-2 * expected.abs(),
				"{at}: {found} {expected}"
			);
			checked += 1;
		}
		assert!(checked > 20);
	}

	#[test]
	fn gradients_should_match_finite_differences() {
		let data = digits();
		for (widths, activation) in [
			(&[64usize, 10] as &[usize], Activation::Tanh),
			(&[64, 12, 10], Activation::Tanh),
			(&[64, 9, 8, 10], Activation::Relu),
		] {
			let model = random_model(widths, activation, 11);
			let sites = model.sites();
			for i in [0, 7, 300] {
				let (row, class) = (data.row(i), data.label(i) as usize);
				let of = |function| model.gradients(&data, i..i + 1, function).unwrap();
				let loss = of(Function::Loss);
				compare(&model, row, |z| cross_entropy(z, class), &loss.flat(0, &sites));
				let margins = of(Function::Margin);
				compare(&model, row, |z| margin(z, class), &margins.flat(0, &sites));
				assert_eq!(margins.values, [margin(&model.logits(row).unwrap(), class)]);
			}
		}
	}

	#[test]
	fn gradient_should_be_the_same_bits_in_every_batch() {
		let (model, data) = (random_model(&[64, 7, 5, 10], Activation::Tanh, 2), digits());
		for function in [Function::Loss, Function::Margin, Function::Fisher { seed: 3, draws: 2 }] {
			let all = model.gradients(&data, 0..64, function).unwrap();
			for size in [1, 2, 7] {
				for start in [0, 13, 57] {
					let part = model.gradients(&data, start..start + size, function).unwrap();
					for row in 0..size {
						let sites = model.sites();
						assert_eq!(part.flat(row, &sites), all.flat(start + row, &sites));
					}
				}
			}
		}
	}

	/// Of three rows all gradients of [`Function::Fisher`], `[row][gradient][coordinates]`.
	fn fisher_gradients(model: &Model, data: &Dataset, draws: u32) -> Vec<Vec<Vec<f64>>> {
		let function = Function::Fisher { seed: 9, draws };
		let found = model.gradients(data, 0..3, function).unwrap();
		let (sites, count) = (model.sites(), found.values.len() / 3);
		let gradient = |row: usize, number: usize| {
			let factors = found.sites.iter().map(|site| {
				let size = site.deltas.len() / count;
				let deltas = site.deltas[number * size..][..size].to_vec();
				SiteFactors { deltas, ..site.clone() }
			});
			let one = Gradients { values: vec![0.0; 3], sites: factors.collect() };
			one.flat(row, &sites)
		};
		(0..3).map(|row| (0..count).map(|number| gradient(row, number)).collect()).collect()
	}

	#[test]
	fn fisher_gradients_should_be_of_all_classes_or_of_drawn_ones() {
		let (model, data) = (random_model(&[64, 6, 10], Activation::Relu, 5), digits());
		let (all, drawn) =
			(fisher_gradients(&model, &data, 10), fisher_gradients(&model, &data, 7));
		for row in 0..3 {
			assert_eq!((all[row].len(), drawn[row].len()), (10, 7));
			let one = data.select(&[row]).unwrap();
			let of_class = |class: usize| {
				let labelled = one.with_labels(vec![class as u32]).unwrap();
				let loss = model.gradients(&labelled, 0..1, Function::Loss).unwrap();
				((-loss.values[0]).exp(), loss.flat(0, &model.sites()))
			};
			let is = |found: &[f64], weight: f64, gradient: &[f64]| {
				let pairs = found.iter().zip(gradient);
				pairs.into_iter().all(|(found, x)| (found - weight * x).abs() < 1e-5)
			};
			for (class, found) in all[row].iter().enumerate() {
				let (probability, gradient) = of_class(class);
				assert!(is(found, probability.sqrt(), &gradient));
			}
			let classes: Vec<_> = (0..10).map(of_class).collect();
			for found in &drawn[row] {
				let weight = (1.0f64 / 7.0).sqrt();
				assert!(classes.iter().any(|(_, gradient)| is(found, weight, gradient)));
			}
		}
	}

	#[test]
	fn draw_should_follow_the_probabilities() {
		let probabilities = [0.25, 0.0, 0.5, 0.25];
		let drawn: Vec<usize> = [0.0, 0.2499, 0.25, 0.7499, 0.75, 0.9999]
			.iter()
			.map(|u| draw(&probabilities, *u))
			.collect();
		assert_eq!(drawn, [0, 0, 2, 2, 3, 3]);
		assert_eq!(draw(&[0.3, 0.3], 0.99), 1);
	}

	#[test]
	fn batches_should_be_visited_in_order_and_stop_at_an_error() {
		let (model, data) = (random_model(&[64, 4, 10], Activation::Tanh, 5), digits());
		let mut seen = Vec::new();
		let visit = |rows: Range<usize>, count: usize| {
			assert_eq!(rows.len(), count);
			seen.extend(rows);
			Ok(())
		};
		for_each_batch(&model, &data, Function::Loss, |_, g| Ok(g.rows()), visit).unwrap();
		assert_eq!(seen, (0..data.len()).collect::<Vec<_>>());
		let refuse = |_, _: Gradients| Err::<(), _>(Error::from(openledger_rows::Error::NoRows));
		let visit = |_, ()| Ok(());
		assert!(for_each_batch(&model, &data, Function::Loss, refuse, visit).is_err());
	}
}
