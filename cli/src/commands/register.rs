//! `model register` and `model activate`: a trained and indexed model on its way to the chain.

use super::transactions;
use crate::{
	base_models::BaseModels,
	context::Context,
	error::{Error, Result},
	output::{fields, hex, open, Report},
	training::{load_index, load_model, read},
	views::model as views,
};
use clap::Args;
use codec::DecodeAll;
use openledger_blobs::BlobStore;
use openledger_client::{
	amount::Amount,
	chain::{
		call,
		events::Registered,
		types::{Pricing, Registration, RegistryParameters, TrainingSource},
		Hash,
	},
	keys::{parse_account, AccountId},
	limits::Length,
	runs::Run,
};
use openledger_primitives::{Attribution, IndexCommitment};
use std::path::PathBuf;
use subxt::utils::Static;

const PERCENT: u32 = 10_000;
const ONE: u32 = 1_000_000;

/// Registers a trained and indexed model: puts its files into the blob store and commits their
/// hashes.
#[derive(Args, Debug)]
pub struct Register {
	/// The training directory, with the index
	directory: PathBuf,
	/// Name of the model, for people
	#[arg(long)]
	name: String,
	/// What a call costs
	#[command(flatten)]
	price: Price,
	/// The account that answers requests [default: the key's]
	#[arg(long, value_parser = parse_account, value_name = "ACCOUNT")]
	host: Option<AccountId>,
	/// Number of the model that this one derives from, whose owner gets a royalty
	#[arg(long, value_name = "MODEL")]
	parent: Option<u32>,
	/// Share of their pay that owners of derived models pass on to the owner of this one, such as 10%
	#[arg(long, default_value = "0%", value_parser = parse_percent)]
	royalty: u32,
	/// Where base models are.
	#[command(flatten)]
	base_models: BaseModels,
}

/// What a call costs: a flat price, or prices for 1,000 tokens.
#[derive(Args, Debug)]
#[group(required = true, multiple = true)]
pub struct Price {
	/// Flat price of a call
	#[arg(long, value_name = "AMOUNT", conflicts_with_all = ["price_input", "price_output"])]
	price_per_call: Option<Amount>,
	/// Price of 1,000 tokens of input
	#[arg(long, value_name = "AMOUNT", requires = "price_output")]
	price_input: Option<Amount>,
	/// Price of 1,000 tokens of output
	#[arg(long, value_name = "AMOUNT", requires = "price_input")]
	price_output: Option<Amount>,
}

impl Price {
	/// The price as the chain stores it.
	///
	/// # Errors
	/// [`Error::Usage`] if it is incomplete.
	pub(super) fn pricing(&self) -> Result<Pricing> {
		match (self.price_per_call, self.price_input, self.price_output) {
			(Some(price), None, None) => Ok(Pricing::PerCall(price.0)),
			(None, Some(input), Some(output)) => {
				Ok(Pricing::PerThousandTokens { input: input.0, output: output.0 })
			},
			_ => Err(Error::Usage(
				"give --price-per-call, or --price-input and --price-output".into(),
			)),
		}
	}
}

/// Activates a registered model by submitting the attribution of its held-out rows.
#[derive(Args, Debug)]
pub struct Activate {
	/// Number of the model, as `model list` shows it
	model: u32,
	/// The model's training directory, with the attribution of the held-out rows
	directory: PathBuf,
}

/// `10%`, `2.5%` or `0.1` in parts per million.
fn parse_percent(text: &str) -> std::result::Result<u32, String> {
	let wrong = || format!("'{text}' is no share: give one from 0% to 100%, such as 2.5%");
	let (digits, unit) = match text.strip_suffix('%') {
		Some(digits) => (digits, PERCENT),
		None => (text, ONE),
	};
	let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
	let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
	if !all_digits(whole) || !all_digits(fraction) {
		return Err(wrong());
	}
	let mut parts: u32 =
		whole.parse::<u32>().ok().and_then(|w| w.checked_mul(unit)).ok_or_else(wrong)?;
	let mut place = unit;
	for digit in fraction.bytes().map(|b| u32::from(b.saturating_sub(b'0'))) {
		place /= 10;
		if place == 0 && digit > 0 {
			return Err(format!("'{text}' is finer than a millionth"));
		}
		parts = parts.saturating_add(place.saturating_mul(digit));
	}
	if parts > ONE {
		return Err(wrong());
	}
	Ok(parts)
}

