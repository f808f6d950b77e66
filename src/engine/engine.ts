/** A 3-D tensor as the network sees it: C order, the last axis (W) fastest. Which image axis is D, H, W is the model's business. */
export interface Tensor3 {
  readonly data: Float32Array;
  readonly shape: readonly [depth: number, height: number, width: number];
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
   * @returns logits (regions, D, H, W), C order.
   * @throws QuorumError ENGINE_FAILED when the device fails or a logit is not finite.
   */
  logits(modality: number, input: Tensor3): Promise<Float32Array>;
  dispose(): Promise<void>;
}
