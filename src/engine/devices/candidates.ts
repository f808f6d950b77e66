import { tensorflowDevices } from '../tensorflow/devices.js';
import type { DeviceCandidate } from './deviceCandidate.js';
import { onnxCandidates } from './onnxCandidates.js';
import { wasmCandidate } from './wasmCandidate.js';

/** Every device that Quorum knows, in the order in which `auto` tries them. */
export function deviceCandidates(): DeviceCandidate[] {
  return [...onnxCandidates(), wasmCandidate(), ...tensorflowDevices()];
}
