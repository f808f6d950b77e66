import type { Response } from '../../contract/index.js';
import type { CandidateSummary, studiesContract } from '../../contract/studies.js';
import { QuorumError } from '../../errors.js';
import type { FoundSeries, Scan, StudyCandidate } from '../../intake/candidate.js';
import { summariseGrid } from '../../pipeline/inspect.js';
import type { JsonHandlers, WindowContext } from '../windowContext.js';

/** A folder that takes longer is no examination; 20,000 files take some seconds. */
const SCAN_LIMIT_MS = 5 * 60_000;

/** Looking into folders, in the worker: whatever files hold, this process goes on. */
export function studiesHandlers(context: WindowContext): JsonHandlers<keyof typeof studiesContract> {
  const { memory, working } = context;
  return {
    'studies.scan': async ({ paths }) => {
      const workingFolder = await working.create();
      const limit = AbortSignal.timeout(SCAN_LIMIT_MS);
      try {
        const remembered = await memory.all();
        return summariseScan(
          await context.intake.run(
            'scan',
            { paths, workingFolder, remembered, links: context.links.scope },
            { signal: limit },
          ),
        );
      } catch (error) {
        if (limit.aborted)
          throw new QuorumError({
            code: 'FOLDER_TOO_LARGE',
            expected: 'a folder that is read in five minutes',
            file: paths[0],
          });
        throw error;
      } finally {
        await working.remove(workingFolder);
      }
    },
    'studies.remember': async ({ series, sequence }) => {
      await memory.remember(series, sequence);
      return {};
    },
  };
}

/** A scan as it travels: neither patient nor DICOM identifiers go to a window. */
export function summariseScan({ studies, files, ignored, problems }: Scan): Response<'studies.scan'> {
  return { studies: studies.map(summariseCandidate), files, ignored: [...ignored], problems: [...problems] };
}

function summariseCandidate(candidate: StudyCandidate): CandidateSummary {
  const { id, name, shown, kind, date, description, doubts, remarks, series, choices, suggestions } =
    candidate;
  const chosen = Object.entries(choices).map(([modality, { winner, rejected }]) => [
    modality,
    { winner, rejected: [...rejected] },
  ]);
  return {
    ...{ id, name, shown, kind, date, description, suggestions },
    doubts: [...doubts],
    remarks: [...remarks],
    questions: candidate.questions.map(({ sequences, series: ids, why }) => ({
      sequences: [...sequences],
      series: [...ids],
      why,
    })),
    series: series.map(summariseFound),
    choices: Object.fromEntries(chosen),
  };
}

function summariseFound(found: FoundSeries): CandidateSummary['series'][number] {
  const { id, shown, files, duplicates, sequence, reason, confidence, setAside, doubt, chosen, about, grid } =
    found;
  return {
    ...{ id, shown, files, duplicates, sequence, reason, confidence, setAside, doubt, chosen },
    kind: found.source.kind,
    guess: found.guess ?? null,
    description: about.description ?? null,
    acquired: about.acquired ?? null,
    echoTime: about.echoTime ?? null,
    repetitionTime: about.repetitionTime ?? null,
    inversionTime: about.inversionTime ?? null,
    contrastAgent: about.contrastAgent ?? null,
    grid: grid && summariseGrid(grid),
  };
}
