//! The inverse of the Hessian's absolute value, applied to vectors without ever forming it.

mod tridiagonal;

use crate::{Error, Result};
use openledger_models::{tangent::hessian_products, Model, Progress};
use openledger_rows::Dataset;
use rayon::prelude::*;
use tridiagonal::diagonalise;

/// Steps over which the largest residual counts.
const WINDOW: usize = 10;

/// Products are of single precision: a basis vector that is shorter than this part of the
/// curvature's size is rounding.
const NEGLIGIBLE: f64 = 1e-7;

/// How exactly [`solve_abs`] solves, and by what means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
	/// The relative residual at which a solution is taken; positive. Below about 1e-4 the single
	/// precision of products is felt.
	pub tolerance: f64,
	/// Steps after which to give up; at least 1. Each is one Hessian-vector product over all rows.
	pub max_steps: usize,
	/// Bytes that bases may take. One right-hand side needs four for each parameter and step; as
	/// many as fit are solved together.
	pub memory: u64,
}

impl Default for Settings {
	/// A relative residual of 0.01 in at most 500 steps and 2 GiB.
	fn default() -> Self {
		Self { tolerance: 1e-2, max_steps: 500, memory: 2 << 30 }
	}
}

impl Settings {
	/// How many right-hand sides of `coordinates` to solve together.
	fn together(&self, coordinates: usize) -> Result<usize> {
		if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
			return Err(Error::setting("tolerance", "must be above 0 and below 1"));
		}
		if self.max_steps == 0 {
			return Err(Error::setting("max_steps", "must be at least 1"));
		}
		let steps = self.max_steps.min(coordinates) as u64;
		let one = (coordinates as u64).saturating_mul(4).saturating_mul(steps.saturating_add(1));
		match self.memory / one.max(1) {
			0 => {
				let reason = format!(
					"{steps} steps over {coordinates} parameters take {one} bytes: allow as much, \
					 or fewer steps"
				);
				Err(Error::setting("memory", reason))
			},
			// More at once would not be faster.
			fitting => Ok(fitting.min(64) as usize),
		}
	}
}

/// A solution of `(|H| + λI) x = b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
	/// `x`, `[coordinates]`.
	pub values: Vec<f64>,
	/// Hessian-vector products that it took.
	pub steps: usize,
	/// The relative residual estimated; 0 where the space was exhausted.
	pub residual: f64,
}

