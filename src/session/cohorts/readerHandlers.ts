import { relative, resolve } from 'node:path';
import { keepComparison, readerPairs, soughtCases } from '../../cohort/reader.js';
import { findMasks } from '../../cohort/readerMasks.js';
import { QuorumError } from '../../errors.js';
import { isWithin, mayFollow } from '../../files/within.js';
import type { JsonHandlers, WindowContext } from '../windowContext.js';
import { openCohortOf } from './cohortSession.js';

/** A cohort beside the masks of another reader. */
export function readerHandlers(
  context: WindowContext,
): JsonHandlers<'cohorts.findMasks' | 'cohorts.compare'> {
  const { cohorts, openings, links, cohortWorkers } = context;
  return {
    'cohorts.findMasks': async ({ cohort, folder }) => {
      const { state } = openCohortOf(cohorts, cohort);
      const { files, masks } = await findMasks(folder, soughtCases(state), { links: links.scope });
      const below = (file: string) => relative(folder, file);
      return {
        files: files.map(below),
        masks: Object.fromEntries(Object.entries(masks).map(([name, file]) => [name, below(file)])),
      };
    },
    'cohorts.compare': async ({ cohort, folder, masks: named, labels, opening }) => {
      const session = openCohortOf(cohorts, cohort);
      const { state } = session;
      if (state.folder === null) throw new QuorumError({ code: 'RESULT_MISSING' });
      const masks: Record<string, string> = {};
      for (const [name, file] of Object.entries(named)) {
        const path = resolve(folder, file);
        if (!isWithin(resolve(folder), path) || !(await mayFollow(path, links.scope)))
          throw new QuorumError({
            code: 'REQUEST_INVALID',
            field: 'masks',
            expected: 'files below the folder',
          });
        masks[state.caseOf(name).name] = path;
      }
      await session.corrected();
      const pairs = readerPairs(state.cohort, state.folder, masks);
      const request = { pairs, labels, scheme: state.cohort.options.labels };
      const said = await openings.follow(opening, ({ signal, report }) =>
        cohortWorkers.with((worker) =>
          worker.run('compareReader', request, {
            signal,
            onProgress: (stage, share) => report(stage, share),
          }),
        ),
      );
      await keepComparison(state, folder, masks, said);
      session.changed(state.cohort.cases.map(({ name }) => name));
      return session.summarise();
    },
  };
}
