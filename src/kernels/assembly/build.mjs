/**
 * Compiles the kernels to WebAssembly and writes both builds, base64, into `../binaries.ts`.
 * `npm run build:kernels`; a test compiles again and compares.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = dirname(fileURLToPath(import.meta.url));

/**
 * Optimisation level 1 on purpose: higher levels move expressions to their use and so pile up loads, which
 * costs the convolutions two thirds of their speed; warning 201 is about 64-bit memories.
 */
const OPTIONS = [
  'index.ts',
  '--optimizeLevel',
  '1',
  '--noAssert',
  '--runtime',
  'stub',
  '--use',
  'abort=',
  '--importMemory',
  '--sharedMemory',
  '--initialMemory',
  '1',
  '--maximumMemory',
  '65536',
  '--enable',
  'threads',
  '--enable',
  'simd',
  '--disableWarning',
  '201',
];

/** The kernels as WebAssembly. `relaxed`: with fused multiply-add. */
export async function compileKernels(relaxed) {
  let binary;
  const options = [...OPTIONS, '--baseDir', folder, '--outFile', 'kernels.wasm'];
  if (relaxed) options.push('--enable', 'relaxed-simd');
  const { error, stderr } = await asc.main(options, {
    writeFile: (_name, contents) => {
      binary = contents;
    },
  });
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  return Buffer.from(binary);
}

/** The text of `binaries.ts`. */
export async function binariesSource() {
  const constant = async (name, relaxed) =>
    `export const ${name} =\n  '${(await compileKernels(relaxed)).toString('base64')}';\n`;
  return (
    '/** The compiled kernels, base64. Written by `npm run build:kernels` from `assembly/`; not to be edited. */\n' +
    `${await constant('RELAXED_KERNELS', true)}\n${await constant('STRICT_KERNELS', false)}`
  );
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(join(folder, '..', 'binaries.ts'), await binariesSource());
}
