import { describe, expect, it } from 'vitest';
import { isForceable } from '../../src/contract/forceable.js';

describe('a refusal that the user may override', () => {
  it('is one of images that are not as the model wants them, with all that came with it', () => {
    expect(isForceable({ code: 'NOT_SKULL_STRIPPED' })).toBe(true);
    expect(isForceable({ code: 'GRIDS_DIFFER', also: [{ code: 'NOT_ISOTROPIC_1MM' }] })).toBe(true);
    expect(isForceable({ code: 'GRIDS_DIFFER', also: [{ code: 'EMPTY_IMAGE' }] })).toBe(false);
    expect(isForceable({ code: 'FILE_NOT_FOUND' })).toBe(false);
  });
});