/// Solves `(|H| + λI) x = b` for each `b` of `right`, `[coordinates]` in the order of gradient
/// coordinates, where `λ` is `damping`, `H` the Hessian of the mean loss over `data`, and `|H|` has
/// `H`'s eigenvectors and the absolute values of its eigenvalues.
///
/// For models too large for [`dense_curvature`](super::dense_curvature). The same bits for any number of
/// threads and of right-hand sides, and for any `memory`. Reports solved right-hand sides after
/// every step (`stage` is `solving`).
///
/// # Method
/// `|H|` cannot be applied to a vector without its eigenvectors; `H` can. So `x` is computed as a
/// function of a matrix, `x = f(H) b` with `f(θ) = 1 / (|θ| + λ)`: `m` steps of Lanczos from `b` give
/// an orthonormal basis `V` of the Krylov space and the tridiagonal `T = Vᵀ H V`, and
/// `x ≈ ‖b‖ V f(T) e₁` (Higham 2008, *Functions of Matrices*, section 13.2; Golub and Van Loan,
/// *Matrix Computations*, sections 10.1 and 10.3). Negative curvature takes no special care, as `f`
/// is exact in the eigenvalues of `T`. All vectors are kept and each new one is made orthogonal to
/// them twice, or rounding would bring back eigenvalues already found.
///
/// # Stopping
/// With `s = V sign(T) Vᵀ x` for `sign(H) x`, the residual `b - H s - λ x` is `‖b‖ β ρ v`, where `v`
/// is the coming basis vector, `β` its length before normalising, and `ρ = e_mᵀ sign(T) f(T) e₁`:
/// known without another product. It can be small by chance, so the largest `|β ρ|` of the last 10
/// steps counts. On a trained network (digits, 64-32-10, 2,410 parameters, `λ` = 0.0017, 16 rows'
/// loss gradients) the default tolerance was reached after 83 to 150 steps with relative errors of
/// `x` from 0.003 to 0.010 and true residuals `‖b - |H| x - λ x‖ / ‖b‖` of at most 0.001. Steps
/// follow how well polynomials approach `f`, which has a kink of width `λ`: at `λ` = 0.01 it took 24
/// to 76 steps, at 0.0003 154 to 334, with errors of `x` up to 0.02.
///
/// # Why not conjugate gradients
/// They need `H + λI` to be positive definite, once the most negative eigenvectors are found and
/// treated by absolute value. But the spectrum is dense around zero: on the network above it goes
/// from -0.0015 to 1.4 with 82 eigenvalues below `-λ/2` and 297 below `-λ/20`. Treating the former
/// alone leaves errors of 0.11 to 0.32 in `x`, and on such a network 900 steps of Lanczos did not
/// find all of the latter. Nor does a preconditioner help: a space not built from powers of `H`
/// alone mixes eigenvectors of both signs. Expanding it by residuals preconditioned with EK-FAC
/// still left an error of 0.16 after 200 steps.
///
/// # Errors
/// [`Error::Setting`] if a setting or `damping` is out of range, if `right` is not of the model's
/// size, or, naming `max_steps`, if a solution has not converged; [`Error::NotFinite`]; those of
/// [`Model::gradients`].
pub fn solve_abs(
	model: &Model,
	data: &Dataset,
	damping: f64,
	right: &[Vec<f64>],
	settings: &Settings,
	progress: &mut dyn FnMut(Progress),
) -> Result<Vec<Solution>> {
	let coordinates = model.coordinates();
	let together = settings.together(coordinates)?;
	if !(damping > 0.0 && damping.is_finite()) {
		return Err(Error::setting("damping", "must be positive"));
	}
	if let Some(other) = right.iter().find(|b| b.len() != coordinates) {
		let reason = format!("has {} coordinates instead of {coordinates}", other.len());
		return Err(Error::setting("right", reason));
	}
	let total = right.len() as u64;
	let mut solutions = Vec::with_capacity(right.len());
	for group in right.chunks(together) {
		let mut spaces: Vec<Krylov> =
			group.iter().map(|b| Krylov::new(b)).collect::<Result<_>>()?;
		for _ in 0..settings.max_steps {
			let mut open: Vec<&mut Krylov> =
				spaces.iter_mut().filter(|space| !space.converged(settings.tolerance)).collect();
			if open.is_empty() {
				break;
			}
			let directions: Vec<f32> =
				open.iter().flat_map(|space| space.direction()).copied().collect();
			let products = hessian_products(model, data, &directions)?;
			open.par_iter_mut()
				.zip(products.par_chunks(coordinates.max(1)))
				.try_for_each(|(space, product)| space.extend(product, damping))?;
			drop(open);
			let solved = spaces.iter().filter(|space| space.converged(settings.tolerance)).count();
			let done = (solutions.len() + solved) as u64;
			progress(Progress { stage: "solving", done, total, loss: None });
		}
		let worst = spaces.iter().filter(|space| !space.converged(settings.tolerance));
		if let Some(worst) = worst.map(Krylov::residual).reduce(f64::max) {
			let Settings { tolerance, max_steps, .. } = settings;
			let reason = format!(
				"{max_steps} steps leave a relative residual of {worst:.1e} where {tolerance:.1e} \
				 is wanted: allow more steps, or raise the damping ({damping:.1e}) or the tolerance"
			);
			return Err(Error::setting("max_steps", reason));
		}
		let solved: Vec<Result<Solution>> =
			spaces.par_iter().map(|space| space.solution(damping)).collect();
		for solution in solved {
			solutions.push(solution?);
		}
	}
	Ok(solutions)
}

/// The Krylov space of the Hessian and one right-hand side.
struct Krylov {
	coordinates: usize,
	/// Orthonormal, each `[coordinates]`; one more than steps done, unless the space is exhausted.
	vectors: Vec<Vec<f32>>,
	/// Of `T`, `[steps]`.
	diagonal: Vec<f64>,
	/// `beside[k]` of `T` is between `k` and `k + 1`, `[steps]`.
	beside: Vec<f64>,
	/// `‖b‖`.
	norm: f64,
	/// Relative residuals, `[steps]`.
	residuals: Vec<f64>,
	/// Whether the space cannot grow any more: then the solution is exact.
	exhausted: bool,
}

impl Krylov {
	fn new(right: &[f64]) -> Result<Self> {
		let norm = right.iter().map(|x| x * x).sum::<f64>().sqrt();
		if !norm.is_finite() {
			return Err(Error::NotFinite("a right-hand side"));
		}
		let vectors = if norm > 0.0 { vec![unit(right, norm)] } else { Vec::new() };
		let (diagonal, beside, residuals) = (Vec::new(), Vec::new(), Vec::new());
		let (coordinates, exhausted) = (right.len(), norm == 0.0);
		Ok(Self { coordinates, vectors, diagonal, beside, norm, residuals, exhausted })
	}

	/// The vector whose product is wanted next.
	fn direction(&self) -> &[f32] {
		self.vectors.last().map_or(&[], Vec::as_slice)
	}

	/// The largest relative residual of the last steps.
	fn residual(&self) -> f64 {
		let recent = self.residuals.iter().rev().take(WINDOW);
		recent.fold(0.0, |largest, residual| f64::max(largest, *residual))
	}

