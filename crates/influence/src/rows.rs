//! Influence row by row: what each row adds to the score of its contribution.
//!
//! A leaf of a local index is a sum over rows, `Ψ_c = -H⁻¹ Σ ∇L(row)`, so a score is one too:
//! `<q, Ψ_c> = Σ -<H⁻¹ q, ∇L(row)>`. The query is taken through the inverse curvature once and
//! turned back into the model's own coordinates; after that a row costs its gradient's factors and
//! one dot product, and no row's gradient is ever laid out.

use crate::{
	basis::{for_each_row, projections, GradientBasis, LayerBasis, Part, Projected},
	index::Columns,
	query::gradient_sum,
	Error, Index, Result,
};
use openledger_models::{batches, matrix::pieces, Function, Gradients, Model, Sites};
use openledger_rows::Dataset;
use rayon::prelude::*;

/// Values of rows' gradients that are in memory at a time: 32 MiB.
const HELD: usize = 1 << 23;

/// Columns of rows' gradients that are multiplied at a time: whole registers of all processors, and
/// enough of them that reading a direction costs little.
const COLUMNS: usize = 576;

/// Values of queries' directions that are in memory at a time: 16 MiB.
const DIRECTIONS: usize = 1 << 22;

/// What each row adds to the score of its contribution, `[rows]`, for a query gradient
/// `[dimension]` in the coordinates of the index: the scores of a contribution's rows sum to its
/// score before quantisation.
///
/// A positive score means that the row raised the function whose gradient the query is, in its
/// units for each unit of the row's weight in training. The same bits for any number of threads.
///
/// # Errors
/// [`Error::WrongModel`], [`Error::NotLocal`], [`Error::Setting`] if the query is not of the index's
/// dimension, [`openledger_rows::Error::FeatureCount`], [`openledger_rows::Error::ClassCount`], [`Error::NotFinite`].
pub fn row_scores(model: &Model, index: &Index, query: &[f64], rows: &Dataset) -> Result<Vec<f64>> {
	let parts = local_parts(model, index)?;
	let dimension = index.dimension();
	if query.len() != dimension {
		let reason = format!("it has {} coordinates, the index has {dimension}", query.len());
		return Err(Error::setting("query", reason));
	}
	let mut scores = vec![0.0; rows.len()];
	let lengths = parts.iter().map(|part| part.basis.dimension());
	for (part, query) in parts.iter().zip(pieces(query, lengths)) {
		let part_model = part.model(model);
		let direction = direction(part, &part_model.sites(), query);
		let products = |_, gradients: Gradients| {
			let rows = 0..gradients.rows();
			Ok(rows.map(|row| product(&gradients, row, &direction)).collect::<Vec<f64>>())
		};
		for batch in batches(part_model, rows, Function::Loss, products) {
			let (range, products) = batch?;
			for (score, product) in scores.iter_mut().skip(range.start).zip(products) {
				*score += product;
			}
		}
	}
	finite(scores, "a row's score")
}

/// [`row_scores`] for the margin of the own label of each of `queries`, `[queries][rows]`, up to
/// single precision: one pass over the rows for all queries, in products of matrices. The same bits
/// for any number of threads.
///
/// `parts` are those of a local index ([`Index::parts`]), or of none
/// ([`IndexBuilder::parts`](crate::IndexBuilder::parts)).
///
/// # Errors
/// [`Error::Setting`] if the parts are another model's, and as [`row_scores`].
pub fn row_margin_scores(
	model: &Model,
	parts: &[Part],
	queries: &Dataset,
	rows: &Dataset,
) -> Result<Vec<Vec<f64>>> {
	model.check_fits(queries)?;
	let mut scores = vec![vec![0.0; rows.len()]; queries.len()];
	for part in parts {
		if !part.fits(model) {
			return Err(Error::setting("parts", "they are of another model's gradients"));
		}
		let project = |_, gradients: Gradients| Ok(part.basis.project(&gradients));
		let (mut together, mut held, mut first) = (Vec::new(), Vec::new(), 0);
		for batch in batches(part.model(model), rows, Function::Loss, project) {
			let (range, batch) = batch?;
			together.push(batch);
			let last = range.end == rows.len();
			if last || together.iter().map(Projected::columns).sum::<usize>() >= COLUMNS {
				held.push(Columns::of(&together));
				together.clear();
			}
			if last || held.iter().map(Columns::values).sum::<usize>() >= HELD {
				add_margin_scores(model, part, queries, &held, first, &mut scores)?;
				held.clear();
				first = range.end;
			}
		}
	}
	scores.into_iter().map(|scores| finite(scores, "a row's score")).collect()
}

