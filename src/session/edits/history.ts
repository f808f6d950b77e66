import type { Runs } from '../../masks/runs.js';
import type { Change, EditedMask } from './editedMask.js';

/** What the journal says of one entry. */
export type Action =
  | { readonly kind: 'stroke'; readonly tool: string }
  | { readonly kind: 'choice'; readonly answer: string; readonly combinations: readonly string[] }
  | { readonly kind: 'specks'; readonly count: number }
  | { readonly kind: 'undo' }
  | { readonly kind: 'redo' };

interface Step extends Change {
  readonly kind: 'stroke' | 'choice' | 'specks';
}

/** Undo and redo over an edited mask. The same actions replayed give the same mask. */
export class History {
  readonly mask: EditedMask;
  private readonly done: Step[] = [];
  private undone: Step[] = [];
  private count = 0;

  constructor(mask: EditedMask) {
    this.mask = mask;
  }

  get revision(): number {
    return this.count;
  }

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  /** Steps of a kind that are in force. */
  stepsOf(kind: Step['kind']): number {
    return this.done.filter((step) => step.kind === kind).length;
  }

  /** Whether an action would change anything. */
  wouldChange(action: Action, runs: Runs): boolean {
    if (action.kind === 'undo') return this.canUndo;
    if (action.kind === 'redo') return this.canRedo;
    const { labels } = this.mask;
    for (let at = 0; at < runs.length; at += 3)
      for (let voxel = runs[at]; voxel < runs[at] + runs[at + 1]; voxel++)
        if (labels[voxel] !== runs[at + 2]) return true;
    return false;
  }

  /** Carries an action out; the answer are the runs that changed. */
  act(action: Action, runs: Runs): Runs {
    this.count++;
    if (action.kind === 'undo') return this.move(this.done, this.undone, 'backward');
    if (action.kind === 'redo') return this.move(this.undone, this.done, 'forward');
    const change = this.mask.apply(runs);
    this.done.push({ kind: action.kind, ...change });
    this.undone = [];
    return change.forward;
  }

  private move(from: Step[], to: Step[], direction: keyof Change): Runs {
    const step = from.pop();
    if (!step) return new Uint32Array(0);
    to.push(step);
    // The last voxel that was changed is the first that is changed back.
    return this.mask.apply(direction === 'forward' ? step.forward : reversed(step.backward)).forward;
  }
}

/** Runs in the opposite order, so that a voxel changed twice in one step ends as it began. */
function reversed(runs: Runs): Runs {
  const out = new Uint32Array(runs.length);
  for (let at = 0; at < runs.length; at += 3) out.set(runs.subarray(at, at + 3), runs.length - at - 3);
  return out;
}
