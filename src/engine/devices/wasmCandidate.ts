import { createWasmEngine } from '../wasm/engine.js';
import type { DeviceCandidate } from './deviceCandidate.js';

/** The project's own kernels: the CPU engine where onnxruntime has no build (Intel Macs), and on demand everywhere. */
export function wasmCandidate(): DeviceCandidate {
  return {
    id: 'wasm',
    engine: 'wasm',
    kind: 'cpu',
    unavailable: async () => null,
    runtimeVersion: async () => `V8 ${process.versions.v8}`,
    create: (network, { threads }) =>
      createWasmEngine(threads === undefined ? network : { ...network, threads }),
  };
}
