import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { wuchale } from 'wuchale/vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const CATALOGUES = here('wuchale.config.mjs');

/** Copies the catalogues and adds the texts that are in none of them yet: those are shown in English. */
function prepareCatalogues(): void {
  const copy = here('locales/.wuchale/catalogues');
  rmSync(copy, { recursive: true, force: true });
  for (const name of readdirSync(here('locales')).filter((file) => file.endsWith('.po')))
    cpSync(here(`locales/${name}`), join(copy, name));
  process.env.QUORUM_CATALOGUES = copy;
  const program = join(dirname(fileURLToPath(import.meta.resolve('wuchale'))), 'cli/index.js');
  execFileSync(process.execPath, [program, '--config', CATALOGUES, '--log-level', 'error'], {
    cwd: here('..'),
    stdio: 'inherit',
  });
}

/** Builds the renderer into dist-renderer/: relative addresses (custom protocol or loopback server), nothing inline, nothing remote. */
export default defineConfig(() => {
  prepareCatalogues();
  return {
    root: here('.'),
    base: './',
    plugins: [wuchale({ configPath: CATALOGUES }), svelte()],
    build: {
      outDir: here('../dist-renderer'),
      emptyOutDir: true,
      target: 'chrome114',
      modulePreload: { polyfill: false },
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 4000,
    },
  };
});
