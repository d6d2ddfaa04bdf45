//! Where an adapter's parameters are, before there are any. Nothing here takes memory for a size
//! that a file or an option claims.

use super::HeadShape;
use crate::{
	error::{Error, Result},
	files::{is_target, LoraConfig},
	gradients::Site,
	layers::Module,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The largest number of trained parameters of an adapter with its head: the largest dimension of a
/// sketch.
pub const MAX_PARAMETERS: usize = 1 << 24;

/// The standard deviation of a new head's weights, which is BERT's `initializer_range`.
const HEAD_DEVIATION: f32 = 0.02;

/// The trained layers of an adapter on a base model. For each adapted module, in the model's order,
/// these are the matrices `A` (`[rank][inputs]`) and `B` (`[outputs][rank]`), and after all of them
/// a classifier's head. Together they have at most [`MAX_PARAMETERS`] parameters.
#[derive(Clone, Debug)]
pub struct Layout {
	pub(super) config: LoraConfig,
	/// For each module of the base model, the position of its `A` among the sites; its `B` follows.
	pub(super) first_sites: Vec<Option<usize>>,
	pub(super) sites: Vec<Site>,
	parameters: usize,
}

impl Layout {
	/// Lays out an adapter that changes the modules which `config` names.
	pub(crate) fn new(modules: &[Module], config: LoraConfig, head: HeadShape) -> Result<Self> {
		let chosen = select(modules, &config.target_modules)?;
		Self::of_modules(modules, &chosen, config, head)
	}

	/// Lays out an adapter that changes the `chosen` modules.
	pub(super) fn of_modules(
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
		let adapted = || modules.iter().zip(chosen).filter(|(_, chosen)| **chosen);
		let per_rank = adapted().map(|(module, _)| module.inputs.saturating_add(module.outputs));
		let per_rank = per_rank.fold(0, usize::saturating_add);
		let parameters = count(per_rank, config.rank, head)?;
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
		Ok(Self { config, first_sites, sites, parameters })
	}

	/// The trained layers, in the order of the parameters.
	pub fn sites(&self) -> &[Site] {
		&self.sites
	}

	/// The number of trained parameters, at most [`MAX_PARAMETERS`].
	pub fn parameter_count(&self) -> usize {
		self.parameters
	}

	/// Parameters that change nothing yet: `A` is uniform on `±1/√inputs` (Kaiming's bound with
	/// slope `√5`, as PEFT initialises it) and `B` is zero. A head's weights are uniform with
	/// standard deviation 0.02, and its bias is zero.
	///
	/// Equal layouts and seeds give equal bits on every machine.
	pub fn random(&self, seed: u64) -> Vec<f32> {
		let mut rng = ChaCha8Rng::seed_from_u64(seed);
		let mut parameters = Vec::with_capacity(self.parameters);
		for (index, site) in self.sites.iter().enumerate() {
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
		parameters
	}
}

/// The number of parameters if each rank adds `per_rank` of them.
fn count(per_rank: usize, rank: usize, head: HeadShape) -> Result<usize> {
	let of_head = match head {
		None => Some(0),
		Some((width, classes)) => width.checked_add(1).and_then(|n| n.checked_mul(classes)),
	};
	let Some(room) = of_head.and_then(|of_head| MAX_PARAMETERS.checked_sub(of_head)) else {
		let (width, classes) = head.unwrap_or_default();
		let most = MAX_PARAMETERS / width.saturating_add(1);
		let reason = format!(
			"{classes} classes have more than {MAX_PARAMETERS} parameters; at most {most} are possible \
			 on this base model"
		);
		return Err(Error::setting("classes", reason));
	};
	match per_rank.checked_mul(rank) {
		Some(adapted) if adapted <= room => Ok(MAX_PARAMETERS - room + adapted),
		_ => {
			let most = room / per_rank.max(1);
			let reason = format!(
				"{rank} makes more than {MAX_PARAMETERS} trained parameters; at most {most} is possible \
				 with these targets on this base model"
			);
			Err(Error::setting("rank", reason))
		},
	}
}

/// Which modules `targets` name: those whose name is a target, or ends with `.` and a target, as in
/// PEFT. Each target must name one at least.
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
	use super::{
		super::testing::{config, modules},
		*,
	};

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
	fn settings_should_be_refused_when_rank_or_alpha_is_zero() {
		let rank = LoraConfig { rank: 0, ..config(&["query"]) };
		let alpha = LoraConfig { alpha: 0.0, ..config(&["query"]) };
		for (config, name) in [(rank, "rank"), (alpha, "alpha")] {
			let error = Layout::new(&modules(), config, None).unwrap_err();
			assert!(error.to_string().starts_with(name), "{error}");
		}
	}

	#[test]
	fn layout_should_be_refused_with_the_limit_when_there_are_too_many_parameters() {
		// Each rank adds 6 + 4 parameters.
		let most = MAX_PARAMETERS / 10;
		let layout = |rank: usize, head: HeadShape| {
			Layout::new(&modules(), LoraConfig { rank, ..config(&["query"]) }, head)
		};
		assert_eq!(layout(most, None).unwrap().parameter_count(), most * 10);
		let count = layout(3, Some((6, 5))).unwrap();
		let sum: usize = count.sites().iter().map(Site::coordinates).sum();
		assert_eq!((count.parameter_count(), sum), (65, 65));
		for rank in [most + 1, 4_000_000_000, 1 << 62, usize::MAX] {
			let error = layout(rank, None).unwrap_err().to_string();
			assert!(error.contains(&format!("at most {most} is possible")), "{error}");
		}
		let most = MAX_PARAMETERS / 7;
		assert!(layout(1, Some((6, most - 2))).is_ok());
		for classes in [most + 1, 1_000_000_000_000, usize::MAX] {
			let error = layout(1, Some((6, classes))).unwrap_err().to_string();
			assert!(error.contains(&format!("at most {most} are possible")), "{error}");
		}
	}
}
