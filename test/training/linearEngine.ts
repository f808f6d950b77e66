import type { Branch, Tensor3, TrainingEngine } from '../../src/engine/engine.js';
import type { ParameterSpec } from '../../src/network/parameters.js';

/**
 * A network small enough to differentiate by hand: logit_{r,v} = slope_r · x_v + shift_{m,r}. The slopes are shared,
 * the shifts belong to one modality each, like convolutions and norms of the real one.
 */
export class LinearEngine implements TrainingEngine {
  readonly name = 'wasm';
  readonly device = 'test';
  forwards = 0;
  backwards = 0;
  open = 0;
  private parameters = new Float32Array(0);

  constructor(private readonly regionCount = 3) {}

  static specs(modalityCount: number, regionCount = 3): ParameterSpec[] {
    const shifts = Array.from({ length: modalityCount }, (_, m) => ({
      name: `shift_${m}`,
      shape: [regionCount],
      offset: regionCount * (m + 1),
      length: regionCount,
      modality: m,
    }));
    return [
      { name: 'slope', shape: [regionCount], offset: 0, length: regionCount, modality: null },
      ...shifts,
    ];
  }

  async setParameters(parameters: Float32Array): Promise<void> {
    this.parameters = parameters.slice();
  }

  async forward(modality: number, input: Tensor3): Promise<Branch> {
    this.forwards += 1;
    this.open += 1;
    const { parameters, regionCount } = this;
    const voxels = input.data.length;
    const logits = new Float32Array(regionCount * voxels);
    for (let r = 0; r < regionCount; r++) {
      const shift = parameters[regionCount * (modality + 1) + r];
      for (let v = 0; v < voxels; v++) logits[r * voxels + v] = parameters[r] * input.data[v] + shift;
    }
    return {
      modality,
      logits,
      backward: async (cotangent, gradient) => {
        this.backwards += 1;
        cotangent.forEach((c, i) => {
          const region = Math.floor(i / voxels);
          gradient[region] += c * input.data[i % voxels];
          gradient[regionCount * (modality + 1) + region] += c;
        });
      },
      release: () => {
        this.open -= 1;
      },
    };
  }

  async dispose(): Promise<void> {}
}
