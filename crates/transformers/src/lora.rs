//! Low-rank adapters (Hu et al. 2021, LoRA) with the meaning PEFT gives its settings.

use crate::{
	error::{Error, Result},
	files::{is_target, AdapterFile, LoraConfig, Task},
	gradients::Site,
	layers::Module,
	ops::Matrix,
	tensor::SharedVector,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeMap, sync::Arc};

/// Standard deviation of a new head's weights: BERT's `initializer_range`.
const HEAD_DEVIATION: f32 = 0.02;

/// A trained layer's weights, for products.
#[derive(Clone, Debug)]
pub(crate) struct SiteWeights {
	/// `[outputs][inputs]`.
	pub weight: Matrix,
	/// `[outputs]`; present if the site has a bias.
	pub bias: Option<SharedVector>,
}

/// The trained parameters of a model: per adapted module the matrices `A` (`[rank][inputs]`) and
/// `B` (`[outputs][rank]`), in the model's order, and after them a classifier's head.
#[derive(Clone, Debug)]
pub struct Adapter {
	config: LoraConfig,
	/// Per module of the base model its `A` among the sites; `B` follows it.
	first_sites: Vec<Option<usize>>,
	sites: Vec<Site>,
	weights: Vec<SiteWeights>,
}

/// Width of a head's input, and its classes.
pub(crate) type HeadShape = Option<(usize, usize)>;

impl Adapter {
	/// An adapter that changes nothing yet: `A` uniform on `±1/√inputs` (Kaiming's bound with slope
	/// `√5`, PEFT's initialisation), `B` zero. A head starts uniform with standard deviation 0.02 and
	/// bias zero.
	///
	/// Equal modules, settings and seeds give equal bits on every machine.
	pub(crate) fn random(
		modules: &[Module],
		config: LoraConfig,
		head: HeadShape,
		seed: u64,
	) -> Result<Self> {
		let chosen = select(modules, &config.target_modules)?;
		let mut adapter = Self::zero(modules, &chosen, config, head)?;
		let mut rng = ChaCha8Rng::seed_from_u64(seed);
		let mut parameters = Vec::with_capacity(adapter.parameter_count());
		for (index, site) in adapter.sites.iter().enumerate() {
			let is_head = site.bias;
			let bound = match (is_head, index % 2) {
				(true, _) => Some(HEAD_DEVIATION * 3f32.sqrt()),
				(false, 0) => Some(1.0 / (site.inputs as f32).sqrt()),
				(false, _) => None,
			};
			for _ in 0..site.outputs {
				match bound {
					Some(bound) => {
						parameters.extend((0..site.inputs).map(|_| rng.random_range(-bound..bound)))
					},
					None => parameters.extend(std::iter::repeat_n(0.0, site.inputs)),
				}
				parameters.extend(is_head.then_some(0.0));
			}
		}
		adapter.set_parameters(&parameters)?;
		Ok(adapter)
	}

	/// The adapter of a file, if it was made for this task and this base model.
	pub(crate) fn from_file(
		modules: &[Module],
		file: &AdapterFile,
		head: HeadShape,
		task: Task,
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
		let mut adapter = Self::zero(modules, &chosen, file.config.clone(), head)?;
		let mut parameters = Vec::with_capacity(adapter.parameter_count());
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
		adapter.set_parameters(&parameters)?;
		Ok(adapter)
	}

	/// The adapter as a file.
	pub(crate) fn to_file(
		&self,
		modules: &[Module],
		task: Task,
		base_hash: Option<[u8; 32]>,
	) -> AdapterFile {
		let values = |site: &SiteWeights| site.weight.values.to_vec();
		let mut matrices = BTreeMap::new();
		for (module, first) in modules.iter().zip(&self.first_sites) {
			let pair = first.and_then(|first| self.weights.get(first..first + 2));
			if let Some([a, b]) = pair {
				matrices.insert(module.name.clone(), (values(a), values(b)));
			}
		}
		let head = self
			.weights
			.last()
			.and_then(|site| site.bias.as_ref().map(|bias| (values(site), bias.to_vec())));
		AdapterFile { config: self.config.clone(), matrices, head, base_hash, task }
	}

