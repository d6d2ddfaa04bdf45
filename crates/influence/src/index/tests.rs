use super::*;
use crate::{EkFac, GradientDot};
use openledger_models::{
	testing::{blobs, random_model},
	Activation, Architecture, TrainConfig,
};
use openledger_rows::Error as RowsError;

/// A trained model and its training rows in five uneven contributions.
fn setting() -> (Model, Vec<Contribution>) {
	let data = blobs(60, 4);
	let architecture = Architecture::mlp(&[2, 6, 3], Activation::Tanh);
	let config = TrainConfig { epochs: 15, ..TrainConfig::standard(architecture) };
	let model = openledger_models::train(&data, &config, &mut |_| ()).unwrap().model;
	let parts = [0..2, 2..10, 10..30, 30..31, 31..60];
	let contributions = parts.into_iter().zip([9, 4, 11, 2, 30]).map(|(rows, id)| Contribution {
		id,
		rows: data.select(&rows.collect::<Vec<_>>()).unwrap(),
	});
	(model, contributions.collect())
}

fn build(model: &Model, contributions: &[Contribution], width: Width) -> Result<Index> {
	build_index(&EkFac::default(), model, contributions, width, &mut |_| ())
}

#[test]
fn index_should_be_equal_when_written_and_read() {
	let (model, contributions) = setting();
	for width in [Width::Int8, Width::Int16] {
		let index = build(&model, &contributions, width).unwrap();
		let read = Index::load(index.to_bytes(), Some(&index.file_hash()), &model).unwrap();
		assert_eq!(read, index);
		assert_eq!(read.commitment(), index.commitment());
		assert_eq!(index.commitment().leaf_count, 5);
		assert_eq!(index.commitment().dimension, 3 * 6 + 7 * 3);
		assert_eq!(index.commitment().width, width);
	}
}

#[test]
fn leaves_should_follow_the_order_given() {
	let (model, contributions) = setting();
	let index = build(&model, &contributions, Width::Int8).unwrap();
	assert_eq!(index.contributions(), [9, 4, 11, 2, 30]);
}

#[test]
fn index_should_be_the_same_bits_when_built_again_or_on_other_threads() {
	let (model, contributions) = setting();
	let hash = build(&model, &contributions, Width::Int16).unwrap().file_hash();
	let others = std::thread::scope(|scope| {
		let build = || build(&model, &contributions, Width::Int16).unwrap().file_hash();
		let threads: Vec<_> = (0..3).map(|_| scope.spawn(build)).collect();
		threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
	});
	assert!(others.iter().all(|other| *other == hash));
}

#[test]
fn leaf_should_be_recomputed_to_the_same_bits_from_the_rows() {
	let (model, contributions) = setting();
	let index = build(&model, &contributions, Width::Int16).unwrap();
	let index = Index::load(index.to_bytes(), None, &model).unwrap();
	for (position, contribution) in contributions.iter().enumerate() {
		let leaf = index.recompute_leaf(&model, position, &contribution.rows).unwrap();
		assert_eq!(Some(&leaf), index.leaf(position).as_ref());
		let other = &contributions[(position + 1) % 5].rows;
		assert_ne!(index.recompute_leaf(&model, position, other).unwrap(), leaf);
	}
	assert!(index.recompute_leaf(&model, 5, &contributions[0].rows).is_err());
}

