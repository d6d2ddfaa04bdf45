//! The exact Hessian of one sample's loss, times several vectors at a time.
//!
//! The loss's gradient at the trained parameters is computed as a function of these. Its product
//! with a vector `v`, once more differentiated, is `H v` (reverse over reverse; Pearlmutter 1994).
//! What does not depend on the vector is computed once for all products. Several copies of the text
//! stand side by side, each with parameters of its own, so that one pass back serves as many
//! vectors: with short texts and narrow models it is not the arithmetic that takes the time.

use crate::{
	error::{Error, Result},
	gradients::{Output, Site},
	layers::{Pass, SiteVariables},
	lora::Adapter,
	tensor::{Gradients, Tensor},
};

/// The Hessian of one sample's loss at the trained parameters.
pub struct Hessian {
	sites: Vec<Site>,
	variables: Vec<SiteVariables>,
	/// Of each site the loss's gradient at weight and bias, of their shapes; `None` if it is zero.
	gradients: Vec<[Option<Tensor>; 2]>,
	copies: usize,
}

impl Hessian {
	/// `forward` gives the targets' logits, `[copies · targets, classes]`.
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
		let found = logits.differentiable_backward(&Output::Loss.slope(&logits, targets)?)?;
		let of = |site: &SiteVariables| {
			let bias = site.bias.as_ref().and_then(|bias| found.get(bias));
			[found.get(&site.weight).cloned(), bias.cloned()]
		};
		let gradients = variables.iter().map(of).collect();
		Ok(Self { sites: adapter.sites().to_vec(), variables, gradients, copies })
	}

	/// The most vectors of one call of [`Hessian::products`].
	pub fn at_once(&self) -> usize {
		self.copies
	}

	/// The Hessian times each of `vectors`, both `[vectors][parameters]`, laid out as the
	/// parameters are. Only coordinates from site `first` on are computed, the others are 0. The
	/// same bits whatever the number of vectors.
	///
	/// # Errors
	/// [`Error::ParameterCount`] if the length is no multiple of the number of parameters or there
	/// are more vectors than [`Hessian::at_once`]; [`Error::NotFinite`].
	pub fn products(&self, vectors: &[f32], first: usize) -> Result<Vec<f32>> {
		let parameters: usize = self.sites.iter().map(Site::coordinates).sum();
		let count = vectors.len() / parameters.max(1);
		if count > self.copies || count * parameters != vectors.len() {
			let expected = count.min(self.copies) * parameters;
			return Err(Error::ParameterCount { found: vectors.len(), expected });
		}
		let mut products = vec![0.0; vectors.len()];
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
		self.read(&found, &mut products, parameters);
		match products.iter().all(|x| x.is_finite()) {
			true => Ok(products),
			false => Err(Error::NotFinite("a product with the Hessian")),
		}
	}

	/// Takes the gradients at the variables for products, `[vectors][parameters]`.
	fn read(&self, found: &Gradients, products: &mut [f32], parameters: usize) {
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

/// The columns of a site's weight and of its bias in a row of parameters.
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

	/// Whole, symmetric, the same in any company, and from a site on.
	fn check(hessian: impl Fn(usize) -> Result<Hessian>, sites: &[Site]) {
		let n: usize = sites.iter().map(Site::coordinates).sum();
		let identity: Vec<f32> =
			(0..n * n).map(|at| f32::from(u8::from(at / n == at % n))).collect();
		let one = hessian(1).unwrap();
		let rows: Vec<f32> =
			identity.chunks_exact(n).flat_map(|row| one.products(row, 0).unwrap()).collect();
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
			assert_eq!(bits(&five.products(vectors, 0).unwrap()), bits(expected));
		}
		let start: usize = sites[..2].iter().map(Site::coordinates).sum();
		let block = start * n..(start + 3) * n;
		let part = five.products(&identity[block.clone()], 2).unwrap();
		for (found, expected) in part.chunks_exact(n).zip(rows[block].chunks_exact(n)) {
			assert!(found[..start].iter().all(|x| *x == 0.0));
			assert_eq!(bits(&found[start..]), bits(&expected[start..]));
		}
		assert!(five.products(&identity[..n - 1], 0).is_err());
		assert!(five.products(&identity[..6 * n], 0).is_err());
		assert!(five.products(&[], 0).unwrap().is_empty());
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
