import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

/** src as JavaScript, as deep as src; for the processes that tests start: with tsx each would translate the sources anew. */
const TRANSPILED = resolve('dist-test');

/** vitest's global set-up: what is as it should be stays untouched, since another run may be using it. */
export default async function transpile(): Promise<void> {
  const names = ((await readdir('src', { recursive: true })) as string[]).filter(
    (name) => /\.[jt]s$/.test(name) && !name.startsWith(join('kernels', 'assembly')),
  );
  const { outputFiles } = await build({
    entryPoints: names.map((name) => join('src', name)),
    outbase: 'src',
    outdir: TRANSPILED,
    write: false,
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    logLevel: 'error',
  });
  const old = new Set((await readdir(TRANSPILED, { recursive: true }).catch(() => [])) as string[]);
  for (const { path, contents } of outputFiles) {
    old.delete(relative(TRANSPILED, path));
    const there = await readFile(path).catch(() => null);
    if (there?.equals(contents)) continue;
    await mkdir(dirname(path), { recursive: true });
    const part = `${path}.${process.pid}`;
    await writeFile(part, contents);
    await rename(part, path);
  }
  for (const name of old) if (name.endsWith('.js')) await rm(join(TRANSPILED, name), { force: true });
}

/** A module of src as the processes see it that tests start. */
export function transpiled(module: string): string {
  return join(TRANSPILED, `${module}.js`);
}
