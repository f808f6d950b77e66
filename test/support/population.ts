import type { Population } from '../../src/terms.js';

/** What the shipped model was trained on. */
export const ADULT_GLIOMAS: Population = { age: ['adults'], treatment: ['before'], tumours: ['glioma'] };
