//! Models of text: a published transformer with a trained LoRA adapter.

use super::{base::Base, Architecture, Lora};
use crate::{
	gradients::{Function, Gradients, SiteFactors},
	matrix::Matrix,
	Error, Hash, Result, Sites,
};
use openledger_rows::Dataset;
use openledger_transformers::{
	batch_gradient, files::AdapterFile, BaseModel, CausalText, Factors, Hessian, LabelledText,
	LanguageModel, Layout, TextClassifier,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::{ops::Range, path::Path, sync::Arc};

/// A transformer with an adapter.
#[derive(Clone, Debug)]
pub struct TextModel {
	base: Arc<Base>,
	network: Adapted,
	max_tokens: usize,
}

#[derive(Clone, Debug)]
enum Adapted {
	Classifier(TextClassifier),
	Language(LanguageModel),
}

/// A text model that has been checked against its base model, before it has parameters: what a file
/// or an option claims about its size has been bounded, and nothing of that size allocated.
pub(crate) struct TextPlan {
	base: Arc<Base>,
	layout: Layout,
	max_tokens: usize,
}

impl TextPlan {
	fn new(base: &Hash, lora: &Lora, classes: Option<usize>, max_tokens: usize) -> Result<Self> {
		let base = Base::find(base)?;
		if max_tokens > base.positions() {
			let reason = format!("is more than the {} of the base model", base.positions());
			return Err(Error::setting("max_tokens", reason));
		}
		if max_tokens > base.most_tokens() {
			let most = base.most_tokens();
			let reason =
				format!("texts would take more than 4 GiB each; at most {most} is possible");
			return Err(Error::setting("max_tokens", reason));
		}
		let config = lora.config();
		let layout = match (&base.model, classes) {
			(BaseModel::Encoder(bert), Some(classes)) => {
				TextClassifier::layout(bert, config, classes)?
			},
			(BaseModel::Decoder(llama), None) => LanguageModel::layout(llama, config)?,
			(BaseModel::Encoder(_), None) => {
				return Err(Error::setting("base", "is an encoder, which needs classes"));
			},
			(BaseModel::Decoder(_), Some(_)) => {
				return Err(Error::setting("base", "is a decoder, which has no classes"));
			},
		};
		Ok(Self { base, layout, max_tokens })
	}

	/// The plan of an architecture.
	///
	/// # Errors
	/// [`Error::NoBase`] if the base model is not open, [`Error::Setting`] if it is of the other
	/// kind or has no room for so many tokens, [`Error::Transformer`] if the adapter does not fit it.
	pub fn of(architecture: &Architecture) -> Result<Self> {
		match architecture {
			Architecture::Encoder { base, lora, classes, max_tokens, .. } => {
				Self::new(base, lora, Some(*classes), *max_tokens)
			},
			Architecture::Decoder { base, lora, max_tokens, .. } => {
				Self::new(base, lora, None, *max_tokens)
			},
			_ => Err(Error::setting("architecture", "is for rows of numbers")),
		}
	}

	/// Where the parameters will be.
	pub fn layout(&self) -> &Layout {
		&self.layout
	}

	/// The model of these parameters.
	///
	/// # Errors
	/// [`Error::Transformer`] if there are more or fewer than the layout's, or one is not finite.
	pub fn build(self, parameters: &[f32]) -> Result<TextModel> {
		let Self { base, layout, max_tokens } = self;
		let network = match &base.model {
			BaseModel::Encoder(bert) => {
				Adapted::Classifier(TextClassifier::new(Arc::clone(bert), layout, parameters)?)
			},
			BaseModel::Decoder(llama) => {
				Adapted::Language(LanguageModel::new(Arc::clone(llama), layout, parameters)?)
			},
		};
		Ok(TextModel { base, network, max_tokens })
	}
}

impl Architecture {
	/// Number of trained parameters, the dimension of a sketch of a model.
	///
	/// # Errors
	/// For models of text [`Error::NoBase`], and [`Error::Setting`] or [`Error::Transformer`] if the
	/// adapter does not fit the base model.
	pub fn coordinates(&self) -> Result<usize> {
		match self.is_text() {
			true => Ok(TextPlan::of(self)?.layout().parameter_count()),
			false => Ok(self.parameters()),
		}
	}
}

/// What a model of text makes of rows, before it learns from them.
#[derive(Debug, Default)]
pub struct Survey {
	/// The number of texts that are longer than the model reads, and lose their ends.
	pub cut: usize,
	/// The most tokens of a text that the model reads; 0 for rows of numbers.
	pub max_tokens: usize,
	/// The first row, from 0, that no model of this architecture can learn from, and why.
	pub unlearnable: Option<(usize, Error)>,
}

impl Architecture {
	/// Looks at every row as a model of this architecture would.
	///
	/// # Errors
	/// [`Error::NoBase`], [`openledger_rows::Error::WrongKind`].
	pub fn survey(&self, data: &Dataset) -> Result<Survey> {
		let classes = self.classes();
		let beyond =
			data.labels().iter().position(|label| classes > 0 && *label as usize >= classes);
		let beyond = beyond.filter(|_| data.is_labelled()).map(|row| {
			let error = openledger_rows::Error::ClassCount { label: data.label(row), classes };
			(row, error.into())
		});
		let (Some(hash), Some(max_tokens)) = (self.base(), self.max_tokens()) else {
			return Ok(Survey { unlearnable: beyond, ..Survey::default() });
		};
		let base = Base::find(&hash)?;
		let texts = data.texts().ok_or_else(not_text)?.texts();
		let encode = |text: &String| base.tokenizer.encode(text, max_tokens).map_err(file);
		let encoded: Vec<_> = texts.par_iter().map(encode).collect();
		let mut survey = Survey { cut: 0, max_tokens, unlearnable: beyond };
		for (row, encoding) in encoded.into_iter().enumerate() {
			match encoding {
				Ok(encoding) => survey.cut += usize::from(encoding.is_cut()),
				Err(error) if error.is_of_input() => {
					survey.unlearnable.get_or_insert((row, error));
				},
				Err(error) => return Err(error),
			}
		}
		Ok(survey)
	}

	/// The number of tokens of a whole text, and the most that the model reads of it; `None` for models
	/// of numbers.
	///
	/// # Errors
	/// [`Error::NoBase`]; [`Error::Transformer`] if the text has no tokens; [`Error::PromptLength`] if
	/// a language model would have no room for an answer.
	pub fn count_tokens(&self, text: &str) -> Result<Option<(usize, usize)>> {
		let (Some(hash), Some(max_tokens)) = (self.base(), self.max_tokens()) else {
			return Ok(None);
		};
		let whole = Base::find(&hash)?.tokenizer.encode(text, max_tokens).map_err(file)?.whole;
		if matches!(self, Self::Decoder { .. }) {
			check_prompt(whole, max_tokens)?;
		}
		Ok(Some((whole, max_tokens)))
	}
}

/// Checks that a prompt leaves room for a token of the answer.
fn check_prompt(tokens: usize, max_tokens: usize) -> Result<()> {
	match tokens < max_tokens {
		true => Ok(()),
		false => Err(Error::PromptLength { tokens, most: max_tokens.saturating_sub(1) }),
	}
}

/// One row as tokens.
#[derive(Clone, Debug)]
pub(crate) enum Sample {
	/// A text with its label, for a classifier.
	Labelled(LabelledText),
	/// A text with the place where learning begins, for a language model.
	Causal(CausalText),
}

impl TextModel {
	/// The trained parameters as PEFT keeps them.
	pub fn to_adapter(&self) -> AdapterFile {
		match &self.network {
			Adapted::Classifier(model) => model.to_adapter(),
			Adapted::Language(model) => model.to_adapter(),
		}
	}

	/// Writes the trained parameters as PEFT keeps them into `directory`, which is created if it does
	/// not exist. `base_name` tells PEFT where the base model is.
	///
	/// # Errors
	/// [`Error::Transformer`] naming the file that cannot be written.
	pub fn write_adapter(&self, directory: &Path, base_name: Option<&str>) -> Result<()> {
		self.to_adapter().write(directory, base_name).map_err(file)
	}

	/// The frozen transformer.
	pub fn base(&self) -> &Base {
		&self.base
	}

	/// Where the trained parameters are.
	pub fn sites(&self) -> Sites {
		let sites = match &self.network {
			Adapted::Classifier(model) => model.sites(),
			Adapted::Language(model) => model.sites(),
		};
		sites.iter().cloned().collect()
	}

	/// The trained parameters in the order of gradient coordinates.
	pub fn parameters(&self) -> Vec<f32> {
		match &self.network {
			Adapted::Classifier(model) => model.parameters(),
			Adapted::Language(model) => model.parameters(),
		}
	}

	/// Replaces the trained parameters.
	///
	/// # Errors
	/// [`Error::Transformer`] if there are more or fewer, or one is not finite.
	pub fn set_parameters(&mut self, parameters: &[f32]) -> Result<()> {
		match &mut self.network {
			Adapted::Classifier(model) => model.set_parameters(parameters)?,
			Adapted::Language(model) => model.set_parameters(parameters)?,
		}
		Ok(())
	}

	/// The mean loss of some samples in nats and its gradient `[parameters]`, the same bits for any
	/// number of threads.
	///
	/// # Errors
	/// [`Error::Transformer`], also where the loss is not finite.
	pub(crate) fn batch_gradient(&self, samples: &[&Sample]) -> Result<(f64, Vec<f32>)> {
		Ok(match &self.network {
			Adapted::Classifier(model) => {
				let of = |sample: &&Sample| match sample {
					Sample::Labelled(text) => Ok(text.clone()),
					Sample::Causal(_) => Err(mismatch()),
				};
				let texts = samples.iter().map(of).collect::<Result<Vec<_>>>()?;
				batch_gradient(model, &texts.iter().collect::<Vec<_>>())?
			},
			Adapted::Language(model) => {
				let of = |sample: &&Sample| match sample {
					Sample::Causal(text) => Ok(text.clone()),
					Sample::Labelled(_) => Err(mismatch()),
				};
				let texts = samples.iter().map(of).collect::<Result<Vec<_>>>()?;
				batch_gradient(model, &texts.iter().collect::<Vec<_>>())?
			},
		})
	}

	/// The logits of a text, `[classes]`; of the next token for a language model.
	///
	/// # Errors
	/// [`Error::Transformer`].
	pub fn logits(&self, text: &str) -> Result<Vec<f32>> {
		let ids = self.encode(text)?;
		Ok(match &self.network {
			Adapted::Classifier(model) => model.logits(&ids)?,
			Adapted::Language(model) => model.next_logits(&ids)?,
		})
	}

	/// The logits of each text, `[rows][classes]`.
	///
	/// # Errors
	/// Those of [`TextModel::logits`], [`openledger_rows::Error::WrongKind`].
	pub fn batch_logits(&self, data: &Dataset) -> Result<Vec<Vec<f32>>> {
		let texts = data.texts().ok_or_else(not_text)?;
		let logits: Vec<_> = texts.texts().par_iter().map(|text| self.logits(text)).collect();
		logits.into_iter().collect()
	}

	/// The mean loss over all rows, in nats.
	///
	/// # Errors
	/// Those of [`TextModel::gradients`].
	pub fn loss(&self, data: &Dataset) -> Result<f64> {
		let samples = self.samples(data, 0..data.len())?;
		let loss = |sample: &Sample| -> Result<f64> {
			Ok(match (&self.network, sample) {
				(Adapted::Classifier(model), Sample::Labelled(text)) => {
					model.loss(&text.ids, text.label)?
				},
				(Adapted::Language(model), Sample::Causal(text)) => {
					model.loss(&text.ids, text.from)?
				},
				_ => return Err(mismatch()),
			})
		};
		let losses: Vec<Result<f64>> = samples.par_iter().map(loss).collect();
		let mut sum = 0.0;
		for loss in losses {
			sum += loss?;
		}
		Ok(sum / data.len() as f64)
	}

	/// A text with the mark of its end, from which a language model learns to stop. A text that fills the
	/// model's length, or has lost its end, has no room for it.
	fn encode_whole(&self, text: &str) -> Result<Vec<u32>> {
		let encoding = self.base.tokenizer.encode(text, self.max_tokens).map_err(file)?;
		let cut = encoding.is_cut();
		let mut ids = encoding.ids;
		let end = self.base.tokenizer.end().filter(|end| ids.last() != Some(end));
		if !cut && ids.len() < self.max_tokens {
			ids.extend(end);
		}
		Ok(ids)
	}

	/// Tokens that the model reads of a text, the special ones included.
	///
	/// # Errors
	/// [`Error::Transformer`].
	pub fn tokens(&self, text: &str) -> Result<usize> {
		Ok(self.encode(text)?.len())
	}

	/// The most probable continuation of `prompt`, token by token, at most `limit` tokens, and the
	/// number of its tokens. Stops where the longest text of the model is reached.
	///
	/// # Errors
	/// [`Error::Transformer`]; [`Error::PromptLength`] if no room is left for an answer;
	/// [`Error::Setting`] for a classifier.
	pub fn continuation(&self, prompt: &str, limit: usize) -> Result<(String, usize)> {
		let Adapted::Language(model) = &self.network else { return Err(mismatch()) };
		let encoding = self.base.tokenizer.encode(prompt, self.max_tokens).map_err(file)?;
		check_prompt(encoding.whole, self.max_tokens)?;
		let mut ids = encoding.ids;
		let start = ids.len();
		while ids.len() < start.saturating_add(limit) && ids.len() < self.max_tokens {
			let next = crate::network::argmax(&model.next_logits(&ids)?);
			if self.base.tokenizer.is_special(next) {
				break;
			}
			ids.push(next);
		}
		let new = &ids[start..];
		Ok((self.base.tokenizer.decode(new).map_err(file)?, new.len()))
	}

	/// The gradients of `function` at some rows; see `Model::gradients`.
	///
	/// # Errors
	/// [`openledger_rows::Error::WrongKind`] for rows of numbers, [`openledger_rows::Error::Unlabelled`], [`openledger_rows::Error::ClassCount`],
	/// [`Error::Transformer`].
	pub fn gradients(
		&self,
		data: &Dataset,
		rows: Range<usize>,
		function: Function,
	) -> Result<Gradients> {
		let samples = self.samples(data, rows.clone())?;
		let numbered: Vec<(usize, &Sample)> = rows.zip(&samples).collect();
		let one = |(row, sample): &(usize, &Sample)| self.row_gradients(*row, sample, function);
		let results: Vec<Result<RowGradients>> = numbered.par_iter().map(one).collect();
		let results = results.into_iter().collect::<Result<Vec<_>>>()?;
		let draws = results.first().map_or(0, Vec::len);
		let of_all =
			|| (0..draws).flat_map(|number| results.iter().filter_map(move |row| row.get(number)));
		let sites = self.sites();
		let sites = sites.iter().enumerate().map(|(s, site)| {
			let (mut tokens, mut inputs) = (vec![0], Vec::new());
			// The gradients of a row share its inputs.
			for (_, factors) in results.iter().filter_map(|row| row.first()) {
				tokens.push(tokens[tokens.len() - 1] + factors[s].tokens);
				inputs.extend_from_slice(&factors[s].inputs);
			}
			let deltas = of_all().flat_map(|(_, factors)| &factors[s].deltas).copied().collect();
			let inputs = Matrix::with_columns(site.columns(), inputs);
			SiteFactors { tokens, inputs, deltas: Matrix::with_columns(site.outputs, deltas) }
		});
		let sites = sites.collect();
		Ok(Gradients { values: of_all().map(|(value, _)| *value).collect(), sites })
	}

	fn row_gradients(
		&self,
		row: usize,
		sample: &Sample,
		function: Function,
	) -> Result<RowGradients> {
		let drawn = |seed: u64| {
			let mut rng = ChaCha8Rng::seed_from_u64(seed);
			rng.set_stream(row as u64);
			rng
		};
		let without_value =
			|all: Vec<Vec<Factors>>| all.into_iter().map(|factors| (0.0, factors)).collect();
		Ok(match (&self.network, sample, function) {
			(Adapted::Classifier(model), Sample::Labelled(text), Function::Loss) => {
				vec![model.loss_factors(&text.ids, text.label)?]
			},
			(Adapted::Classifier(model), Sample::Labelled(text), Function::Margin) => {
				vec![model.margin_factors(&text.ids, text.label)?]
			},
			(
				Adapted::Classifier(model),
				Sample::Labelled(text),
				Function::Fisher { seed, draws },
			) => without_value(model.fisher_factors(&text.ids, draws as usize, &mut drawn(seed))?),
			(Adapted::Language(model), Sample::Causal(text), Function::Loss) => {
				vec![model.loss_factors(&text.ids, text.from)?]
			},
			(Adapted::Language(model), Sample::Causal(text), Function::Margin) => {
				vec![model.output_factors(&text.ids, text.from)?]
			},
			(Adapted::Language(model), Sample::Causal(text), Function::Fisher { seed, draws }) => {
				without_value(model.fisher_factors(
					&text.ids,
					text.from,
					draws as usize,
					&mut drawn(seed),
				)?)
			},
			_ => return Err(mismatch()),
		})
	}

	/// The Hessian of a sample's loss, for products with up to `vectors` at a time, fewer if its
	/// copies had more than `tokens` tokens.
	///
	/// # Errors
	/// [`Error::Transformer`].
	pub(crate) fn hessian(
		&self,
		sample: &Sample,
		vectors: usize,
		tokens: usize,
	) -> Result<Hessian> {
		let at_once = |ids: &[u32]| (tokens / ids.len().max(1)).clamp(1, vectors.max(1));
		Ok(match (&self.network, sample) {
			(Adapted::Classifier(model), Sample::Labelled(text)) => {
				model.hessian(&text.ids, text.label, at_once(&text.ids))?
			},
			(Adapted::Language(model), Sample::Causal(text)) => {
				model.hessian(&text.ids, text.from, at_once(&text.ids))?
			},
			_ => return Err(mismatch()),
		})
	}

	fn encode(&self, text: &str) -> Result<Vec<u32>> {
		Ok(self.base.tokenizer.encode(text, self.max_tokens).map_err(file)?.ids)
	}

	/// Some rows as tokens.
	///
	/// # Errors
	/// Those of [`TextModel::gradients`].
	pub(crate) fn samples(&self, data: &Dataset, rows: Range<usize>) -> Result<Vec<Sample>> {
		let sample = |row: usize| -> Result<Sample> {
			let text = data.text(row).ok_or_else(not_text)?;
			let ids = self.encode(text)?;
			Ok(match &self.network {
				Adapted::Classifier(model) => {
					let (label, classes) = (data.label(row), model.classes());
					if !data.is_labelled() {
						return Err(openledger_rows::Error::Unlabelled.into());
					}
					if label as usize >= classes {
						return Err(openledger_rows::Error::ClassCount { label, classes }.into());
					}
					Sample::Labelled(LabelledText { ids, label })
				},
				Adapted::Language(_) => match data.prompt(row) {
					"" => Sample::Causal(CausalText { ids: self.encode_whole(text)?, from: 1 }),
					prompt => {
						let from = self.encode(prompt)?.len();
						Sample::Causal(CausalText { ids, from })
					},
				},
			})
		};
		rows.into_par_iter().map(sample).collect()
	}
}

/// Per draw the value and the factors of each site.
type RowGradients = Vec<(f64, Vec<Factors>)>;

fn file(error: openledger_transformers::files::FileError) -> Error {
	Error::Transformer(Box::new(error.into()))
}

fn not_text() -> Error {
	openledger_rows::Error::WrongKind { found: "numbers", expected: "text" }.into()
}

fn mismatch() -> Error {
	Error::setting("architecture", "is a classifier, which does not continue texts")
}
