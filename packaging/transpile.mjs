/**
 * src as JavaScript, file by file, for Node; as a program: into dist. Types are looked at by `npm run check` alone, so this takes a second
 * and not half a minute.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * What is there already as it should be stays untouched, since a process may be reading it; what comes of no source any more goes.
 *
 * @param {string} folder below which the files lie as they do below src.
 * @param {'inline' | 'linked'} sourcemap in each file, or beside it.
 */
export async function transpile(folder, sourcemap) {
  const out = resolve(folder);
  const names = (await readdir('src', { recursive: true })).filter(
    (name) =>
      /\.[jt]s$/.test(name) && !name.endsWith('.d.ts') && !name.startsWith(join('kernels', 'assembly')),
  );
  const { outputFiles } = await build({
    entryPoints: names.map((name) => join('src', name)),
    outbase: 'src',
    outdir: out,
    write: false,
    format: 'esm',
    target: 'es2022',
    sourcemap,
    logLevel: 'error',
  });
  const old = new Set(await readdir(out, { recursive: true }).catch(() => []));
  for (const { path, contents } of outputFiles) {
    old.delete(relative(out, path));
    const there = await readFile(path).catch(() => null);
    if (there?.equals(contents)) continue;
    await mkdir(dirname(path), { recursive: true });
    const part = `${path}.${process.pid}`;
    await writeFile(part, contents);
    await rename(part, path);
  }
  for (const name of old) if (/\.js(\.map)?$/.test(name)) await rm(join(out, name), { force: true });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href)
  await transpile('dist', 'linked');
