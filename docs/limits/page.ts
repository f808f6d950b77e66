/**
 * Writes docs/performance.md and docs/reliability.md from the logs beside this file: `npx tsx docs/limits/page.ts`. `npm run bench:limits`
 * measures anew and then does it.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { limitsPages } from './pages.js';

for (const [name, text] of Object.entries(limitsPages()))
  writeFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), text);
