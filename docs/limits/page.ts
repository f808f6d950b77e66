/**
 * docs/performance.md and docs/reliability.md, made from the logs beside this file: `npx tsx docs/limits/page.ts`. `npm run bench:limits`
 * measures anew and then makes them. A log that is not there is said to be missing.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { performancePage } from './performance.js';
import { reliabilityPage } from './reliability.js';

const log = (name: string) => {
  const file = fileURLToPath(new URL(`./${name}.json`, import.meta.url));
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
};
const write = (name: string, text: string) =>
  writeFileSync(fileURLToPath(new URL(`../${name}`, import.meta.url)), text);

write(
  'performance.md',
  performancePage({
    beforeAfter: log('beforeAfter'),
    timing: log('timing'),
    window: log('window'),
    devices: log('devices'),
    peers: log('peers'),
  }),
);
write('reliability.md', reliabilityPage({ soak: log('soak'), faults: log('faults') }));
