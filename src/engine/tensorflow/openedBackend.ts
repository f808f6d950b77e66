export interface TensorflowBackendOptions {
  /** Folder of the user's `@tensorflow/tfjs-node-gpu`; without it Node's own resolution decides. */
  readonly nodeGpuFolder?: string;
}

/** What a device module hands over. */
export interface OpenedBackend {
  /** tfjs's name of the backend. */
  readonly name: string;
  /** What reports call it, e.g. `webgpu (SwiftShader)`. */
  readonly device: string;
  /** Starts to collect the device's own errors; the function given back ends that and resolves to their messages. */
  watch(): () => Promise<string[]>;
  close(): void;
}
