import { expect, it } from 'vitest';
import { isSoftware } from '../../../renderer/viewer/webgl.js';

it('tells a processor that draws from a graphics card, by the names that browsers give', () => {
  const processors = [
    'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)',
    'Google SwiftShader',
    'llvmpipe (LLVM 15.0.7, 256 bits)',
    'Mesa/X.org, softpipe',
    'ANGLE (Microsoft, Microsoft Basic Render Driver Direct3D11 vs_5_0 ps_5_0, D3D11)',
  ];
  const cards = [
    'ANGLE (NVIDIA, NVIDIA GeForce RTX 3060 Direct3D11 vs_5_0 ps_5_0, D3D11)',
    'ANGLE (Intel, Mesa Intel(R) UHD Graphics 620 (KBL GT2), OpenGL 4.6)',
    'Apple M1',
    'WebKit WebGL',
  ];
  expect(processors.filter((name) => !isSoftware(name))).toEqual([]);
  expect(cards.filter(isSoftware)).toEqual([]);
});