#[test]
fn parameters_should_name_the_builder() {
	let (model, contributions) = setting();
	let index = build(&model, &contributions, Width::Int8).unwrap();
	let json: serde_json::Value = serde_json::from_str(&index.parameters_json()).unwrap();
	assert_eq!(json["builder"], "ekfac");
	assert_eq!(json["parameters"]["damping"], 0.1);
	let dot = build_index(&GradientDot, &model, &contributions, Width::Int8, &mut |_| ()).unwrap();
	assert_eq!(dot.parameters_json(), r#"{"builder":"gradient-dot","parameters":{}}"#);
	assert_ne!(dot.commitment().root, index.commitment().root);
}

#[test]
fn load_should_name_both_hashes_when_a_bit_is_flipped() {
	let (model, contributions) = setting();
	let index = build(&model, &contributions, Width::Int8).unwrap();
	let mut bytes = index.to_bytes().to_vec();
	*bytes.last_mut().unwrap() ^= 1;
	let error = Index::load(&bytes, Some(&index.file_hash()), &model).unwrap_err();
	assert!(matches!(error, Error::HashMismatch { .. }));
	let text = error.to_string();
	assert!(text.contains(&hex::encode(index.file_hash())));
	assert!(text.contains(&hex::encode(openledger_models::blake2_256(&bytes))));
}

#[test]
fn load_should_name_both_weights_when_the_model_is_another() {
	let (model, contributions) = setting();
	let index = build(&model, &contributions, Width::Int8).unwrap();
	let other = random_model(&[2, 6, 3], Activation::Tanh, 77);
	let error = Index::load(index.to_bytes(), Some(&index.file_hash()), &other).unwrap_err();
	assert!(matches!(error, Error::WrongModel { .. }));
	let text = error.to_string();
	assert!(text.contains(&hex::encode(model.hash())));
	assert!(text.contains(&hex::encode(other.hash())));
}

#[test]
fn load_should_fail_without_panic_when_cut_or_foreign() {
	let (model, contributions) = setting();
	let bytes = build(&model, &contributions, Width::Int8).unwrap().to_bytes().to_vec();
	for length in (0..bytes.len()).step_by(13) {
		assert!(Index::load(&bytes[..length], None, &model).is_err(), "{length}");
	}
	assert!(Index::load(model.to_bytes(), None, &model).is_err());
}

#[test]
fn load_should_refuse_when_a_contribution_has_two_leaves() {
	let (model, contributions) = setting();
	let index = build(&model, &contributions, Width::Int8).unwrap();
	let mut leaves: Vec<_> = index.leaves().map(|l| (l.contribution, l.sketch)).collect();
	let write = |leaves: &[(ContributionId, Sketch)]| {
		let IndexContent { header, parts, scales, tree, .. } = &index.content;
		let ids: Vec<_> = leaves.iter().map(|(id, _)| *id).collect();
		let sketches = |put: &mut openledger_models::tensors::Put<'_>| {
			leaves.iter().try_for_each(|(_, sketch)| put(&file::sketch_bytes(sketch)))?;
			Ok(tree.nodes()[..leaves.len()].to_vec())
		};
		let mut bytes = Vec::new();
		file::write(header, parts, scales, &ids, sketches, &mut |more| {
			bytes.extend_from_slice(more);
			Ok(())
		})
		.unwrap();
		bytes
	};
	// A sketch that the tree does not know.
	leaves.swap(0, 1);
	let text = Index::load(&write(&leaves), None, &model).unwrap_err().to_string();
	assert!(text.contains("its Merkle tree is not that of its leaves"), "{text}");
	leaves[1].0 = leaves[0].0;
	let bytes = write(&leaves);
	let text = Index::load(&bytes, None, &model).unwrap_err().to_string();
	assert!(text.contains("contribution 4 has two leaves"), "{text}");
}

#[test]
fn build_should_refuse_when_contributions_are_missing_repeated_or_unfit() {
	let (model, mut contributions) = setting();
	assert!(matches!(build(&model, &[], Width::Int8), Err(Error::Rows(RowsError::NoRows))));
	contributions[1].id = 9;
	let text = build(&model, &contributions, Width::Int8).unwrap_err().to_string();
	assert!(text.contains("contribution 9 is given twice"), "{text}");
	let wide = Dataset::new(3, vec![1.0; 3], vec![0]).unwrap();
	let unfit = [Contribution { id: 1, rows: wide }];
	assert!(matches!(
		build(&model, &unfit, Width::Int8),
		Err(Error::Rows(RowsError::FeatureCount { .. }))
	));
}

#[test]
fn index_should_be_equal_when_mapped_from_its_file() {
	let (model, contributions) = setting();
	let index = build(&model, &contributions, Width::Int16).unwrap();
	let directory = tempfile::tempdir().unwrap();
	let path = directory.path().join("index.safetensors");
	std::fs::write(&path, index.to_bytes()).unwrap();
	let mapped = Index::open(&path, Some(&index.file_hash()), &model).unwrap();
	assert_eq!(mapped, index);
	assert!(mapped.leaves().eq(index.leaves()));
	assert_eq!(mapped.proof(3), index.proof(3));
	let missing = Index::open(&directory.path().join("none"), None, &model);
	assert!(matches!(missing, Err(Error::Io { .. })));
}
