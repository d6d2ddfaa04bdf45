//! Building an index: from influence vectors to a file, in memory or on disk.
//!
//! Three passes, none of which keeps more than the coordinates of a few vectors where they are
//! local: the mean squares of margin gradients, the spread of the influence vectors, and the vectors
//! once more, which are quantised, hashed and written.

use super::{
	builder::{check_contributions, data_sets, slices},
	file::{self, IndexHeader},
	quantise::Spread,
	Bytes, Contribution, FloatIndex, Index, IndexBuilder, Influence, Scales,
};
use crate::basis::{dimension, for_each_row, GradientBasis, Part};
use crate::{
	curvature::moments::{add, squares},
	Error, Result,
};
use memmap2::Mmap;
use openledger_blobs::BlobHasher;
use openledger_models::{
	argmax, matrix::pieces_mut, tensors::Put, Function, Hash, Model, Progress, Stage,
};
use openledger_primitives::{ContributionId, Leaf, Width, H256};
use openledger_rows::Dataset;
use rayon::prelude::*;
use std::{
	fs::{self, File},
	io::{BufWriter, Write},
	path::{Path, PathBuf},
	process,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
};

/// Builds the index of `model` over `contributions`, which must be in the chain's order, in memory.
///
/// # Errors
/// [`openledger_rows::Error::NoRows`] without contributions, [`Error::Setting`] if one is given twice or a parameter
/// of the builder is out of range, [`openledger_rows::Error::FeatureCount`], [`openledger_rows::Error::ClassCount`],
/// [`Error::NotFinite`].
pub fn build_index(
	builder: &dyn IndexBuilder,
	model: &Model,
	contributions: &[Contribution],
	width: Width,
	progress: &mut dyn FnMut(Progress),
) -> Result<Index> {
	check_contributions(model, contributions)?;
	let influence = builder.influence(model, contributions, progress)?;
	let ingredients = Ingredients { builder, model, contributions, influence: &influence, width };
	ingredients.in_memory(progress)
}

impl Index {
	/// Quantises influence vectors that `builder` computed for `contributions`.
	///
	/// The scales are balanced against the margin gradients of the contributions' own rows, each
	/// for the class the model answers.
	///
	/// # Errors
	/// Those of [`build_index`].
	pub fn quantise(
		builder: &dyn IndexBuilder,
		model: &Model,
		contributions: &[Contribution],
		float: FloatIndex,
		width: Width,
	) -> Result<Self> {
		check_contributions(model, contributions)?;
		let influence = Influence::Held(float);
		let ingredients =
			Ingredients { builder, model, contributions, influence: &influence, width };
		ingredients.in_memory(&mut |_| ())
	}
}

/// A new index in a file beside the one it is meant for, mapped into memory.
///
/// The file is removed with it unless it is published. A process that is killed leaves it behind:
/// `.NAME.PROCESS-NUMBER.tmp`.
#[derive(Debug)]
pub struct IndexDraft {
	index: Index,
	temporary: Temporary,
	path: PathBuf,
}

impl IndexDraft {
	/// Builds as [`build_index`] does, to the same bytes. Where the builder's influence vectors are
	/// local, no more than a few of them are in memory at any time.
	///
	/// # Errors
	/// [`Error::Io`] and those of [`build_index`].
	pub fn build(
		builder: &dyn IndexBuilder,
		model: &Model,
		contributions: &[Contribution],
		width: Width,
		path: &Path,
		progress: &mut dyn FnMut(Progress),
	) -> Result<Self> {
		check_contributions(model, contributions)?;
		// Before the work, for it fails where there is no room.
		let temporary = Temporary::beside(path);
		let io = |source| Error::io("write", &temporary.0, source);
		let mut file = BufWriter::new(File::create(&temporary.0).map_err(io)?);
		let influence = builder.influence(model, contributions, progress)?;
		let ingredients =
			Ingredients { builder, model, contributions, influence: &influence, width };
		let hash = ingredients.write(&mut |bytes| file.write_all(bytes).map_err(io), progress)?;
		file.flush().map_err(io)?;
		drop((file, influence));
		let bytes = map(&temporary.0)?;
		let index = Index::parse(bytes, hash, model)?;
		Ok(Self { index, temporary, path: path.to_owned() })
	}

	/// The index, which can be used before it is published.
	pub fn index(&self) -> &Index {
		&self.index
	}

	/// Gives the file its name, replacing what had it before: a reader finds either the one or the
	/// other, whole.
	///
	/// # Errors
	/// [`Error::Io`].
	pub fn publish(self) -> Result<Index> {
		let io = |source| Error::io("write", &self.path, source);
		let sync = File::open(&self.temporary.0).and_then(|file| file.sync_all());
		sync.and_then(|()| fs::rename(&self.temporary.0, &self.path)).map_err(io)?;
		Ok(self.index)
	}
}

