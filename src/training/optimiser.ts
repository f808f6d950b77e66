/** Adam's settings; the defaults are the paper's, without weight decay. */
export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** L2 penalty: decay·parameter is added to the gradient, as PyTorch's Adam does. */
  readonly weightDecay?: number;
  /**
   * AdamW (Loshchilov and Hutter, ICLR 2019): these parameters (1) shrink by rate·decay·parameter beside the step instead, the
   * others (0) are not decayed. Null: the penalty is in the gradient, of every parameter.
   */
  readonly decoupled?: Uint8Array | null;
}

/** Scales a gradient whose Euclidean norm is above `most` down to it, in place (Pascanu et al., ICML 2013); returns the norm. */
export function clipToNorm(gradient: Float32Array, most: number): number {
  let squares = 0;
  for (const value of gradient) squares += value * value;
  const norm = Math.sqrt(squares);
  if (norm > most) for (let i = 0; i < gradient.length; i++) gradient[i] *= most / norm;
  return norm;
}

/**
 * Moves a running mean of the parameters (exponential moving average, as in Tarvainen and Valpola, NeurIPS 2017) towards them.
 * The first steps count more, so that the random start is soon forgotten.
 *
 * @param step steps done, from 1.
 */
export function updateAverage(
  average: Float32Array,
  parameters: Float32Array,
  decay: number,
  step: number,
): void {
  const keep = Math.min(decay, (1 + step) / (10 + step));
  for (let i = 0; i < average.length; i++) average[i] = keep * average[i] + (1 - keep) * parameters[i];
}

/**
 * Adam (Kingma and Ba, 2015) in place on a flat vector. The moments are kept in single precision, the arithmetic of a
 * step is double, so that a checkpoint of the three vectors resumes to the same numbers.
 */
export class Adam {
  /** Steps taken so far. */
  steps = 0;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
  private readonly options: Required<AdamOptions>;

  constructor(length: number, options: AdamOptions = {}) {
    this.firstMoment = new Float32Array(length);
    this.secondMoment = new Float32Array(length);
    this.options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, decoupled: null, ...options };
  }

  /** Moves `parameters` along −`gradient`; all vectors have the length given at construction. */
  step(parameters: Float32Array, gradient: Float32Array, learningRate: number): void {
    const { beta1, beta2, epsilon, weightDecay, decoupled } = this.options;
    const penalty = decoupled ? 0 : weightDecay;
    const { firstMoment, secondMoment } = this;
    this.steps += 1;
    const rate = learningRate / (1 - beta1 ** this.steps);
    const correction = 1 / (1 - beta2 ** this.steps);
    for (let i = 0; i < parameters.length; i++) {
      const g = gradient[i] + penalty * parameters[i];
      const first = beta1 * firstMoment[i] + (1 - beta1) * g;
      const second = beta2 * secondMoment[i] + (1 - beta2) * g * g;
      firstMoment[i] = first;
      secondMoment[i] = second;
      const shrink = decoupled ? learningRate * weightDecay * decoupled[i] * parameters[i] : 0;
      parameters[i] -= (rate * first) / (Math.sqrt(second * correction) + epsilon) + shrink;
    }
  }
}