/// Adds to `scores`, `[queries][rows]`, what one part contributes for the rows `held`, from row `first`
/// on.
fn add_margin_scores(
	model: &Model,
	part: &Part,
	queries: &Dataset,
	held: &[Columns],
	first: usize,
	scores: &mut [Vec<f64>],
) -> Result<()> {
	let dimension = part.basis.dimension();
	let at_once = (DIRECTIONS / dimension.max(1)).max(1);
	let parts = std::slice::from_ref(part);
	for batch in projections(model, parts, queries, Function::Margin) {
		let (numbers, batch) = batch?;
		let direction = |query: usize| -> Vec<f32> {
			let mut gradient = vec![0.0; dimension];
			batch.add_row(query, 0, &mut gradient);
			let scaled = gradient.iter().zip(&part.inverse_curvature);
			scaled.map(|(q, inverse)| (-q * f64::from(*inverse)) as f32).collect()
		};
		for (start, scores) in (0..).step_by(at_once).zip(scores[numbers].chunks_mut(at_once)) {
			let queries = start..start + scores.len();
			let directions: Vec<_> = queries.into_par_iter().map(direction).collect();
			let products: Vec<_> =
				held.par_iter().map(|columns| columns.products(&directions)).collect();
			for (query, scores) in scores.iter_mut().enumerate() {
				let products = products.iter().flat_map(|products| &products[query]);
				scores[first..].iter_mut().zip(products).for_each(|(score, x)| *score += x);
			}
		}
	}
	Ok(())
}

/// How much each row lowers its own loss, in nats for each unit of its weight, `[rows]`:
/// `<∇L(row), H⁻¹ ∇L(row)>`.
///
/// Koh and Liang 2017 (section 5.4) rank by it to find wrong labels: a row that nothing else
/// supports is explained by itself alone.
///
/// # Errors
/// As [`row_scores`].
pub fn self_influence(model: &Model, index: &Index, rows: &Dataset) -> Result<Vec<f64>> {
	let parts = local_parts(model, index)?;
	let mut scores = Vec::with_capacity(rows.len());
	for_each_row(model, parts, rows, Function::Loss, |_, gradient| {
		let inverse = parts.iter().flat_map(|part| &part.inverse_curvature);
		let squares = gradient.iter().zip(inverse).map(|(x, inverse)| x * x * f64::from(*inverse));
		scores.push(squares.sum());
		Ok(())
	})?;
	finite(scores, "a row's self-influence")
}

/// How much each row raises the mean loss over `held_out`, in nats for each unit of its weight,
/// `[rows]`: positive harms, negative helps. Minus the row's score against the sketch by which
/// contributions are judged ([`held_out_sketch`](crate::held_out_sketch)), before quantisation.
///
/// # Errors
/// As [`row_scores`].
pub fn harm(model: &Model, index: &Index, held_out: &Dataset, rows: &Dataset) -> Result<Vec<f64>> {
	local_parts(model, index)?;
	let mut mean = gradient_sum(model, index, held_out, Function::Loss)?;
	mean.iter_mut().for_each(|x| *x /= held_out.len() as f64);
	row_scores(model, index, &mean, rows)
}

/// The gradient of the log-odds of the answer `output` to `input`, `[dimension]` in the coordinates of
/// the index: the query by whose sketch [`attribute`](crate::attribute) scores contributions.
///
/// # Errors
/// Those of [`attribute`](crate::attribute), and of [`row_scores`] if the index is not local.
pub fn answer_gradient(
	model: &Model,
	index: &Index,
	input: &str,
	output: &str,
) -> Result<Vec<f64>> {
	local_parts(model, index)?;
	gradient_sum(model, index, &model.query(input, output)?, Function::Margin)
}

fn local_parts<'a>(model: &Model, index: &'a Index) -> Result<&'a [Part]> {
	index.check_model(model)?;
	if !index.is_local() {
		return Err(Error::NotLocal);
	}
	Ok(index.parts())
}

