//! What the same bits everywhere cost: gradients of single rows by this project's kernels, and by
//! candle's tensors, which promise no such thing. Candle's automatic differentiation also computes
//! gradients that nobody asked for, so its side is timed with a backward pass by hand, too.

use super::{fastest, random_model, Numbers};
use crate::error::{Error, Result};
use candle_core::{DType, Device, Tensor, Var, D};
use openledger_models::{Function, Model};
use openledger_output::{table, Column, Console};
use openledger_rows::Dataset;
use serde_json::{json, Value};

const BATCHES: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];

const MODELS: [(&str, &[usize]); 3] = [
	("MLP 64-32-10", &[64, 32, 10]),
	("MLP 784-512-512-10", &[784, 512, 512, 10]),
	("linear 768-768", &[768, 768]),
];

/// How far the two may be apart, as a part of the largest value of a factor.
const TOLERANCE: f32 = 1e-4;

/// Per layer its inputs and the gradients at its outputs, without ones for biases.
type Factors = Vec<(Vec<f32>, Vec<f32>)>;

/// The same before they are laid out.
type Tensors = Vec<(Tensor, Tensor)>;

struct Compared {
	model: &'static str,
	times: Vec<Times>,
	/// The largest difference, as a part of the largest value.
	difference: f32,
	/// Whether rows have the same bits alone and in every batch, by ours and by candle.
	same_bits: (bool, bool),
}

/// Seconds for a batch.
struct Times {
	batch: usize,
	ours: f64,
	/// Candle's, with its automatic differentiation.
	automatic: f64,
	/// Candle's, with a backward pass by hand.
	by_hand: f64,
}

/// Both compute the factors of the loss gradients of some rows: inputs of each layer, and gradients
/// at its outputs.
pub fn run(console: Console) -> Result<(Value, String)> {
	let bar = console.bar((MODELS.len() * BATCHES.len()) as u64, "gradients");
	let mut compared = Vec::new();
	for (name, widths) in MODELS {
		compared.push(compare(name, widths, &mut || bar.inc(1))?);
	}
	bar.finish_and_clear();
	Ok((compared.iter().map(Compared::json).collect(), text(&compared)))
}

fn compare(name: &'static str, widths: &[usize], done: &mut dyn FnMut()) -> Result<Compared> {
	let mut numbers = Numbers(5);
	let model = random_model(widths, &mut numbers)?;
	let (rows, columns) = (BATCHES[BATCHES.len() - 1], widths[0]);
	let classes = widths[widths.len() - 1] as u32;
	let labels = (0..rows).map(|_| numbers.below(classes)).collect();
	let data = Dataset::new(columns, numbers.values(rows * columns, 1.0), labels)?;
	let peer = Candle::new(&model).map_err(failed)?;
	let all = (ours(&model, &data, rows)?, peer.factors(&data, rows, Candle::automatic)?);
	let by_hand = peer.factors(&data, rows, Candle::by_hand)?;
	let difference = larger(difference(&all.0, &all.1), difference(&all.0, &by_hand));
	if difference.is_nan() || difference > TOLERANCE {
		let reason = format!("{name}: its gradients differ from candle's by {difference:e}");
		return Err(Error::Failure(reason));
	}
	let (mut times, mut same_bits) = (Vec::new(), (true, true));
	for batch in BATCHES {
		same_bits.0 &= begins(&all.0, &ours(&model, &data, batch)?, rows, batch);
		let of_peer = peer.factors(&data, batch, Candle::automatic)?;
		same_bits.1 &= begins(&all.1, &of_peer, rows, batch);
		times.push(Times {
			batch,
			ours: fastest(|| Ok(model.gradients(&data, 0..batch, Function::Loss)?))?,
			automatic: fastest(|| peer.automatic(&data, batch).map_err(failed))?,
			by_hand: fastest(|| peer.by_hand(&data, batch).map_err(failed))?,
		});
		done();
	}
	Ok(Compared { model: name, times, difference, same_bits })
}

fn failed(error: candle_core::Error) -> Error {
	Error::Failure(format!("candle: {error}"))
}

fn ours(model: &Model, data: &Dataset, rows: usize) -> Result<Factors> {
	let gradients = model.gradients(data, 0..rows, Function::Loss)?;
	let without_ones = |(site, factors): (openledger_models::Site, _)| {
		let openledger_models::SiteFactors { inputs, deltas, .. } = factors;
		let rows = inputs.chunks_exact(site.columns()).flat_map(|row| &row[..site.inputs]);
		(rows.copied().collect(), deltas)
	};
	Ok(model.sites().into_iter().zip(gradients.sites).map(without_ones).collect())
}

/// A network in candle's tensors.
struct Candle {
	shift: Tensor,
	factor: Tensor,
	/// Weights `[outputs, inputs]` and biases `[outputs]`.
	layers: Vec<(Tensor, Tensor)>,
}

