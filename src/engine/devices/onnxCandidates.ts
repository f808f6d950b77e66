import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
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
        if (backend.bundled || providerInstalled(provider)) return null;
        return 'the provider’s files are not installed beside onnxruntime-node';
      } catch (error) {
        return problemOf(error).found ?? 'onnxruntime cannot be loaded';
      }
    },
    runtimeVersion: async () => `onnxruntime ${(await loadOnnxRuntime()).env.versions.node ?? 'unknown'}`,
    create: (network, options) => createOnnxEngine({ ...network, ...options, device: provider }),
  };
}

/** CUDA's files are not in the npm package; its optional install step puts them beside the library. */
function providerInstalled(provider: OnnxProvider): boolean {
  const folder = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const library =
    process.platform === 'win32'
      ? `onnxruntime_providers_${provider}.dll`
      : `libonnxruntime_providers_${provider}.so`;
  return existsSync(join(folder, 'bin', 'napi-v6', process.platform, process.arch, library));
}
