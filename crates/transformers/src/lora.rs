//! Low-rank adapters (LoRA; Hu et al. 2021), whose settings mean what they mean in PEFT.

mod layout;

pub use layout::{Layout, MAX_PARAMETERS};

use crate::{
	error::{Error, Result},
	files::{AdapterFile, LoraConfig, TaskType},
	ops::SharedMatrix,
	sites::{Module, Site},
	tensor::SharedVector,
};
use std::{collections::BTreeMap, sync::Arc};

/// The weights of a trained layer, ready for products.
#[derive(Clone, Debug)]
pub(crate) struct SiteWeights {
	/// What inputs are multiplied by, `[outputs][inputs]`.
	pub weight: SharedMatrix,
	/// What is added to outputs, `[outputs]`; present if the site has a bias.
	pub bias: Option<SharedVector>,
}

/// The trained parameters of a model, with their layout.
#[derive(Clone, Debug)]
pub struct Adapter {
	layout: Layout,
	weights: Vec<SiteWeights>,
}

/// The width of a head's input and the number of its classes.
pub(crate) type HeadShape = Option<(usize, usize)>;

impl Adapter {
	/// Takes parameters that are laid out as [`Adapter::parameters`] gives them.
	pub(crate) fn new(layout: Layout, parameters: &[f32]) -> Result<Self> {
		let weights = site_weights(layout.sites(), parameters)?;
		Ok(Self { layout, weights })
	}

	/// Reads an adapter from a file, if it was made for this task and this base model.
	pub(crate) fn from_file(
		modules: &[Module],
		file: &AdapterFile,
		head: HeadShape,
		task: TaskType,
		base_hash: Option<[u8; 32]>,
	) -> Result<Self> {
		check_base(file, task, base_hash)?;
		let known = |name: &String| modules.iter().any(|module| module.name == *name);
		if let Some(name) = file.matrices.keys().find(|name| !known(name)) {
			return Err(Error::wrong_adapter(format!(
				"it changes '{name}', which is no linear layer there"
			)));
		}
		let chosen: Vec<bool> =
			modules.iter().map(|module| file.matrices.contains_key(&module.name)).collect();
		let layout = Layout::of_modules(modules, &chosen, file.config.clone(), head)?;
		let mut parameters = Vec::new();
		for module in modules {
			let Some((a, b)) = file.matrices.get(&module.name) else { continue };
			let rank = file.config.rank;
			for (matrix, values, outputs, inputs) in
				[("A", a, rank, module.inputs), ("B", b, module.outputs, rank)]
			{
				if outputs.checked_mul(inputs) != Some(values.len()) {
					return Err(Error::wrong_adapter(format!(
						"{matrix} of '{}' has {} values instead of {outputs} x {inputs}",
						module.name,
						values.len()
					)));
				}
				parameters.extend_from_slice(values);
			}
		}
		match (head, &file.head) {
			(None, None) => {},
			(Some((width, classes)), Some((weight, bias))) => {
				if bias.len() != classes || width.checked_mul(classes) != Some(weight.len()) {
					return Err(Error::wrong_adapter(format!(
						"its head has {} weights and {} biases, not {classes} x {width} and {classes}",
						weight.len(),
						bias.len()
					)));
				}
				for (row, bias) in weight.chunks_exact(width.max(1)).zip(bias) {
					parameters.extend_from_slice(row);
					parameters.push(*bias);
				}
			},
			(Some(_), None) => return Err(Error::wrong_adapter("it has no classification head")),
			(None, Some(_)) => return Err(Error::wrong_adapter("it has a classification head")),
		}
		Self::new(layout, &parameters)
	}

	/// Writes the adapter as a file.
	pub(crate) fn to_file(
		&self,
		modules: &[Module],
		task: TaskType,
		base_hash: Option<[u8; 32]>,
	) -> AdapterFile {
		let values = |site: &SiteWeights| site.weight.values.to_vec();
		let mut matrices = BTreeMap::new();
		for (module, first) in modules.iter().zip(&self.layout.first_sites) {
			let pair = first.and_then(|first| self.weights.get(first..first + 2));
			if let Some([a, b]) = pair {
				matrices.insert(module.name.clone(), (values(a), values(b)));
			}
		}
		let head = self
			.weights
			.last()
			.and_then(|site| site.bias.as_ref().map(|bias| (values(site), bias.to_vec())));
		AdapterFile { config: self.layout.config.clone(), matrices, head, base_hash, task }
	}

