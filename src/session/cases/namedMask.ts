import type { MaskRole, NamedMask } from '../../contract/masks.js';
import { volumesOf } from '../../masks/volumes.js';
import type { Grid } from '../../volume/volume.js';
import type { Edit } from '../edits/edit.js';

/** A mask of a file that was opened beside a case. */
export interface OpenMask {
  readonly role: MaskRole;
  readonly name: string;
  /** BraTS labels on `grid`, x fastest. */
  readonly labels: Uint8Array;
  readonly grid: Grid;
}

/** A mask of a file as a window lists it. */
export function summariseMask(id: string, { role, name, labels, grid }: OpenMask): NamedMask {
  return { id, role, name, volumes: volumesOf(labels, grid) };
}

/** An edit that another one has replaced, as a window lists it. */
export function summariseAside(edit: Edit): NamedMask {
  return { id: asideId(edit), role: 'earlier', name: asideName(edit), volumes: edit.state().volumes };
}

export const asideId = ({ about }: Edit) => `edit ${about.startedAt}`;
export const asideName = ({ about }: Edit) => `edit begun ${about.startedAt} from ${about.from.title}`;