fn finite(values: Vec<f64>, what: &'static str) -> Result<Vec<f64>> {
	match values.iter().all(|x| x.is_finite()) {
		true => Ok(values),
		false => Err(Error::NotFinite(what)),
	}
}

/// `-H⁻¹ query` for one part, in the coordinates of its model's gradients: site after site, each
/// `[outputs][columns]`.
fn direction(part: &Part, sites: &Sites, query: &[f64]) -> Vec<f64> {
	let inverse = part.inverse_curvature.iter().map(|inverse| -f64::from(*inverse));
	let scaled: Vec<f64> = query.iter().zip(inverse).map(|(q, inverse)| q * inverse).collect();
	match &part.basis {
		GradientBasis::Kronecker(layers) => {
			let pairs = layers.iter().zip(sites.split(&scaled));
			pairs.flat_map(|(layer, (_, here))| turn_back(layer, here)).collect()
		},
		GradientBasis::Dense(vectors) => {
			(0..vectors.rows()).into_par_iter().map(|row| dot(&scaled, vectors.row(row))).collect()
		},
	}
}

/// `V_out X V_inᵀ` for `X` `[outputs][inputs]`: from a site's basis to its own coordinates.
fn turn_back(layer: &LayerBasis, coordinates: &[f64]) -> Vec<f64> {
	let (inputs, outputs) = (&layer.input_vectors, &layer.output_vectors);
	let row = |output: usize| -> Vec<f64> {
		let mut sum = vec![0.0; inputs.rows()];
		let lines = coordinates.chunks_exact(inputs.rows().max(1));
		for (weight, line) in outputs.row(output).iter().zip(lines) {
			sum.iter_mut().zip(line).for_each(|(total, x)| *total += f64::from(*weight) * x);
		}
		inputs.each_row().map(|v| dot(&sum, v)).collect()
	};
	let rows: Vec<Vec<f64>> = (0..outputs.rows()).into_par_iter().map(row).collect();
	rows.concat()
}

/// The product of row `row`'s gradient with `direction`: at each site and token
/// `δᵀ D a`.
fn product(gradients: &Gradients, row: usize, direction: &[f64]) -> f64 {
	let mut sum = 0.0;
	for (site, here) in gradients.split(direction) {
		for (delta, input) in site.of_row(row) {
			for (delta, line) in delta.iter().zip(here.chunks_exact(input.len())) {
				sum += f64::from(*delta) * dot(line, input);
			}
		}
	}
	sum
}

