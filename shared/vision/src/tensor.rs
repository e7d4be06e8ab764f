//! Activation maps, and the scratch memory that they are taken from and returned to.

/// The activations of one picture: height × width × channels, channels fastest (NHWC with a batch of one).
#[derive(Debug)]
pub(crate) struct Tensor {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
    /// At least height × width × channels numbers; the rest is left over from an earlier use.
    store: Vec<f32>,
}

impl Tensor {
    /// height × width × channels numbers.
    pub fn values(&self) -> &[f32] {
        &self.store[..self.height * self.width * self.channels]
    }

    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.store[..self.height * self.width * self.channels]
    }

    /// One row: width × channels numbers.
    pub fn row(&self, y: usize) -> &[f32] {
        let length = self.width * self.channels;
        &self.store[y * length..(y + 1) * length]
    }

    /// Adds `other`, which has the same shape, number by number.
    pub fn add(&mut self, other: &Tensor) {
        debug_assert_eq!(self.shape(), other.shape());
        for (sum, x) in self.values_mut().iter_mut().zip(other.values()) {
            *sum += x;
        }
    }

    /// Replaces negative numbers by 0.
    pub fn relu(&mut self) {
        for x in self.values_mut() {
            *x = x.max(0.0);
        }
    }

    /// Height, width and channels.
    pub fn shape(&self) -> (usize, usize, usize) {
        (self.height, self.width, self.channels)
    }
}

/// Buffers that one picture's networks use in turn, so that a second picture allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    free: Vec<Vec<f32>>,
}

impl Scratch {
    /// A tensor whose numbers are unspecified: its taker must write all of them.
    pub fn tensor(&mut self, height: usize, width: usize, channels: usize) -> Tensor {
        Tensor { height, width, channels, store: self.buffer(height * width * channels) }
    }

    /// A tensor with the numbers of another.
    pub fn copy(&mut self, of: &Tensor) -> Tensor {
        let mut copy = self.tensor(of.height, of.width, of.channels);
        copy.values_mut().copy_from_slice(of.values());
        copy
    }

    /// A buffer of at least `length` unspecified numbers: the smallest free one that is large enough, else the
    /// largest, exchanged for a larger one.
    pub fn buffer(&mut self, length: usize) -> Vec<f32> {
        let fits = |buffer: &Vec<f32>| {
            if buffer.len() >= length { (0, buffer.len()) } else { (1, usize::MAX - buffer.len()) }
        };
        let best = (0..self.free.len()).min_by_key(|&i| fits(&self.free[i]));
        let mut buffer = best.map(|i| self.free.swap_remove(i)).unwrap_or_default();
        if buffer.len() < length {
            // Fresh pages come zeroed; growing would copy numbers that are never read.
            buffer = vec![0.0; length];
        }
        buffer
    }

    /// Returns a tensor's memory.
    pub fn give(&mut self, tensor: Tensor) {
        self.free.push(tensor.store);
    }

    /// Returns a buffer's memory.
    pub fn give_buffer(&mut self, buffer: Vec<f32>) {
        self.free.push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scratch_hands_out_the_smallest_buffer_that_fits_and_exchanges_the_largest() {
        let mut scratch = Scratch::default();
        for length in [10, 40, 20] {
            scratch.free.push(vec![0.0; length]);
        }
        assert_eq!(scratch.buffer(15).len(), 20);
        assert_eq!(scratch.buffer(50).len(), 50);
        assert_eq!(scratch.free.len(), 1, "the buffer of 40 was exchanged");
    }

    #[test]
    fn sums_and_clamps() {
        let mut scratch = Scratch::default();
        let mut a = scratch.tensor(1, 2, 1);
        a.values_mut().copy_from_slice(&[-3.0, 1.0]);
        let b = scratch.copy(&a);
        a.add(&b);
        assert_eq!(a.values(), [-6.0, 2.0]);
        a.relu();
        assert_eq!(a.row(0), [0.0, 2.0]);
    }
}