/// A file that is removed when no longer needed, if it still has its first name.
#[derive(Debug)]
struct Temporary(PathBuf);

impl Temporary {
	fn beside(path: &Path) -> Self {
		static NUMBER: AtomicU64 = AtomicU64::new(0);
		let number = NUMBER.fetch_add(1, Ordering::Relaxed);
		let name = path.file_name().unwrap_or_default().to_string_lossy();
		Self(path.with_file_name(format!(".{name}.{}-{number}.tmp", process::id())))
	}
}

impl Drop for Temporary {
	fn drop(&mut self) {
		// It is gone where it was renamed or never made.
		let _ = fs::remove_file(&self.0);
	}
}

/// The bytes of a file, where it lies.
pub(super) fn map(path: &Path) -> Result<Bytes> {
	let io = |source| Error::io("read", path, source);
	let file = File::open(path).map_err(io)?;
	// SAFETY: the map is only read, and its bytes are checked before use; whoever changes the
	// file underneath makes reads undefined, which the documentation forbids.
	let map = unsafe { Mmap::map(&file) }.map_err(io)?;
	Ok(Bytes::Mapped(Arc::new(map)))
}

/// What an index file is made of.
struct Ingredients<'a> {
	builder: &'a dyn IndexBuilder,
	model: &'a Model,
	contributions: &'a [Contribution],
	influence: &'a Influence,
	width: Width,
}

impl Ingredients<'_> {
	fn in_memory(&self, progress: &mut dyn FnMut(Progress)) -> Result<Index> {
		let mut bytes = Vec::new();
		let put = &mut |more: &[u8]| {
			bytes.extend_from_slice(more);
			Ok(())
		};
		let hash = self.write(put, progress)?;
		Index::parse(Bytes::Owned(bytes.into()), hash, self.model)
	}

	/// Hands the file to `put`, piece by piece, and returns its hash.
	fn write(&self, put: &mut Put<'_>, progress: &mut dyn FnMut(Progress)) -> Result<Hash> {
		let Self { model, contributions, influence, width, .. } = *self;
		let parts = influence.parts();
		let rows = contributions.iter().map(|c| c.rows.len() as u64).sum::<u64>();
		let mut stage = Stage::Index.of(3 * rows, progress);
		let mut tell = |pass: u64, done: u64| stage.done(pass * rows + done);
		let squares = margin_squares(model, parts, contributions, &mut |done| tell(0, done))?;
		let mut spread = Spread::new(dimension(parts));
		influence.for_each_leaf(model, contributions, &mut |done| tell(1, done), |_, leaves| {
			spread.add(leaves);
			Ok(())
		})?;
		if !spread.is_finite() {
			return Err(Error::NotFinite("a contribution's influence"));
		}
		let scales = Scales::fit(&spread, &squares, width);
		drop((spread, squares));

		let ids: Vec<ContributionId> = contributions.iter().map(|c| c.id).collect();
		let sketches = |put: &mut Put<'_>| {
			let mut hashes: Vec<H256> = Vec::with_capacity(ids.len());
			let mut ready: Vec<(Vec<u8>, H256)> = Vec::new();
			let mut write = |ready: Vec<(Vec<u8>, H256)>| -> Result<()> {
				ready.into_iter().try_for_each(|(bytes, hash)| {
					hashes.push(hash);
					put(&bytes)
				})
			};
			let tell = &mut |done| tell(2, done);
			influence.for_each_leaf(model, contributions, tell, |first, leaves| {
				let quantised = |leaf: usize| {
					let sketch = scales.leaf_of(width, |start, out| leaves.read(leaf, start, out));
					let bytes = file::sketch_bytes(&sketch);
					(bytes, Leaf { contribution: ids[first + leaf], sketch }.hash())
				};
				// One thread writes what was made before, and then helps.
				let before = std::mem::take(&mut ready);
				let (written, made) = rayon::join(
					|| write(before),
					|| (0..leaves.len()).into_par_iter().map(quantised).collect::<Vec<_>>(),
				);
				ready = made;
				written
			})?;
			write(ready)?;
			Ok(hashes)
		};
		let header = IndexHeader::new(self.builder, model, width, influence.is_local(), parts);
		let mut hasher = BlobHasher::default();
		file::write(&header, parts, &scales, &ids, sketches, &mut |bytes| {
			hasher.update(bytes);
			put(bytes)
		})?;
		Ok(hasher.finish())
	}
}

