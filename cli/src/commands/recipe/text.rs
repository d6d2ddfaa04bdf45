//! What a model of text is: the options of its adapter.

use super::ArchitectureName;
use crate::{
	base_models::BaseModels,
	error::{Error, Result},
};
use clap::Args;
use openledger_models::{Architecture, Base, Lora};
use openledger_rows::Dataset;

const RANK: usize = 4;
const MAX_TOKENS: usize = 128;
const ANSWER_TOKENS: usize = 32;

/// The options of models of text.
#[derive(Args, Debug)]
#[command(next_help_heading = "Training on text")]
pub struct TextOptions {
	/// Where base models are.
	#[command(flatten)]
	pub base_models: BaseModels,
	/// Rank of the adapter [default: 4]
	#[arg(long, value_name = "RANK")]
	lora_rank: Option<usize>,
	/// Factor that scales the adapter, divided by its rank [default: twice the rank]
	#[arg(long, value_name = "ALPHA")]
	lora_alpha: Option<u32>,
	/// The adapted layers by the last parts of their names
	/// [default: query,value of an encoder; q_proj,v_proj of a decoder]
	#[arg(long, value_delimiter = ',', value_name = "NAMES")]
	lora_targets: Vec<String>,
	/// The most tokens of a text; longer ones lose their end [default: 128, or what the base model takes]
	#[arg(long, value_name = "TOKENS")]
	max_tokens: Option<usize>,
	/// The most tokens of an answer of a decoder [default: 32]
	#[arg(long, value_name = "TOKENS")]
	answer_tokens: Option<usize>,
}

impl TextOptions {
	/// Refuses these options for rows of numbers, where they mean nothing.
	///
	/// # Errors
	/// [`Error::Usage`] if one of them was given.
	pub fn check_unused(&self) -> Result<()> {
		let unused = self.base_models.is_empty()
			&& self.lora_rank.is_none()
			&& self.lora_alpha.is_none()
			&& self.lora_targets.is_empty()
			&& self.max_tokens.is_none()
			&& self.answer_tokens.is_none();
		match unused {
			true => Ok(()),
			false => Err(Error::Usage(
				"the rows are of numbers: --base-model, --lora-…, --max-tokens and --answer-tokens are \
				 for rows of text"
					.into(),
			)),
		}
	}

	/// The architecture of an adapter for `rows`.
	///
	/// # Errors
	/// [`Error::Usage`] if there is not exactly one base model, or if it is of the other kind;
	/// [`Error::BadData`] if the rows have no labels where classes are needed.
	pub(super) fn architecture(
		&self,
		name: Option<ArchitectureName>,
		classes: Option<usize>,
		rows: &Dataset,
	) -> Result<Architecture> {
		let opened = self.base_models.open()?;
		let [base] = opened.as_slice() else {
			return Err(Error::Usage(
				"the rows are of text: give the directory of one base model with --base-model"
					.into(),
			));
		};
		let decoder = match name {
			None => base.is_decoder(),
			Some(ArchitectureName::Encoder) => false,
			Some(ArchitectureName::Decoder) => true,
			Some(_) => {
				return Err(Error::Usage(
					"the rows are of text: --architecture is encoder or decoder".into(),
				));
			},
		};
		if decoder != base.is_decoder() {
			let (is, wanted) = match base.is_decoder() {
				true => ("a decoder", "encoder"),
				false => ("an encoder", "decoder"),
			};
			return Err(Error::Usage(format!(
				"the base model is {is}: it cannot be trained as --architecture {wanted}"
			)));
		}
		match decoder {
			true => self.decoder(base, classes),
			false => self.encoder(base, classes, rows),
		}
	}

	fn decoder(&self, base: &Base, classes: Option<usize>) -> Result<Architecture> {
		if classes.is_some() {
			return Err(Error::Usage("a decoder has no --classes: it continues texts".into()));
		}
		Ok(Architecture::Decoder {
			base: base.hash(),
			lora: self.lora(&["q_proj", "v_proj"])?,
			max_tokens: self.max_tokens(base),
			answer_tokens: self.answer_tokens.unwrap_or(ANSWER_TOKENS),
		})
	}

	fn encoder(&self, base: &Base, classes: Option<usize>, rows: &Dataset) -> Result<Architecture> {
		if self.answer_tokens.is_some() {
			return Err(Error::Usage("--answer-tokens is for decoders".into()));
		}
		let classes = match classes {
			Some(_) if !rows.is_labelled() => return Err(openledger_rows::Error::Unlabelled.into()),
			Some(classes) => classes,
			None => rows.class_count()?,
		};
		Ok(Architecture::Encoder {
			base: base.hash(),
			lora: self.lora(&["query", "value"])?,
			classes,
			class_names: rows.class_names().to_vec(),
			max_tokens: self.max_tokens(base),
		})
	}

	fn max_tokens(&self, base: &Base) -> usize {
		self.max_tokens.unwrap_or_else(|| base.positions().min(MAX_TOKENS))
	}

	fn lora(&self, targets: &[&str]) -> Result<Lora> {
		let rank = self.lora_rank.unwrap_or(RANK);
		let twice = || u32::try_from(rank.saturating_mul(2)).ok();
		let alpha = self.lora_alpha.or_else(twice).filter(|alpha| *alpha > 0);
		let alpha = alpha.ok_or_else(|| {
			Error::Usage("--lora-rank and --lora-alpha are whole numbers from 1".into())
		})?;
		let targets = match self.lora_targets.is_empty() {
			true => targets.iter().map(|target| (*target).to_owned()).collect(),
			false => self.lora_targets.clone(),
		};
		Ok(Lora { rank, alpha, targets, rslora: false })
	}
}
