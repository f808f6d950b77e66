import { expect, it } from 'vitest';
import { RELAXED_KERNELS, STRICT_KERNELS } from '../../src/kernels/binaries.js';

interface Build {
  compileKernels(relaxed: boolean): Promise<Buffer>;
}

it.each([
  { build: 'fused', relaxed: true, committed: RELAXED_KERNELS },
  { build: 'strict', relaxed: false, committed: STRICT_KERNELS },
])('the committed $build kernels are what their sources compile to', async ({ relaxed, committed }) => {
  const script = new URL('../../src/kernels/assembly/build.mjs', import.meta.url).href;
  const { compileKernels }: Build = await import(script);
  expect((await compileKernels(relaxed)).toString('base64') === committed).toBe(true);
});
