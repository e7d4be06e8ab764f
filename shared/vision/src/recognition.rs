//! `face_recognition`: a face as 128 numbers, close together for one person and far apart for two.
//!
//! Architecture: a residual network of 29 layers on a square of 150 pixels (arXiv:1512.03385, "Deep Residual
//! Learning"; dlib's face recognition network as converted by face-api).

use crate::conv::{Activation, Convolution, Padding, Pointwise};
use crate::picture::Picture;
use crate::sample::Region;
use crate::tensor::{Scratch, Tensor};
use crate::trunk::{mean_over_space, normalised};
use crate::weights::{ModelError, Weights};

/// Side of the network's input, pixels.
const SIDE: usize = 150;
/// How many numbers a descriptor has.
pub const DESCRIPTOR_LENGTH: usize = 128;

/// A face as numbers: the Euclidean distance of two photos of one person is customarily below 0.6.
pub type Descriptor = [f32; DESCRIPTOR_LENGTH];

/// The residual blocks: name, channels in and out, and whether it halves the map.
const BLOCKS: [(&str, usize, usize, bool); 14] = [
    ("conv32_1", 32, 32, false),
    ("conv32_2", 32, 32, false),
    ("conv32_3", 32, 32, false),
    ("conv64_down", 32, 64, true),
    ("conv64_1", 64, 64, false),
    ("conv64_2", 64, 64, false),
    ("conv64_3", 64, 64, false),
    ("conv128_down", 64, 128, true),
    ("conv128_1", 128, 128, false),
    ("conv128_2", 128, 128, false),
    ("conv256_down", 128, 256, true),
    ("conv256_1", 256, 256, false),
    ("conv256_2", 256, 256, false),
    ("conv256_down_out", 256, 256, true),
];

#[derive(Debug)]
pub(crate) struct Recognition {
    first: Convolution,
    blocks: Vec<Residual>,
    answer: Pointwise,
}

#[derive(Debug)]
struct Residual {
    first: Convolution,
    second: Convolution,
    halves: bool,
}

impl Recognition {
    /// Takes every tensor of the network.
    pub fn load(mut weights: Weights) -> Result<Self, ModelError> {
        let valid = (7, 2, Padding::Valid);
        let first = convolution(&mut weights, "conv32_down", valid, (3, 32), Activation::RELU)?;
        let mut blocks = Vec::new();
        for (name, inputs, outputs, halves) in BLOCKS {
            let shape = if halves { (3, 2, Padding::Valid) } else { (3, 1, Padding::Same) };
            let same = (3, 1, Padding::Same);
            blocks.push(Residual {
                first: convolution(
                    &mut weights,
                    &format!("{name}/conv1"),
                    shape,
                    (inputs, outputs),
                    Activation::RELU,
                )?,
                second: convolution(
                    &mut weights,
                    &format!("{name}/conv2"),
                    same,
                    (outputs, outputs),
                    Activation::LINEAR,
                )?,
                halves,
            });
        }
        let answer = Pointwise::new(
            weights.take("fc", &[256, DESCRIPTOR_LENGTH])?,
            vec![0.0; DESCRIPTOR_LENGTH],
            Activation::LINEAR,
        );
        weights.finish("")?;
        Ok(Recognition { first, blocks, answer })
    }

    /// The descriptor of the face that fills `region`.
    pub fn describe(&self, picture: &Picture, region: Region, scratch: &mut Scratch) -> Descriptor {
        let x = normalised(picture, region, SIDE, scratch);
        let wide = self.first.run(&x, scratch);
        let mut out = largest(&wide, scratch);
        for tensor in [x, wide] {
            scratch.give(tensor);
        }
        for block in &self.blocks {
            let next = block.run(&out, scratch);
            scratch.give(out);
            out = next;
        }
        let features = mean_over_space(&out, scratch);
        let answer = self.answer.run(&features, scratch);
        let numbers = std::array::from_fn(|i| answer.values()[i]);
        for tensor in [out, features, answer] {
            scratch.give(tensor);
        }
        numbers
    }
}

impl Residual {
    fn run(&self, x: &Tensor, scratch: &mut Scratch) -> Tensor {
        let middle = self.first.run(x, scratch);
        let mut out = self.second.run(&middle, scratch);
        scratch.give(middle);
        if self.halves {
            let shortcut = halved(x, out.channels, scratch);
            out = join(shortcut, out, scratch);
        } else {
            out.add(x);
        }
        out.relu();
        out
    }
}

