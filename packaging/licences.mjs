/**
 * Collects what the licences of the shipped packages ask for: dist/licences/licences.txt (every package with its licence text, shown
 * by About) and, with --sbom, dist/licences/sbom.json (CycloneDX, made by npm from the lock file).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const npm = (args) =>
  execFileSync('npm', args, {
    shell: process.platform === 'win32',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).toString();
/** What the renderer's bundle holds, though npm knows it as a tool of the build. */
const BUNDLED = [
  '@niivue/niivue',
  'svelte',
  'bits-ui',
  'wuchale',
  '@wuchale/svelte',
  'nifti-reader-js',
  'gl-matrix',
];

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const shipped = Object.entries(packages).filter(
  ([path, { dev, link }]) =>
    path !== '' && !link && (!dev || BUNDLED.some((name) => path === `node_modules/${name}`)),
);
const entries = shipped
  .flatMap(([path, { version }]) => describe(path, version))
  .sort((a, b) => (a.name < b.name ? -1 : 1));
const nameless = entries.filter(({ licence }) => licence === null).map(({ name }) => name);
if (nameless.length > 0) {
  console.error(`No licence is known for: ${nameless.join(', ')}`);
  process.exit(1);
}

const OUT = 'dist/licences';
mkdirSync(OUT, { recursive: true });
writeFileSync(
  join(OUT, 'licences.txt'),
  entries.map(({ name, licence, text }) => `${name}\n${licence}\n\n${text}\n`).join(`\n${'-'.repeat(78)}\n`),
);
if (process.argv.includes('--sbom'))
  writeFileSync(
    join(OUT, 'sbom.json'),
    npm(['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only', '--omit', 'dev']),
  );
console.log(`Licences of ${entries.length} packages in ${OUT}`);

/** Name and licence; nothing for optional packages of other platforms, which are not installed here and not shipped. */
function describe(path, version) {
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  } catch {
    return [];
  }
  const texts = readdirSync(path).filter((name) =>
    /^(licen[cs]e|notice|copying|thirdpartynotices)/i.test(name),
  );
  const text = texts.map((name) => readFileSync(join(path, name), 'utf8').trim()).join('\n\n');
  const licence =
    manifest.license ?? manifest.licenses?.map(({ type }) => type).join(', ') ?? (text ? 'see below' : null);
  return [
    {
      name: `${manifest.name} ${version}`,
      licence: typeof licence === 'object' ? (licence?.type ?? null) : licence,
      text,
    },
  ];
}
