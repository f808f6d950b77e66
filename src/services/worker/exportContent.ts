import type { Problem } from '../../errors.js';
import { volumesOf } from '../../segment/cleanUp.js';
import { perRegion } from '../../segment/influence.js';
import { MODALITY_TITLES, type Modality, type Region } from '../../terms.js';
import { sameGrid } from '../../volume/affine.js';
import { resample } from '../../volume/resample.js';
import type { Volume } from '../../volume/volume.js';
import { editSupports } from '../contract/edits.js';
import type { CaseResult } from '../contract/results.js';
import type { ExtraContent } from '../extraFiles.js';
import { QUORUM_VERSION } from '../version.js';
import type { MaskFacts } from './exportFacts.js';
import type { ExportJob } from './exportJob.js';
import type { ImageStore } from './mapTasks.js';
import type { HeldResult } from './resultStore.js';

/** Checks of the input that failed and were overridden. */
export function overriddenOf({ warnings }: CaseResult): Problem[] {
  return warnings.flatMap((warning) => (warning.code === 'CHECK_OVERRIDDEN' ? [warning.problem] : []));
}

/** What the further files are made of: of the mask that is written first. */
export function extraContent(
  { source, request, result }: ExportJob,
  held: HeldResult,
  { combination, labels, edit }: MaskFacts,
  images: ImageStore,
): ExtraContent {
  const { description, hash } = held.model;
  const known = result.combinations[combination].volumes;
  const counted = volumesOf(labels, held.grid);
  const supported = (region: Region) =>
    edit ? editSupports(edit, region, result.combinations) : known[region].supported;
  const given = (region: Region) => supported(region) || request.unsupported;
  const used = combination.split('+').map((member) => MODALITY_TITLES[member as Modality]);
  return {
    name: source.name,
    sources: source.origins ?? source.images,
    mask: { ...held.grid, data: labels },
    form: held.form,
    volumes: perRegion((_, region) => (given(region) ? counted[region] : null)),
    provenance: {
      quorumVersion: QUORUM_VERSION,
      modelName: description.name,
      modelVersion: description.version,
      modelHash: hash,
      editedByHand: edit !== null,
      settings: `${used.join(' + ')}, threshold ${request.threshold ?? description.threshold}`,
      supported: perRegion((_, region) => supported(region)),
      createdAt: new Date(),
    },
    prepared: async () => ({ images: await imagesOnGrid(held, images), overridden: overriddenOf(result) }),
  };
}

/** The images of a result on its grid. */
export async function imagesOnGrid(
  { grid, source }: HeldResult,
  images: ImageStore,
): Promise<Partial<Record<Modality, Volume>>> {
  const onGrid: Partial<Record<Modality, Volume>> = {};
  for (const { modality, file } of source.images) {
    const image = await images.get(file);
    onGrid[modality] = sameGrid(image, grid)
      ? image
      : { ...grid, data: resample(image, grid, { interpolation: 'linear' }) };
  }
  return onGrid;
}
