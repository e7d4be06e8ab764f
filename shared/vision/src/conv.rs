//! Convolutions: full ones as patches times filters, 1×1 ones as a matrix product, depthwise 3×3 ones in plain loops.
//!
//! Every product runs over strips of rows that stay in the second-level cache until bias and activation are applied.
//! A number's terms are always added in the same order: the size of a strip does not change results.

use crate::tensor::{Scratch, Tensor};
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};
use std::ops::Range;

/// Numbers of a strip's input and output together: 512 KB of f32.
const STRIP: usize = 128 * 1024;

/// Pixels of a strip, if the picture has them: the product rearranges all filters for each strip, which must cost
/// less than their use.
const MIN_STRIP_PIXELS: usize = 1024;

/// The range that an output is clamped to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Activation {
    low: f32,
    high: f32,
}

impl Activation {
    pub const LINEAR: Activation = Activation { low: f32::NEG_INFINITY, high: f32::INFINITY };
    pub const RELU: Activation = Activation { low: 0.0, high: f32::INFINITY };
    pub const RELU6: Activation = Activation { low: 0.0, high: 6.0 };

    /// Comparisons instead of `max` and `min`, whose NaN rules cost three more instructions each.
    #[inline(always)]
    fn apply(self, x: f32) -> f32 {
        let x = if x > self.low { x } else { self.low };
        if x < self.high { x } else { self.high }
    }
}

/// The two paddings of TensorFlow's convolutions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Padding {
    /// out = ceil(n / stride); the odd zero goes after.
    Same,
    /// No zeros: out = floor((n - kernel) / stride) + 1.
    Valid,
}

impl Padding {
    /// (outputs, zeros before the first input) along an axis of `n` inputs.
    pub fn plan(self, n: usize, kernel: usize, stride: usize) -> (usize, usize) {
        match self {
            Padding::Valid => ((n + stride).saturating_sub(kernel) / stride, 0),
            Padding::Same => {
                let out = n.div_ceil(stride);
                (out, ((out - 1) * stride + kernel).saturating_sub(n) / 2)
            }
        }
    }
}

/// Filters as a matrix [inputs, outputs], applied to every pixel; then bias and activation.
#[derive(Debug)]
pub(crate) struct Pointwise {
    pub inputs: usize,
    pub outputs: usize,
    weights: Vec<f32>,
    bias: Vec<f32>,
    activation: Activation,
}

impl Pointwise {
    /// `weights` holds inputs × outputs numbers, outputs fastest; `bias` one per output.
    pub fn new(weights: Vec<f32>, bias: Vec<f32>, activation: Activation) -> Self {
        let outputs = bias.len();
        let inputs = weights.len() / outputs;
        assert_eq!(weights.len(), inputs * outputs, "filters of whole columns");
        Pointwise { inputs, outputs, weights, bias, activation }
    }

    /// The product for a map of pixels.
    pub fn run(&self, x: &Tensor, scratch: &mut Scratch) -> Tensor {
        let mut out = scratch.tensor(x.height, x.width, self.outputs);
        let rows = self.strip(1);
        let pairs =
            x.values().chunks(rows * self.inputs).zip(out.values_mut().chunks_mut(rows * self.outputs));
        for (pixels, results) in pairs {
            self.apply(pixels, results);
        }
        out
    }

    /// The product for some pixels: `pixels` holds n × inputs, `results` n × outputs.
    fn apply(&self, pixels: &[f32], results: &mut [f32]) {
        let n = results.len() / self.outputs;
        let a = ArrayView2::from_shape((n, self.inputs), pixels).expect("n pixels");
        let b = ArrayView2::from_shape((self.inputs, self.outputs), &self.weights).expect("checked in new");
        let mut c = ArrayViewMut2::from_shape((n, self.outputs), &mut *results).expect("n results");
        general_mat_mul(1.0, &a, &b, 0.0, &mut c);
        for result in results.chunks_exact_mut(self.outputs) {
            for (x, bias) in result.iter_mut().zip(&self.bias) {
                *x = self.activation.apply(*x + bias);
            }
        }
    }

