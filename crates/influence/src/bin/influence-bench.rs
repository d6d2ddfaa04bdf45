//! Measures how well attributions predict retraining, on a table of labelled rows.

use clap::Parser;
use openledger_influence::{
	evaluate, Activation, Architecture, Dataset, EkFac, Error, Progress, Protocol, Report, Schema,
	TrainConfig,
};
use std::{
	fs,
	io::{self, IsTerminal, Write},
	path::PathBuf,
	process::ExitCode,
};

/// Trains a classifier, scores every training row for every test row, retrains on random halves of
/// the rows, and prints how well the scores predict the outcome (linear datamodeling score, row by
/// row).
#[derive(Parser)]
#[command(version, args_override_self = true)]
struct Options {
	/// Table in CSV, compressed with gzip or not, the label last.
	#[arg(long, default_value = "tests/data/digits.csv.gz")]
	data: PathBuf,
	/// Rows to train on.
	#[arg(long, default_value_t = 1200)]
	train_rows: usize,
	/// Rows to test on.
	#[arg(long, default_value_t = 200)]
	test_rows: usize,
	/// Widths of the hidden layers, comma-separated.
	#[arg(long, value_delimiter = ',', default_value = "32")]
	hidden: Vec<usize>,
	/// Random halves of the training rows.
	#[arg(long, default_value_t = 100)]
	subsets: usize,
	/// Models trained on each half.
	#[arg(long, default_value_t = 3)]
	retrains: usize,
	/// Fixes the split, the halves and all training.
	#[arg(long, default_value_t = 0)]
	seed: u64,
	/// Threads that retrain; all processors if not given.
	#[arg(long)]
	threads: Option<usize>,
	/// Also writes the report to this file, in JSON.
	#[arg(long)]
	json: Option<PathBuf>,
}

fn main() -> ExitCode {
	match run(&Options::parse()) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error}");
			ExitCode::FAILURE
		},
	}
}

fn run(options: &Options) -> Result<(), Error> {
	let data = Dataset::read_csv(&options.data, &Schema::default())?;
	let (train, rest) = data.split(options.train_rows, options.seed)?;
	if rest.len() < options.test_rows {
		let reason = format!("only {} rows are left after training rows", rest.len());
		return Err(Error::Setting { setting: "test_rows", reason });
	}
	let test = rest.select(&(0..options.test_rows).collect::<Vec<_>>())?;
	let mut widths = vec![data.columns()];
	widths.extend(&options.hidden);
	widths.push(data.classes() as usize);
	let architecture = Architecture::mlp(&widths, Activation::Tanh);
	let config = TrainConfig { seed: options.seed, ..TrainConfig::standard(architecture) };
	let standard = Protocol::standard(config);
	let protocol = Protocol {
		subsets: options.subsets,
		retrains: options.retrains,
		seed: options.seed,
		threads: options.threads.unwrap_or(standard.threads),
		..standard
	};
	let report = evaluate(&EkFac::default(), &train, &test, &protocol, &mut show)?;
	print(&report);
	if let Some(path) = &options.json {
		let text = serde_json::to_string_pretty(&report)
			.map_err(|source| Error::Json { what: "report", source })?;
		fs::write(path, text + "\n").map_err(|source| Error::Io {
			action: "write",
			path: path.clone(),
			source,
		})?;
	}
	Ok(())
}

/// One line that overwrites itself, on terminals only.
fn show(progress: Progress) {
	let mut terminal = io::stderr();
	if terminal.is_terminal() {
		let end = if progress.done == progress.total { "\n" } else { "" };
		// Progress that cannot be shown is no reason to stop.
		let _ =
			write!(terminal, "\r{} {}/{}  {end}", progress.stage, progress.done, progress.total);
		let _ = terminal.flush();
	}
}

fn print(report: &Report) {
	let protocol = &report.protocol;
	println!("builder              {} {}", report.builder, report.parameters);
	println!("architecture         {}", protocol.config.architecture.to_json());
	println!("training, test rows  {}, {}", report.train_rows, report.test_rows);
	println!("halves x retrains    {} x {}", protocol.subsets, protocol.retrains);
	println!("training loss        {:.4} nats", report.training_loss);
	println!("accuracy             {:.3}", report.accuracy);
	println!("LDS, float           {:.3}", report.lds_float);
	println!("LDS, int16           {:.3}", report.lds_int16);
	println!("LDS, int8            {:.3} ± {:.3}", report.lds_int8, report.lds_int8_error);
	println!(
		"retraining           {:.1} s on {} threads",
		report.retraining_seconds, protocol.threads
	);
	println!("index and scores     {:.1} s", report.scoring_seconds);
	println!("total                {:.1} s", report.seconds);
}
