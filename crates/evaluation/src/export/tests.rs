use super::*;
use crate::{evaluate, EvaluationReport, Measure, Method, Precision, Protocol};
use openledger_influence::GradientDot;
use openledger_models::{testing::blobs, train, Activation, Architecture, Lora};
use openledger_transformers::files::tiny;
use safetensors::SafeTensors;
use std::collections::BTreeSet;

fn task() -> Task {
	let architecture = Architecture::mlp(&[2, 4, 3], Activation::Relu);
	let config = TrainConfig { epochs: 4, ..TrainConfig::standard(architecture) };
	Task::new("points", blobs(40, 1), blobs(10, 2), config)
}

fn run(root: &Path, measures: &[Measure], subsets: usize) -> Result<EvaluationReport> {
	let precisions = vec![Precision::Float, Precision::Int8];
	let methods =
		[Method::Index { name: "dot".into(), builder: Box::new(GradientDot), precisions }];
	let export = Some(root.to_owned());
	let standard = Protocol::standard();
	let protocol =
		Protocol { subsets, retrains: 2, contribution_rows: 4, resamples: 10, export, ..standard };
	evaluate(&task(), &methods, &measures.iter().copied().collect(), &protocol, &mut |_| ())
}

fn tensor(file: &SafeTensors<'_>, name: &str, dtype: Dtype, shape: &[usize]) -> Vec<u8> {
	let view = file.tensor(name).unwrap();
	assert_eq!((view.dtype(), view.shape()), (dtype, shape), "{name}");
	view.data().to_vec()
}

fn doubles(bytes: &[u8]) -> Vec<f64> {
	bytes.as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
}

#[test]
fn files_should_hold_what_the_report_is_made_of() {
	let root = tempfile::tempdir().unwrap();
	let report = run(root.path(), &[Measure::LdsRows, Measure::LdsContributions], 6).unwrap();
	for (lds, (rows, contributions)) in report.lds.iter().zip([(1, 40), (4, 10)]) {
		let path = root.path().join(format!("points/lds-{rows}.safetensors"));
		let bytes = fs::read(path).unwrap();
		let file = SafeTensors::deserialize(&bytes).unwrap();
		let half = contributions / 2;
		let subsets = tensor(&file, "subsets", Dtype::U32, &[6, half]);
		let subsets: Vec<usize> =
			subsets.as_chunks().0.iter().map(|b| u32::from_le_bytes(*b) as usize).collect();
		for subset in subsets.chunks(half) {
			let distinct: BTreeSet<_> = subset.iter().filter(|c| **c < contributions).collect();
			assert_eq!(distinct.len(), half);
		}
		let margins = doubles(&tensor(&file, "margins", Dtype::F64, &[6, 2, 10]));
		for (result, precision) in lds.results.iter().zip(["float", "int8"]) {
			let name = format!("scores.dot.{precision}");
			let scores = doubles(&tensor(&file, &name, Dtype::F64, &[10, contributions]));
			// The report shows both sides for the first test row.
			for (s, (predicted, actual)) in result.example.iter().enumerate() {
				let sum: f64 = subsets[s * half..][..half].iter().map(|&c| scores[c]).sum();
				assert_eq!(sum, *predicted);
				assert_eq!((margins[20 * s] + margins[20 * s + 10]) / 2.0, *actual);
			}
		}
	}
}

#[test]
fn task_and_model_should_read_back_when_exported() {
	let root = tempfile::tempdir().unwrap();
	// Nothing is retrained.
	let report = run(root.path(), &[], 0).unwrap();
	let directory = root.path().join("points");
	let names: BTreeSet<String> = fs::read_dir(&directory)
		.unwrap()
		.map(|entry| entry.unwrap().file_name().into_string().unwrap())
		.collect();
	let all = ["README.md", TASK, "train.csv", "test.csv", MODEL, "logits.safetensors"];
	assert_eq!(names, all.map(String::from).into());
	let (read, task) = (Exported::read(&directory).unwrap(), task());
	assert_eq!(read.task, task);
	assert_eq!(read.model, train(&task.train, &task.config, &mut |_| ()).unwrap().model);
	assert_eq!(read.model.accuracy(&task.test).unwrap(), report.accuracy);
	let bytes = fs::read(directory.join("logits.safetensors")).unwrap();
	let logits = tensor(&SafeTensors::deserialize(&bytes).unwrap(), "test", Dtype::F32, &[10, 3]);
	let expected = read.model.batch_logits(&task.test).unwrap().concat();
	assert_eq!(logits, expected.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>());
}