impl Candle {
	fn new(model: &Model) -> candle_core::Result<Self> {
		let network = model.network().map_err(candle_core::Error::wrap)?;
		let vector = |values: &[f32]| Tensor::from_slice(values, values.len(), &Device::Cpu);
		let layer = |layer: &openledger_models::network::Linear| {
			let (weight, bias) = layer.to_parts();
			let shape = (layer.outputs, layer.inputs);
			Ok((Tensor::from_vec(weight, shape, &Device::Cpu)?, vector(&bias)?))
		};
		Ok(Self {
			shift: vector(&network.shift)?,
			factor: vector(&network.factor)?,
			layers: network.layers.iter().map(layer).collect::<candle_core::Result<_>>()?,
		})
	}

	/// The first rows' features, scaled, and their labels `[rows, 1]`.
	fn rows(&self, data: &Dataset, rows: usize) -> candle_core::Result<(Tensor, Tensor)> {
		let columns = data.columns();
		let features = &data.features()[..rows * columns];
		let features = Tensor::from_slice(features, (rows, columns), &Device::Cpu)?;
		let labels = Tensor::from_slice(&data.labels()[..rows], (rows, 1), &Device::Cpu)?;
		Ok((features.broadcast_sub(&self.shift)?.broadcast_mul(&self.factor)?, labels))
	}

	/// Each layer's inputs and the gradients at its outputs: those of a zero that is added there.
	fn automatic(&self, data: &Dataset, rows: usize) -> candle_core::Result<Tensors> {
		let (mut current, labels) = self.rows(data, rows)?;
		let mut sites = Vec::with_capacity(self.layers.len());
		for (position, (weight, bias)) in self.layers.iter().enumerate() {
			let zero = Var::zeros((rows, bias.dim(0)?), DType::F32, &Device::Cpu)?;
			let output = current.matmul(&weight.t()?)?.broadcast_add(bias)?.add(&zero)?;
			let last = position + 1 == self.layers.len();
			let next = if last { output } else { output.tanh()? };
			sites.push((std::mem::replace(&mut current, next), zero));
		}
		let largest = current.max_keepdim(D::Minus1)?.detach();
		let shifted = current.broadcast_sub(&largest)?;
		let norm = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
		let loss = norm.sub(&shifted.gather(&labels, D::Minus1)?)?.sum_all()?;
		let gradients = loss.backward()?;
		let delta = |(inputs, zero): (Tensor, Var)| match gradients.get(&zero) {
			Some(delta) => Ok((inputs, delta.clone())),
			None => candle_core::bail!("a layer has no gradient"),
		};
		sites.into_iter().map(delta).collect()
	}

	/// The same with no graph, and no gradients but these.
	fn by_hand(&self, data: &Dataset, rows: usize) -> candle_core::Result<Tensors> {
		let (mut current, labels) = self.rows(data, rows)?;
		let mut inputs = Vec::with_capacity(self.layers.len());
		for (position, (weight, bias)) in self.layers.iter().enumerate() {
			let output = current.matmul(&weight.t()?)?.broadcast_add(bias)?;
			let last = position + 1 == self.layers.len();
			let next = if last { output } else { output.tanh()? };
			inputs.push(std::mem::replace(&mut current, next));
		}
		let exponentials = current.broadcast_sub(&current.max_keepdim(D::Minus1)?)?.exp()?;
		let softmax = exponentials.broadcast_div(&exponentials.sum_keepdim(D::Minus1)?)?;
		let minus = Tensor::full(-1f32, (rows, 1), &Device::Cpu)?;
		let mut delta = softmax.scatter_add(&labels, &minus, D::Minus1)?;
		let mut sites = Vec::with_capacity(inputs.len());
		while let Some(input) = inputs.pop() {
			let slope = input.sqr()?.affine(-1.0, 1.0);
			let weight = &self.layers[inputs.len()].0;
			let below = match inputs.is_empty() {
				true => delta.clone(),
				false => (delta.matmul(weight)? * slope?)?,
			};
			sites.push((input, std::mem::replace(&mut delta, below)));
		}
		sites.reverse();
		Ok(sites)
	}

	fn factors(
		&self,
		data: &Dataset,
		rows: usize,
		compute: fn(&Self, &Dataset, usize) -> candle_core::Result<Tensors>,
	) -> Result<Factors> {
		let values = |tensor: &Tensor| tensor.flatten_all()?.to_vec1::<f32>();
		let both = |(inputs, deltas): &(Tensor, Tensor)| Ok((values(inputs)?, values(deltas)?));
		let tensors = compute(self, data, rows).map_err(failed)?;
		tensors.iter().map(both).collect::<candle_core::Result<_>>().map_err(failed)
	}
}

/// All matrices, each with its counterpart.
fn pairs<'a>(a: &'a Factors, b: &'a Factors) -> impl Iterator<Item = (&'a [f32], &'a [f32])> {
	a.iter().zip(b).flat_map(|(a, b)| [(&a.0[..], &b.0[..]), (&a.1[..], &b.1[..])])
}

