import { describe, expect, it } from 'vitest';
import { firstSpoken } from '../../src/contract/languages.js';

describe('the language of the window', () => {
  it.each([
    [['de-AT', 'en'], 'de'],
    [['pt-BR', 'es-MX', 'en'], 'es'],
    [['FR'], 'fr'],
    [['nl', 'pt'], 'en'],
    [[], 'en'],
  ])('is the first of the system’s that Quorum speaks: %j is %s', (wanted, language) => {
    expect(firstSpoken(wanted)).toBe(language);
  });
});