	fn converged(&self, tolerance: f64) -> bool {
		self.exhausted || self.residuals.len() >= WINDOW && self.residual() <= tolerance
	}

	/// Does one step, given the product with the newest vector.
	fn extend(&mut self, product: &[f64], damping: f64) -> Result<()> {
		let mut next = product.to_vec();
		let mut along = 0.0;
		for round in 0..2 {
			// Classical Gram-Schmidt: all coefficients, then all subtractions.
			let coefficients: Vec<f64> = self.vectors.iter().map(|v| dot(v, &next)).collect();
			if round == 0 {
				along = coefficients.last().copied().unwrap_or(0.0);
			}
			for (vector, coefficient) in self.vectors.iter().zip(&coefficients) {
				let pairs = next.iter_mut().zip(vector);
				pairs.for_each(|(x, v)| *x -= coefficient * f64::from(*v));
			}
		}
		let length = next.iter().map(|x| x * x).sum::<f64>().sqrt();
		if !(along.is_finite() && length.is_finite()) {
			return Err(Error::NotFinite("a product with the Hessian"));
		}
		self.diagonal.push(along);
		self.beside.push(length);
		let size = self.diagonal.iter().chain(&self.beside).fold(0.0, |max, x| x.abs().max(max));
		self.exhausted = length <= NEGLIGIBLE * size || self.vectors.len() >= self.coordinates;
		if self.exhausted {
			self.residuals.push(0.0);
			return Ok(());
		}
		self.vectors.push(unit(&next, length));
		self.residuals.push(self.estimate(length, damping)?);
		Ok(())
	}

	/// The relative residual after the present steps: see [`solve_abs`].
	fn estimate(&self, length: f64, damping: f64) -> Result<f64> {
		let steps = self.diagonal.len();
		// Of each eigenvector the first and the last component.
		let mut ends = vec![0.0; 2 * steps];
		(ends[0], ends[2 * steps - 1]) = (1.0, 1.0);
		let values = self.eigen(&mut ends, 2)?;
		let terms = values.iter().zip(ends.chunks_exact(2));
		let sum: f64 = terms
			.map(|(value, ends)| sign(*value) * ends[0] * ends[1] / (value.abs() + damping))
			.sum();
		Ok((length * sum).abs())
	}

	/// Eigenvalues of `T`; turns `vectors` `[steps][width]`, some columns of the identity, into
	/// those of the eigenvectors in rows.
	fn eigen(&self, vectors: &mut [f64], width: usize) -> Result<Vec<f64>> {
		let (mut values, mut beside) = (self.diagonal.clone(), self.beside.clone());
		if let Some(last) = beside.last_mut() {
			*last = 0.0;
		}
		diagonalise(&mut values, &mut beside, vectors, width)?;
		Ok(values)
	}

	/// `‖b‖ V f(T) e₁`.
	fn solution(&self, damping: f64) -> Result<Solution> {
		let steps = self.diagonal.len();
		let mut vectors = vec![0.0; steps * steps];
		(0..steps).for_each(|k| vectors[k * steps + k] = 1.0);
		let eigenvalues = self.eigen(&mut vectors, steps)?;
		let mut combined = vec![0.0; steps];
		for (value, vector) in eigenvalues.iter().zip(vectors.chunks_exact(steps.max(1))) {
			let factor = self.norm * vector[0] / (value.abs() + damping);
			combined.iter_mut().zip(vector).for_each(|(sum, x)| *sum += factor * x);
		}
		let mut values = vec![0.0; self.coordinates];
		for (vector, coefficient) in self.vectors.iter().zip(&combined) {
			let pairs = values.iter_mut().zip(vector);
			pairs.for_each(|(sum, v)| *sum += coefficient * f64::from(*v));
		}
		Ok(Solution { values, steps, residual: self.residual() })
	}
}

fn sign(x: f64) -> f64 {
	if x == 0.0 {
		0.0
	} else {
		x.signum()
	}
}

fn unit(vector: &[f64], length: f64) -> Vec<f32> {
	vector.iter().map(|x| (x / length) as f32).collect()
}

/// Eight sums by turns, added up at the end: an order that compilers can give to vector
/// instructions.
fn dot(a: &[f32], b: &[f64]) -> f64 {
	let mut sums = [0.0f64; 8];
	let (a, a_rest) = a.as_chunks::<8>();
	let (b, b_rest) = b.as_chunks::<8>();
	for (a, b) in a.iter().zip(b) {
		for ((sum, x), y) in sums.iter_mut().zip(a).zip(b) {
			*sum += f64::from(*x) * y;
		}
	}
	let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| f64::from(*x) * y).sum();
	sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests;
