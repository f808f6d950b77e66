import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';

const ENTRIES = ['program', 'segment', 'followUp', 'cohortTable', 'train', 'serve'].map(
  (name) => `src/cli/${name}.ts`,
);
/** What `quorum segment` loads when it is called. */
const SEGMENTING = 'src/commands/batch.ts';
const WORK = [SEGMENTING, 'src/session/services.ts', 'src/worker/main.ts'];

let outputs: Metafile['outputs'];
beforeAll(async () => {
  const { metafile } = await build({
    entryPoints: [...ENTRIES, ...WORK],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outdir: 'out',
    write: false,
    metafile: true,
    logLevel: 'error',
  });
  ({ outputs } = metafile);
});

/** The packages that a module of src loads before it runs: what its own import statements reach, not what it imports when needed. */
function packagesLoadedBy(entry: string): string[] {
  const seen = new Set([
    Object.keys(outputs).find((file) => outputs[file].entryPoint === entry) ?? `none for ${entry}`,
  ]);
  const packages = new Set<string>();
  for (const file of seen)
    for (const { path, kind, external } of outputs[file].imports) {
      if (kind !== 'import-statement') continue;
      if (!external) seen.add(path);
      else if (!path.startsWith('node:')) packages.add(path);
    }
  return [...packages].sort();
}

/** Each takes a tenth of a second or more to load, and few need it. */
const LATE = /tensorflow|vtk|dcmjs|elastix|write-excel-file|fastify|onnxruntime|^open$/;

describe('what is loaded before anything is asked', () => {
  it('no command but the one that is asked for', () => {
    for (const entry of ['src/cli/program.ts', 'src/cli/segment.ts']) {
      const loaded = packagesLoadedBy(entry);
      expect(loaded).toContain('commander');
      expect(loaded).not.toContain('dicom-parser');
    }
    expect(packagesLoadedBy(SEGMENTING)).toContain('dicom-parser');
  });

  it.each([...ENTRIES, ...WORK])('%s: no package that only some work needs', (entry) => {
    const loaded = packagesLoadedBy(entry);
    expect(loaded.length).toBeGreaterThan(0);
    expect(loaded.filter((name) => LATE.test(name))).toEqual([]);
  });
});
