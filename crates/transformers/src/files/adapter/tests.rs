use super::*;
use crate::files::TensorError;
use serde_json::json;

fn classifier() -> AdapterFile {
	let values = |n: usize, start: f32| (0..n).map(|i| start + i as f32 * 0.25).collect();
	let module = |name: &str| format!("encoder.layer.0.attention.self.{name}");
	let matrices = [(module("query"), 1.0), (module("value"), -2.0)];
	let target_modules = vec!["query".to_owned(), "value".to_owned()];
	AdapterFile {
		config: LoraConfig { rank: 2, alpha: 16.0, target_modules, rslora: false },
		matrices: matrices
			.into_iter()
			.map(|(name, start)| (name, (values(2 * 32, start), values(32 * 2, -start))))
			.collect(),
		head: Some((values(3 * 32, 0.5), values(3, 0.0))),
		base_hash: Some([7; 32]),
		task: TaskType::SequenceClassification,
	}
}

fn language_model() -> AdapterFile {
	let matrices =
		BTreeMap::from([("layers.1.mlp.up_proj".to_owned(), (vec![1.0; 6], vec![2.0; 8]))]);
	let target_modules = vec!["up_proj".to_owned()];
	AdapterFile {
		config: LoraConfig { rank: 2, alpha: 0.5, target_modules, rslora: true },
		matrices,
		head: None,
		base_hash: None,
		task: TaskType::CausalLanguageModel,
	}
}

fn reason<T: std::fmt::Debug>(result: Result<T, FileError>) -> AdapterError {
	match result {
		Err(FileError::Adapter { source, .. }) => source,
		other => panic!("{other:?}"),
	}
}

/// The settings with one of them changed.
fn with_setting(
	adapter: &AdapterFile,
	field: &str,
	value: Value,
) -> Result<AdapterFile, FileError> {
	let (config, tensors) = adapter.to_bytes(None).unwrap();
	let mut config: Value = serde_json::from_slice(&config).unwrap();
	config[field] = value;
	AdapterFile::from_bytes(config.to_string().as_bytes(), &tensors)
}

/// An adapter file of these tensors under the classifier's settings.
fn with_tensors(tensors: &[(&str, &[usize])]) -> Result<AdapterFile, FileError> {
	let (config, _) = classifier().to_bytes(None).unwrap();
	let values = vec![0.5; 4096];
	let mut writer = TensorWriter::default();
	for (name, shape) in tensors {
		writer.add(*name, shape, &values[..shape.iter().product()]);
	}
	AdapterFile::from_bytes(&config, &writer.finish(Path::new(TENSORS), &[]).unwrap())
}

#[test]
fn adapter_should_be_equal_when_written_and_read() {
	for adapter in [classifier(), language_model()] {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("new/adapter");
		adapter.write(&path, Some("a/base")).unwrap();
		assert_eq!(AdapterFile::read(&path).unwrap(), adapter);
		assert_eq!(AdapterFile::base_name(&path).unwrap().as_deref(), Some("a/base"));
		let (config, tensors) = adapter.to_bytes(Some("a/base")).unwrap();
		assert_eq!(std::fs::read(path.join(CONFIG)).unwrap(), config);
		assert_eq!(std::fs::read(path.join(TENSORS)).unwrap(), tensors);
		let mut shuffled = adapter.clone();
		shuffled.config.target_modules.reverse();
		assert_eq!(shuffled.to_bytes(Some("a/base")).unwrap(), (config, tensors));
	}
}

#[test]
fn files_should_have_the_names_of_peft() {
	let (config, tensors) = classifier().to_bytes(None).unwrap();
	let config: Value = serde_json::from_slice(&config).unwrap();
	assert_eq!(config["lora_alpha"].to_string(), "16");
	assert_eq!(config["modules_to_save"], json!(["classifier", "score"]));
	assert_eq!((&config["peft_type"], &config["task_type"]), (&json!("LORA"), &json!("SEQ_CLS")));
	let names = TensorFile::from_bytes(Path::new(TENSORS), &tensors).unwrap().names();
	let prefix = "base_model.model.bert.encoder.layer.0.attention.self";
	assert_eq!(
		names,
		[
			&format!("{prefix}.query.lora_A.weight"),
			&format!("{prefix}.query.lora_B.weight"),
			&format!("{prefix}.value.lora_A.weight"),
			&format!("{prefix}.value.lora_B.weight"),
			"base_model.model.classifier.bias",
			"base_model.model.classifier.weight",
		]
	);
	let (config, tensors) = language_model().to_bytes(None).unwrap();
	let config: Value = serde_json::from_slice(&config).unwrap();
	assert_eq!((&config["lora_alpha"], &config["modules_to_save"]), (&json!(0.5), &Value::Null));
	let names = TensorFile::from_bytes(Path::new(TENSORS), &tensors).unwrap().names();
	assert_eq!(names[0], "base_model.model.model.layers.1.mlp.up_proj.lora_A.weight");
}

