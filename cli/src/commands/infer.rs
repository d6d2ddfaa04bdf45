//! `infer`: questions to a model, and the wait for their settlement.

use super::{transactions, wording};
use crate::{
	base_models::BaseModels,
	context::Context,
	error::{Error, Result},
	output::{open, Console, Report},
	training::{print_notes, read, read_rows, read_rows_for},
	views::{inference as views, model},
};
use clap::Args;
use openledger_client::{
	amount::Amount,
	chain::{
		call,
		events::Requested,
		types::{Inference, InferenceState, MarketParameters, ModelStatus, Pricing},
		Chain, Included, Snapshot,
	},
	limits,
};
use openledger_models::Architecture;
use openledger_rows::{check_input, is_blank, read_inputs, Dataset, Input, Schema};
use std::{
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

const POLL: Duration = Duration::from_millis(400);

/// Asks a model, and waits for the settlement.
#[derive(Args, Debug)]
pub struct Arguments {
	/// Number of the model that is asked, as `model list` shows it
	#[arg(long)]
	model: u32,
	/// One row of features, comma-separated, without a label; or a text
	#[arg(
		long,
		required_unless_present = "inputs",
		conflicts_with = "inputs",
		allow_hyphen_values = true
	)]
	input: Option<String>,
	/// A file of rows, all sent in one go
	#[arg(long, value_name = "FILE")]
	inputs: Option<PathBuf>,
	/// The rows' labels are the right answers: they are not sent, and accuracy is measured
	#[arg(long, requires = "inputs")]
	labelled: bool,
	/// Send only the first rows of the file
	#[arg(long, requires = "inputs", value_name = "ROWS")]
	limit: Option<usize>,
	/// The most that one answer may cost, which is held until the answer is there
	/// [default: the flat price and the platform fee]
	#[arg(long, value_name = "AMOUNT")]
	max_fee: Option<Amount>,
	/// Where base models are, with which the tokens of texts are counted before they are paid for.
	#[command(flatten)]
	base_models: BaseModels,
	/// Do not wait for answers
	#[arg(long)]
	no_wait: bool,
	/// For how long answers and settlements are waited for, in seconds
	#[arg(long, default_value_t = 300)]
	timeout: u64,
}

/// A question, with the right answer if it is known.
struct Question {
	input: String,
	expected: Option<String>,
}

/// A question that was sent.
struct SentQuestion {
	id: u64,
	expected: Option<String>,
	state: Option<Inference>,
}

impl SentQuestion {
	fn is_over(&self) -> bool {
		let state = self.state.as_ref().map(|inference| &inference.state);
		matches!(state, Some(InferenceState::Settled(_) | InferenceState::Refunded(_)))
	}
}

pub(super) async fn run(context: &Context, arguments: Arguments) -> Result<Report> {
	let key = context.key()?;
	arguments.base_models.open()?;
	let chain = context.chain().await?;
	let best = chain.best().await?;
	let model = best.model(arguments.model).await?;
	if model.status != ModelStatus::Active {
		return Err(Error::Failure(format!(
			"model {} is {}: only active models answer",
			arguments.model,
			model::status(model.status)
		)));
	}
	let registration = &model.registration;
	let architecture = std::str::from_utf8(&registration.architecture).ok();
	let architecture = architecture.and_then(|text| Architecture::from_json(text).ok());
	let max_bytes = best.constant("InferenceMarket", "MaxInput")?;
	let form = Form { architecture, max_bytes, console: context.console };
	let questions = questions(&arguments, &form)?;
	let max_fee = max_fee(&best, arguments.max_fee, &registration.pricing).await?;

	let started = Instant::now();
	let count = u64::try_from(questions.len()).unwrap_or(u64::MAX);
	let bar = context.console.bar(count, "asking");
	let calls = questions
		.iter()
		.map(|q| {
			let input = q.input.clone().into_bytes();
			call("InferenceMarket", "request", (arguments.model, input, max_fee))
		})
		.collect();
	let (mut included, mut asked, mut failure) = (Vec::new(), Vec::new(), None);
	for (result, question) in context.send_all(calls).await?.into_iter().zip(questions) {
		match result {
			Ok(one) => {
				let Requested { inference } = one.event("InferenceMarket", "Requested")?;
				asked.push(SentQuestion {
					id: inference,
					expected: question.expected,
					state: None,
				});
				included.push(one);
			},
			Err(error) => failure = failure.or(Some(error)),
		}
	}
	let failure = match failure {
		Some(error) if asked.is_empty() => return Err(error),
		other => other,
	};

	bar.set_message("settling");
	let limit = Duration::from_secs(if arguments.no_wait { 0 } else { arguments.timeout });
	let watched = watch(chain, &mut asked, limit, &bar).await;
	bar.finish_and_clear();
	let open_count = asked.iter().filter(|a| !a.is_over()).count();
	let lost = watched.err().map(|error| unwatched(error, &asked));
	let late = (!arguments.no_wait && open_count > 0).then(|| {
		Error::Timeout(format!(
			"{open_count} of {} inferences are not settled after {} s; look again with \
			 `openledger inference list --model {}`",
			asked.len(),
			arguments.timeout,
			arguments.model
		))
	});
	let user = key.account.to_string();
	let report = report(&arguments, &user, &asked, &included, started.elapsed())?;
	Ok(report.with_error(failure.or(lost).or(late)))
}

