import type { Combination } from '../../src/terms.js';
import type { FollowTransfer, Received } from '../client/shell.js';
import { opensAs } from '../logic/opens.js';
import type { CaseWindow } from './caseWindow.js';
import type { Cohorts } from './cohorts.svelte.js';
import type { Notices } from './notices.svelte.js';
import type { Research } from './research.svelte.js';

interface ChosenStudy {
  readonly study: string;
  readonly confirmed: boolean;
}

/** The simulated patient is an adult with a glioma, before any treatment. */
const SAMPLE_ANSWERS = [
  ['adult', 'yes'],
  ['treated', 'no'],
  ['glioma', 'yes'],
] as const;

/** Opens what the user gives: files, folders, the simulated patient, a case of an evaluation. */
export class Opener {
  readonly #window: CaseWindow;
  readonly #cohorts: Cohorts;
  readonly #research: Research;
  readonly #notices: Notices;

  constructor(window: CaseWindow, cohorts: Cohorts, research: Research, notices: Notices) {
    this.#window = window;
    this.#cohorts = cohorts;
    this.#research = research;
    this.#notices = notices;
  }

  /** Receives files (dropped or chosen) and opens them. */
  async receive(receive: (follow: FollowTransfer) => Promise<Received | null>): Promise<void> {
    const window = this.#window;
    const isData = window.view === 'research';
    const received = await window.opening.receive(receive, async () => isData || window.mayLeave());
    if (!received) return;
    const cohort = this.#cohorts.open;
    if (isData) await window.attempt(() => this.#research.addFolders(received.paths));
    else if (window.view === 'cohort' && cohort && cohort.lost > 0)
      await window.attempt(() => cohort.giveInputs(received.paths));
    else await this.#openNow(received);
  }

  /** @param chosen one of `studies`; where it is in doubt, the user has confirmed that it is one patient's one examination. */
  async open(received: Received, chosen: ChosenStudy | null = null): Promise<void> {
    if (await this.#window.mayLeave()) await this.#openNow(received, chosen);
  }

  /** Chooses a case with the native dialog, or from the server's folders. */
  async choose(what: 'case-folder' | 'case-files' = 'case-folder'): Promise<void> {
    const paths = await this.#window.choose(what, 'Open a patient’s folder');
    if (paths.length > 0) await this.open({ paths, temporary: false });
  }

  /** Goes to a case that is open already. */
  async show(id: string): Promise<void> {
    const opened = await this.#window.client.call('cases.get', { case: id });
    if (!(await this.#window.mayLeave())) return;
    this.#window.take(opened);
    this.#window.view = 'case';
  }

  /** Opens a case of an evaluation, with its truth beside the mask that was scored. */
  async openScored(folder: string, name: string, combination: Combination): Promise<void> {
    const window = this.#window;
    if (!(await window.mayLeave())) return;
    await window.opening.during(async () => {
      const request = { folder, case: name, combination };
      const { case: opened, truth, scored } = await window.client.call('research.openCase', request);
      window.take(opened);
      window.openCase!.comparedMasks = [truth, scored];
      window.openCase!.source = scored;
      window.view = 'case';
    });
  }

  /**
   * @param segmented also answers what is known of a simulated patient, and segments. Until that is done, the mask is shown that
   * the chosen model finds there, where it is shipped.
   */
  async openSample(segmented = false): Promise<void> {
    const { info } = this.#window;
    if (!info) return;
    const { sample, sampleMask } = info;
    await this.open({ paths: [sample], temporary: true });
    const { openCase, model } = this.#window;
    if (!segmented || !openCase?.case.examination.paths.includes(sample) || openCase.case.result) return;
    await this.#window.attempt(async () => {
      if (sampleMask && sampleMask.modelHash === model?.id) await openCase.showMeanwhile(sampleMask.file);
      for (const [question, answer] of SAMPLE_ANSWERS) await openCase.answer(question, answer);
      await openCase.segment();
    });
  }

  async #openNow({ paths, temporary }: Received, chosen: ChosenStudy | null = null): Promise<void> {
    const window = this.#window;
    window.studies = null;
    this.#notices.clear();
    await window.opening.follow(async (opening) => {
      const request = { paths, remember: !temporary, opening, ...chosen };
      const opened = await window.client.call('cases.open', request);
      const found = opened.kind === 'studies' ? { paths, temporary, ...opened } : null;
      if (opensAs(opened) === 'question') window.studies = found;
      else if (opened.kind !== 'case')
        await this.#cohorts.take(opened.kind === 'cohort' ? [opened.folder] : paths, opening, found);
      else {
        window.take(opened.case);
        window.view = 'case';
      }
    });
    await window.attempt(() => window.readRecents());
  }
}
