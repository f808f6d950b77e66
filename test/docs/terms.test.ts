import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** docs/terms.md is the one glossary: what its last column rules out is said nowhere in the window, in messages or in reports. */

/** Words of the last column that mean something else, too, where they stand. */
const ORDINARY = new Set([
  'study',
  'case',
  'patient',
  'contrast',
  'file',
  'scan',
  'agreement',
  'doubt',
  'note',
  'remark',
  'flag',
  'brought',
  'placed',
  'part',
  'small part',
  'unsupported',
  'pale',
  'truth',
]);

/** Files below a folder with this ending. */
function below(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`);
}

const WORDS = [
  'src/contract/messages.ts',
  'src/contract/warnings.ts',
  'src/contract/trust.ts',
  'src/contract/formats.ts',
  'src/contract/population.ts',
  'src/contract/questions.ts',
  'src/export/html.ts',
  'src/pipeline/facts.ts',
  'src/cli/results.ts',
  'src/cli/segment.ts',
  ...below('renderer/logic', '.ts'),
];

/** What people read of a component: text between tags, and what is said of an element. */
function shownBy(source: string): string[] {
  const markup = source.replace(/<(script|style).*?<\/\1>|<!--.*?-->/gs, '');
  const said = [...markup.matchAll(/(?:title|aria-label|placeholder|label)="([^"{]*)"/g)].map(
    ([, text]) => text,
  );
  const text = markup.replace(/\{[^{}]*(\{[^{}]*\}[^{}]*)*\}/g, ' ').replace(/<[^>]*>/g, ' ');
  return [...said, text.replace(/\s+/g, ' ')];
}

/** Sentences in a file of words. */
function saidBy(source: string): string[] {
  const code = source.replace(/\/\*.*?\*\//gs, '').replace(/\/\/.*/g, '');
  return [...code.matchAll(/'([^'\n]*)'|`([^`]*)`/g)]
    .map(([, quoted, template]) => quoted ?? template.replace(/\$\{[^}]*\}/g, '…'))
    .filter((text) => text.includes(' '));
}

const ruledOut = readFileSync('docs/terms.md', 'utf8')
  .split('\n')
  .filter((line) => /^\| (?!term|--)/.test(line))
  .flatMap((line) => line.split('|')[3].split(','))
  .map((word) => word.trim())
  .filter((word) => word !== '' && !ORDINARY.has(word));

it('no text says in another word what the glossary has a word for', () => {
  expect(ruledOut.length).toBeGreaterThan(15);
  const texts = [
    ...below('renderer', '.svelte').flatMap((file) =>
      shownBy(readFileSync(file, 'utf8')).map((text) => ({ file, text })),
    ),
    ...WORDS.flatMap((file) => saidBy(readFileSync(file, 'utf8')).map((text) => ({ file, text }))),
  ];
  expect(texts.length).toBeGreaterThan(500);
  const found = ruledOut.flatMap((word) =>
    texts.flatMap(({ file, text }) => {
      const at = text.search(new RegExp(`\\b${word}s?\\b`, 'i'));
      return at < 0 ? [] : [`${file}: “${word}” in “${text.slice(Math.max(0, at - 30), at + 40)}”`];
    }),
  );
  expect(found).toEqual([]);
});
