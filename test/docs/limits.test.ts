import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { limitsPages } from '../../docs/limits/pages.js';

it.each(Object.entries(limitsPages()))('docs/%s is what its logs make', (name, text) => {
  expect(readFileSync(`docs/${name}`, 'utf8')).toBe(text);
  expect(text).not.toMatch(/undefined|NaN|null/);
});
