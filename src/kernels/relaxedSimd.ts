import { setFlagsFromString } from 'node:v8';

/** A module whose one function is f32x4.relaxed_madd of constants. */
const PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 20, 1, 18, 0, 65, 0, 253, 15, 65, 0, 253,
  15, 65, 0, 253, 15, 253, 133, 2, 26, 11,
]);

/**
 * Whether this runtime has fused multiply-add in WebAssembly (relaxed SIMD). V8 before 11.4, that is Node 20,
 * has it behind a flag, which may be set while it runs, and is set here.
 */
export function relaxedSimdAvailable(): boolean {
  if (WebAssembly.validate(PROBE)) return true;
  setFlagsFromString('--experimental-wasm-relaxed-simd');
  return WebAssembly.validate(PROBE);
}