	/// The rank, the factor and the adapted modules.
	pub fn config(&self) -> &LoraConfig {
		&self.layout.config
	}

	/// The trained layers, in the order of the parameters.
	pub fn sites(&self) -> &[Site] {
		self.layout.sites()
	}

	/// The number of trained parameters.
	pub fn parameter_count(&self) -> usize {
		self.layout.parameter_count()
	}

	/// The trained parameters: site after site, each row-major `[outputs][inputs]`. Where a site
	/// has a bias, it is the last column of each row.
	pub fn parameters(&self) -> Vec<f32> {
		let mut parameters = Vec::with_capacity(self.parameter_count());
		for (site, SiteWeights { weight, bias }) in self.sites().iter().zip(&self.weights) {
			for (o, row) in weight.values.chunks_exact(site.inputs.max(1)).enumerate() {
				parameters.extend_from_slice(row);
				parameters.extend(bias.as_ref().and_then(|bias| bias.get(o)));
			}
		}
		parameters
	}

	/// Replaces the trained parameters, laid out as [`Adapter::parameters`] gives them.
	///
	/// # Errors
	/// [`Error::ParameterCount`], [`Error::NotFinite`].
	pub fn set_parameters(&mut self, parameters: &[f32]) -> Result<()> {
		self.weights = site_weights(self.sites(), parameters)?;
		Ok(())
	}

	/// The position of the matrix `A` of module `module` among the sites; `None` if the module is
	/// not adapted.
	pub(crate) fn site_of(&self, module: usize) -> Option<usize> {
		self.layout.first_sites.get(module).copied().flatten()
	}

	pub(crate) fn weights(&self) -> &[SiteWeights] {
		&self.weights
	}

	/// The factor `s` of `B A x`.
	pub(crate) fn scaling(&self) -> f64 {
		self.layout.config.scaling()
	}
}

/// Checks that an adapter was made for this task and this base model.
fn check_base(file: &AdapterFile, task: TaskType, hash: Option<[u8; 32]>) -> Result<()> {
	if file.task != task {
		return Err(Error::wrong_adapter("it was trained for another task"));
	}
	match (file.base_hash, hash) {
		(Some(recorded), Some(found)) if recorded != found => Err(Error::wrong_adapter(format!(
			"it was trained on 0x{}, this is 0x{}",
			hex::encode(recorded),
			hex::encode(found)
		))),
		_ => Ok(()),
	}
}

/// Cuts a flat vector of parameters into sites.
fn site_weights(sites: &[Site], flat: &[f32]) -> Result<Vec<SiteWeights>> {
	if !flat.iter().all(|x| x.is_finite()) {
		return Err(Error::NotFinite("a trained parameter"));
	}
	let expected = sites.iter().map(Site::coordinates).sum();
	if flat.len() != expected {
		return Err(Error::ParameterCount { found: flat.len(), expected });
	}
	let (mut weights, mut rest) = (Vec::with_capacity(sites.len()), flat);
	for site in sites {
		let (own, after) = rest.split_at(site.coordinates());
		rest = after;
		let (mut weight, mut bias) = (Vec::with_capacity(own.len()), Vec::new());
		for row in own.chunks_exact(site.columns().max(1)) {
			let (row, last) = row.split_at(site.inputs);
			weight.extend_from_slice(row);
			bias.extend_from_slice(last);
		}
		weights.push(SiteWeights {
			weight: SharedMatrix::new(site.outputs, site.inputs, Arc::new(weight))?,
			bias: site.bias.then(|| Arc::new(bias)),
		});
	}
	Ok(weights)
}

#[cfg(test)]
mod testing {
	use super::*;

