/** The devices that the self-test's process is to know: the CPU to compare with, and tfjs's. */
import type { DeviceCandidate } from '../../../src/engine/devices/deviceCandidate.js';
import { createOnnxEngine } from '../../../src/engine/onnx/onnxEngine.js';
import { tensorflowDevices } from '../../../src/engine/tensorflow/devices.js';

export function deviceCandidates(): DeviceCandidate[] {
  const cpu: DeviceCandidate = {
    id: 'cpu',
    engine: 'onnx',
    kind: 'cpu',
    unavailable: async () => null,
    runtimeVersion: async () => 'onnxruntime',
    create: (network, options) => createOnnxEngine({ ...network, ...options, device: 'cpu' }),
  };
  return [cpu, ...tensorflowDevices()];
}