    /// How many groups of `pixels` pixels make a strip.
    fn strip(&self, pixels: usize) -> usize {
        let warm = STRIP / (pixels * (self.inputs + self.outputs));
        warm.max(MIN_STRIP_PIXELS.div_ceil(pixels))
    }
}

/// A full convolution with square kernels.
#[derive(Debug)]
pub(crate) struct Convolution {
    pub kernel: usize,
    pub stride: usize,
    pub padding: Padding,
    /// Filters [kernel × kernel × channels, outputs].
    pub filters: Pointwise,
}

impl Convolution {
    pub fn run(&self, x: &Tensor, scratch: &mut Scratch) -> Tensor {
        let (height, top) = self.padding.plan(x.height, self.kernel, self.stride);
        let (width, left) = self.padding.plan(x.width, self.kernel, self.stride);
        let mut out = scratch.tensor(height, width, self.filters.outputs);
        let rows = self.filters.strip(width).min(height);
        let mut patches = scratch.buffer(rows * width * self.filters.inputs);
        for y in (0..height).step_by(rows) {
            let strip = y..(y + rows).min(height);
            let pixels = strip.len() * width;
            self.gather(x, strip, width, (top, left), &mut patches);
            let start = y * width * self.filters.outputs;
            let results = &mut out.values_mut()[start..start + pixels * self.filters.outputs];
            self.filters.apply(&patches[..pixels * self.filters.inputs], results);
        }
        scratch.give_buffer(patches);
        out
    }

    /// Writes the patch under each output pixel of the rows `strip`: kernel rows of kernel × channels numbers.
    fn gather(
        &self,
        x: &Tensor,
        strip: Range<usize>,
        width: usize,
        zeros: (usize, usize),
        patches: &mut [f32],
    ) {
        let length = self.kernel * x.channels;
        let mut parts = patches.chunks_exact_mut(length);
        for y in strip {
            for column in 0..width {
                let left = (column * self.stride) as isize - zeros.1 as isize;
                for ky in 0..self.kernel {
                    let part = parts.next().expect("patches hold the strip");
                    match (y * self.stride + ky).checked_sub(zeros.0).filter(|&row| row < x.height) {
                        Some(row) => copy_clipped(x.row(row), left * x.channels as isize, part),
                        None => part.fill(0.0),
                    }
                }
            }
        }
    }
}

/// Copies `row[start..start + part.len()]`, zeros where that is outside.
fn copy_clipped(row: &[f32], start: isize, part: &mut [f32]) {
    let before = (-start).clamp(0, part.len() as isize) as usize;
    let from = start.max(0) as usize;
    let inside = row.len().saturating_sub(from).min(part.len() - before);
    part[..before].fill(0.0);
    part[before..before + inside].copy_from_slice(&row[from..from + inside]);
    part[before + inside..].fill(0.0);
}

/// A depthwise 3×3 convolution with TensorFlow's SAME padding; then bias and activation.
#[derive(Debug)]
pub(crate) struct Depthwise {
    pub stride: usize,
    /// Nine rows of one weight per channel.
    pub weights: Vec<f32>,
    /// One number a channel.
    pub bias: Vec<f32>,
    pub activation: Activation,
}

impl Depthwise {
    /// Computes the output rows `strip` into `out`.
    fn rows(&self, x: &Tensor, strip: Range<usize>, width: usize, out: &mut [f32]) {
        let channels = x.channels;
        let (_, top) = Padding::Same.plan(x.height, 3, self.stride);
        let (_, left) = Padding::Same.plan(x.width, 3, self.stride);
        let zeros = vec![0.0; x.width.max(3) * channels];
        let mut pixels = out.chunks_exact_mut(channels);
        for y in strip {
            let rows: [&[f32]; 3] = std::array::from_fn(|ky| {
                let row = (y * self.stride + ky).checked_sub(top).filter(|&row| row < x.height);
                row.map_or(&zeros[..x.width * channels], |row| x.row(row))
            });
            for column in 0..width {
                let pixel = pixels.next().expect("out holds the strip");
                let taps: [&[f32]; 9] = std::array::from_fn(|tap| {
                    let at = (column * self.stride + tap % 3).checked_sub(left).filter(|&at| at < x.width);
                    at.map_or(&zeros[..channels], |at| &rows[tap / 3][at * channels..(at + 1) * channels])
                });
                self.pixel(taps, pixel);
            }
        }
    }