/// The mean square of each coordinate of the margin gradient over all rows, `[dimension]`, each row
/// taken with the class that the model answers.
fn margin_squares(
	model: &Model,
	parts: &[Part],
	contributions: &[Contribution],
	tell: &mut dyn FnMut(u64),
) -> Result<Vec<f64>> {
	// A language model has no classes: it predicts the rows' own tokens.
	let has_classes = model.architecture().classes() > 0;
	let (mut squares, mut count) = (vec![0.0; dimension(parts)], 0);
	for slice in slices(&data_sets(contributions)) {
		let (first, mut data) = slice?;
		if has_classes {
			let answers = model.batch_logits(&data)?.iter().map(|z| argmax(z)).collect();
			data = data.with_labels(answers)?;
		}
		let lengths = parts.iter().map(|part| part.basis.dimension());
		for (part, here) in parts.iter().zip(pieces_mut(&mut squares, lengths)) {
			add_squares(model, part, &data, here)?;
		}
		count = first + data.len();
		tell(count as u64);
	}
	squares.iter_mut().for_each(|x| *x /= count as f64);
	Ok(squares)
}

/// Adds the squares of each coordinate of one part's margin gradients to `sums`.
fn add_squares(model: &Model, part: &Part, data: &Dataset, sums: &mut [f64]) -> Result<()> {
	match &part.basis {
		GradientBasis::Kronecker(layers) => {
			for batch in squares(part.model(model), layers, data, Function::Margin) {
				let batch = batch?;
				let lengths = batch.iter().map(|site| site.values().len());
				for (site, here) in batch.iter().zip(pieces_mut(sums, lengths)) {
					add(here, site.values());
				}
			}
			Ok(())
		},
		GradientBasis::Dense(_) => {
			for_each_row(model, std::slice::from_ref(part), data, Function::Margin, |_, row| {
				sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * x);
				Ok(())
			})
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		builders::{DataInf, GradientDot},
		index::all_rows,
		EkFac,
	};
	use openledger_models::{
		testing::{digits, random_model},
		Activation,
	};

	/// Contributions of these numbers of rows.
	fn setting(counts: &[usize]) -> (Model, Vec<Contribution>) {
		let (digits, mut start) = (digits(), 0);
		let take = |(id, count): (u64, &usize)| {
			let rows: Vec<usize> = (start..start + count).collect();
			start += count;
			Contribution { id, rows: digits.select(&rows).unwrap() }
		};
		let contributions = (3..).zip(counts).map(take).collect();
		(random_model(&[64, 40, 10], Activation::Tanh, 7), contributions)
	}

	fn with_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
		rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(run)
	}

	fn names(directory: &Path) -> Vec<String> {
		let entries = fs::read_dir(directory).unwrap();
		entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
	}

	#[test]
	fn file_should_be_the_same_bytes_whether_vectors_are_held_or_computed_twice() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("index.safetensors");
		let builders: [&dyn IndexBuilder; 3] =
			[&EkFac { draws: 2, ..EkFac::default() }, &GradientDot, &DataInf::default()];
		for counts in [&[1usize; 70] as &[usize], &[5, 130, 1, 1, 64, 9], &[200], &[64, 64]] {
			let (model, contributions) = setting(counts);
			for (builder, width) in builders.iter().zip([Width::Int8, Width::Int16, Width::Int8]) {
				let float = builder.build(&model, &contributions, &mut |_| ()).unwrap();
				let held = Index::quantise(*builder, &model, &contributions, float, width).unwrap();
				let memory = build_index(*builder, &model, &contributions, width, &mut |_| ());
				assert!(memory.unwrap().to_bytes() == held.to_bytes());
				for threads in [1, 2, 4] {
					let draft = with_threads(threads, || {
						IndexDraft::build(
							*builder,
							&model,
							&contributions,
							width,
							&path,
							&mut |_| (),
						)
					});
					let index = draft.unwrap().publish().unwrap();
					assert!(fs::read(&path).unwrap() == held.to_bytes());
					assert_eq!(index.file_hash(), held.file_hash());
					assert_eq!(index.commitment(), held.commitment());
				}
				let hash = held.file_hash();
				assert_eq!(Index::open(&path, Some(&hash), &model).unwrap(), held);
			}
		}
		assert_eq!(names(directory.path()), ["index.safetensors"]);
	}

	/// Fails in the second pass.
	struct Infinite;

	impl IndexBuilder for Infinite {
		fn name(&self) -> &'static str {
			"infinite"
		}

		fn parameters(&self) -> serde_json::Value {
			serde_json::json!({})
		}

		fn influence(
			&self,
			model: &Model,
			_: &[Contribution],
			_: &mut dyn FnMut(Progress),
		) -> Result<Influence> {
			let basis = GradientBasis::identity(&model.sites());
			let inverse_curvature = vec![f32::INFINITY; basis.dimension()];
			Ok(Influence::Local(vec![Part { companion: None, basis, inverse_curvature }]))
		}
	}

	#[test]
	fn no_file_should_stay_when_a_draft_is_not_published_or_fails() {
		let directory = tempfile::tempdir().unwrap();
		let path = directory.path().join("index.safetensors");
		let (model, contributions) = setting(&[3, 4]);
		let draft = |contributions: &[Contribution], path: &Path| {
			IndexDraft::build(&GradientDot, &model, contributions, Width::Int8, path, &mut |_| ())
		};
		fs::write(&path, "an older one").unwrap();
		let unpublished = draft(&contributions, &path).unwrap();
		assert_eq!(names(directory.path()).len(), 2);
		assert_eq!(unpublished.index().len(), 2);
		drop(unpublished);
		assert_eq!(names(directory.path()), ["index.safetensors"]);
		// Interrupted at the end of the last pass.
		let interrupted = std::panic::catch_unwind(|| {
			IndexDraft::build(&GradientDot, &model, &contributions, Width::Int8, &path, &mut |p| {
				assert_eq!(names(directory.path()).len(), 2);
				assert!(p.done < p.total, "stopped");
			})
		});
		assert!(interrupted.is_err());
		assert_eq!(names(directory.path()), ["index.safetensors"]);
		let infinite =
			IndexDraft::build(&Infinite, &model, &contributions, Width::Int8, &path, &mut |_| ());
		assert!(matches!(infinite, Err(Error::NotFinite(_))));
		assert_eq!(names(directory.path()), ["index.safetensors"]);
		assert_eq!(fs::read(&path).unwrap(), b"an older one");
		let nowhere = directory.path().join("none/index.safetensors");
		assert!(matches!(draft(&contributions[..1], &nowhere), Err(Error::Io { .. })));
	}

	#[test]
	fn margin_squares_should_be_those_of_all_rows_gradients_with_the_answers() {
		let (digits, model) = (digits(), random_model(&[64, 2, 10], Activation::Tanh, 7));
		let basis = GradientBasis::identity(&model.sites());
		let inverse_curvature = vec![1.0; basis.dimension()];
		let (rows, inverse) = (model.coordinates(), vec![1.0; 3]);
		let vectors = (0..rows * 3).map(|at| (at % 7) as f32 - 3.0).collect();
		let vectors = openledger_models::Matrix::new(rows, 3, vectors);
		let parts = [
			Part { companion: None, basis, inverse_curvature },
			Part {
				companion: None,
				basis: GradientBasis::Dense(vectors),
				inverse_curvature: inverse,
			},
		];
		let rows = |first: usize, count: usize| {
			let rows: Vec<usize> = (first..first + count).map(|row| row % digits.len()).collect();
			digits.select(&rows).unwrap()
		};
		let contributions: Vec<Contribution> = [4000, 1, 500, 30]
			.iter()
			.zip(0..)
			.map(|(count, id)| Contribution { id, rows: rows(id as usize * 77, *count) })
			.collect();
		let data = all_rows(&contributions).unwrap();
		let answers = model.batch_logits(&data).unwrap().iter().map(|z| argmax(z)).collect();
		let data = data.with_labels(answers).unwrap();
		let mut expected = vec![0.0; dimension(&parts)];
		for_each_row(&model, &parts, &data, Function::Margin, |_, row| {
			expected.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * x);
			Ok(())
		})
		.unwrap();
		expected.iter_mut().for_each(|x| *x /= 4531.0);
		let mut told = Vec::new();
		let tell = &mut |done| told.push(done);
		let found = margin_squares(&model, &parts, &contributions, tell).unwrap();
		for (found, expected) in found.iter().zip(&expected) {
			assert!((found - expected).abs() <= 1e-5 * expected, "{found} {expected}");
		}
		assert!(told.is_sorted() && told.last() == Some(&4531));
	}

	#[test]
	fn progress_should_cover_all_passes() {
		let (model, contributions) = setting(&[100, 31, 1]);
		let mut told = Vec::new();
		let tell = &mut |p: Progress| {
			if p.stage == Stage::Index {
				told.push((p.done, p.total));
			}
		};
		build_index(&GradientDot, &model, &contributions, Width::Int8, tell).unwrap();
		assert!(told.is_sorted());
		assert_eq!(told.last(), Some(&(3 * 132, 3 * 132)));
		assert!(told.iter().all(|(_, total)| *total == 3 * 132));
		assert!(told.contains(&(132, 396)) && told.contains(&(2 * 132, 396)));
	}
}
