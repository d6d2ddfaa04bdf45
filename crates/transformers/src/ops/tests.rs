use super::{rope::sine_cosine, *};
use crate::tensor::{Result, Tensor};
use proptest::prelude::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

fn random(shape: &[usize], low: f32, high: f32, seed: u64) -> Tensor {
	let mut rng = ChaCha8Rng::seed_from_u64(seed);
	let count = shape.iter().product();
	let values: Vec<f32> = (0..count).map(|_| rng.random_range(low..high)).collect();
	Tensor::new(shape, values).unwrap()
}

fn flat(x: &Tensor) -> Vec<f32> {
	x.values().to_vec()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
	a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// The value of `Σ w f(x)` with fixed random `w`, its gradient, and its Hessian times `v`.
fn derivatives(
	f: &dyn Fn(&Tensor) -> Result<Tensor>,
	x: &Tensor,
	v: &Tensor,
) -> (f64, Vec<f32>, Vec<f32>) {
	let x = x.to_variable();
	let y = f(&x).unwrap();
	let weights = random(y.dims(), 0.5, 1.5, 99);
	let gradients = y.differentiable_backward(&weights).unwrap();
	let gradient = gradients.get(&x).unwrap();
	let second = gradient.backward(v).unwrap();
	(dot(&flat(&y), &flat(&weights)), flat(gradient), flat(second.get(&x).unwrap()))
}

/// Checks gradient and Hessian of `f` at `x` against differences.
fn check(name: &str, f: &dyn Fn(&Tensor) -> Result<Tensor>, x: &Tensor) {
	const STEP: f64 = 4e-3;
	let v = random(x.dims(), -1.0, 1.0, 7);
	let (_, gradient, second) = derivatives(f, x, &v);
	let moved = |along: &Tensor, by: f64| {
		let x = x.add(&along.affine(by, 0.0)).unwrap();
		derivatives(f, &x, &v)
	};
	let size = |x: &[f32]| x.iter().fold(1.0, |max: f32, x| max.max(x.abs()));
	let close = |a: f64, b: f64, size: f32| (a - b).abs() < 3e-3 * f64::from(size);
	for i in 0..x.values().len() {
		let mut unit = vec![0.0f32; x.values().len()];
		unit[i] = 1.0;
		let unit = Tensor::new(x.dims(), unit).unwrap();
		let difference = (moved(&unit, STEP).0 - moved(&unit, -STEP).0) / (2.0 * STEP);
		let found = f64::from(gradient[i]);
		assert!(close(found, difference, size(&gradient)), "{name}, {i}: {found} {difference}");
	}
	let (after, before) = (moved(&v, STEP).1, moved(&v, -STEP).1);
	for i in 0..x.values().len() {
		let difference = f64::from(after[i] - before[i]) / (2.0 * STEP);
		let found = f64::from(second[i]);
		assert!(close(found, difference, size(&second)), "{name} twice, {i}: {found} {difference}");
	}
}

#[test]
fn products_should_have_the_derivatives_of_products() {
	let x = random(&[3, 4], -1.0, 1.0, 1);
	let w = Matrix::new(4, 2, Arc::new(flat(&random(&[8], -1.0, 1.0, 2)))).unwrap();
	let wide = Matrix::new(5, 4, Arc::new(flat(&random(&[20], -1.0, 1.0, 3)))).unwrap();
	let bias = Arc::new(vec![0.5, -0.25]);
	// Squared, as a linear function has no second derivative.
	let square = |y: Tensor| y.mul(&y);
	check("matmul", &|x| square(matmul(x, &x.reshape(&[4, 3])?)?), &x);
	check("matmul_nt", &|x| square(matmul_nt(x, x)?), &x);
	check("matmul_tn", &|x| square(matmul_tn(x, x)?), &x);
	check("linear_nt", &|x| square(linear_nt(x, &wide, None)?), &x);
	check("linear", &|x| square(linear(x, &w, Some(&bias))?), &x);
	let batch = random(&[2, 3, 4], -1.0, 1.0, 4);
	check("batched matmul", &|x| square(matmul(x, &x.reshape(&[2, 4, 3])?)?), &batch);
	check("batched matmul_nt", &|x| square(matmul_nt(x, x)?), &batch);
	check("batched matmul_tn", &|x| square(matmul_tn(x, x)?), &batch);
}

#[test]
fn functions_should_have_their_derivatives() {
	let x = random(&[2, 6], -1.8, 1.8, 1);
	let positive = random(&[2, 6], 0.6, 2.0, 2);
	check("inverse root", &|x| Ok(Unary::InverseRoot.apply(x)), &positive);
	for function in [
		Unary::Exp,
		Unary::Tanh,
		Unary::Sigmoid,
		Unary::Erf,
		Unary::Gelu,
		Unary::GeluTanh,
		Unary::Silu,
	] {
		check(&format!("{function:?}"), &|x| Ok(function.apply(x)), &x);
	}
	let apart = Tensor::new(&[4], vec![-1.0, -0.1, 0.1, 2.0]).unwrap();
	check("Relu", &|x| Unary::Relu.apply(x).mul(x), &apart);
}

#[test]
fn functions_should_have_the_values_of_the_standard_library() {
	let x = random(&[500], -4.0, 4.0, 5);
	let distribution = |x: f64| {
		0.5 * (1.0 + (x * (2.0 / std::f64::consts::PI).sqrt() * (1.0 + 0.044715 * x * x)).tanh())
	};
	let cases: [(Unary, &dyn Fn(f64) -> f64); 6] = [
		(Unary::Exp, &f64::exp),
		(Unary::Tanh, &f64::tanh),
		(Unary::Sigmoid, &|x| 1.0 / (1.0 + (-x).exp())),
		(Unary::GeluTanh, &|x| x * distribution(x)),
		(Unary::Silu, &|x| x / (1.0 + (-x).exp())),
		(Unary::Relu, &|x| x.max(0.0)),
	];
	for (function, expected) in cases {
		for (x, y) in flat(&x).into_iter().zip(flat(&function.apply(&x))) {
			let expected = expected(f64::from(x));
			let error = (f64::from(y) - expected).abs();
			assert!(error < 1e-6 * expected.abs().max(1.0), "{function:?} {x}: {y} {expected}");
		}
	}
	let wide: Vec<f64> = flat(&x).into_iter().map(f64::from).collect();
	let wide = candle_core::Tensor::new(wide, &candle_core::Device::Cpu).unwrap();
	for (ours, theirs) in [
		(Unary::Erf.apply(&x), wide.erf().unwrap()),
		(Unary::Gelu.apply(&x), wide.gelu_erf().unwrap()),
	] {
		let theirs: Vec<f64> = theirs.to_vec1().unwrap();
		assert!(flat(&ours).iter().zip(theirs).all(|(a, b)| (f64::from(*a) - b).abs() < 1e-6));
	}
}

#[test]
fn row_operations_should_have_their_derivatives() {
	let x = random(&[4, 4], -1.0, 1.0, 1);
	let (scale, shift) = (Arc::new(vec![1.5, -0.5, 0.75, 1.0]), Arc::new(vec![0.1, 0.2, 0.3, 0.4]));
	check("softmax", &|x| softmax(x, &Mask::Nothing), &x);
	check("softmax of the past", &|x| softmax(x, &Mask::Future), &x);
	let one = Mask::One(Arc::new(vec![0, 3, 1, 2]));
	check("softmax without one", &|x| softmax(x, &one), &x);
	check("layer norm", &|x| layer_norm(x, 1e-2, &scale, &shift), &x);
	check("rms norm", &|x| rms_norm(x, 1e-2, &scale), &x);
	check("columns", &|x| columns(&x.mul(x)?, &scale, Some(&shift)), &x);
	check("row sum", &|x| Ok(row_sum(&x.mul(x)?)), &x);
	check("row broadcast", &|x| row_broadcast(&row_sum(&x.mul(x)?), 3), &x);
	check("mean of rows", &|x| mean_of_rows(&x.mul(x)?.reshape(&[2, 2, 4])?), &x);
	check("narrow", &|x| x.mul(x)?.narrow_rows(1, 2), &x);
	check("reshape", &|x| x.mul(x)?.reshape(&[2, 8]), &x);
	check("difference", &|x| x.mul(x)?.sub(&x.affine(0.5, 0.0)), &x);
	let heads = random(&[2, 3, 4], -1.0, 1.0, 3);
	let rotation = Rotation::new(3, 4, 10.0);
	check("swap", &|x| x.mul(x)?.swap_before_last(), &heads);
	check("rotation", &|x| rotation.apply(x)?.mul(x), &heads);
}

#[test]
fn softmax_should_give_nothing_to_what_is_masked() {
	let x = random(&[6, 3], -50.0, 50.0, 1);
	let rows = |mask: &Mask| -> Vec<Vec<f32>> {
		softmax(&x, mask).unwrap().values().chunks(3).map(<[f32]>::to_vec).collect()
	};
	let skipped = [0, 1, 2, 0, 1, 2];
	let past = rows(&Mask::Future);
	let others = rows(&Mask::One(Arc::new(skipped.to_vec())));
	let all = rows(&Mask::Nothing);
	for i in 0..6 {
		for row in [&past[i], &others[i], &all[i]] {
			assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
		}
		assert!(past[i][i % 3 + 1..].iter().all(|p| *p == 0.0));
		assert_eq!(others[i][skipped[i]], 0.0);
	}
	assert_eq!(past[2], all[2]);
	let beyond = Mask::One(Arc::new(vec![0, 1, 2, 3, 0, 0]));
	assert!(softmax(&x, &beyond).is_err());
}

#[test]
fn rotation_should_turn_pairs_by_position_and_keep_lengths() {
	let x = random(&[1, 5, 6], -1.0, 1.0, 1);
	let turned = Rotation::new(5, 6, 10_000.0).apply(&x).unwrap();
	assert_eq!(x.values()[..6], turned.values()[..6]);
	for (position, (x, y)) in x.values().chunks(6).zip(turned.values().chunks(6)).enumerate() {
		for i in 0..3 {
			let angle = position as f64 * 10_000f64.powf(-(2.0 * i as f64) / 6.0);
			let (a, b) = (f64::from(x[i]), f64::from(x[i + 3]));
			let (c, d) = (f64::from(y[i]), f64::from(y[i + 3]));
			assert!((c - (a * angle.cos() - b * angle.sin())).abs() < 1e-6);
			assert!((d - (b * angle.cos() + a * angle.sin())).abs() < 1e-6);
		}
	}
}

#[test]
fn gather_should_refuse_when_a_row_is_not_there() {
	let table = Matrix::new(2, 2, Arc::new(vec![1.0, 2.0, 3.0, 4.0])).unwrap();
	let rows = gather(&table, [1, 0, 1].into_iter()).unwrap();
	assert_eq!(flat(&rows), [3.0, 4.0, 1.0, 2.0, 3.0, 4.0]);
	assert!(gather(&table, [2].into_iter()).is_err());
	assert!(gather(&table, [usize::MAX].into_iter()).is_err());
	assert!(Matrix::new(2, 3, Arc::new(vec![0.0; 5])).is_err());
}

#[test]
fn operations_should_refuse_when_shapes_do_not_fit() {
	let x = random(&[2, 3], -1.0, 1.0, 1);
	let w = Matrix::new(2, 2, Arc::new(vec![0.0; 4])).unwrap();
	assert!(matmul(&x, &x).is_err());
	assert!(matmul_nt(&x, &random(&[2, 2], -1.0, 1.0, 1)).is_err());
	assert!(linear(&x, &w, None).is_err());
	assert!(columns(&x, &Arc::new(vec![1.0; 2]), None).is_err());
	assert!(row_broadcast(&x, 2).is_err());
	assert!(Rotation::new(2, 4, 10.0).apply(&x).is_err());
}

#[test]
fn transpose_should_undo_itself() {
	let matrix: Vec<f32> = (0..35 * 70).map(|i| i as f32).collect();
	let turned = transpose(&matrix, 35, 70);
	assert_eq!((turned[1], turned[35]), (70.0, 1.0));
	assert_eq!(transpose(&turned, 70, 35), matrix);
}

proptest! {
	#[test]
	fn sine_and_cosine_should_match_the_standard_library(angle in -1e6f64..1e6, near in -7.0f64..7.0) {
		for angle in [angle, near] {
			let (sine, cosine) = sine_cosine(angle);
			prop_assert!((sine - angle.sin()).abs() < 1e-15 + 1e-16 * angle.abs());
			prop_assert!((cosine - angle.cos()).abs() < 1e-15 + 1e-16 * angle.abs());
		}
	}

	#[test]
	fn a_row_should_have_the_same_bits_when_it_is_alone(tokens in 1usize..150, seed in any::<u64>()) {
		let x = random(&[tokens, 9], -1.0, 1.0, seed);
		let w = Matrix::new(9, 21, Arc::new(flat(&random(&[189], -1.0, 1.0, seed ^ 1)))).unwrap();
		let turned = Matrix::new(21, 9, Arc::new(transpose(&w.values, 9, 21))).unwrap();
		let together = linear(&x, &w, None).unwrap();
		let other = linear_nt(&x, &turned, None).unwrap();
		prop_assert_eq!(together.values(), other.values());
		for (t, row) in together.values().chunks(21).enumerate() {
			let alone = linear(&x.narrow_rows(t, 1).unwrap(), &w, None).unwrap();
			prop_assert_eq!(alone.values(), row);
		}
	}
}
