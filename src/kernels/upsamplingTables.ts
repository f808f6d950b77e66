/** Words of an entry of either table. */
const FORWARD_WORDS = 4;
const ADJOINT_WORDS = 8;
const MAXIMUM_TERMS = ADJOINT_WORDS - 2;

/**
 * Linear interpolation from n to 2n samples with aligned corners: output i reads input i·(n−1)/(2n−1).
 * Per output: lower index, upper index (u32), their weights (f32), in single precision as PyTorch computes it.
 */
export function forwardTable(n: number): Uint32Array {
  const words = new Uint32Array(2 * n * FORWARD_WORDS);
  const floats = new Float32Array(words.buffer);
  const step = Math.fround((n - 1) / (2 * n - 1));
  for (let i = 0; i < 2 * n; i++) {
    const position = Math.fround(step * i);
    const lower = Math.min(Math.floor(position), n - 1);
    const weight = Math.fround(position - lower);
    words[4 * i] = lower;
    words[4 * i + 1] = Math.min(lower + 1, n - 1);
    floats[4 * i + 2] = 1 - weight;
    floats[4 * i + 3] = weight;
  }
  return words;
}

/** The transpose of `forwardTable`: per input the first output that reads it, how many do (u32), their weights (f32). */
export function adjointTable(n: number): Uint32Array {
  const forward = forwardTable(n);
  const forwardFloats = new Float32Array(forward.buffer);
  const words = new Uint32Array(n * ADJOINT_WORDS);
  const floats = new Float32Array(words.buffer);
  for (let i = 0; i < 2 * n; i++) {
    for (const side of [0, 1]) {
      const at = forward[4 * i + side] * ADJOINT_WORDS;
      if (words[at + 1] === 0) words[at] = i;
      const term = i - words[at];
      if (term >= MAXIMUM_TERMS) throw new RangeError(`${n} samples: too many terms`);
      words[at + 1] = term + 1;
      floats[at + 2 + term] += forwardFloats[4 * i + 2 + side];
    }
  }
  return words;
}
