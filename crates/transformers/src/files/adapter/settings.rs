//! Reads and writes `adapter_config.json`.

use super::{AdapterError, AdapterFile, LoraConfig, TaskType};
use crate::files::shorten;
use serde::Serialize;
use serde_json::{Map, Number, Value};
use std::collections::BTreeSet;

const MAX_RANK: u64 = 1 << 12;

/// The modules that PEFT adds to `modules_to_save` of every classifier.
const HEADS: [&str; 2] = ["classifier", "score"];

/// The settings that are read.
const READ: [&str; 8] = [
	"bias",
	"init_lora_weights",
	"lora_alpha",
	"modules_to_save",
	"peft_type",
	"r",
	"target_modules",
	"task_type",
];

/// The settings that do not change what the adapter computes.
const HARMLESS: [&str; 9] = [
	"auto_mapping",
	"base_model_name_or_path",
	"inference_mode",
	"lora_dropout",
	"megatron_core",
	"peft_version",
	"qalora_group_size",
	"revision",
	"use_rslora",
];

/// Checks that rank and factor are in range.
pub(super) fn check_numbers(rank: u64, alpha: f64) -> Result<(), AdapterError> {
	if rank == 0 || rank > MAX_RANK {
		return Err(AdapterError::Rank { found: rank, largest: MAX_RANK });
	}
	match alpha.is_finite() && alpha > 0.0 {
		true => Ok(()),
		false => Err(AdapterError::Alpha(alpha)),
	}
}

/// Reads the settings. They are refused where this crate would not compute what PEFT computes.
pub(super) fn parse(settings: &Map<String, Value>) -> Result<(LoraConfig, TaskType), AdapterError> {
	let value = |field| settings.get(field).filter(|value| !value.is_null());
	let text = |value: &Value| shorten(value.as_str().unwrap_or(&value.to_string()));
	match value("peft_type").ok_or(AdapterError::Missing("peft_type"))? {
		kind if kind == "LORA" => (),
		other => return Err(AdapterError::Type(text(other))),
	}
	let task = match value("task_type") {
		Some(task) if task == "SEQ_CLS" => TaskType::SequenceClassification,
		Some(task) if task == "CAUSAL_LM" => TaskType::CausalLanguageModel,
		Some(other) => return Err(AdapterError::Task(text(other))),
		None => return Err(AdapterError::Missing("task_type")),
	};
	refuse_unsupported(settings)?;
	let rank = value("r").and_then(Value::as_u64).ok_or(AdapterError::Missing("r"))?;
	let alpha = value("lora_alpha").and_then(Value::as_f64);
	let alpha = alpha.ok_or(AdapterError::Missing("lora_alpha"))?;
	check_numbers(rank, alpha)?;
	let target_modules = match value("target_modules") {
		Some(Value::Array(names)) if !names.is_empty() => names
			.iter()
			.map(|name| name.as_str().map(|name| name.strip_prefix(task.prefix()).unwrap_or(name)))
			.map(|name| name.filter(|name| !name.is_empty()).map(str::to_owned))
			// PEFT keeps them in a set, so they come in any order.
			.collect::<Option<BTreeSet<String>>>()
			.ok_or_else(|| {
				AdapterError::TargetModules("a list of other things than names".into())
			})?,
		Some(other) => return Err(AdapterError::TargetModules(text(other))),
		None => return Err(AdapterError::Missing("target_modules")),
	};
	let rslora = value("use_rslora").and_then(Value::as_bool).unwrap_or(false);
	let target_modules = target_modules.into_iter().collect();
	Ok((LoraConfig { rank: rank as usize, alpha, target_modules, rslora }, task))
}

/// Refuses every setting that may change what the adapter computes, those of later versions of PEFT
/// included: all that are neither known to be harmless nor switched off.
fn refuse_unsupported(settings: &Map<String, Value>) -> Result<(), AdapterError> {
	for (field, value) in settings {
		let reason = match field.as_str() {
			"bias" if value == "none" || value.is_null() => continue,
			"bias" => "only \"none\" is; train the adapter again with it",
			"modules_to_save" => match value.as_array() {
				Some(modules)
					if modules.iter().all(|name| HEADS.iter().any(|head| name == head)) =>
				{
					continue;
				},
				None if value.is_null() => continue,
				_ => "only a classifier can be trained besides the matrices",
			},
			"init_lora_weights" => match value {
				Value::Null | Value::Bool(_) => continue,
				kind if ["gaussian", "orthogonal", "eva"].iter().any(|known| kind == known) => {
					continue
				},
				_ => "it changes the base model's weights; convert the adapter to plain LoRA",
			},
			"use_rslora" if !value.is_boolean() && !value.is_null() => "it must be true or false",
			field if READ.contains(&field) || HARMLESS.contains(&field) => continue,
			_ if is_off(value) => continue,
			"rank_pattern" | "alpha_pattern" => "all modules must have the same rank and alpha",
			"use_dora" => "matrices with a trained magnitude (DoRA) are not read",
			"exclude_modules" | "layers_to_transform" | "layers_pattern" => {
				"name the modules in \"target_modules\" instead"
			},
			"fan_in_fan_out" => "only layers that keep their weights as [outputs, inputs] are read",
			_ => "it may change what the adapter computes; train the adapter again without it",
		};
		let found = shorten(&value.to_string());
		return Err(AdapterError::Unsupported { field: shorten(field), found, reason });
	}
	Ok(())
}

/// Whether a setting has the value that PEFT writes when it is not used.
fn is_off(value: &Value) -> bool {
	match value {
		Value::Null | Value::Bool(false) => true,
		Value::Array(values) => values.is_empty(),
		Value::Object(values) => values.is_empty(),
		_ => false,
	}
}

/// `adapter_config.json` as it is written: its keys are sorted, and none is one that only recent
/// versions of PEFT know.
#[derive(Serialize)]
pub(super) struct Settings<'a> {
	base_model_name_or_path: Option<&'a str>,
	bias: &'a str,
	fan_in_fan_out: bool,
	inference_mode: bool,
	init_lora_weights: bool,
	lora_alpha: Option<Number>,
	lora_dropout: f64,
	modules_to_save: Option<[&'a str; 2]>,
	peft_type: &'a str,
	r: usize,
	target_modules: BTreeSet<&'a str>,
	task_type: &'a str,
	use_rslora: bool,
}

impl<'a> Settings<'a> {
	/// The settings of an adapter.
	pub fn new(adapter: &'a AdapterFile, base_name: Option<&'a str>) -> Self {
		let alpha = adapter.config.alpha;
		// PEFT declares it a whole number.
		let whole = alpha.fract() == 0.0 && alpha < 1e15;
		Self {
			base_model_name_or_path: base_name,
			bias: "none",
			fan_in_fan_out: false,
			inference_mode: true,
			init_lora_weights: true,
			lora_alpha: if whole { Some((alpha as u64).into()) } else { Number::from_f64(alpha) },
			lora_dropout: 0.0,
			modules_to_save: adapter.head.as_ref().map(|_| HEADS),
			peft_type: "LORA",
			r: adapter.config.rank,
			target_modules: adapter.config.target_modules.iter().map(String::as_str).collect(),
			task_type: adapter.task.name(),
			use_rslora: adapter.config.rslora,
		}
	}
}