/// The mean of every 2×2; channels that `x` lacks are 0.
fn halved(x: &Tensor, channels: usize, scratch: &mut Scratch) -> Tensor {
    let mut out = scratch.tensor(x.height / 2, x.width / 2, channels);
    out.values_mut().fill(0.0);
    let (width, length) = (out.width, x.channels);
    for (i, pixel) in out.values_mut().chunks_exact_mut(channels).enumerate() {
        let (y, left) = (i / width * 2, i % width * 2);
        let corner = |dy: usize, dx: usize| &x.row(y + dy)[(left + dx) * length..(left + dx + 1) * length];
        let corners = [corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)];
        for (channel, value) in pixel[..length].iter_mut().enumerate() {
            *value = corners.iter().map(|corner| corner[channel]).sum::<f32>() / 4.0;
        }
    }
    out
}

/// The sum of a shortcut and a map that may lack its last row and column, which count as 0.
fn join(mut shortcut: Tensor, map: Tensor, scratch: &mut Scratch) -> Tensor {
    let length = map.width * map.channels;
    let stride = shortcut.width * shortcut.channels;
    for (sums, row) in shortcut.values_mut().chunks_exact_mut(stride).zip(map.values().chunks_exact(length)) {
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
    scratch.give(map);
    shortcut
}

/// The largest of every 3×3, every second pixel (max pooling, VALID).
fn largest(x: &Tensor, scratch: &mut Scratch) -> Tensor {
    let (height, _) = Padding::Valid.plan(x.height, 3, 2);
    let (width, _) = Padding::Valid.plan(x.width, 3, 2);
    let mut out = scratch.tensor(height, width, x.channels);
    out.values_mut().fill(f32::NEG_INFINITY);
    for (i, pixel) in out.values_mut().chunks_exact_mut(x.channels).enumerate() {
        let (top, left) = (i / width * 2, i % width * 2);
        for y in top..top + 3 {
            for taps in x.row(y)[left * x.channels..(left + 3) * x.channels].chunks_exact(x.channels) {
                for (max, value) in pixel.iter_mut().zip(taps) {
                    *max = max.max(*value);
                }
            }
        }
    }
    out
}

/// A convolution whose scale layer (y · w + b) is folded into filters and bias; `shape` is (kernel, stride,
/// padding), `channels` (in, out).
fn convolution(
    weights: &mut Weights,
    name: &str,
    shape: (usize, usize, Padding),
    channels: (usize, usize),
    activation: Activation,
) -> Result<Convolution, ModelError> {
    let (kernel, stride, padding) = shape;
    let (inputs, outputs) = channels;
    let mut filters = weights.take(&format!("{name}/conv/filters"), &[kernel, kernel, inputs, outputs])?;
    let mut part = |part: &str| weights.take(&format!("{name}/{part}"), &[outputs]);
    let (mut bias, scale, offset) = (part("conv/bias")?, part("scale/weights")?, part("scale/biases")?);
    for row in filters.chunks_exact_mut(outputs) {
        for (weight, scale) in row.iter_mut().zip(&scale) {
            *weight *= scale;
        }
    }
    for ((bias, scale), offset) in bias.iter_mut().zip(&scale).zip(&offset) {
        *bias = *bias * scale + offset;
    }
    Ok(Convolution { kernel, stride, padding, filters: Pointwise::new(filters, bias, activation) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(height: usize, width: usize) -> Tensor {
        let mut tensor = Scratch::default().tensor(height, width, 1);
        for (i, x) in tensor.values_mut().iter_mut().enumerate() {
            *x = i as f32;
        }
        tensor
    }

    #[test]
    fn shortcuts_halve_and_gain_empty_channels() {
        let half = halved(&counting(5, 4), 2, &mut Scratch::default());
        assert_eq!(half.values(), [2.5, 0.0, 4.5, 0.0, 10.5, 0.0, 12.5, 0.0]);
    }

    #[test]
    fn a_smaller_map_is_joined_at_the_top_left() {
        let mut scratch = Scratch::default();
        let sum = join(counting(2, 2), counting(1, 1), &mut scratch);
        assert_eq!(sum.values(), [0.0, 1.0, 2.0, 3.0]);
        let mut one = scratch.tensor(1, 1, 1);
        one.values_mut()[0] = 5.0;
        assert_eq!(join(counting(2, 2), one, &mut scratch).values(), [5.0, 1.0, 2.0, 3.0]);
    }

    #[test]
    fn pooling_takes_the_largest_of_nine() {
        assert_eq!(largest(&counting(5, 6), &mut Scratch::default()).values(), [14.0, 16.0, 26.0, 28.0]);
    }
}
