/**
 * A 3-D tensor as the network sees it: C order, the last axis (W) fastest. Which image axis is D, H, W is the model's
 * business. For a network with several input channels `data` holds one such volume per channel, (channels, D, H, W).
 */
export interface Tensor3 {
  readonly data: Float32Array;
  readonly shape: readonly [depth: number, height: number, width: number];
}

/** What one forward pass gives. */
export interface Pass {
  /** (regions, D, H, W), C order. */
  readonly logits: Float32Array;
  /**
   * Mean over the volume of each channel at the bottleneck (`BOTTLENECK` in network/layers.ts, after its ReLU): a short
   * description of what the network saw, for the checks of the input. Empty for a network without a bottleneck.
   */
  readonly features: Float32Array;
}

/** Runs the network on one modality at a time. Engines agree within 1e-4 on logits in float32. */
export interface InferenceEngine {
  readonly name: 'onnx' | 'tensorflow' | 'wasm';
  /** `cpu`, or the GPU provider and adapter, e.g. `webgpu (SwiftShader)`. */
  readonly device: string;
  /**
   * One forward pass of one modality's branch.
   *
   * @param modality index into the model's modality list.
   * @param input normalised volume (D, H, W); every side divides by 16; air and padding are 0.
   * @param beside how many passes are run side by side, this one among them: they share the cores.
   * @returns logits (regions, D, H, W), C order.
   * @throws QuorumError ENGINE_FAILED when the device fails or a logit is not finite.
   */
  logits(modality: number, input: Tensor3, beside?: number): Promise<Float32Array>;
  /** The same pass, with the bottleneck's channel means beside the logits. */
  pass(modality: number, input: Tensor3, beside?: number): Promise<Pass>;
  /**
   * How many of so many passes of this size it runs side by side, as cores and memory allow now; results do not depend on it. Absent: one.
   */
  sideBySide?(passes: number, shape: Tensor3['shape']): number;
  dispose(): Promise<void>;
}

/** Runs the network forward and, as often as asked, backward. One sample and one modality at a time. */
export interface TrainingEngine {
  readonly name: 'wasm' | 'tensorflow';
  readonly device: string;
  /** Takes a copy of all parameters: the flat vector in `parameterSpecs` order. */
  setParameters(parameters: Float32Array): Promise<void>;
  /** One branch's forward pass with its activations kept until `release`. Input as for `InferenceEngine.logits`. */
  forward(modality: number, input: Tensor3): Promise<Branch>;
  dispose(): Promise<void>;
}

/** A forward pass whose activations are kept, so that it can be walked backward several times. */
export interface Branch {
  readonly modality: number;
  /** (regions, D, H, W), C order. */
  readonly logits: Float32Array;
  /**
   * Adds Jᵀ·cotangent to `gradient`, J being the derivative of these logits by the parameters.
   *
   * @param cotangent ∂loss/∂logits, (regions, D, H, W).
   * @param gradient flat vector in `parameterSpecs` order; entries of other modalities' normalisations are left alone.
   */
  backward(cotangent: Float32Array, gradient: Float32Array): Promise<void>;
  /** Gives the activations back. */
  release(): void;
}