	pub fn modules() -> Vec<Module> {
		["layer.0.self.query", "layer.0.self.value", "layer.0.dense", "layer.1.subquery", "head"]
			.map(|name| Module { name: name.into(), inputs: 6, outputs: 4 })
			.to_vec()
	}

	pub fn config(targets: &[&str]) -> LoraConfig {
		let target_modules = targets.iter().map(|target| target.to_string()).collect();
		LoraConfig { rank: 3, alpha: 6.0, target_modules, rslora: false }
	}
}

#[cfg(test)]
mod tests {
	use super::{
		testing::{config, modules},
		*,
	};

	fn random(config: LoraConfig, head: HeadShape, seed: u64) -> Adapter {
		let layout = Layout::new(&modules(), config, head).unwrap();
		let parameters = layout.random(seed);
		Adapter::new(layout, &parameters).unwrap()
	}

	#[test]
	fn adapter_should_start_as_peft_starts_it() {
		let adapter = random(config(&["query"]), Some((6, 2)), 1);
		let names: Vec<&str> = adapter.sites().iter().map(|site| site.name.as_str()).collect();
		let query = "layer.0.self.query";
		assert_eq!(
			names,
			[format!("{query}.lora_A"), format!("{query}.lora_B"), "classifier".into()]
		);
		let parameters = adapter.parameters();
		let (a, rest) = parameters.split_at(18);
		let (b, head) = rest.split_at(12);
		let bound = 1.0 / 6f32.sqrt();
		assert!(a.iter().all(|x| x.abs() <= bound) && a.iter().any(|x| x.abs() > bound / 2.0));
		assert!(b.iter().all(|x| *x == 0.0));
		assert_eq!((head.len(), head[6], head[13]), (14, 0.0, 0.0));
		let other = random(config(&["query"]), Some((6, 2)), 2);
		assert_ne!(other.parameters(), parameters);
	}

	#[test]
	fn adapter_should_be_the_same_when_written_and_read() {
		let head = Some((6, 2));
		let mut adapter = random(config(&["query", "dense"]), head, 1);
		let values: Vec<f32> = (0..adapter.parameter_count()).map(|i| i as f32 / 8.0).collect();
		adapter.set_parameters(&values).unwrap();
		let file = adapter.to_file(&modules(), TaskType::SequenceClassification, None);
		let read = Adapter::from_file(&modules(), &file, head, file.task, None).unwrap();
		assert_eq!(read.parameters(), values);
		assert_eq!(read.sites(), adapter.sites());
	}

	#[test]
	fn adapter_should_be_refused_when_it_does_not_fit() {
		let file = |head| {
			let adapter = random(config(&["query"]), head, 1);
			adapter.to_file(&modules(), TaskType::CausalLanguageModel, None)
		};
		let (bare, headed) = (file(None), file(Some((6, 2))));
		let refuse = |modules: &[Module], file: &AdapterFile, head| {
			Adapter::from_file(modules, file, head, file.task, None).unwrap_err().to_string()
		};
		assert!(refuse(&modules()[1..], &bare, None).contains("layer.0.self.query"));
		assert!(refuse(&modules(), &bare, Some((6, 2))).contains("no classification head"));
		assert!(refuse(&modules(), &headed, None).contains("has a classification head"));
		let narrow = refuse(&modules(), &headed, Some((4, 2)));
		assert!(narrow.contains("12 weights and 2 biases, not 2 x 4 and 2"), "{narrow}");
		let wide: Vec<Module> =
			modules().into_iter().map(|module| Module { inputs: 7, ..module }).collect();
		assert!(refuse(&wide, &bare, None).contains("18 values instead of 3 x 7"));
	}

	#[test]
	fn parameters_should_be_refused_when_there_are_too_many_or_not_numbers() {
		let mut adapter = random(config(&["query"]), None, 1);
		let error = adapter.set_parameters(&[0.0; 31]).unwrap_err();
		assert!(matches!(error, Error::ParameterCount { found: 31, expected: 30 }));
		assert!(matches!(adapter.set_parameters(&[f32::NAN; 30]), Err(Error::NotFinite(_))));
	}
}
