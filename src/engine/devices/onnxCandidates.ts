import { problemOf } from '../../errors.js';
import { createOnnxEngine, loadOnnxRuntime, type OnnxProvider } from '../onnx/onnxEngine.js';
import type { DeviceCandidate } from './deviceCandidate.js';

/** The providers of onnxruntime-node; `cpu` comes first, the GPUs in the order in which they are tried. */
export function onnxCandidates(): DeviceCandidate[] {
  const gpus: OnnxProvider[] = ['cuda', 'dml', 'webgpu', 'coreml'];
  return [candidate('cpu', 'cpu', 'cpu'), ...gpus.map((gpu) => candidate(`onnx-${gpu}`, 'gpu', gpu))];
}

function candidate(id: string, kind: 'cpu' | 'gpu', provider: OnnxProvider): DeviceCandidate {
  return {
    id,
    engine: 'onnx',
    kind,
    unavailable: async () => {
      try {
        const backends = (await loadOnnxRuntime()).listSupportedBackends();
        const backend = backends.find(({ name }) => name === provider);
        if (!backend) return 'onnxruntime has no such provider on this platform';
        return backend.bundled ? null : 'the provider’s files do not come with onnxruntime-node';
      } catch (error) {
        return problemOf(error).found ?? 'onnxruntime cannot be loaded';
      }
    },
    runtimeVersion: async () => `onnxruntime ${(await loadOnnxRuntime()).env.versions.node ?? 'unknown'}`,
    create: (network, options) => createOnnxEngine({ ...network, ...options, device: provider }),
  };
}
