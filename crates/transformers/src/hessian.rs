//! The exact Hessian of one sample's loss, times several vectors at a time, in its two parts: the
//! Gauss-Newton matrix `Jᵀ C J`, where `J` is the Jacobian of the logits and `C` the loss's second
//! derivative at them, and the residual curvature `Σ s_i ∇²z_i`, where `s` is the loss's gradient at
//! the logits `z` (Martens 2020, *New Insights and Perspectives on the Natural Gradient Method*,
//! section 8).
//!
//! The gradient `Jᵀ s` is computed as a function of the parameters and of `s`. Its product with a
//! vector `v`, once more differentiated (reverse over reverse; Pearlmutter 1994), is the residual
//! curvature times `v` at the parameters, and `J v` at `s`; from there `Jᵀ C` is one more pass back.
//! What does not depend on the vector is computed once for all products. Several copies of the text
//! stand side by side, each with parameters of its own, so that one pass serves as many vectors:
//! with short texts and narrow models it is not the arithmetic that takes the time.

use crate::{
	error::{Error, Result},
	gradients::Output,
	layers::{Pass, SiteVariables},
	lora::Adapter,
	sites::Site,
	tensor::{Tensor, VariableGradients},
};

/// The Hessian of one sample's loss at the trained parameters.
pub struct Hessian {
	sites: Vec<Site>,
	variables: Vec<SiteVariables>,
	logits: Tensor,
	/// The values of the logits as a variable, and the loss's gradient as a function of it.
	point: Tensor,
	slope: Tensor,
	/// The values of `slope` as a variable.
	seed: Tensor,
	/// For each site, the loss's gradient at weight and bias, in their shapes, as a function of the
	/// parameters and of `seed`; `None` where it is zero.
	gradients: Vec<[Option<Tensor>; 2]>,
	copies: usize,
}

/// Products with the two parts of a Hessian, each `[vectors][parameters]`. The sum of both is the
/// product with the Hessian.
#[derive(Clone, Debug, PartialEq)]
pub struct Products {
	/// The products with the Gauss-Newton matrix.
	pub gauss_newton: Vec<f32>,
	/// The products with the residual curvature.
	pub residual: Vec<f32>,
}

