import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import PO from 'pofile';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LANGUAGES } from '../../src/contract/languages.js';

const LOCALES = resolve('renderer/locales');
const textsOf = (file: string) =>
  PO.parse(readFileSync(file, 'utf8')).items.filter(({ obsolete }) => !obsolete);
/** Places for values, and the borders of what is marked within a text. */
const placesIn = (text: string) => (text.match(/\{\d+\}|<\/?\d+\/?>/g) ?? []).toSorted();

describe('the catalogues of the window’s texts', () => {
  const copy = mkdtempSync(join(tmpdir(), 'quorum-locales-'));
  beforeAll(() => {
    for (const language of LANGUAGES) cpSync(join(LOCALES, `${language}.po`), join(copy, `${language}.po`));
    execFileSync('npx', ['wuchale', '--config', 'renderer/wuchale.config.mjs', '--log-level', 'error'], {
      env: { ...process.env, QUORUM_CATALOGUES: copy },
    });
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  it('hold every text that the sources have: else run npm run locales', () => {
    const kept = new Set(textsOf(join(LOCALES, 'en.po')).map(({ msgid }) => msgid));
    const missing = textsOf(join(copy, 'en.po')).flatMap(({ msgid }) => (kept.has(msgid) ? [] : [msgid]));
    expect(missing).toEqual([]);
  });

  it.each(LANGUAGES.filter((language) => language !== 'en'))('lack nothing in %s', (language) => {
    const texts = textsOf(join(LOCALES, `${language}.po`));
    expect(texts.length).toBeGreaterThan(900);
    expect(texts.filter(({ msgstr }) => !msgstr[0]).map(({ msgid }) => msgid)).toEqual([]);
    const changed = texts.filter(({ msgid, msgstr }) => `${placesIn(msgid)}` !== `${placesIn(msgstr[0])}`);
    expect(changed.map(({ msgid, msgstr }) => [msgid, msgstr[0]])).toEqual([]);
  });
});