/// What an input must be like. Any other would cost a fee and get no answer.
#[derive(Clone)]
struct Form {
	/// What the model reads, if this client knows it.
	architecture: Option<Architecture>,
	/// The most bytes that the chain takes as an input.
	max_bytes: u32,
	/// Takes what is worth knowing about inputs.
	console: Console,
}

impl Form {
	fn is_text(&self) -> bool {
		self.architecture.as_ref().is_some_and(Architecture::is_text)
	}

	fn check(&self, input: &str) -> Result<()> {
		limits::check("the input", input.len(), "bytes", self.max_bytes)?;
		let Some(architecture) = &self.architecture else { return Ok(()) };
		if !architecture.is_text() {
			let note = check_input(input, architecture.inputs())?;
			print_notes(note.as_slice(), "the input", self.console);
		} else if is_blank(input) {
			return Err(Error::BadData(
				"the input is empty, or has invisible characters only: give a text".into(),
			));
		} else {
			self.check_length(architecture, input)?;
		}
		Ok(())
	}

	/// Counts the tokens of a text, if the base model is at hand, and says what it cannot count.
	fn check_length(&self, architecture: &Architecture, input: &str) -> Result<()> {
		match architecture.count_tokens(input) {
			Ok(Some((tokens, most))) if tokens > most => self.console.note(format!(
				"the text has {tokens} tokens, and the model reads {most}: its end counts for nothing"
			)),
			Ok(_) => {},
			Err(openledger_models::Error::NoBase(_)) => {
				let most = architecture.max_tokens().unwrap_or(usize::MAX);
				// No text has more tokens than bytes, but for those around it.
				if input.len().saturating_add(2) > most {
					self.console.note(format!(
						"the model reads at most {most} tokens, and this text of {} bytes may have more: \
						 give the model's base model with --base-model to have them counted before you pay",
						input.len()
					));
				}
			},
			Err(error) => return Err(Error::BadData(error.to_string())),
		}
		Ok(())
	}

	/// The rows of a file; labels are read only if they are wanted.
	fn read(&self, path: &Path, labelled: bool) -> Result<Dataset> {
		match &self.architecture {
			Some(architecture) if labelled => read_rows_for(architecture, path, self.console),
			Some(architecture) => {
				read_rows(path, &Schema { classes: None, ..architecture.schema() }, self.console)
			},
			None => read_rows(path, &Schema::default(), self.console),
		}
	}
}

fn questions(arguments: &Arguments, form: &Form) -> Result<Vec<Question>> {
	let limit = arguments.limit.unwrap_or(usize::MAX);
	let questions = match (&arguments.input, &arguments.inputs) {
		(Some(input), _) => {
			// Spaces are part of a text.
			let input = if form.is_text() { input } else { input.trim() }.to_owned();
			form.check(&input)?;
			vec![Question { input, expected: None }]
		},
		(None, Some(path)) if arguments.labelled || form.is_text() => {
			rows(path, form, limit, arguments.labelled)?
		},
		(None, Some(path)) => unlabelled(path, form, limit)?,
		(None, None) => Vec::new(),
	};
	if questions.is_empty() {
		return Err(Error::BadData("there are no rows to ask about".into()));
	}
	Ok(questions)
}