	/// All zero.
	fn zero(
		modules: &[Module],
		chosen: &[bool],
		config: LoraConfig,
		head: HeadShape,
	) -> Result<Self> {
		if config.rank == 0 {
			return Err(Error::setting("rank", "must be at least 1"));
		}
		if !config.scaling().is_finite() || config.scaling() <= 0.0 {
			return Err(Error::setting("alpha", "must be positive and finite"));
		}
		let (mut first_sites, mut sites) = (Vec::new(), Vec::new());
		for (module, chosen) in modules.iter().zip(chosen) {
			first_sites.push(chosen.then_some(sites.len()));
			if *chosen {
				let site = |part: &str, inputs, outputs| Site {
					name: format!("{}.{part}", module.name),
					inputs,
					outputs,
					bias: false,
				};
				sites.push(site("lora_A", module.inputs, config.rank));
				sites.push(site("lora_B", config.rank, module.outputs));
			}
		}
		if let Some((inputs, outputs)) = head {
			sites.push(Site { name: "classifier".into(), inputs, outputs, bias: true });
		}
		let count = sites.iter().map(Site::coordinates).sum();
		let weights = site_weights(&sites, &vec![0.0; count])?;
		Ok(Self { config, first_sites, sites, weights })
	}

	/// Its settings.
	pub fn config(&self) -> &LoraConfig {
		&self.config
	}

	/// The trained layers, in the order of the parameters.
	pub fn sites(&self) -> &[Site] {
		&self.sites
	}

	/// Number of trained parameters.
	pub fn parameter_count(&self) -> usize {
		self.sites.iter().map(Site::coordinates).sum()
	}

	/// The trained parameters: site after site, each row-major `[outputs][inputs]`, with the bias
	/// last in each row where there is one.
	pub fn parameters(&self) -> Vec<f32> {
		let mut parameters = Vec::with_capacity(self.parameter_count());
		for (site, SiteWeights { weight, bias }) in self.sites.iter().zip(&self.weights) {
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
		if !parameters.iter().all(|x| x.is_finite()) {
			return Err(Error::NotFinite("a trained parameter"));
		}
		self.weights = site_weights(&self.sites, parameters)?;
		Ok(())
	}

	/// Where module `module`'s matrix `A` is among the sites; `None` if it is not adapted.
	pub(crate) fn site_of(&self, module: usize) -> Option<usize> {
		self.first_sites.get(module).copied().flatten()
	}

	pub(crate) fn weights(&self) -> &[SiteWeights] {
		&self.weights
	}

	/// The factor of `B A x`.
	pub(crate) fn scaling(&self) -> f64 {
		self.config.scaling()
	}
}

/// Checks that an adapter was made for this task and this base model.
fn check_base(file: &AdapterFile, task: Task, hash: Option<[u8; 32]>) -> Result<()> {
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

/// Cuts a flat vector into sites.
fn site_weights(sites: &[Site], flat: &[f32]) -> Result<Vec<SiteWeights>> {
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
			weight: Matrix::new(site.outputs, site.inputs, Arc::new(weight))?,
			bias: site.bias.then(|| Arc::new(bias)),
		});
	}
	Ok(weights)
}

/// Which modules `targets` name: those whose name is a target or ends with `.` and a target, as in
/// PEFT; each target must name one.
fn select(modules: &[Module], targets: &[String]) -> Result<Vec<bool>> {
	if targets.is_empty() {
		return Err(Error::setting("target_modules", "name at least one linear layer"));
	}
	for target in targets {
		if !modules.iter().any(|module| is_target(&module.name, target)) {
			let last = |module: &Module| module.name.rsplit('.').next().map(str::to_owned);
			let mut known: Vec<String> = modules.iter().filter_map(last).collect();
			known.sort();
			known.dedup();
			return Err(Error::UnknownTarget { target: target.clone(), known });
		}
	}
	let chosen = |module: &Module| targets.iter().any(|target| is_target(&module.name, target));
	Ok(modules.iter().map(chosen).collect())
}

