import { regionTable } from '../../masks/labels.js';
import { RunBuilder, type Runs } from '../../masks/runs.js';
import { REGIONS, type Region } from '../../terms.js';

/** A change with its opposite. */
export interface Change {
  readonly forward: Runs;
  readonly backward: Runs;
}

/** A mask that is edited, beside the one that it began from; counts per region are kept up to date. */
export class EditedMask {
  readonly labels: Uint8Array;
  private readonly base: Uint8Array;
  private readonly tables = REGIONS.map(regionTable);
  /** Voxels per region: in the mask; in it but not in the base; in the base but not in it. */
  private readonly inMask = new Float64Array(3);
  private readonly added = new Float64Array(3);
  private readonly removed = new Float64Array(3);

  constructor(base: Uint8Array) {
    this.base = base;
    this.labels = base.slice();
    for (const label of base) for (let r = 0; r < 3; r++) this.inMask[r] += this.tables[r][label];
  }

  /** Sets labels; voxels that have theirs already are left out of the change. */
  apply(runs: Runs): Change {
    const forward = new RunBuilder();
    const backward = new RunBuilder();
    for (let at = 0; at < runs.length; at += 3) {
      const label = runs[at + 2];
      for (let voxel = runs[at]; voxel < runs[at] + runs[at + 1]; voxel++) {
        const old = this.labels[voxel];
        if (old === label) continue;
        forward.add(voxel, label);
        backward.add(voxel, old);
        this.labels[voxel] = label;
        this.count(old, label, this.base[voxel]);
      }
    }
    return { forward: forward.runs(), backward: backward.runs() };
  }

  /** Volumes and what was added and removed by hand, in voxels. */
  voxels(region: Region): { inMask: number; added: number; removed: number } {
    const r = REGIONS.indexOf(region);
    return { inMask: this.inMask[r], added: this.added[r], removed: this.removed[r] };
  }

  private count(old: number, label: number, base: number): void {
    for (let r = 0; r < 3; r++) {
      const table = this.tables[r];
      const step = table[label] - table[old];
      this.inMask[r] += step;
      if (table[base]) this.removed[r] -= step;
      else this.added[r] += step;
    }
  }
}
