import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { QuorumError } from '../../errors.js';

/** One session of one participant of a BIDS dataset, or a participant without sessions. */
export interface BidsSession {
  /** Label without `sub-`. */
  readonly participant: string;
  /** Label without `ses-`, or null. */
  readonly session: string | null;
  /** `sub-<label>[_ses-<label>]`. */
  readonly name: string;
  /** Its folder of anatomical images; null: there is none. */
  readonly anat: string | null;
}

const DESCRIPTION_FILE = 'dataset_description.json';

/**
 * The sessions of a raw BIDS dataset, by label.
 *
 * @param wanted labels without prefix; empty lists take all.
 * @throws QuorumError FILE_NOT_FOUND without a dataset (or, unless skipped, its description); REQUEST_INVALID for a label that is not there.
 */
export async function bidsSessions(
  dataset: string,
  wanted: { readonly participants: readonly string[]; readonly sessions: readonly string[] },
  { skipValidation = false } = {},
): Promise<BidsSession[]> {
  const participants = await labels(dataset, 'sub');
  if (participants.length === 0 || (!skipValidation && !(await exists(join(dataset, DESCRIPTION_FILE)))))
    throw new QuorumError({
      code: 'FILE_NOT_FOUND',
      file: participants.length === 0 ? dataset : join(dataset, DESCRIPTION_FILE),
      expected: `a BIDS dataset: ${DESCRIPTION_FILE} and folders sub-<label>`,
    });
  refuseUnknown('participant-label', wanted.participants, participants);
  const found: BidsSession[] = [];
  for (const participant of participants)
    if (wanted.participants.length === 0 || wanted.participants.includes(participant))
      found.push(...(await sessionsOf(dataset, participant)));
  const sessions = found.flatMap(({ session }) => (session === null ? [] : [session]));
  refuseUnknown('session-label', wanted.sessions, sessions);
  return found.filter(
    ({ session }) => wanted.sessions.length === 0 || (session !== null && wanted.sessions.includes(session)),
  );
}

async function sessionsOf(dataset: string, participant: string): Promise<BidsSession[]> {
  const folder = join(dataset, `sub-${participant}`);
  const sessions = await labels(folder, 'ses');
  const one = async (session: string | null): Promise<BidsSession> => {
    const anat = join(folder, ...(session === null ? [] : [`ses-${session}`]), 'anat');
    const name = `sub-${participant}${session === null ? '' : `_ses-${session}`}`;
    return { participant, session, name, anat: (await exists(anat)) ? anat : null };
  };
  const found: BidsSession[] = [];
  for (const session of sessions.length > 0 ? sessions : [null]) found.push(await one(session));
  return found;
}

/** Labels of the folders `<key>-<label>`, sorted; none where the folder is not there. */
async function labels(folder: string, key: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
    .flatMap(({ name }) => new RegExp(`^${key}-([0-9A-Za-z]+)$`).exec(name)?.[1] ?? [])
    .sort((a, b) => (a < b ? -1 : 1));
}

function refuseUnknown(field: string, wanted: readonly string[], there: readonly string[]): void {
  const missing = wanted.filter((label) => !there.includes(label));
  if (missing.length > 0)
    throw new QuorumError({
      code: 'REQUEST_INVALID',
      field,
      expected:
        there.length > 0 ? `of ${[...new Set(there)].join(', ')}` : 'none: the dataset has no sessions',
      found: missing.join(', '),
    });
}

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
