import type { Client, InstalledModel, OpenCase, Response } from '../../src/contract/index.js';
import type { PickKind } from '../client/shell.js';
import type { FoundStudies } from '../logic/opens.js';
import type { Jobs } from './jobs.svelte.js';
import type { OpenCaseState } from './openCaseState.svelte.js';
import type { Attempt, Opening } from './opening.svelte.js';
import type { View } from './views.js';

/** What cases, cohorts and timelines that are opened use of the window that they are opened in. */
export interface CaseWindow {
  readonly client: Client;
  readonly jobs: Jobs;
  readonly opening: Opening;
  readonly openCase: OpenCaseState | null;
  readonly info: Response<'app.info'> | null;
  /** The chosen one. */
  readonly model: InstalledModel | null;
  view: View;
  /** What was found, for the user to choose one of. */
  studies: FoundStudies | null;
  readonly attempt: Attempt;
  /** Paths chosen by the user; empty when dismissed. */
  choose(what: PickKind, title: string): Promise<string[]>;
  /** Asks before a case that is being worked on is left; false: it is not to be left. */
  mayLeave(): Promise<boolean>;
  /** Shows a case; the view stays, for who has gone elsewhere meanwhile. */
  take(opened: OpenCase): void;
  /** Closes a case that nobody looks at, and that was not left to go on. */
  leave(id: string): Promise<void>;
  readRecents(): Promise<void>;
}