/// Reads rows in the form in which they are contributed. With `labelled` each must have a label.
fn rows(path: &Path, form: &Form, limit: usize, labelled: bool) -> Result<Vec<Question>> {
	let rows = form.read(path, labelled)?;
	if labelled && !rows.is_labelled() {
		return Err(Error::BadData(format!("{}: the rows have no labels", path.display())));
	}
	let mut questions = Vec::new();
	for at in 0..rows.len().min(limit) {
		let input = rows.row_text(at);
		let place = || format!("{}: row {} of the data", path.display(), at.saturating_add(1));
		form.check(&input).map_err(|e| e.in_file(place()))?;
		let expected = labelled.then(|| rows.class_name(rows.label(at)));
		questions.push(Question { input, expected });
	}
	Ok(questions)
}

/// Reads rows of numbers without labels, as tables are read.
fn unlabelled(path: &Path, form: &Form, limit: usize) -> Result<Vec<Question>> {
	let columns = form.architecture.as_ref().map(Architecture::inputs);
	let (inputs, notes) = read_inputs(&read(path, "")?, columns)
		.map_err(|error| Error::from(error).in_file(path.display()))?;
	print_notes(&notes, path.display(), form.console);
	let question = |input: Input| {
		// Digits that are lost are told of all rows at once.
		let quiet = Form { console: Console { quiet: true }, ..form.clone() };
		let place = || format!("{}: row {}", path.display(), input.row);
		quiet.check(&input.text).map_err(|error| error.in_file(place()))?;
		Ok(Question { input: input.text, expected: None })
	};
	inputs.into_iter().take(limit).map(question).collect()
}

async fn max_fee(best: &Snapshot, given: Option<Amount>, pricing: &Pricing) -> Result<u128> {
	if let Some(Amount(units)) = given {
		return Ok(units);
	}
	let Pricing::PerCall(price) = *pricing else {
		return Err(Error::Usage(
			"this model's price depends on tokens: say with --max-fee what an answer may cost"
				.into(),
		));
	};
	let market: MarketParameters = best.value("InferenceMarket", "Parameters").await?;
	Ok(price.saturating_add(market.platform_fee))
}

/// Follows the chain until all questions are settled or refunded, or the time is up. It looks at
/// the chain at least once.
async fn watch(
	chain: &Chain,
	asked: &mut [SentQuestion],
	limit: Duration,
	bar: &indicatif::ProgressBar,
) -> Result<()> {
	let started = Instant::now();
	let mut seen = None;
	loop {
		let best = chain.best().await?;
		if seen != Some(best.hash()) {
			seen = Some(best.hash());
			for one in asked.iter_mut().filter(|one| !one.is_over()) {
				one.state = best.get("InferenceMarket", "Inferences", (one.id,)).await?;
				if one.is_over() {
					bar.inc(1);
				}
			}
		}
		if asked.iter().all(SentQuestion::is_over) || started.elapsed() >= limit {
			return Ok(());
		}
		tokio::time::sleep(POLL).await;
	}
}

/// The numbers shown of questions that are not over.
const NUMBERS_SHOWN: usize = 5;

/// What to say when the chain could not be followed to the end: the questions are asked and paid for, and a
/// user who does not know their numbers would ask again.
fn unwatched(error: Error, asked: &[SentQuestion]) -> Error {
	let open: Vec<String> =
		asked.iter().filter(|one| !one.is_over()).map(|one| one.id.to_string()).collect();
	let Some(first) = open.first() else { return error };
	let shown = open.iter().take(NUMBERS_SHOWN).cloned().collect::<Vec<_>>().join(", ");
	let more = open.len().saturating_sub(NUMBERS_SHOWN);
	let more = if more > 0 { format!(" and {more} more") } else { String::new() };
	error.with_note(format!(
		"not settled yet: inference {shown}{more}; asked and paid for, so look with `openledger inference \
		 show {first}` instead of asking again"
	))
}

