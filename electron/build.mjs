/** Bundles the desktop shell to CommonJS: main for Node 18, the preload for Chrome 114, so that older Electrons can run it too. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('.', import.meta.url));
const common = {
  bundle: true,
  format: 'cjs',
  external: ['electron'],
  absWorkingDir: folder,
  logLevel: 'warning',
};
const out = (name) => `../dist-electron/${name}.cjs`;

await build({
  ...common,
  entryPoints: ['main.ts'],
  outfile: out('main'),
  platform: 'node',
  target: 'node18',
});
await build({
  ...common,
  entryPoints: ['utility.ts'],
  outfile: out('utility'),
  platform: 'node',
  target: 'node18',
});
await build({
  ...common,
  entryPoints: ['preload.ts'],
  outfile: out('preload'),
  platform: 'browser',
  target: 'chrome114',
});
