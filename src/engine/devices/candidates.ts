import { tensorflowDevices } from '../tensorflow/devices.js';
import type { DeviceCandidate } from './deviceCandidate.js';
import { onnxCandidates } from './onnxCandidates.js';

/** Every device that Quorum knows, in the order in which `auto` tries them. */
export function deviceCandidates(): DeviceCandidate[] {
  return [...onnxCandidates(), ...tensorflowDevices()];
}
