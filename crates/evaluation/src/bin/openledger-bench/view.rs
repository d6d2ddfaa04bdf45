//! Results as tables.

use openledger_evaluation::{
	Detection, Estimate, EvaluationReport, Lds, LeaveOneOut, Measured, Mislabelled, Precision,
	Removal, RemovalPoint,
};
use openledger_output::{fields, table, Column};

/// The results of one task as tables for people.
pub fn text(report: &EvaluationReport) -> String {
	let mut parts = vec![heading(report)];
	parts.extend(report.lds.iter().map(lds));
	parts.extend(report.leave_one_out.as_ref().map(leave_one_out));
	parts.extend(report.mislabelled.as_ref().map(mislabelled));
	parts.extend(report.removal.as_ref().map(removal));
	parts.join("\n\n")
}

fn heading(report: &EvaluationReport) -> String {
	let decay = report.config.weight_decay;
	fields(&[
		("task", report.task.clone()),
		("model", report.config.architecture.to_json()),
		("rows", format!("{} to train on, {} to test", report.train_rows, report.test_rows)),
		("accuracy", format!("{:.2} % on test rows", 100.0 * report.accuracy)),
		("training loss", format!("{:.4} nats", report.training_loss)),
		("gradient", format!("{:.1e} long, weight decay {decay} counted", report.gradient_norm)),
		("seconds", format!("{:.1} on {} threads", report.seconds, report.protocol.threads)),
	])
}

fn lds(lds: &Lds) -> String {
	let unit = match lds.contribution_rows {
		1 => "single rows".to_owned(),
		rows => format!("{} contributions of {rows} rows", lds.contributions),
	};
	let ceiling = lds
		.ceiling
		.map_or(String::new(), |ceiling| format!("; at most {ceiling:.3} can be predicted"));
	let title = format!("linear datamodeling score, {unit}{ceiling}");
	let seconds = format!("retraining took {:.1} seconds", lds.retraining_seconds);
	let mut columns = vec![
		Column::Text("method"),
		Column::Text("numbers"),
		Column::Number("LDS"),
		Column::Number("95 %"),
	];
	columns.extend(COSTS);
	let rows = lds.results.iter().map(|result| {
		let values = [value(&result.lds), interval(&result.lds)];
		[name(&result.measured).as_slice(), &values, &costs(&result.measured)].concat()
	});
	[title, table(&columns, rows.collect()), seconds].join("\n")
}

fn leave_one_out(found: &LeaveOneOut) -> String {
	let title = format!(
		"leaving out each of {} rows; margins change by up to {:.3}; gradients at the minima are \
		 below {:.0e}",
		found.rows.len(),
		found.largest_change,
		found.gradient_norm.max(1e-10)
	);
	let columns = [
		Column::Text("method"),
		Column::Text("numbers"),
		Column::Number("Pearson"),
		Column::Number("95 %"),
		Column::Number("Spearman"),
		Column::Number("95 %"),
	];
	let rows = found.results.iter().map(|result| {
		let (pearson, spearman) = (&result.pearson, &result.spearman);
		let values = [value(pearson), interval(pearson), value(spearman), interval(spearman)];
		[name(&result.measured).as_slice(), &values].concat()
	});
	[title, table(&columns, rows.collect())].join("\n")
}

fn mislabelled(found: &Mislabelled) -> String {
	let title = format!("finding {} mislabelled rows", found.count);
	let columns = [
		Column::Text("ranked by"),
		Column::Text("score"),
		Column::Number("AUC"),
		Column::Number("95 %"),
		Column::Number("at 10 %"),
		Column::Number("95 %"),
		Column::Number("at 20 %"),
		Column::Number("95 %"),
	];
	let estimates = |d: &Detection| [d.auc, d.found_at_10, d.found_at_20];
	let row = |name: &str, score: &str, detection: &Detection| {
		let values = estimates(detection).iter().flat_map(|e| [value(e), interval(e)]).collect();
		[vec![name.to_owned(), score.to_owned()], values].concat()
	};
	let mut rows = vec![row("loss of the model", "", &found.loss)];
	let (mut float, mut change) = (None, 0.0f64);
	for result in &found.results {
		let both = [&result.self_influence, &result.held_out_harm];
		if result.measured.precision == Precision::Float {
			let name = &result.measured.method;
			rows.push(row(name, "self-influence", both[0]));
			rows.push(row(name, "harm to held-out", both[1]));
			float = Some(both);
		} else if let Some(float) = float {
			let values = |d: [&Detection; 2]| d.map(estimates).concat();
			let pairs = values(float).into_iter().zip(values(both));
			change = pairs.fold(change, |most, (a, b)| most.max((a.value - b.value).abs()));
		}
	}
	let note = format!(
		"found after inspecting 10 and 20 % of all rows; 16 and 8 bits change no value by more than \
		 {change:.3}"
	);
	[title, table(&columns, rows), note].join("\n")
}

fn removal(found: &Removal) -> String {
	let title = format!(
		"removing the rows that helped most, for each of {} test rows, {} retrainings each: fall of \
		 the margin, and answers that change",
		found.test_rows, found.retrains
	);
	let columns = [
		Column::Text("rows by"),
		Column::Number("removed"),
		Column::Number("fall"),
		Column::Number("95 %"),
		Column::Number("changed, %"),
		Column::Number("95 %"),
	];
	let row = |name: &str, point: &RemovalPoint| {
		let percent = |x: f64| 100.0 * x;
		let RemovalPoint { drop, changed, .. } = point;
		vec![
			name.to_owned(),
			point.removed.to_string(),
			format!("{:.2}", drop.value),
			format!("[{:.2}, {:.2}]", drop.low, drop.high),
			format!("{:.0}", percent(changed.value)),
			format!("[{:.0}, {:.0}]", percent(changed.low), percent(changed.high)),
		]
	};
	let mut rows: Vec<_> = found.random.iter().map(|point| row("chance", point)).collect();
	for result in &found.results {
		let method = &result.measured.method;
		rows.extend(result.points.iter().map(|point| row(method, point)));
	}
	[title, table(&columns, rows)].join("\n")
}

const COSTS: [Column; 4] = [
	Column::Number("index, s"),
	Column::Number("scores, s"),
	Column::Number("peak, MB"),
	Column::Number("leaves, MB"),
];

fn costs(measured: &Measured) -> [String; 4] {
	let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
	[
		format!("{:.2}", measured.building_seconds),
		format!("{:.2}", measured.scoring_seconds),
		measured.memory.map_or(String::new(), |memory| megabytes(memory.peak)),
		measured.index_bytes.map_or(String::new(), megabytes),
	]
}

fn name(measured: &Measured) -> [String; 2] {
	[measured.method.clone(), numbers(measured.precision).to_owned()]
}

/// A precision in one word.
pub fn numbers(precision: Precision) -> &'static str {
	match precision {
		Precision::Float => "float",
		Precision::Int16 => "int16",
		Precision::Int8 => "int8",
	}
}

fn value(estimate: &Estimate) -> String {
	format!("{:.3}", estimate.value)
}

fn interval(estimate: &Estimate) -> String {
	format!("[{:.3}, {:.3}]", estimate.low, estimate.high)
}
