/** Adam's settings; the defaults are the paper's, without weight decay. */
export interface AdamOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** L2 penalty: decay·parameter is added to the gradient, as PyTorch's Adam does. */
  readonly weightDecay?: number;
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
    this.options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0, ...options };
  }

  /** Moves `parameters` along −`gradient`; all vectors have the length given at construction. */
  step(parameters: Float32Array, gradient: Float32Array, learningRate: number): void {
    const { beta1, beta2, epsilon, weightDecay } = this.options;
    const { firstMoment, secondMoment } = this;
    this.steps += 1;
    const rate = learningRate / (1 - beta1 ** this.steps);
    const correction = 1 / (1 - beta2 ** this.steps);
    for (let i = 0; i < parameters.length; i++) {
      const g = gradient[i] + weightDecay * parameters[i];
      const first = beta1 * firstMoment[i] + (1 - beta1) * g;
      const second = beta2 * secondMoment[i] + (1 - beta2) * g * g;
      firstMoment[i] = first;
      secondMoment[i] = second;
      parameters[i] -= (rate * first) / (Math.sqrt(second * correction) + epsilon);
    }
  }
}