#[test]
fn export_should_be_refused_when_there_is_something_in_the_directory() {
	let root = tempfile::tempdir().unwrap();
	let directory = root.path().join("points");
	fs::create_dir(&directory).unwrap();
	run(root.path(), &[], 0).unwrap();
	let before = fs::read(directory.join(TASK)).unwrap();
	let error = run(root.path(), &[], 0).unwrap_err().to_string();
	let expected = format!("export: {} is not empty", directory.display());
	assert!(error.starts_with(&expected), "{error}");
	assert_eq!(fs::read(directory.join(TASK)).unwrap(), before);
}

#[test]
fn reading_should_say_what_is_wrong_when_a_file_is_damaged_or_missing() {
	let root = tempfile::tempdir().unwrap();
	run(root.path(), &[], 0).unwrap();
	let directory = root.path().join("points");
	let error = |name: &str, content: &str| {
		let path = directory.join(name);
		let whole = fs::read_to_string(&path).unwrap();
		fs::write(&path, content.replace("WHOLE", &whole)).unwrap();
		let error = Exported::read(&directory).unwrap_err().to_string();
		fs::write(&path, whole).unwrap();
		error
	};
	let missing_row = "the exported task is malformed: it has 41 and 10 rows";
	assert!(error("train.csv", "WHOLE1,2,0\n").starts_with(missing_row));
	assert!(error(TASK, "{}").starts_with("the exported task is not valid: missing field"));
	assert_eq!(
		error("test.csv", "1,2,0\n1,2,9\n").split(':').next(),
		Some("the exported task is malformed")
	);
	fs::remove_file(directory.join(MODEL)).unwrap();
	let error = Exported::read(&directory).unwrap_err().to_string();
	assert!(error.starts_with("cannot read ") && error.contains(MODEL), "{error}");
}

#[test]
fn transformer_should_read_back_with_its_rows_when_labels_have_names() {
	let root = tempfile::tempdir().unwrap();
	let (base, out) = (root.path().join("tiny"), root.path().join("out"));
	let texts = ["a good day", "a bad day", "bad and good", "good"].map(String::from).to_vec();
	tiny::bert(&base, &texts, &tiny::TinyConfig::default()).unwrap();
	let lora = Lora { rank: 2, alpha: 4, targets: vec!["query".into()], rslora: false };
	let base = Base::open(&base).unwrap();
	let names = vec!["down".to_owned(), "up".to_owned()];
	let architecture = Architecture::Encoder {
		base: base.hash(),
		lora,
		classes: 2,
		class_names: names.clone(),
		max_tokens: 16,
	};
	let rows = |labels: Vec<u32>| {
		let rows = TextDataset::new(texts.clone(), Some(labels), names.clone()).unwrap();
		Dataset::from_text(rows)
	};
	let config = TrainConfig { epochs: 1, ..TrainConfig::standard(architecture) };
	let task = Task::new("text", rows(vec![0, 1, 1, 0]), rows(vec![1; 4]), config);
	let trained = train(&task.train, &task.config, &mut |_| ()).unwrap();
	let (model, loss) = (trained.model, trained.loss);
	let subject = Subject { task: &task, model, loss, accuracy: 1.0, gradient_norm: 0.0 };
	Export::create(&out, &task).unwrap().subject(&subject).unwrap();
	let read = Exported::read(&out.join("text")).unwrap();
	assert_eq!(read.model, subject.model);
	// Names that only one of the two has would be numbered anew.
	for (read, rows) in [(&read.task.train, &task.train), (&read.task.test, &task.test)] {
		assert_eq!(read.labels(), rows.labels());
		assert_eq!(read.texts().unwrap().texts(), rows.texts().unwrap().texts());
	}
	let adapter = openledger_transformers::files::AdapterFile::read(&out.join("text/adapter"));
	assert_eq!(adapter.unwrap(), subject.model.text().unwrap().to_adapter());
	let copied = Base::open(&out.join("text/base")).unwrap();
	assert_eq!(copied.hash(), base.hash());
}