#[test]
fn scaling_should_be_that_of_the_paper_and_of_its_stabilised_form() {
	let config = classifier().config;
	assert_eq!(config.scaling(), 8.0);
	let stabilised = LoraConfig { rslora: true, ..config };
	assert_eq!(stabilised.scaling(), 16.0 / 2f64.sqrt());
}

#[test]
fn module_should_be_targeted_when_its_last_names_are() {
	let config = LoraConfig { target_modules: vec!["output.dense".into()], ..classifier().config };
	assert!(config.targets("output.dense"));
	assert!(config.targets("encoder.layer.1.output.dense"));
	assert!(!config.targets("encoder.layer.1.intermediate.dense"));
	assert!(!config.targets("encoder.layer.1.my_output.dense"));
}

#[test]
fn settings_should_be_read_when_peft_wrote_more_of_them() {
	let adapter = language_model();
	for (field, value) in [
		("target_modules", json!(["model.layers.1.mlp.up_proj"])),
		("use_dora", json!(false)),
		("rank_pattern", json!({})),
		("exclude_modules", Value::Null),
		("init_lora_weights", json!("gaussian")),
		("peft_version", json!("0.99.0")),
		("auto_mapping", json!({ "base_model_class": "LlamaForCausalLM" })),
		("a_setting_to_come", json!(false)),
	] {
		let read = with_setting(&adapter, field, value).unwrap();
		assert_eq!(read.matrices, adapter.matrices, "{field}");
	}
	let full = with_setting(&adapter, "target_modules", json!(["model.layers.1.mlp.up_proj"]));
	assert_eq!(full.unwrap().config.target_modules, ["layers.1.mlp.up_proj"]);
}

#[test]
fn settings_should_be_refused_with_their_own_reason_when_not_supported() {
	let adapter = classifier();
	let refusal = |field: &str, value: Value| reason(with_setting(&adapter, field, value));
	for (field, value) in [
		("rank_pattern", json!({ "query": 4 })),
		("alpha_pattern", json!({ "query": 4 })),
		("use_dora", json!(true)),
		("bias", json!("all")),
		("lora_bias", json!(true)),
		("fan_in_fan_out", json!(true)),
		("init_lora_weights", json!("pissa")),
		("layers_to_transform", json!([0])),
		("modules_to_save", json!(["embed_tokens"])),
		("use_rslora", json!("yes")),
		("a_setting_to_come", json!({ "on": true })),
	] {
		let error = refusal(field, value);
		assert!(matches!(&error, AdapterError::Unsupported { field: named, .. } if named == field));
	}
	assert!(refusal("use_dora", json!(true)).to_string().contains("DoRA"));
	assert!(refusal("rank_pattern", json!({ "a": 1 })).to_string().contains("the same rank"));
	assert_eq!(refusal("peft_type", json!("IA3")), AdapterError::Type("IA3".to_owned()));
	assert_eq!(
		refusal("task_type", json!("TOKEN_CLS")),
		AdapterError::Task("TOKEN_CLS".to_owned())
	);
	assert!(matches!(
		refusal("target_modules", json!("all-linear")),
		AdapterError::TargetModules(_)
	));
	assert!(matches!(refusal("target_modules", json!([1])), AdapterError::TargetModules(_)));
	for rank in [0, 1 << 40] {
		assert!(
			matches!(refusal("r", json!(rank)), AdapterError::Rank { found, .. } if found == rank)
		);
	}
	assert_eq!(refusal("lora_alpha", json!(0)), AdapterError::Alpha(0.0));
	for field in ["peft_type", "task_type", "r", "lora_alpha", "target_modules"] {
		assert_eq!(refusal(field, Value::Null), AdapterError::Missing(field));
	}
	let (_, tensors) = adapter.to_bytes(None).unwrap();
	assert!(matches!(AdapterFile::from_bytes(b"[]", &tensors), Err(FileError::Json { .. })));
}