/// The largest difference, as a part of the largest value of its matrix; NaN if shapes differ.
fn difference(a: &Factors, b: &Factors) -> f32 {
	if a.len() != b.len() || pairs(a, b).any(|(a, b)| a.len() != b.len()) {
		return f32::NAN;
	}
	let of_pair = |(a, b): (&[f32], &[f32])| {
		let largest = a.iter().fold(f32::MIN_POSITIVE, |max, x| max.max(x.abs()));
		let difference = a.iter().zip(b).map(|(x, y)| (x - y).abs());
		difference.fold(0.0, larger) / largest
	};
	pairs(a, b).map(of_pair).fold(0.0, larger)
}

/// The larger of two numbers; unlike [`f32::max`], what is not a number stays.
fn larger(a: f32, b: f32) -> f32 {
	match b <= a || a.is_nan() {
		true => a,
		false => b,
	}
}

/// Whether the factors of `some` rows are, bit for bit, the first of those of `all` rows.
fn begins(of_all: &Factors, of_some: &Factors, all: usize, some: usize) -> bool {
	pairs(of_all, of_some).all(|(of_all, of_some)| {
		let same = |(x, y): (&f32, &f32)| x.to_bits() == y.to_bits();
		of_some.len() * all == of_all.len() * some && of_some.iter().zip(of_all).all(same)
	})
}

impl Times {
	/// To the faster of candle's.
	fn ratio(&self) -> f64 {
		self.ours / self.automatic.min(self.by_hand)
	}
}

impl Compared {
	fn json(&self) -> Value {
		let time = |times: &Times| {
			json!({
				"batch": times.batch,
				"microseconds": 1e6 * times.ours,
				"candle_microseconds": 1e6 * times.automatic,
				"candle_by_hand_microseconds": 1e6 * times.by_hand,
				"ratio": times.ratio(),
			})
		};
		json!({
			"model": self.model,
			"times": self.times.iter().map(time).collect::<Vec<_>>(),
			"largest_difference": self.difference,
			"same_bits_in_every_batch": self.same_bits.0,
			"candle_same_bits_in_every_batch": self.same_bits.1,
		})
	}
}

fn text(compared: &[Compared]) -> String {
	let title = "gradients of single rows (inputs of each layer, gradients at its outputs), in \
		microseconds for a batch: kernels with the same bits everywhere, and candle";
	let columns = [
		Column::Text("model"),
		Column::Number("rows"),
		Column::Number("ours"),
		Column::Number("candle"),
		Column::Number("candle by hand"),
		Column::Number("ours to its faster"),
	];
	let rows = compared.iter().flat_map(|compared| {
		compared.times.iter().map(|times| {
			let microseconds = |seconds: f64| format!("{:.1}", 1e6 * seconds);
			vec![
				compared.model.to_owned(),
				times.batch.to_string(),
				microseconds(times.ours),
				microseconds(times.automatic),
				microseconds(times.by_hand),
				format!("{:.2}", times.ratio()),
			]
		})
	});
	let word = |same| if same { "yes" } else { "no" };
	let notes = compared.iter().map(|compared| {
		let (own, other) = compared.same_bits;
		format!(
			"{}: a row's bits are the same alone and in a batch: ours {}, candle {}; the two differ by \
			 {:.0e} of the largest value",
			compared.model,
			word(own),
			word(other),
			compared.difference
		)
	});
	let table = table(&columns, rows.collect());
	[vec![title.to_owned(), table], notes.collect()].concat().join("\n")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn both_sides_should_compute_the_same_numbers_and_ours_the_same_bits() {
		for (widths, rows) in [(&[5usize, 4, 3] as &[usize], 7), (&[6, 3], 4), (&[64, 32, 10], 64)]
		{
			let mut numbers = Numbers(9);
			let model = random_model(widths, &mut numbers).unwrap();
			let features = numbers.values(rows * widths[0], 1.0);
			let labels = (0..rows).map(|_| numbers.below(3)).collect();
			let data = Dataset::new(widths[0], features, labels).unwrap();
			let own = ours(&model, &data, rows).unwrap();
			let peer = Candle::new(&model).unwrap();
			assert_eq!(own.len(), widths.len() - 1);
			for compute in [Candle::automatic, Candle::by_hand] {
				let other = peer.factors(&data, rows, compute).unwrap();
				assert!(difference(&own, &other) < TOLERANCE);
			}
			assert!(own.iter().all(|(_, deltas)| deltas.iter().any(|x| x.abs() > 1e-3)));
			let one = ours(&model, &data, 1).unwrap();
			assert!(begins(&own, &one, rows, 1) && !begins(&own, &one, rows, 2));
		}
	}

	#[test]
	fn difference_should_be_seen_when_a_value_or_shape_differs() {
		let factors = |x: f32| vec![(vec![1.0, 2.0], vec![x, -4.0])];
		assert_eq!(difference(&factors(1.0), &factors(1.0)), 0.0);
		assert_eq!(difference(&factors(1.0), &factors(2.0)), 0.25);
		assert!(difference(&factors(1.0), &factors(f32::NAN)).is_nan());
		assert!(difference(&factors(1.0), &Vec::new()).is_nan());
		assert!(!begins(&factors(1.0), &factors(1.0f32.next_up()), 1, 1));
	}
}
