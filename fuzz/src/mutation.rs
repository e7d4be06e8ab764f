//! Mutations of samples, the same in every run.

/// A longer input is cut.
const MAX_BYTES: usize = 64 << 10;
/// Texts that parsers treat specially.
const WORDS: [&[u8]; 24] = [
    b"\0",
    b"\r\n",
    b"\r\n\r\n",
    b"--",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"..",
    b"/",
    b"%00",
    b"%2e",
    b"null",
    b"-1",
    b"1e400",
    b"18446744073709551616",
    b"\xff\xfe",
    b"\xc0\x80",
];

pub struct Mutations<'a> {
    samples: &'a [Vec<u8>],
    random: Random,
}

/// An xorshift generator; it need not be good, only the same everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end.max(1)
    }
}

impl<'a> Mutations<'a> {
    /// `samples` is not empty.
    pub fn of(samples: &'a [Vec<u8>]) -> Self {
        Mutations { samples, random: Random(0x9e37_79b9_7f4a_7c15) }
    }

    /// A sample with one to eight mutations.
    pub fn next(&mut self) -> Vec<u8> {
        let mut input = self.sample().to_vec();
        for _ in 0..=self.random.below(8) {
            self.mutate(&mut input);
        }
        input.truncate(MAX_BYTES);
        input
    }

    fn sample(&mut self) -> &'a [u8] {
        &self.samples[self.random.below(self.samples.len())]
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let at = self.random.below(input.len() + 1);
        let length = 1 + self.random.below(16);
        let end = (at + length).min(input.len());
        match self.random.below(8) {
            0 => input.truncate(at),
            1 => drop(input.drain(at..end)),
            2 => {
                let again = input[at..end].to_vec();
                drop(input.splice(at..at, again));
            }
            3 => {
                let word = WORDS[self.random.below(WORDS.len())];
                drop(input.splice(at..at, word.iter().copied()));
            }
            4 => {
                let other = self.sample();
                let from = self.random.below(other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            5 => {
                let random: Vec<u8> = (0..length).map(|_| self.random.below(256) as u8).collect();
                drop(input.splice(at..at, random));
            }
            _ => {
                let bit = self.random.below(8);
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << bit;
                }
            }
        }
    }
}