#[cfg(test)]
mod tests {
	use super::*;

	fn modules() -> Vec<Module> {
		["layer.0.self.query", "layer.0.self.value", "layer.0.dense", "layer.1.subquery", "head"]
			.map(|name| Module { name: name.into(), inputs: 6, outputs: 4 })
			.to_vec()
	}

	fn config(targets: &[&str]) -> LoraConfig {
		let target_modules = targets.iter().map(|target| target.to_string()).collect();
		LoraConfig { rank: 3, alpha: 6.0, target_modules, rslora: false }
	}

	#[test]
	fn select_should_follow_peft_when_targets_are_names_or_ends_of_names() {
		let chosen =
			|targets: &[&str]| select(&modules(), &config(targets).target_modules).unwrap();
		assert_eq!(chosen(&["query"]), [true, false, false, false, false]);
		assert_eq!(chosen(&["self.value", "head"]), [false, true, false, false, true]);
		assert_eq!(chosen(&["layer.0.dense"]), [false, false, true, false, false]);
	}

	#[test]
	fn select_should_name_the_target_when_it_fits_nothing() {
		let error = select(&modules(), &config(&["query", "uery"]).target_modules).unwrap_err();
		let text = error.to_string();
		assert!(text.contains("'uery'") && text.contains("dense, head, query, subquery"), "{text}");
		assert!(matches!(select(&modules(), &[]), Err(Error::Setting { .. })));
	}

	#[test]
	fn adapter_should_start_as_peft_starts_it() {
		let adapter = Adapter::random(&modules(), config(&["query"]), Some((6, 2)), 1).unwrap();
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
		let other = Adapter::random(&modules(), config(&["query"]), Some((6, 2)), 2).unwrap();
		assert_ne!(other.parameters(), parameters);
	}

	#[test]
	fn adapter_should_be_the_same_when_written_and_read() {
		let head = Some((6, 2));
		let mut adapter =
			Adapter::random(&modules(), config(&["query", "dense"]), head, 1).unwrap();
		let values: Vec<f32> = (0..adapter.parameter_count()).map(|i| i as f32 / 8.0).collect();
		adapter.set_parameters(&values).unwrap();
		let file = adapter.to_file(&modules(), Task::SequenceClassification, None);
		let read = Adapter::from_file(&modules(), &file, head, file.task, None).unwrap();
		assert_eq!(read.parameters(), values);
		assert_eq!(read.sites(), adapter.sites());
	}

	#[test]
	fn adapter_should_be_refused_when_it_does_not_fit() {
		let file = |head| {
			let adapter = Adapter::random(&modules(), config(&["query"]), head, 1).unwrap();
			adapter.to_file(&modules(), Task::CausalLanguageModel, None)
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
		let mut adapter = Adapter::random(&modules(), config(&["query"]), None, 1).unwrap();
		let error = adapter.set_parameters(&[0.0; 31]).unwrap_err();
		assert!(matches!(error, Error::ParameterCount { found: 31, expected: 30 }));
		assert!(matches!(adapter.set_parameters(&[f32::NAN; 30]), Err(Error::NotFinite(_))));
	}

	#[test]
	fn settings_should_be_refused_when_rank_or_alpha_is_zero() {
		let rank = LoraConfig { rank: 0, ..config(&["query"]) };
		let alpha = LoraConfig { alpha: 0.0, ..config(&["query"]) };
		for (config, name) in [(rank, "rank"), (alpha, "alpha")] {
			let error = Adapter::random(&modules(), config, None, 1).unwrap_err();
			assert!(error.to_string().starts_with(name), "{error}");
		}
	}
}
