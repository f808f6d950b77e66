import type { Response, StudyChoice } from '../../src/contract/index.js';

type Found = Response<'cases.open'>;

/**
 * As what a window opens what was found: one examination as a case, after a question where it is in doubt that it is one; several
 * as a cohort, whoever they are of. The only place where that is decided.
 */
export function opensAs(found: Found): 'case' | 'question' | 'cohort' {
  if (found.kind === 'case') return 'case';
  if (found.kind === 'studies')
    return found.studies.filter(({ usable }) => usable).length > 1 ? 'cohort' : 'question';
  return 'cohort';
}

/** What a scan found below the paths that were opened, to choose one from. */
export interface FoundStudies {
  readonly paths: string[];
  readonly temporary: boolean;
  readonly studies: readonly StudyChoice[];
  readonly notes: Extract<Response<'cases.open'>, { kind: 'studies' }>['notes'];
}