pub(super) async fn register(context: &Context, arguments: Register) -> Result<Report> {
	let owner = context.key()?.account;
	arguments.base_models.open()?;
	let files = Run::new(&arguments.directory);
	let (model, manifest) = load_model(&files)?;
	let index = load_index(&files, &model)?;
	let held_out = read_held_out(&files, &index.commitment(), "the index beside it")?;
	let store = context.store()?;
	let chain = context.chain().await?;
	let best = chain.best().await?;

	let sources: Vec<_> = manifest.sources.iter().map(|s| (s.datanet, s.version)).collect();
	let registration = Registration {
		name: arguments.name.clone().into_bytes(),
		weights: Hash(model.hash()),
		architecture: model.architecture().to_json().into_bytes(),
		parent: arguments.parent,
		sources: sources
			.iter()
			.map(|&(datanet, version)| TrainingSource { datanet, version })
			.collect(),
		index: index.commitment().into(),
		index_parameters: index.parameters_json().into_bytes(),
		index_file: Hash(index.file_hash()),
		manifest: best.training_manifest(&sources).await?,
		held_out: Hash(held_out.query.hash().0),
		host: arguments.host.unwrap_or(owner),
		pricing: arguments.price.pricing()?,
		royalty: arguments.royalty,
	};
	best.check_lengths("ModelRegistry", &lengths(&registration))?;
	store.put(model.to_bytes())?;
	store.put(index.to_bytes())?;
	let (weights, index_file, root, host) =
		(registration.weights, registration.index_file, registration.index.root, registration.host);
	let sent = context.send(call("ModelRegistry", "register", (registration,))).await?;
	let Registered { model } = sent.event("ModelRegistry", "Registered")?;
	let parameters: RegistryParameters =
		chain.at(sent.block_hash).await?.value("ModelRegistry", "Parameters").await?;
	let fee = parameters.registration_fee;

	let text = fields(&[
		("model", format!("{model} '{}', registered; activate it next", arguments.name)),
		("host", host.to_string()),
		("weights", hex(weights)),
		("index file", hex(index_file)),
		("index root", hex(root)),
		("fee", open(fee)),
	]);
	let document = views::Registered {
		model,
		owner: owner.into(),
		host: host.into(),
		weights: weights.into(),
		index_file: index_file.into(),
		root: root.into(),
		fee: fee.into(),
		transactions: transactions([&sent]),
	};
	Report::of(&document, text)
}

/// The runtime cannot decode longer lists, so that it could not say what is wrong with them.
fn lengths(registration: &Registration) -> [Length; 5] {
	let Registration { name, architecture, index_parameters, sources, index, .. } = registration;
	[
		Length::bytes("--name", name, "MaxName"),
		Length::bytes("the architecture descriptor", architecture, "MaxDescriptor"),
		Length::bytes("the descriptor of the index", index_parameters, "MaxDescriptor"),
		Length {
			what: "the list of training sources",
			length: sources.len(),
			unit: "versions",
			constant: "MaxSources",
		},
		Length {
			what: "a sketch of the index",
			length: usize::try_from(index.dimension).unwrap_or(usize::MAX),
			unit: "coordinates",
			constant: "MaxDimension",
		},
	]
}

/// Reads and checks the attribution of the held-out rows.
fn read_held_out(files: &Run, index: &IndexCommitment, whose: &str) -> Result<Attribution> {
	let path = files.held_out();
	let bytes = read(&path, "build the index with `openledger model index` first")?;
	let bad = |reason: String| Error::BadData(format!("{}: {reason}", path.display()));
	let attribution = Attribution::decode_all(&mut &bytes[..])
		.map_err(|e| bad(format!("it is damaged ({e}); build the index again")))?;
	attribution
		.check(index, u32::MAX)
		.map_err(|e| bad(format!("it does not belong to {whose} ({e})")))?;
	Ok(attribution)
}

