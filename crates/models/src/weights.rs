//! The weights file: safetensors with the architecture as metadata.
//!
//! | tensor | shape | |
//! | --- | --- | --- |
//! | `layers.L.weight` | `[outputs, inputs]` | of layer `L`, counted from 0 |
//! | `layers.L.bias` | `[outputs]` | |
//! | `scaling.shift` | `[inputs]` | subtracted from each feature |
//! | `scaling.factor` | `[inputs]` | multiplied onto each shifted feature |

use super::{
	network::{Linear, Network},
	Architecture,
};
use crate::{
	tensors::{Reader, Writer},
	Error, Result, Site,
};
use serde::{Deserialize, Serialize};

/// What errors call this file.
pub(super) const WHAT: &str = "weights file";

const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Metadata {
	format: u32,
	architecture: Architecture,
}

pub(super) fn write(architecture: &Architecture, network: &Network) -> Result<Vec<u8>> {
	let mut file = Writer::default();
	for (l, layer) in network.layers.iter().enumerate() {
		let (weight, bias) = layer.to_parts();
		file.f32(format!("layers.{l}.weight"), &[layer.outputs, layer.inputs], weight);
		file.f32(format!("layers.{l}.bias"), &[layer.outputs], bias);
	}
	file.f32("scaling.shift", &[network.shift.len()], &network.shift);
	file.f32("scaling.factor", &[network.factor.len()], &network.factor);
	file.finish(WHAT, &Metadata { format: FORMAT, architecture: architecture.clone() })
}

/// The weights file of a model of text: one tensor `sites.NAME` `[outputs, columns]` per site.
pub(super) fn write_sites(
	architecture: &Architecture,
	sites: &[Site],
	parameters: &[f32],
) -> Result<Vec<u8>> {
	let (mut file, mut rest) = (Writer::default(), parameters);
	for site in sites {
		let (here, after) = rest.split_at(site.coordinates());
		rest = after;
		file.f32(format!("sites.{}", site.name), &[site.outputs, site.columns()], here);
	}
	file.finish(WHAT, &Metadata { format: FORMAT, architecture: architecture.clone() })
}

/// Reads the parameters that [`write_sites`] wrote, `[coordinates]`.
pub(super) fn read_sites(bytes: &[u8], sites: &[Site]) -> Result<Vec<f32>> {
	let (file, _) = Reader::open::<Metadata>(WHAT, bytes)?;
	let mut parameters = Vec::new();
	for site in sites {
		let name = format!("sites.{}", site.name);
		parameters.extend(file.f32(&name, &[site.outputs, site.columns()])?);
	}
	Ok(parameters)
}

/// The architecture of a weights file.
pub(super) fn architecture(bytes: &[u8]) -> Result<Architecture> {
	let (_, metadata) = Reader::open::<Metadata>(WHAT, bytes)?;
	if metadata.format != FORMAT {
		let reason = format!("its format is {}, this program reads {FORMAT}", metadata.format);
		return Err(Error::malformed(WHAT, reason));
	}
	metadata.architecture.check()?;
	Ok(metadata.architecture)
}

/// The network of a weights file, whose [`architecture`] has been read and checked.
pub(super) fn read(bytes: &[u8]) -> Result<Network> {
	let (file, metadata) = Reader::open::<Metadata>(WHAT, bytes)?;
	let architecture = metadata.architecture;
	let mut layers = Vec::new();
	for (l, pair) in architecture.widths().windows(2).enumerate() {
		let weight = file.f32(&format!("layers.{l}.weight"), &[pair[1], pair[0]])?;
		let bias = file.f32(&format!("layers.{l}.bias"), &[pair[1]])?;
		layers.push(Linear::from_parts(pair[0], &weight, &bias));
	}
	let shift = file.f32("scaling.shift", &[architecture.inputs()])?;
	let factor = file.f32("scaling.factor", &[architecture.inputs()])?;
	let activation = architecture.activation();
	Ok(Network { layers, activation, shift, factor })
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{testing::random_model, Activation, Model};

	#[test]
	fn model_should_be_equal_when_written_and_read() {
		let model = random_model(&[5, 4, 3, 2], Activation::Relu, 9);
		let read = Model::load(model.to_bytes(), Some(&model.hash())).unwrap();
		assert_eq!(read, model);
		// Equal weights have equal bytes, so one hash.
		assert_eq!(random_model(&[5, 4, 3, 2], Activation::Relu, 9).hash(), model.hash());
	}

	#[test]
	fn load_should_name_both_hashes_when_a_bit_is_flipped() {
		let model = random_model(&[5, 4, 2], Activation::Tanh, 1);
		let mut bytes = model.to_bytes().to_vec();
		*bytes.last_mut().unwrap() ^= 1;
		let text = Model::load(&bytes, Some(&model.hash())).unwrap_err().to_string();
		assert!(text.contains(&hex::encode(model.hash())));
		assert!(text.contains(&hex::encode(crate::blake2_256(&bytes))));
	}

	#[test]
	fn load_should_fail_without_panic_when_cut_or_foreign() {
		let bytes = random_model(&[5, 4, 2], Activation::Tanh, 1).to_bytes().to_vec();
		for length in 0..bytes.len() {
			assert!(Model::load(&bytes[..length], None).is_err(), "{length}");
		}
		assert!(Model::load(b"not a model at all", None).is_err());
		let mut foreign = Writer::default();
		foreign.f32("x", &[1], &[1.0]);
		let foreign = foreign.finish(WHAT, &"text").unwrap();
		assert!(matches!(Model::load(&foreign, None), Err(Error::Json { .. })));
	}

	#[test]
	fn load_should_name_the_tensor_when_its_shape_or_value_is_wrong() {
		let write = |shape: &[usize], value: f32| {
			let mut file = Writer::default();
			file.f32("layers.0.weight", shape, vec![value; 4]);
			file.f32("layers.0.bias", &[2], vec![0.0; 2]);
			file.f32("scaling.shift", &[2], &[0.0; 2]);
			file.f32("scaling.factor", &[2], &[1.0; 2]);
			let architecture = Architecture::Logistic { inputs: 2, classes: 2 };
			file.finish(WHAT, &Metadata { format: FORMAT, architecture }).unwrap()
		};
		assert!(Model::load(&write(&[2, 2], 1.0), None).is_ok());
		for bytes in [write(&[4], 1.0), write(&[4, 1], 1.0), write(&[2, 2], f32::NAN)] {
			let text = Model::load(&bytes, None).unwrap_err().to_string();
			assert!(text.contains("'layers.0.weight'"), "{text}");
		}
	}
}
