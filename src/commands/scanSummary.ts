import type { CandidateSummary, ScanSummary } from '../contract/index.js';
import type { FoundSeries, Scan, StudyCandidate } from '../intake/candidate.js';
import { mendOf } from '../intake/gaps.js';
import type { WorkingFolders } from '../kept/workingFolders.js';
import { scanWithin } from '../open/scan.js';
import { summariseGrid } from '../pipeline/inspect.js';

/**
 * Looks into folders, archives and files; nothing is converted, and what is unpacked is removed.
 *
 * @throws QuorumError FOLDER_TOO_LARGE, and what scanning raises.
 */
export async function scanPaths(paths: readonly string[], working: WorkingFolders): Promise<ScanSummary> {
  const workingFolder = await working.create();
  try {
    return summariseScan(await scanWithin(paths, { workingFolder }));
  } finally {
    await working.remove(workingFolder);
  }
}

/** A scan as it is shown: without patient and DICOM identifiers. */
function summariseScan({ studies, files, ignored, problems }: Scan): ScanSummary {
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
    mend: mendOf(found),
    description: about.description ?? null,
    acquired: about.acquired ?? null,
    echoTime: about.echoTime ?? null,
    repetitionTime: about.repetitionTime ?? null,
    inversionTime: about.inversionTime ?? null,
    contrastAgent: about.contrastAgent ?? null,
    grid: grid && summariseGrid(grid),
  };
}
