use super::*;
use crate::curvature::{dense_curvature, symmetric_eigen};
use openledger_models::{
	testing::{digits, random_model},
	train, Activation, Architecture, Function, TrainConfig,
};

/// Eigenvalues and, in rows, eigenvectors of the Hessian.
fn dense(model: &Model, data: &Dataset) -> (Vec<f64>, Matrix<f64>) {
	let hessian = dense_curvature(model, data, &mut |_| ()).unwrap().into_hessian();
	let eigen = symmetric_eigen(&hessian).unwrap();
	(eigen.values, eigen.vectors)
}

/// Computes `function(H) b` from the eigenvalues and eigenvectors of `H`.
fn apply(
	(values, vectors): &(Vec<f64>, Matrix<f64>),
	b: &[f64],
	function: impl Fn(f64) -> f64,
) -> Vec<f64> {
	let mut sum = vec![0.0; b.len()];
	for (value, vector) in values.iter().zip(vectors.each_row()) {
		let along: f64 = vector.iter().zip(b).map(|(x, y)| x * y).sum();
		let factor = along * function(*value);
		sum.iter_mut().zip(vector).for_each(|(sum, x)| *sum += factor * x);
	}
	sum
}

/// `‖a - b‖ / ‖b‖`.
fn distance(a: &[f64], b: &[f64]) -> f64 {
	let square = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>();
	let difference = square(&mut a.iter().zip(b).map(|(x, y)| x - y));
	(difference / square(&mut b.iter().copied())).sqrt()
}

fn loss_gradients(model: &Model, data: &Dataset, rows: &[usize]) -> Vec<Vec<f64>> {
	let gradient = |row: &usize| {
		let gradients = model.gradients(data, *row..*row + 1, Function::Loss).unwrap();
		gradients.flat(0)
	};
	rows.iter().map(gradient).collect()
}

fn trained(hidden: usize, rows: usize, epochs: u32) -> (Model, Dataset) {
	let (data, _) = digits().split(rows, 5).unwrap();
	let architecture = Architecture::mlp(&[64, hidden, 10], Activation::Tanh);
	let config = TrainConfig { epochs, ..TrainConfig::standard(architecture) };
	(train(&data, &config, &mut |_| ()).unwrap().model, data)
}

fn solve(
	model: &Model,
	data: &Dataset,
	damping: f64,
	right: &[Vec<f64>],
	settings: SolverSettings,
) -> Result<Vec<Solution>> {
	solve_abs(model, data, damping, right, &settings, &mut |_| ())
}

#[test]
fn solutions_should_be_the_dense_ones_when_curvature_is_negative() {
	// Before training has ended, much of the curvature is negative.
	let (model, data) = trained(5, 150, 8);
	let eigen = dense(&model, &data);
	let right = loss_gradients(&model, &data, &[0, 7, 40]);
	for (damping, tolerance) in [(1e-2, 1e-2), (1e-3, 1e-2), (1e-3, 1e-3)] {
		assert!(eigen.0[0] < -2.0 * damping || damping > 1e-3, "{}", eigen.0[0]);
		let settings = SolverSettings { tolerance, ..SolverSettings::default() };
		for (b, solution) in
			right.iter().zip(solve(&model, &data, damping, &right, settings).unwrap())
		{
			let x = &solution.values;
			assert!(solution.residual <= tolerance && solution.steps < model.coordinates());
			let exact = apply(&eigen, b, |value| 1.0 / (value.abs() + damping));
			assert!(distance(x, &exact) < 3.0 * tolerance, "{damping} {}", distance(x, &exact));
			let again = apply(&eigen, x, |value| value.abs() + damping);
			assert!(distance(&again, b) < tolerance, "{damping} {}", distance(&again, b));
			// Not the solution with the curvature's signs.
			let signed = apply(&eigen, b, |value| 1.0 / (value + damping));
			assert!(distance(&signed, &exact) > 10.0 * tolerance);
		}
	}
}

#[test]
fn solutions_should_converge_on_trained_weights() {
	let (model, data) = trained(32, 600, 40);
	let right = loss_gradients(&model, &data, &[0, 1, 2]);
	let solutions = solve(&model, &data, 2e-3, &right, SolverSettings::default()).unwrap();
	let settings = SolverSettings { tolerance: 3e-3, ..SolverSettings::default() };
	let better = solve(&model, &data, 2e-3, &right, settings).unwrap();
	for (solution, better) in solutions.iter().zip(&better) {
		assert!(solution.steps < 200, "{}", solution.steps);
		assert!(better.steps > solution.steps);
		assert!(distance(&solution.values, &better.values) < 1.5e-2);
	}
}

