//! The detector `ssd_mobilenetv1`: MobileNet v1 with six heads on a square of 512 pixels.
//!
//! Architecture: Howard et al. 2017, "MobileNets"; Liu et al. 2016, "SSD", as trained for face-api 1.7.15.

use crate::boxes::{Rectangle, Scored, suppress};
use crate::conv::{Activation, Convolution, Depthwise, Padding, Pointwise, Separable};
use crate::picture::{Picture, fitted};
use crate::sample::{Placement, Region, square};
use crate::tensor::{Scratch, Tensor};
use crate::weights::{ModelError, Weights};

/// Side of the network's input, pixels.
const SIDE: usize = 512;
/// Side of the canvas for faces that fill the picture, in times the picture's longer side: a border of 1.75 of it on each
/// side. Of 24 close-ups a border of 0.5 shows 9, 0.8 20, 1.2 22, and 2.0 23.
const CANVAS: f64 = 4.5;
/// Less likely faces on the canvas are dropped: of 500 pictures without a face, 2 show one above .5, with .58 and .63.
const MIN_CLOSE_CONFIDENCE: f32 = 0.6;
/// The epsilon of the batch normalisations; variances are quantised to about 0, so it counts.
const EPSILON: f32 = 0.001;
/// Output channels of the thirteen pairs.
const WIDTHS: [usize; 13] = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];
/// The pairs, from 1, that halve the map.
const HALVING: [usize; 4] = [2, 4, 6, 12];
/// Output channels of the eight extra layers: even ones 1×1, odd ones 3×3 that halve.
const EXTRA: [usize; 8] = [256, 512, 128, 256, 128, 256, 64, 128];
/// (input channels, anchors per cell) of the six heads.
const HEADS: [(usize, usize); 6] = [(512, 3), (1024, 6), (512, 6), (256, 6), (256, 6), (128, 6)];
/// Anchors of all heads: 32² · 3 + (16² + 8² + 4² + 2² + 1) · 6.
const ANCHORS: usize = 5118;
/// How many faces a picture may have; the least confident are dropped.
pub(crate) const MAX_FACES: usize = 100;
/// Boxes with more overlap (intersection over union) are one face.
const MAX_OVERLAP: f64 = 0.5;
/// Boxes that are less likely to hold a face are dropped.
const MIN_CONFIDENCE: f32 = 0.5;

#[derive(Debug)]
pub(crate) struct Ssd {
    first: Convolution,
    pairs: Vec<Separable>,
    extra: Vec<Convolution>,
    heads: Vec<Head>,
    anchors: Vec<Anchor>,
}

#[derive(Debug)]
struct Head {
    boxes: Pointwise,
    classes: Pointwise,
}

/// A box that a head's numbers move and stretch; relative to the square.
#[derive(Debug)]
struct Anchor {
    centre: [f32; 2],
    size: [f32; 2],
}

impl Ssd {
    /// Takes every tensor of the network.
    pub fn load(mut weights: Weights) -> Result<Self, ModelError> {
        let first = convolution(&mut weights, "MobilenetV1/Conv2d_0", (3, 2), 3, 32)?;
        let mut pairs = Vec::new();
        for (i, outputs) in WIDTHS.into_iter().enumerate() {
            let inputs = if i == 0 { 32 } else { WIDTHS[i - 1] };
            pairs.push(pair(&mut weights, i + 1, inputs, outputs)?);
        }
        let mut extra = Vec::new();
        for (i, outputs) in EXTRA.into_iter().enumerate() {
            let inputs = if i == 0 { WIDTHS[12] } else { EXTRA[i - 1] };
            let shape = if i % 2 == 0 { (1, 1) } else { (3, 2) };
            extra.push(convolution(&mut weights, &format!("Prediction/Conv2d_{i}"), shape, inputs, outputs)?);
        }
        let mut heads = Vec::new();
        for (i, (inputs, anchors)) in HEADS.into_iter().enumerate() {
            heads.push(Head {
                boxes: predictor(&mut weights, i, "BoxEncodingPredictor", inputs, anchors * 4)?,
                classes: predictor(&mut weights, i, "ClassPredictor", inputs, anchors * 3)?,
            });
        }
        let corners = weights.take("Output/extra_dim", &[1, ANCHORS, 4])?;
        weights.finish("Preprocessor/")?;
        let anchors = corners.as_chunks::<4>().0.iter().map(Anchor::new).collect();
        Ok(Ssd { first, pairs, extra, heads, anchors })
    }

