import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { wuchale } from 'wuchale/vite';

/** Builds the renderer into dist-renderer/: relative addresses (custom protocol or loopback server), nothing inline, nothing remote. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [wuchale({ configPath: fileURLToPath(new URL('wuchale.config.mjs', import.meta.url)) }), svelte()],
  build: {
    outDir: fileURLToPath(new URL('../dist-renderer', import.meta.url)),
    emptyOutDir: true,
    target: 'chrome114',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4000,
  },
});