/// In eight partial sums, whose order is fixed, so that the processor can add them side by side.
fn dot(a: &[f64], b: &[f32]) -> f64 {
	let (heads, tail) = a.as_chunks::<8>();
	let (other_heads, other_tail) = b.as_chunks::<8>();
	let mut sums = [0.0; 8];
	for (head, other) in heads.iter().zip(other_heads) {
		for ((sum, x), y) in sums.iter_mut().zip(head).zip(other) {
			*sum += x * f64::from(*y);
		}
	}
	let tail = tail.iter().zip(other_tail).map(|(x, y)| x * f64::from(*y));
	sums.into_iter().chain(tail).sum()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		builders::Damping, index::FloatIndex, Contribution, EkFac, ExactCurvature, GradientDot,
		IndexBuilder, Influence,
	};
	use openledger_models::{
		testing::{digits_model, random_model},
		Activation, Architecture, Matrix, TrainConfig,
	};
	use openledger_primitives::Width;

	/// 600 training rows in six contributions.
	fn contributions(rows: &Dataset) -> Vec<Contribution> {
		let part = |id: u64| {
			let first = 100 * id as usize;
			let rows = rows.select(&(first..first + 100).collect::<Vec<_>>()).unwrap();
			Contribution { id, rows }
		};
		(0..6).map(part).collect()
	}

	fn index(
		builder: &dyn IndexBuilder,
		model: &Model,
		contributions: &[Contribution],
	) -> (FloatIndex, Index) {
		let float = builder.build(model, contributions, &mut |_| ()).unwrap();
		let width = Width::Int16;
		let index = Index::quantise(builder, model, contributions, float.clone(), width).unwrap();
		(float, index)
	}

	/// Scores of each contribution and the sums of their rows' scores, for one query.
	fn compare(model: &Model, float: &FloatIndex, index: &Index, contributions: &[Contribution]) {
		let test = digits_model().2;
		let output = model.answer(&test.row_text(3)).unwrap().text;
		let query = answer_gradient(model, index, &test.row_text(3), &output).unwrap();
		let scores = float.scores(&query);
		let largest = scores.iter().fold(0.0f64, |max, x| max.max(x.abs()));
		assert!(largest > 0.0);
		for (contribution, score) in contributions.iter().zip(&scores) {
			let rows = row_scores(model, index, &query, &contribution.rows).unwrap();
			let sum: f64 = rows.iter().sum();
			assert!((sum - score).abs() < 1e-4 * largest, "{sum} {score}");
			// The rows do differ.
			assert!(rows.iter().any(|x| *x > 0.0) && rows.iter().any(|x| *x < 0.0));
		}
	}

	#[test]
	fn rows_should_sum_to_the_score_of_their_contribution() {
		let (model, rows, _) = digits_model();
		let contributions = contributions(&rows);
		let exact = ExactCurvature::new(Damping::Value(1e-2));
		let builders: [&dyn IndexBuilder; 3] = [&GradientDot, &EkFac::default(), &exact];
		for builder in builders {
			let (float, index) = index(builder, &model, &contributions);
			compare(&model, &float, &index, &contributions);
		}
	}

	#[test]
	fn rows_should_sum_to_the_score_when_the_index_has_parts_and_dense_bases() {
		let (model, rows, _) = digits_model();
		let contributions = contributions(&rows);
		let companion = random_model(&[64, 16, 10], Activation::Tanh, 8);
		let coordinates = model.coordinates();
		let vectors = (0..coordinates * 5).map(|at| (at % 7) as f32 / 7.0 - 0.4).collect();
		let parts = vec![
			Part {
				companion: None,
				basis: GradientBasis::Dense(Matrix::new(coordinates, 5, vectors)),
				inverse_curvature: vec![0.5, 2.0, 1.0, 3.0, 0.1],
			},
			Part {
				basis: GradientBasis::identity(&companion.sites()),
				inverse_curvature: vec![0.7; companion.coordinates()],
				companion: Some(companion),
			},
		];
		let float = Influence::Local(parts).hold(&model, &contributions, &mut |_| ()).unwrap();
		let width = Width::Int16;
		let index =
			Index::quantise(&GradientDot, &model, &contributions, float.clone(), width).unwrap();
		compare(&model, &float, &index, &contributions);
	}

	#[test]
	fn scores_should_be_the_same_bits_when_threads_or_batches_differ() {
		let (model, rows, test) = digits_model();
		let (_, index) = index(&EkFac::default(), &model, &contributions(&rows));
		let query = answer_gradient(&model, &index, &test.row_text(0), "3").unwrap();
		let scores = |threads| {
			let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
			pool.install(|| {
				let harm = harm(&model, &index, &test, &rows).unwrap();
				(row_scores(&model, &index, &query, &rows).unwrap(), harm)
			})
		};
		let (one, three) = (scores(1), scores(3));
		assert_eq!(one, three);
		let some = rows.select(&[599, 70, 1]).unwrap();
		let alone = row_scores(&model, &index, &query, &some).unwrap();
		assert_eq!(alone, [one.0[599], one.0[70], one.0[1]]);
	}

	#[test]
	fn scores_of_many_queries_should_be_those_of_each() {
		let (model, rows, test) = digits_model();
		let contributions = contributions(&rows);
		let queries = test.select(&[0, 3, 9]).unwrap();
		let companion = random_model(&[64, 16, 10], Activation::Tanh, 8);
		let exact = ExactCurvature::new(Damping::Value(1e-2));
		let mut several =
			EkFac::default().build(&model, &contributions, &mut |_| ()).unwrap().parts;
		several.push(Part {
			basis: GradientBasis::identity(&companion.sites()),
			inverse_curvature: vec![0.7; companion.coordinates()],
			companion: Some(companion),
		});
		let several = Influence::Local(several).hold(&model, &contributions, &mut |_| ()).unwrap();
		let width = Width::Int16;
		let several =
			Index::quantise(&GradientDot, &model, &contributions, several, width).unwrap();
		for index in [index(&exact, &model, &contributions).1, several] {
			let found = row_margin_scores(&model, index.parts(), &queries, &rows).unwrap();
			assert_eq!((found.len(), found[2].len()), (3, rows.len()));
			for (query, found) in found.iter().enumerate() {
				let label = queries.label(query).to_string();
				let text = queries.row_text(query);
				let gradient = answer_gradient(&model, &index, &text, &label).unwrap();
				let expected = row_scores(&model, &index, &gradient, &rows).unwrap();
				let largest = expected.iter().fold(0.0f64, |max, x| max.max(x.abs()));
				for (found, expected) in found.iter().zip(&expected) {
					assert!((found - expected).abs() < 1e-4 * largest, "{found} {expected}");
				}
			}
			let some = rows.select(&[599, 70]).unwrap();
			let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
			let alone =
				pool.install(|| row_margin_scores(&model, index.parts(), &queries, &some).unwrap());
			assert_eq!(alone[1], [found[1][599], found[1][70]]);
		}
	}

	#[test]
	fn self_influence_should_be_the_score_against_the_row_itself() {
		let (model, rows, _) = digits_model();
		let (_, index) = index(&EkFac::default(), &model, &contributions(&rows));
		let some = rows.select(&[0, 10, 20]).unwrap();
		let own = self_influence(&model, &index, &some).unwrap();
		for (i, own) in own.iter().enumerate() {
			let row = some.select(&[i]).unwrap();
			// How much it raises its own loss is minus how much it lowers it.
			let harm = harm(&model, &index, &row, &row).unwrap()[0];
			assert!(*own > 0.0);
			assert!((own + harm).abs() < 1e-4 * own, "{own} {harm}");
		}
	}

	#[test]
	fn wrong_labels_should_stand_out_by_harm_and_self_influence() {
		let (_, rows, test) = digits_model();
		let wrong: Vec<usize> = (0..rows.len()).filter(|i| i % 12 == 5).collect();
		let mut labels = rows.labels().to_vec();
		wrong.iter().for_each(|&i| labels[i] = (labels[i] + 1 + i as u32 % 9) % 10);
		let rows = rows.with_labels(labels).unwrap();
		let architecture = Architecture::mlp(&[64, 8, 10], Activation::Tanh);
		let config = TrainConfig { epochs: 20, ..TrainConfig::standard(architecture) };
		let model = openledger_models::train(&rows, &config, &mut |_| ()).unwrap().model;
		let (_, index) = index(&EkFac::default(), &model, &contributions(&rows));
		let found = |scores: Vec<f64>| {
			let mut order: Vec<usize> = (0..scores.len()).collect();
			order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
			order[..wrong.len()].iter().filter(|i| wrong.contains(i)).count()
		};
		let harm = found(harm(&model, &index, &test, &rows).unwrap());
		let own = found(self_influence(&model, &index, &rows).unwrap());
		// By chance it would be one in twelve.
		assert!(2 * harm > wrong.len(), "{harm} of {}", wrong.len());
		assert!(2 * own > wrong.len(), "{own} of {}", wrong.len());
	}

	#[test]
	fn rows_should_be_refused_when_the_index_or_query_does_not_fit() {
		let (model, rows, test) = digits_model();
		let contributions = contributions(&rows);
		let (mut float, local) = index(&GradientDot, &model, &contributions);
		let error = row_scores(&model, &local, &[1.0; 3], &rows).unwrap_err().to_string();
		assert!(error.starts_with("query: it has 3 coordinates, the index has"), "{error}");
		let other = random_model(&[64, 16, 10], Activation::Tanh, 1);
		assert!(matches!(self_influence(&other, &local, &rows), Err(Error::WrongModel { .. })));
		float.local = false;
		let width = Width::Int8;
		let index = Index::quantise(&GradientDot, &model, &contributions, float, width).unwrap();
		for result in [
			row_scores(&model, &index, &vec![0.0; model.coordinates()], &rows),
			self_influence(&model, &index, &rows),
			harm(&model, &index, &test, &rows),
		] {
			assert!(matches!(result, Err(Error::NotLocal)));
		}
		let narrow = random_model(&[64, 15, 10], Activation::Tanh, 1);
		let refused = row_margin_scores(&narrow, local.parts(), &test, &rows).unwrap_err();
		assert!(refused.to_string().contains("another model's gradients"), "{refused}");
	}
}