    /// The faces in `region` of a picture, most confident first; boxes in the picture's pixels, inside the region.
    pub fn detect(&self, picture: &Picture, region: Region, scratch: &mut Scratch) -> Vec<Scored> {
        let found = self.scan(square(picture, region, SIDE, Placement::Corner, scratch), scratch);
        found.into_iter().map(|scored| scored.map(|r| unsquare(r, region))).collect()
    }

    /// The faces that fill the picture, which the network sees when the picture is in the middle of a large black canvas;
    /// boxes in the picture's pixels, inside it.
    pub fn detect_close(&self, picture: &Picture, scratch: &mut Scratch) -> Vec<Scored> {
        // Twice what is sampled: sampling alone would see one pixel in hundreds of a large photo.
        let room = (2.0 * SIDE as f64 / CANVAS) as usize;
        let (width, height) = fitted(picture.width(), picture.height(), room);
        let small = picture.averaged(width, height);
        let placement = Placement::Canvas(CANVAS);
        let mut found = self.scan(square(&small, Region::whole(&small), SIDE, placement, scratch), scratch);
        found.retain(|scored| scored.confidence >= MIN_CLOSE_CONFIDENCE);
        let size = (picture.width() as f64, picture.height() as f64);
        found.into_iter().map(|scored| scored.map(|r| uncanvas(r, size))).collect()
    }

    /// The faces in a square of RGB values from 0 to 255; boxes relative to it.
    fn scan(&self, mut x: Tensor, scratch: &mut Scratch) -> Vec<Scored> {
        for value in x.values_mut() {
            *value = *value / 127.5 - 1.0;
        }
        let maps = self.maps(x, scratch);
        let mut found = Vec::new();
        let mut anchors = self.anchors.iter();
        for (head, map) in self.heads.iter().zip(maps) {
            let boxes = head.boxes.run(&map, scratch);
            let classes = head.classes.run(&map, scratch);
            for (encoded, class) in
                boxes.values().as_chunks::<4>().0.iter().zip(classes.values().as_chunks::<3>().0)
            {
                let anchor = anchors.next().expect("the heads have as many cells as there are anchors");
                let confidence = 1.0 / (1.0 + (-class[1]).exp());
                if confidence > MIN_CONFIDENCE {
                    found.push(Scored { confidence, rectangle: anchor.decode(encoded) });
                }
            }
            for tensor in [map, boxes, classes] {
                scratch.give(tensor);
            }
        }
        suppress(found, MAX_OVERLAP, MAX_FACES)
    }

    /// The six maps that are the heads' inputs, finest first.
    fn maps(&self, x: Tensor, scratch: &mut Scratch) -> Vec<Tensor> {
        let mut maps = Vec::new();
        let mut out = self.first.run(&x, scratch);
        scratch.give(x);
        for (i, pair) in self.pairs.iter().enumerate() {
            let next = pair.run(&out, scratch);
            // The eleventh pair is the last one on the map of 32×32, the input of the finest head.
            if i == 11 {
                maps.push(out)
            } else {
                scratch.give(out)
            }
            out = next;
        }
        for (i, layer) in self.extra.iter().enumerate() {
            let next = layer.run(&out, scratch);
            if i % 2 == 0 {
                maps.push(out)
            } else {
                scratch.give(out)
            }
            out = next;
        }
        maps.push(out);
        maps
    }
}

impl Anchor {
    /// From the corners y, x, y, x.
    fn new(corners: &[f32; 4]) -> Self {
        let size = [corners[2] - corners[0], corners[3] - corners[1]];
        Anchor { size, centre: [corners[0] + size[0] / 2.0, corners[1] + size[1] / 2.0] }
    }

    /// The box that a head's four numbers encode (SSD's encoding with variances 10 and 5).
    fn decode(&self, encoded: &[f32; 4]) -> Rectangle {
        let centre = |axis: usize| encoded[axis] / 10.0 * self.size[axis] + self.centre[axis];
        let half = |axis: usize| (encoded[axis + 2] / 5.0).exp() * self.size[axis] / 2.0;
        Rectangle {
            left: f64::from(centre(1) - half(1)),
            top: f64::from(centre(0) - half(0)),
            right: f64::from(centre(1) + half(1)),
            bottom: f64::from(centre(0) + half(0)),
        }
    }
}