    /// One pixel, all channels: nine products in one pass, which the compiler turns into vector code.
    #[inline(always)]
    fn pixel(&self, taps: [&[f32]; 9], out: &mut [f32]) {
        let n = out.len();
        let taps = taps.map(|tap| &tap[..n]);
        let weights: [&[f32]; 9] = std::array::from_fn(|tap| &self.weights[tap * n..(tap + 1) * n]);
        let bias = &self.bias[..n];
        for i in 0..n {
            let mut sum = bias[i];
            for tap in 0..9 {
                sum += taps[tap][i] * weights[tap][i];
            }
            out[i] = self.activation.apply(sum);
        }
    }
}

/// A depthwise convolution whose output goes straight into a pointwise one.
#[derive(Debug)]
pub(crate) struct Separable {
    pub depthwise: Depthwise,
    pub pointwise: Pointwise,
}

impl Separable {
    /// Runs both strip by strip.
    pub fn run(&self, x: &Tensor, scratch: &mut Scratch) -> Tensor {
        let (height, _) = Padding::Same.plan(x.height, 3, self.depthwise.stride);
        let (width, _) = Padding::Same.plan(x.width, 3, self.depthwise.stride);
        let mut out = scratch.tensor(height, width, self.pointwise.outputs);
        let rows = self.pointwise.strip(width).min(height);
        let mut middle = scratch.buffer(rows * width * x.channels);
        for y in (0..height).step_by(rows) {
            let strip = y..(y + rows).min(height);
            let pixels = strip.len() * width;
            let between = &mut middle[..pixels * x.channels];
            self.depthwise.rows(x, strip, width, between);
            let start = y * width * self.pointwise.outputs;
            self.pointwise
                .apply(between, &mut out.values_mut()[start..start + pixels * self.pointwise.outputs]);
        }
        scratch.give_buffer(middle);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tensor(height: usize, width: usize, channels: usize, seed: u32) -> Tensor {
        let mut tensor = Scratch::default().tensor(height, width, channels);
        for (i, x) in tensor.values_mut().iter_mut().enumerate() {
            *x = noise(i as u32, seed);
        }
        tensor
    }

    fn noise(i: u32, seed: u32) -> f32 {
        (i.wrapping_mul(2_654_435_761).wrapping_add(seed.wrapping_mul(40_503)) >> 8) as f32 / 8_388_608.0
            - 1.0
    }

    fn numbers(n: usize, seed: u32) -> Vec<f32> {
        (0..n as u32).map(|i| noise(i, seed)).collect()
    }

    /// The definition: every output is a sum over the window, zeros outside.
    fn by_definition(x: &Tensor, convolution: &Convolution, at: (usize, usize, usize)) -> f64 {
        let (kernel, stride) = (convolution.kernel, convolution.stride);
        let (_, top) = convolution.padding.plan(x.height, kernel, stride);
        let (_, left) = convolution.padding.plan(x.width, kernel, stride);
        let mut sum = f64::from(convolution.filters.bias[at.2]);
        for (ky, kx, c) in itertools(kernel, kernel, x.channels) {
            let (row, column) =
                ((at.0 * stride + ky).wrapping_sub(top), (at.1 * stride + kx).wrapping_sub(left));
            if row < x.height && column < x.width {
                let weight = ((ky * kernel + kx) * x.channels + c) * convolution.filters.outputs + at.2;
                sum += f64::from(x.row(row)[column * x.channels + c])
                    * f64::from(convolution.filters.weights[weight]);
            }
        }
        sum
    }

    fn itertools(a: usize, b: usize, c: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        (0..a).flat_map(move |i| (0..b).flat_map(move |j| (0..c).map(move |k| (i, j, k))))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_convolution_is_its_definition(
            height in 3usize..20, width in 3usize..20, channels in 1usize..6, outputs in 1usize..9,
            kernel in 1usize..4, stride in 1usize..3, same: bool, seed: u32,
        ) {
            let padding = if same { Padding::Same } else { Padding::Valid };
            let weights = numbers(kernel * kernel * channels * outputs, seed);
            let filters = Pointwise::new(weights, numbers(outputs, seed ^ 7), Activation::LINEAR);
            let convolution = Convolution { kernel, stride, padding, filters };
            let x = tensor(height, width, channels, seed);
            let out = convolution.run(&x, &mut Scratch::default());
            for at in itertools(out.height, out.width, outputs) {
                let wanted = by_definition(&x, &convolution, at);
                let got = f64::from(out.row(at.0)[at.1 * outputs + at.2]);
                prop_assert!((got - wanted).abs() < 1e-4, "{at:?}: {got} for {wanted}");
            }
        }

        /// A depthwise convolution is a full one whose filters are diagonal.
        #[test]
        fn a_separable_convolution_is_two_full_ones(
            height in 1usize..40, width in 1usize..40, channels in 1usize..9, outputs in 1usize..9,
            stride in 1usize..3, seed: u32,
        ) {
            let depthwise = Depthwise {
                stride, weights: numbers(9 * channels, seed), bias: numbers(channels, seed ^ 3), activation: Activation::RELU6,
            };
            let mut diagonal = vec![0.0; 9 * channels * channels];
            for tap in 0..9 {
                for c in 0..channels {
                    diagonal[(tap * channels + c) * channels + c] = depthwise.weights[tap * channels + c];
                }
            }
            let filters = Pointwise::new(diagonal, depthwise.bias.clone(), Activation::RELU6);
            let full = Convolution { kernel: 3, stride, padding: Padding::Same, filters };
            let pointwise = || Pointwise::new(numbers(channels * outputs, seed ^ 5), numbers(outputs, seed ^ 9), Activation::RELU);
            let x = tensor(height, width, channels, seed);
            let mut scratch = Scratch::default();
            let wanted = pointwise().run(&full.run(&x, &mut scratch), &mut scratch);
            let got = Separable { depthwise, pointwise: pointwise() }.run(&x, &mut scratch);
            prop_assert_eq!(got.shape(), wanted.shape());
            for (got, wanted) in got.values().iter().zip(wanted.values()) {
                prop_assert!((got - wanted).abs() < 1e-4);
            }
        }
    }

    #[test]
    fn same_padding_is_tensorflows() {
        for (n, kernel, stride, wanted) in
            [(512, 3, 2, (256, 0)), (5, 3, 2, (3, 1)), (5, 3, 1, (5, 1)), (4, 1, 2, (2, 0))]
        {
            assert_eq!(Padding::Same.plan(n, kernel, stride), wanted, "{n} {kernel} {stride}");
        }
        assert_eq!(Padding::Valid.plan(150, 7, 2), (72, 0));
        assert_eq!(Padding::Valid.plan(4, 3, 2), (1, 0));
    }

    #[test]
    fn strips_do_not_change_a_bit() {
        let filters = Pointwise::new(numbers(32 * 64, 1), numbers(64, 2), Activation::RELU6);
        let x = tensor(100, 100, 32, 3);
        let whole = filters.run(&x, &mut Scratch::default());
        let mut one = vec![0.0; 64];
        for pixel in [0, 1, 1364, 1365, 1366, 9_999] {
            filters.apply(&x.values()[pixel * 32..(pixel + 1) * 32], &mut one);
            assert_eq!(one, whole.values()[pixel * 64..(pixel + 1) * 64], "pixel {pixel}");
        }
    }
}
