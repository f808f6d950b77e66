import { multiplyAffines } from '../volume/affine.js';
import { resample } from '../volume/resample.js';
import type { Size } from '../volume/volume.js';
import { openAtlas } from './atlas.js';
import type { Case } from './case.js';
import { checkPicture } from './checkPicture.js';
import { measureImage } from './measure.js';
import { inverse, movedTo } from './placement.js';
import type { PreparationStep } from './preparation.js';

/**
 * The steps with their check pictures: a checkerboard of the reference and the sequence that was aligned to it; of the atlas and
 * the reference; the reference with the brain's outline; and the reference as it was cut out.
 *
 * @param prepared a Case made with `keepHeads`; without heads the steps stay as they are.
 */
export async function withPictures({ grid, images, preparation }: Case): Promise<readonly PreparationStep[]> {
  const { heads, reference, brainMask, steps, transforms } = preparation ?? {};
  if (!heads || !reference || !brainMask || !steps || !transforms) return steps ?? [];
  const { box } = measureImage({ ...grid, data: Float32Array.from(brainMask.data) });
  const through = box.first.map((n, axis) => Math.max(0, (n + box.last[axis]) >> 1)) as unknown as Size;
  const first = heads[reference]!;
  const atlas = async () => {
    if (!transforms.atlasToReference) return first;
    const toCase = multiplyAffines(inverse(transforms.caseToReference), transforms.atlasToReference);
    return resample(movedTo((await openAtlas()).head, toCase), grid, { interpolation: 'linear' });
  };
  const pictured: PreparationStep[] = [];
  for (const step of steps) pictured.push({ ...step, picture: await pictureOf(step) });
  return pictured;

  async function pictureOf({ step, sequence }: PreparationStep): Promise<Uint8Array | null> {
    switch (step) {
      case 'reference':
        return null;
      case 'co-register':
        return checkPicture({ first, second: heads![sequence!]!, through }, grid);
      case 'atlas':
        return checkPicture({ first, second: await atlas(), through }, grid);
      case 'skull-strip':
        return checkPicture({ first, mask: brainMask!.data, through }, grid);
      case 'resample':
        return checkPicture({ first: images[reference!]!.data, through }, grid);
    }
  }
}