#[test]
fn matrices_should_be_refused_with_their_own_reason_when_they_do_not_fit_the_settings() {
	const QUERY: &str = "base_model.model.bert.encoder.layer.0.attention.self.query";
	const HEAD: &str = "base_model.model.classifier";
	let (a, b) = (&format!("{QUERY}.lora_A.weight"), &format!("{QUERY}.lora_B.weight"));
	let (weight, bias) = (&format!("{HEAD}.weight"), &format!("{HEAD}.bias"));
	let refusal = |tensors: &[(&str, &[usize])]| reason(with_tensors(tensors));
	let unpaired =
		|error, missing| matches!(error, AdapterError::Unpaired { missing: m, .. } if m == missing);
	assert!(unpaired(refusal(&[(a, &[2, 8])]), "lora_B"));
	assert!(unpaired(refusal(&[(b, &[8, 2])]), "lora_A"));
	assert!(unpaired(refusal(&[(a, &[2, 8]), (b, &[8, 2]), (weight, &[3, 8])]), "bias"));
	assert!(unpaired(refusal(&[(a, &[2, 8]), (b, &[8, 2]), (bias, &[3])]), "weight"));
	for shape in [&[3, 8][..], &[2], &[2, 0], &[2, 2, 2]] {
		let error = refusal(&[(a, shape), (b, &[8, 2])]);
		assert!(matches!(&error, AdapterError::Shape { found, .. } if found == shape), "{error}");
	}
	let text = refusal(&[(a, &[2, 8]), (b, &[8, 3])]).to_string();
	assert_eq!(
		text,
		"lora_B of module 'encoder.layer.0.attention.self.query' has shape [8, 3] instead of [outputs, 2]"
	);
	for name in [
		"classifier.weight",
		"base_model.model.bert.x.lora_A.bias",
		&format!("{QUERY}.lora_C.weight"),
	] {
		assert!(matches!(refusal(&[(name, &[2, 8])]), AdapterError::UnknownTensor(_)));
	}
	// The same module under two names.
	let bare = a.replace("bert.", "");
	assert!(matches!(refusal(&[(a, &[2, 8]), (&bare, &[2, 8])]), AdapterError::UnknownTensor(_)));
	assert_eq!(refusal(&[]), AdapterError::Empty);
	let head: [(&str, &[usize]); 2] = [(weight, &[3, 8]), (bias, &[3])];
	let pair: [(&str, &[usize]); 2] = [(a, &[2, 8]), (b, &[8, 2])];
	assert_eq!(refusal(&[pair, head].concat()), AdapterError::Untrained("value".to_owned()));
	let other = [a, b].map(|name| name.replace("query", "key"));
	let other: [(&str, &[usize]); 2] = [(&other[0], &[2, 8]), (&other[1], &[8, 2])];
	assert!(matches!(refusal(&[pair, other].concat()), AdapterError::NotTargeted(_)));
	let cut = classifier().to_bytes(None).unwrap();
	let cut = AdapterFile::from_bytes(&cut.0, &cut.1[..cut.1.len() - 1]);
	assert!(matches!(cut, Err(FileError::Tensor { source: TensorError::Truncated { .. }, .. })));
}

#[test]
fn adapter_should_not_be_written_when_it_could_not_be_read() {
	let refusal = |change: &dyn Fn(&mut AdapterFile)| {
		let mut adapter = classifier();
		change(&mut adapter);
		reason(adapter.to_bytes(None))
	};
	assert!(matches!(refusal(&|a| a.config.rank = 0), AdapterError::Rank { found: 0, .. }));
	assert!(matches!(refusal(&|a| a.config.rank = 3), AdapterError::Shape { .. }));
	assert!(matches!(refusal(&|a| a.config.alpha = f64::NAN), AdapterError::Alpha(_)));
	assert!(matches!(refusal(&|a| a.matrices.clear()), AdapterError::Empty));
	assert!(matches!(refusal(&|a| a.head = None), AdapterError::Head { task: "SEQ_CLS", .. }));
	assert!(matches!(
		refusal(&|a| a.head = Some((vec![1.0], vec![1.0]))),
		AdapterError::Head { .. }
	));
	let infinite = refusal(&|a| a.head.as_mut().unwrap().1[0] = f32::INFINITY);
	assert!(matches!(infinite, AdapterError::NotFinite { matrix: "bias", .. }));
	let nan = refusal(&|a| a.matrices.values_mut().next().unwrap().0[0] = f32::NAN);
	assert!(matches!(nan, AdapterError::NotFinite { matrix: "lora_A", .. }));
	let task = refusal(&|a| a.task = TaskType::CausalLanguageModel);
	assert!(matches!(task, AdapterError::Head { task: "CAUSAL_LM", .. }));
}

#[test]
fn adapter_should_be_refused_when_its_recorded_hash_is_none() {
	let (config, tensors) = classifier().to_bytes(None).unwrap();
	let digits = hex::encode([7u8; 32]);
	let text = String::from_utf8_lossy(&tensors).into_owned();
	assert!(text.contains(&digits));
	let place = tensors.windows(64).position(|window| window == digits.as_bytes()).unwrap();
	let mut damaged = tensors.clone();
	damaged[place] = b'x';
	let error = reason(AdapterFile::from_bytes(&config, &damaged));
	assert!(matches!(error, AdapterError::BaseHash(_)), "{error}");
}
