//! The trunk of the landmark and expression networks: four dense blocks on a square of 112 pixels, ending in 256
//! features. Architecture: face-api's face feature extractor (dense blocks after Huang et al. 2017, "DenseNet").

use crate::conv::{Activation, Convolution, Depthwise, Padding, Pointwise, Separable};
use crate::picture::Picture;
use crate::sample::{Placement, Region, square};
use crate::tensor::{Scratch, Tensor};
use crate::weights::{ModelError, Weights};

/// Side of the network's input, pixels.
pub(crate) const SIDE: usize = 112;
/// Output channels of the blocks.
const WIDTHS: [usize; 4] = [32, 64, 128, 256];
/// Mean colour of the faces that these networks were trained with.
const MEAN: [f32; 3] = [122.782, 117.001, 104.298];

/// The blocks and the layer that computes an answer from their features.
#[derive(Debug)]
pub(crate) struct Trunk {
    first: Convolution,
    /// The first layer of every block except the first block; each halves the map.
    entries: Vec<Separable>,
    /// The three further layers of each block.
    layers: Vec<[Separable; 3]>,
    answer: Pointwise,
}

impl Trunk {
    /// Takes every tensor of a network that answers with `answers` numbers.
    pub fn load(mut weights: Weights, answers: usize) -> Result<Self, ModelError> {
        let filters = weights.take("dense0/conv0/filters", &[3, 3, 3, WIDTHS[0]])?;
        let bias = weights.take("dense0/conv0/bias", &[WIDTHS[0]])?;
        let filters = Pointwise::new(filters, bias, Activation::RELU);
        let first = Convolution { kernel: 3, stride: 2, padding: Padding::Same, filters };
        let (mut entries, mut layers) = (Vec::new(), Vec::new());
        for (block, width) in WIDTHS.into_iter().enumerate() {
            if block > 0 {
                let shape = (WIDTHS[block - 1], width, 2);
                entries.push(separable(&mut weights, block, 0, shape, Activation::RELU)?);
            }
            let mut layer = |i| separable(&mut weights, block, i, (width, width, 1), Activation::LINEAR);
            layers.push([layer(1)?, layer(2)?, layer(3)?]);
        }
        let filters = weights.take("fc/weights", &[WIDTHS[3], answers])?;
        let bias = weights.take("fc/bias", &[answers])?;
        weights.finish("")?;
        Ok(Trunk { first, entries, layers, answer: Pointwise::new(filters, bias, Activation::LINEAR) })
    }

    /// The answer for a region of a picture: as many numbers as the network has outputs.
    pub fn run(&self, picture: &Picture, region: Region, scratch: &mut Scratch) -> Vec<f32> {
        let x = normalised(picture, region, SIDE, scratch);
        let mut out = self.first.run(&x, scratch);
        scratch.give(x);
        for (block, layers) in self.layers.iter().enumerate() {
            if block > 0 {
                let next = self.entries[block - 1].run(&out, scratch);
                scratch.give(out);
                out = next;
            }
            out = dense(out, layers, scratch);
        }
        let features = mean_over_space(&out, scratch);
        let answer = self.answer.run(&features, scratch);
        let numbers = answer.values().to_vec();
        for tensor in [out, features, answer] {
            scratch.give(tensor);
        }
        numbers
    }
}

/// A block after its first layer: each layer's input is the rectified sum of all before it.
fn dense(mut sum: Tensor, layers: &[Separable; 3], scratch: &mut Scratch) -> Tensor {
    // The sum itself is not rectified between layers, only the next layer's input.
    let mut input = scratch.copy(&sum);
    for layer in layers {
        let out = layer.run(&input, scratch);
        sum.add(&out);
        scratch.give(out);
        input.values_mut().copy_from_slice(sum.values());
        input.relu();
    }
    scratch.give(sum);
    input
}

/// A region as the face networks' input: a square with the face in the middle, (value - mean colour) / 255.
pub(crate) fn normalised(picture: &Picture, region: Region, side: usize, scratch: &mut Scratch) -> Tensor {
    let mut x = square(picture, region, side, Placement::Centre, scratch);
    for pixel in x.values_mut().as_chunks_mut::<3>().0 {
        for (value, mean) in pixel.iter_mut().zip(MEAN) {
            *value = (*value - mean) / 255.0;
        }
    }
    x
}

/// Each channel's mean: 1 × 1 × channels.
pub(crate) fn mean_over_space(x: &Tensor, scratch: &mut Scratch) -> Tensor {
    let mut mean = scratch.tensor(1, 1, x.channels);
    let sums = mean.values_mut();
    sums.fill(0.0);
    for pixel in x.values().chunks_exact(x.channels) {
        for (sum, value) in sums.iter_mut().zip(pixel) {
            *sum += value;
        }
    }
    let pixels = (x.height * x.width) as f32;
    for sum in sums {
        *sum /= pixels;
    }
    mean
}

/// A separable layer; `shape` is (inputs, outputs, stride).
fn separable(
    weights: &mut Weights,
    block: usize,
    layer: usize,
    shape: (usize, usize, usize),
    activation: Activation,
) -> Result<Separable, ModelError> {
    let name = format!("dense{block}/conv{layer}");
    let (inputs, outputs, stride) = shape;
    let filters = weights.take(&format!("{name}/depthwise_filter"), &[3, 3, inputs, 1])?;
    let depthwise =
        Depthwise { stride, weights: filters, bias: vec![0.0; inputs], activation: Activation::LINEAR };
    let filters = weights.take(&format!("{name}/pointwise_filter"), &[1, 1, inputs, outputs])?;
    let bias = weights.take(&format!("{name}/bias"), &[outputs])?;
    Ok(Separable { depthwise, pointwise: Pointwise::new(filters, bias, activation) })
}