pub(super) async fn activate(context: &Context, arguments: Activate) -> Result<Report> {
	// A key that cannot be read is reported before the chain is asked anything.
	context.key()?;
	let Activate { model, directory } = arguments;
	let chain = context.chain().await?;
	let best = chain.best().await?;
	let registration = best.model(model).await?.registration;
	let attribution = read_held_out(
		&Run::new(&directory),
		&(&registration.index).into(),
		&format!("the index of model {model}"),
	)?;
	let entries = Length {
		what: "the held-out attribution",
		length: attribution.entries.len(),
		unit: "entries",
		constant: "MaxEntries",
	};
	best.check_lengths("ModelRegistry", &[entries])?;
	let sent =
		context.send(call("ModelRegistry", "activate", (model, Static(attribution)))).await?;
	let shares = chain.at(sent.block_hash).await?.held_out_shares(model).await?;
	let document = views::Activated {
		model,
		held_out_shares: views::shares(&shares),
		transactions: transactions([&sent]),
	};
	Report::of(&document, format!("model {model} is active in block {}", sent.block))
}

#[cfg(test)]
mod tests {
	use super::*;
	use openledger_primitives::{Width, H256};

	#[test]
	fn registration_should_be_refused_by_name_and_limit_when_one_part_is_too_long() {
		let index =
			IndexCommitment { root: H256::zero(), leaf_count: 1, dimension: 4, width: Width::Int8 };
		let fitting = Registration {
			name: b"abcd".to_vec(),
			weights: Hash::zero(),
			architecture: b"{}".to_vec(),
			parent: None,
			sources: vec![TrainingSource { datanet: 0, version: 0 }; 4],
			index: index.into(),
			index_parameters: b"{}".to_vec(),
			index_file: Hash::zero(),
			manifest: Hash::zero(),
			held_out: Hash::zero(),
			host: [1; 32].into(),
			pricing: Pricing::PerCall(1),
			royalty: 0,
		};
		let check = |registration: &Registration| {
			let found: openledger_client::Result<()> =
				lengths(registration).iter().try_for_each(|one| one.check(4));
			found.map_err(|error| error.to_string())
		};
		assert_eq!(check(&fitting), Ok(()));

		let refused = |change: &dyn Fn(&mut Registration)| {
			let mut registration = fitting.clone();
			change(&mut registration);
			check(&registration).unwrap_err()
		};
		for (message, start) in [
			(refused(&|r| r.name.push(b'e')), "--name is too long: 5 bytes"),
			(
				refused(&|r| r.architecture.extend(b"   ")),
				"the architecture descriptor is too long: 5 bytes",
			),
			(
				refused(&|r| r.index_parameters.extend(b"   ")),
				"the descriptor of the index is too long: 5 bytes",
			),
			(
				refused(&|r| r.sources.push(TrainingSource { datanet: 1, version: 0 })),
				"the list of training sources is too long: 5 versions",
			),
			(
				refused(&|r| r.index.dimension = 5),
				"a sketch of the index is too long: 5 coordinates",
			),
		] {
			assert_eq!(message, format!("{start}, this chain takes at most 4"));
		}
	}

	#[test]
	fn percent_should_be_exact_parts_per_million() {
		for (text, parts) in [
			("10%", 100_000),
			("2.5%", 25_000),
			("0.1", 100_000),
			("100%", ONE),
			("0.0001%", 1),
			("1", ONE),
		] {
			assert_eq!(parse_percent(text), Ok(parts), "{text}");
		}
	}

	#[test]
	fn percent_should_be_refused_when_out_of_range_or_malformed() {
		for text in ["101%", "1.1", "-1%", "%", "", "0.00001%", "ten", "99999999999%", "1.%"] {
			assert!(parse_percent(text).is_err(), "{text} was taken");
		}
	}
}