impl Hessian {
	/// Prepares the products. `forward` gives the logits of the targets, `[copies · targets,
	/// classes]`.
	pub(crate) fn new(
		adapter: &Adapter,
		forward: impl Fn(&mut Pass<'_>) -> Result<Tensor>,
		targets: &[usize],
		at_once: usize,
	) -> Result<Self> {
		let copies = at_once.max(1);
		let variables = adapter.weights().iter().map(|site| SiteVariables::new(site, copies));
		let variables = variables.collect::<Result<Vec<_>>>()?;
		let logits = forward(&mut Pass::of_variables(adapter, &variables, copies))?;
		Output::Loss.value(&logits, targets)?;
		let point = logits.to_variable();
		let slope = Output::Loss.slope(&point, targets)?;
		let seed = slope.to_variable();
		let found = logits.differentiable_backward(&seed)?;
		let of = |site: &SiteVariables| {
			let bias = site.bias.as_ref().and_then(|bias| found.get(bias));
			[found.get(&site.weight).cloned(), bias.cloned()]
		};
		let gradients = variables.iter().map(of).collect();
		let sites = adapter.sites().to_vec();
		Ok(Self { sites, variables, logits, point, slope, seed, gradients, copies })
	}

	/// The largest number of vectors that one call of [`Hessian::products`] takes.
	pub fn at_once(&self) -> usize {
		self.copies
	}

	/// Multiplies both parts by each of `vectors`, `[vectors][parameters]`, all laid out as the
	/// parameters are. Only the coordinates from site `first` on are computed, and the others are
	/// 0. The bits do not depend on the number of vectors.
	///
	/// # Errors
	/// [`Error::ParameterCount`] if the length is no multiple of the number of parameters or there
	/// are more vectors than [`Hessian::at_once`]; [`Error::NotFinite`].
	pub fn products(&self, vectors: &[f32], first: usize) -> Result<Products> {
		let parameters: usize = self.sites.iter().map(Site::coordinates).sum();
		let count = vectors.len() / parameters.max(1);
		if count > self.copies || count * parameters != vectors.len() {
			let expected = count.min(self.copies) * parameters;
			return Err(Error::ParameterCount { found: vectors.len(), expected });
		}
		let zeros = || vec![0.0; vectors.len()];
		let mut products = Products { gauss_newton: zeros(), residual: zeros() };
		let Some(oldest) = self.variables.get(first) else { return Ok(products) };
		let mut roots = Vec::new();
		let mut start = 0;
		for (site, gradients) in self.sites.iter().zip(&self.gradients) {
			for (gradient, columns) in gradients.iter().zip(parts(site)) {
				let Some(gradient) = gradient else { continue };
				let mut seed = Vec::with_capacity(gradient.values().len());
				for vector in vectors.chunks_exact(parameters.max(1)) {
					let rows =
						vector[start..start + site.coordinates()].chunks_exact(site.columns());
					rows.for_each(|row| seed.extend_from_slice(&row[columns.clone()]));
				}
				if seed.iter().any(|x| *x != 0.0) {
					seed.resize(gradient.values().len(), 0.0);
					roots.push((gradient, Tensor::new(gradient.dims(), seed)?));
				}
			}
			start += site.coordinates();
		}
		let roots = roots.iter().map(|(gradient, seed)| (*gradient, seed));
		let found = Tensor::backward_of_all(roots, &oldest.weight)?;
		self.read(&found, &mut products.residual, parameters);
		if let Some(moved) = found.get(&self.seed) {
			if let Some(curved) = self.slope.backward(moved)?.get(&self.point) {
				let found = Tensor::backward_of_all([(&self.logits, curved)], &oldest.weight)?;
				self.read(&found, &mut products.gauss_newton, parameters);
			}
		}
		let Products { gauss_newton, residual } = &products;
		match gauss_newton.iter().chain(residual).all(|x| x.is_finite()) {
			true => Ok(products),
			false => Err(Error::NotFinite("a product with the Hessian")),
		}
	}

	/// Copies the gradients at the variables into products, `[vectors][parameters]`.
	fn read(&self, found: &VariableGradients, products: &mut [f32], parameters: usize) {
		let mut start = 0;
		for (site, variables) in self.sites.iter().zip(&self.variables) {
			let own = [Some(&variables.weight), variables.bias.as_ref()];
			for (variable, columns) in own.iter().zip(parts(site)) {
				let Some(gradient) = variable.and_then(|variable| found.get(variable)) else {
					continue;
				};
				let mut rows = gradient.values().chunks_exact(columns.len().max(1));
				for product in products.chunks_exact_mut(parameters.max(1)) {
					let own =
						product[start..start + site.coordinates()].chunks_exact_mut(site.columns());
					for (own, row) in own.zip(&mut rows) {
						own[columns.clone()].copy_from_slice(row);
					}
				}
			}
			start += site.coordinates();
		}
	}
}

/// The columns that a site's weight and its bias take in a row of parameters.
fn parts(site: &Site) -> [std::ops::Range<usize>; 2] {
	[0..site.inputs, site.inputs..site.columns()]
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::testing::*;

	fn bits(values: &[f32]) -> Vec<u32> {
		values.iter().map(|x| x.to_bits()).collect()
	}

	/// Checks that both parts are whole, symmetric, the same in any company, and the same from a
	/// site on.
	fn check(hessian: impl Fn(usize) -> Result<Hessian>, sites: &[Site]) {
		check_part(&hessian, sites, |products| products.gauss_newton);
		check_part(&hessian, sites, |products| products.residual);
	}

	fn check_part(
		hessian: &impl Fn(usize) -> Result<Hessian>,
		sites: &[Site],
		part: impl Fn(Products) -> Vec<f32>,
	) {
		let n: usize = sites.iter().map(Site::coordinates).sum();
		let identity: Vec<f32> =
			(0..n * n).map(|at| f32::from(u8::from(at / n == at % n))).collect();
		let one = hessian(1).unwrap();
		let rows: Vec<f32> =
			identity.chunks_exact(n).flat_map(|row| part(one.products(row, 0).unwrap())).collect();
		let largest = rows.iter().fold(0.0f32, |max, x| max.max(x.abs()));
		assert!(largest > 0.01);
		for i in 0..n {
			for j in 0..i {
				let (a, b) = (rows[i * n + j], rows[j * n + i]);
				assert!((a - b).abs() < 1e-5 * largest, "{i} {j}: {a} {b}");
			}
		}
		let five = hessian(5).unwrap();
		assert_eq!(five.at_once(), 5);
		for (vectors, expected) in identity.chunks(5 * n).zip(rows.chunks(5 * n)) {
			assert_eq!(bits(&part(five.products(vectors, 0).unwrap())), bits(expected));
		}
		let start: usize = sites[..2].iter().map(Site::coordinates).sum();
		let block = start * n..(start + 3) * n;
		let later = part(five.products(&identity[block.clone()], 2).unwrap());
		for (found, expected) in later.chunks_exact(n).zip(rows[block].chunks_exact(n)) {
			assert!(found[..start].iter().all(|x| *x == 0.0));
			assert_eq!(bits(&found[start..]), bits(&expected[start..]));
		}
		assert!(five.products(&identity[..n - 1], 0).is_err());
		assert!(five.products(&identity[..6 * n], 0).is_err());
		assert!(part(five.products(&[], 0).unwrap()).is_empty());
	}

	#[test]
	fn products_should_be_symmetric_and_the_same_in_any_company() {
		for without in [vec![], vec!["pooler"]] {
			let weights = RandomWeights { without };
			let model = classifier(bert_config(), &weights, lora(&["query", "output.dense"]));
			check(|copies| model.hessian(&[1, 5, 2, 9, 9], 1, copies), model.sites());
		}
		let weights = RandomWeights::default();
		let model = language_model(llama_config(), &weights, lora(&["k_proj", "down_proj"]));
		check(|copies| model.hessian(&[1, 5, 2, 9, 10], 2, copies), model.sites());
	}
}