#[test]
fn solution_should_be_exact_when_the_space_is_exhausted() {
	let model = random_model(&[64, 10], Activation::Tanh, 1);
	// Two rows: the Hessian has rank 18 at most.
	let data = digits().select(&[0, 1]).unwrap();
	let eigen = dense(&model, &data);
	let right = loss_gradients(&model, &data, &[0, 1]);
	let settings = SolverSettings { tolerance: 1e-6, ..SolverSettings::default() };
	for (b, solution) in right.iter().zip(solve(&model, &data, 0.1, &right, settings).unwrap()) {
		assert!(solution.steps <= 30, "{}", solution.steps);
		let exact = apply(&eigen, b, |value| 1.0 / (value.abs() + 0.1));
		assert!(
			distance(&solution.values, &exact) < 1e-5,
			"{}",
			distance(&solution.values, &exact)
		);
	}
}

#[test]
fn solutions_should_be_the_same_bits_whatever_threads_and_memory() {
	let (model, data) = trained(4, 150, 5);
	let right = loss_gradients(&model, &data, &[0, 7, 40]);
	let one = (model.coordinates() * 4 * 501) as u64;
	let run = |threads, memory| {
		let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
		let settings = SolverSettings { memory, ..SolverSettings::default() };
		pool.install(|| solve(&model, &data, 5e-3, &right, settings).unwrap())
	};
	let expected = run(1, 3 * one);
	assert_eq!(run(3, 3 * one), expected);
	assert_eq!(run(2, one), expected);
}

#[test]
fn zero_should_have_the_solution_zero() {
	let (model, data) = (random_model(&[64, 10], Activation::Tanh, 1), digits());
	let right = [vec![0.0; model.coordinates()]];
	let solutions = solve(&model, &data, 0.1, &right, SolverSettings::default()).unwrap();
	assert_eq!((solutions[0].steps, solutions[0].residual), (0, 0.0));
	assert_eq!(solutions[0].values, right[0]);
	assert!(solve(&model, &data, 0.1, &[], SolverSettings::default()).unwrap().is_empty());
}

#[test]
fn solve_should_say_what_to_do_when_it_cannot() {
	let (model, data) = (random_model(&[64, 4, 10], Activation::Tanh, 1), digits());
	let right = loss_gradients(&model, &data, &[0]);
	let refuse = |damping, right: &[Vec<f64>], settings| {
		solve(&model, &data, damping, right, settings).unwrap_err().to_string()
	};
	let few = SolverSettings { max_steps: 12, tolerance: 1e-4, ..SolverSettings::default() };
	let text = refuse(1e-3, &right, few);
	assert!(text.starts_with("max_steps: 12 steps leave a relative residual of "), "{text}");
	assert!(text.contains("allow more steps, or raise the damping"), "{text}");
	let standard = SolverSettings::default();
	assert!(
		refuse(1e-3, &right, SolverSettings { memory: 1000, ..standard }).starts_with("memory: ")
	);
	assert!(refuse(1e-3, &right, SolverSettings { max_steps: 0, ..standard })
		.starts_with("max_steps: "));
	let nan = SolverSettings { tolerance: f64::NAN, ..standard };
	assert!(refuse(1e-3, &right, nan).starts_with("tolerance: "));
	assert!(refuse(0.0, &right, standard).starts_with("damping: "));
	assert!(refuse(1e-3, &[vec![1.0; 3]], standard).starts_with("right: "));
	let infinite = [vec![f64::INFINITY; model.coordinates()]];
	assert!(refuse(1e-3, &infinite, standard).contains("not finite"));
}

#[test]
fn progress_should_count_solved_right_hand_sides() {
	let (model, data) = (random_model(&[64, 3, 10], Activation::Tanh, 1), digits());
	let data = data.select(&(0..50).collect::<Vec<_>>()).unwrap();
	let right = loss_gradients(&model, &data, &[0, 1]);
	let mut seen = Vec::new();
	let settings = SolverSettings {
		memory: (model.coordinates() * 4 * 501) as u64,
		..SolverSettings::default()
	};
	solve_abs(&model, &data, 0.01, &right, &settings, &mut |p| seen.push(p)).unwrap();
	assert!(seen.iter().all(|p| p.stage == Stage::Solving && p.total == 2));
	assert!(seen.windows(2).all(|pair| pair[0].done <= pair[1].done));
	assert_eq!(seen.last().map(|p| p.done), Some(2));
}