/// From the square's 0..1, whose top left the region fills, to the picture's pixels.
fn unsquare(r: Rectangle, region: Region) -> Rectangle {
    let scale = SIDE as f64 / region.width.max(region.height) as f64;
    let (width, height) = (region.width as f64, region.height as f64);
    // The reference divides by the rounded size of the scaled picture, so this does too.
    let (across, down) =
        (SIDE as f64 / (width * scale).round().max(1.0), SIDE as f64 / (height * scale).round().max(1.0));
    let (left, right) = (r.left.max(0.0) * across, r.right.min(1.0) * across);
    let (top, bottom) = (r.top.max(0.0) * down, r.bottom.min(1.0) * down);
    Rectangle { left: left * width, top: top * height, right: right * width, bottom: bottom * height }
        .shift(region.left as f64, region.top as f64)
}

/// From the 0..1 of a canvas to the pixels of the picture in its middle, clipped to it.
fn uncanvas(r: Rectangle, (width, height): (f64, f64)) -> Rectangle {
    let side = width.max(height) * CANVAS;
    let (left, top) = ((side - width) / 2.0, (side - height) / 2.0);
    Rectangle {
        left: (r.left * side - left).clamp(0.0, width),
        top: (r.top * side - top).clamp(0.0, height),
        right: (r.right * side - left).clamp(0.0, width),
        bottom: (r.bottom * side - top).clamp(0.0, height),
    }
}

/// A full convolution with folded batch normalisation; `shape` is (kernel, stride).
fn convolution(
    weights: &mut Weights,
    name: &str,
    shape: (usize, usize),
    inputs: usize,
    outputs: usize,
) -> Result<Convolution, ModelError> {
    let (kernel, stride) = shape;
    let filters = weights.take(&format!("{name}_pointwise/weights"), &[kernel, kernel, inputs, outputs])?;
    let bias = weights.take(&format!("{name}_pointwise/convolution_bn_offset"), &[outputs])?;
    let filters = Pointwise::new(filters, bias, Activation::RELU6);
    Ok(Convolution { kernel, stride, padding: Padding::Same, filters })
}

/// A depthwise layer, its batch normalisation folded into weights and bias, and the pointwise layer after it.
fn pair(weights: &mut Weights, i: usize, inputs: usize, outputs: usize) -> Result<Separable, ModelError> {
    let name = format!("MobilenetV1/Conv2d_{i}");
    let mut filters = weights.take(&format!("{name}_depthwise/depthwise_weights"), &[3, 3, inputs, 1])?;
    let mut norm = |part: &str| weights.take(&format!("{name}_depthwise/BatchNorm/{part}"), &[inputs]);
    let (gamma, mean, variance) = (norm("gamma")?, norm("moving_mean")?, norm("moving_variance")?);
    let mut bias = norm("beta")?;
    for channel in 0..inputs {
        let scale = gamma[channel] / (variance[channel] + EPSILON).sqrt();
        bias[channel] -= mean[channel] * scale;
        filters.iter_mut().skip(channel).step_by(inputs).for_each(|weight| *weight *= scale);
    }
    let stride = if HALVING.contains(&i) { 2 } else { 1 };
    let depthwise = Depthwise { stride, weights: filters, bias, activation: Activation::RELU6 };
    let filters = weights.take(&format!("{name}_pointwise/weights"), &[1, 1, inputs, outputs])?;
    let bias = weights.take(&format!("{name}_pointwise/convolution_bn_offset"), &[outputs])?;
    Ok(Separable { depthwise, pointwise: Pointwise::new(filters, bias, Activation::RELU6) })
}

fn predictor(
    weights: &mut Weights,
    i: usize,
    kind: &str,
    inputs: usize,
    outputs: usize,
) -> Result<Pointwise, ModelError> {
    let name = format!("Prediction/BoxPredictor_{i}/{kind}");
    let filters = weights.take(&format!("{name}/weights"), &[1, 1, inputs, outputs])?;
    let bias = weights.take(&format!("{name}/biases"), &[outputs])?;
    Ok(Pointwise::new(filters, bias, Activation::LINEAR))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_zero_are_the_anchor_itself() {
        let r = Anchor::new(&[0.1, 0.2, 0.5, 0.4]).decode(&[0.0; 4]);
        for (got, wanted) in [(r.top, 0.1), (r.left, 0.2), (r.bottom, 0.5), (r.right, 0.4)] {
            assert!((got - wanted).abs() < 1e-6);
        }
    }

    #[test]
    fn the_square_is_clipped_and_stretched_back_to_the_region() {
        let region = Region { left: 100, top: 50, width: 1000, height: 500 };
        let r = unsquare(Rectangle { left: -0.1, top: 0.25, right: 1.2, bottom: 0.5 }, region);
        assert_eq!(r, Rectangle { left: 100.0, top: 300.0, right: 1100.0, bottom: 550.0 });
    }
}