fn report(
	arguments: &Arguments,
	user: &str,
	asked: &[SentQuestion],
	included: &[Included],
	elapsed: Duration,
) -> Result<Report> {
	let (mut settled, mut refunded, mut fees) = (0u64, 0u64, 0u128);
	let (mut right, mut compared) = (0u32, 0u32);
	let mut inferences = Vec::new();
	let mut shown = Vec::new();
	for SentQuestion { id, expected, state } in asked {
		let (model, expected) = (arguments.model, expected.as_ref());
		inferences.push(views::Question::new(*id, model, state.as_ref(), expected));
		let Some(inference) = state else {
			continue;
		};
		match &inference.state {
			InferenceState::Settled(receipt) => {
				settled = settled.saturating_add(1);
				fees = fees.saturating_add(receipt.fee);
				if let Some(expected) = expected {
					compared = compared.saturating_add(1);
					if receipt.output == expected.as_bytes() {
						right = right.saturating_add(1);
					}
				}
			},
			InferenceState::Refunded(_) => refunded = refunded.saturating_add(1),
			InferenceState::Requested | InferenceState::Answered { .. } => {},
		}
		shown.push((*id, inference.clone()));
	}
	let total = u64::try_from(asked.len()).unwrap_or(u64::MAX);
	let unfinished = total.saturating_sub(settled).saturating_sub(refunded);
	let accuracy = (compared > 0).then(|| f64::from(right) / f64::from(compared));

	let mut summary: Vec<_> = [(settled, "settled"), (refunded, "refunded"), (unfinished, "open")]
		.into_iter()
		.filter(|(count, _)| *count > 0)
		.map(|(count, state)| format!("{count} {state}"))
		.collect();
	summary.push(format!("{} in fees", open(fees)));
	if let Some(accuracy) = accuracy {
		summary.push(format!("{:.1} % right", 100.0 * accuracy));
	}
	let text = format!("{}\n{}", wording::inferences(&shown), summary.join(", "));
	let document = views::Asked {
		model: arguments.model,
		user: user.to_owned(),
		inferences,
		settled,
		refunded,
		open: unfinished,
		fees: fees.into(),
		accuracy,
		seconds: elapsed.as_secs_f64(),
		transactions: transactions(included),
	};
	Report::of(&document, text)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::views::recorded::check;
	use clap::Parser;
	use openledger_client::chain::types::{Basis, Receipt, Refund};
	use openledger_models::Lora;

	const FORM: Form = Form {
		architecture: Some(Architecture::Logistic { inputs: 2, classes: 2 }),
		max_bytes: 8,
		console: Console { quiet: true },
	};

	#[derive(Parser)]
	struct Line {
		#[command(flatten)]
		arguments: Arguments,
	}

	fn ask(options: &[&str]) -> Result<Vec<Question>> {
		let line = [&["infer", "--model", "0"][..], options].concat();
		questions(&Line::try_parse_from(line).unwrap().arguments, &FORM)
	}

	#[test]
	fn numbers_should_be_told_when_the_chain_is_lost_after_questions_were_asked() {
		let asked: Vec<SentQuestion> =
			(7..14).map(|id| SentQuestion { id, expected: None, state: None }).collect();
		let gone = || Error::Unreachable { url: "ws://here".into(), reason: "gone".into() };
		let told = unwatched(gone(), &asked);
		assert_eq!(told.code(), gone().code());
		let told = told.to_string();
		for words in ["gone", "7, 8, 9, 10, 11 and 2 more", "paid for", "inference show 7"] {
			assert!(told.contains(words), "'{told}' lacks '{words}'");
		}
		assert_eq!(unwatched(gone(), &[]).to_string(), gone().to_string());
	}

	#[test]
	fn answers_should_be_printed_as_recorded() {
		let receipt = |output: &str| Receipt {
			output: output.into(),
			job: 3,
			fee: 1_000_000_000_000_000_000,
			basis: Basis::Attributed,
			at: 40,
			contributors: 6,
			owners: 2,
			attesters: 1,
			treasury: 1,
		};
		let inference = |state| Inference {
			user: [7; 32].into(),
			model: 1,
			input: b"so so".to_vec(),
			max_fee: 5,
			pricing: Pricing::PerCall(1),
			platform_fee: 1,
			requested: 30,
			deadline: 50,
			state,
		};
		let asked = |id, expected: Option<&str>, state: Option<InferenceState>| SentQuestion {
			id,
			expected: expected.map(Into::into),
			state: state.map(inference),
		};
		let settled = |output| Some(InferenceState::Settled(receipt(output)));
		let line = ["infer", "--model", "1", "--input", "so so"];
		let arguments = Line::try_parse_from(line).unwrap().arguments;
		let printed = |asked: &[SentQuestion]| {
			report(&arguments, "5Grw", asked, &[], Duration::from_millis(1_500)).unwrap().json
		};
		check(
			"infer",
			[
				("one", printed(&[asked(1, None, settled("good"))])),
				(
					"many with right answers",
					printed(&[
						asked(1, Some("good"), settled("good")),
						asked(2, Some("bad"), settled("good")),
						asked(3, Some("bad"), Some(InferenceState::Refunded(Refund::TimedOut))),
						asked(4, Some("bad"), Some(InferenceState::Requested)),
						asked(5, Some("bad"), None),
					]),
				),
			],
		);
	}

	#[test]
	fn texts_should_be_asked_as_they_stand_and_labels_kept_back() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("rows.jsonl");
		let architecture = Architecture::Encoder {
			base: [7; 32],
			lora: Lora { rank: 1, alpha: 1, targets: vec!["query".into()], rslora: false },
			classes: 2,
			class_names: vec!["bad".into(), "good".into()],
			max_tokens: 8,
		};
		let form = Form {
			architecture: Some(architecture),
			max_bytes: 8,
			console: Console { quiet: true },
		};
		let asked = |labelled| rows(&path, &form, 9, labelled).map_err(|error| error.to_string());
		std::fs::write(&path, "{\"text\":\" so\\nso \",\"label\":\"good\"}\n").unwrap();
		let question = asked(true).unwrap().remove(0);
		assert_eq!(
			(question.input.as_str(), question.expected.as_deref()),
			(" so\nso ", Some("good"))
		);
		assert_eq!(asked(false).unwrap()[0].expected, None);
		std::fs::write(&path, "{\"text\":\"far too long\"}\n").unwrap();
		assert!(asked(false).err().unwrap().contains("row 1 of the data: the input is too long"));
		assert!(asked(true).err().unwrap().contains("no labels"));
		std::fs::write(&path, "text,label\nso so,neither\n").unwrap();
		assert!(asked(true).err().unwrap().contains("one of bad, good"));
		assert!(form.check(" \n").is_err());
	}

	#[test]
	fn input_should_be_taken_when_exactly_as_long_as_the_chain_takes() {
		let questions = ask(&["--input", " 1.25,1.5 "]).unwrap();
		assert_eq!(questions[0].input, "1.25,1.5");
	}

	#[test]
	fn input_should_be_refused_with_length_and_limit_when_too_long() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("rows.csv");
		let path = path.to_str().unwrap();
		let long = "the input is too long: 9 bytes, this chain takes at most 8";

		let Err(error) = ask(&["--input", "1.25,1.25"]) else { panic!("nine bytes were taken") };
		assert_eq!(error.to_string(), long);
		std::fs::write(path, "x,y\n1,2\n1.25,1.25\n").unwrap();
		let Err(error) = ask(&["--inputs", path]) else { panic!("nine bytes were taken") };
		assert_eq!(error.to_string(), format!("{path}: row 3: {long}"));
		std::fs::write(path, "x,y,class\n1,2,0\n1.25,1.25,0\n").unwrap();
		let Err(error) = ask(&["--inputs", path, "--labelled"]) else {
			panic!("nine bytes were taken")
		};
		assert_eq!(error.to_string(), format!("{path}: row 2 of the data: {long}"));
		// What is not sent need not fit.
		assert_eq!(ask(&["--inputs", path, "--labelled", "--limit", "1"]).unwrap().len(), 1);
	}

	#[test]
	fn rows_should_be_read_without_header_and_up_to_the_limit() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("rows.csv");
		std::fs::write(&path, "a,b\n1,2\n\n 3,4 \n5,6\n").unwrap();
		let inputs: Vec<_> =
			unlabelled(&path, &FORM, 2).unwrap().into_iter().map(|q| q.input).collect();
		assert_eq!(inputs, ["1,2", "3,4"]);
	}

	#[test]
	fn error_should_name_file_row_and_column_when_a_row_is_malformed() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("rows.csv");
		std::fs::write(&path, "1,2\n3,x\n").unwrap();
		let Err(Error::BadData(message)) = unlabelled(&path, &FORM, 9) else {
			panic!("a malformed row was taken")
		};
		assert!(message.contains("rows.csv: row 2, column 2"), "{message}");
	}
}
