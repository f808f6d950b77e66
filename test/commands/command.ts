import type { z } from 'zod';
import { segmentInputs } from '../../src/commands/batch.js';
import type { Host } from '../../src/commands/host.js';
import { prepareInputs } from '../../src/commands/prepareFolder.js';
import { prepareRequestSchema, segmentRequestSchema } from '../../src/contract/commands.js';
import { checkRequest, type JobEvent } from '../../src/contract/index.js';
import { followWork } from '../../src/jobs/jobs.js';

/** How `quorum segment` ends, in this process. */
export async function segmentEnd(
  host: Host,
  request: z.input<typeof segmentRequestSchema>,
): Promise<JobEvent> {
  const checked = checkRequest(segmentRequestSchema, request);
  const about = { job: 'command', kind: 'segment' } as const;
  const work = followWork(
    (context) => segmentInputs(checked, host, context),
    about,
    never,
    () => undefined,
  );
  return (await work).event;
}

/** How `quorum prepare` ends, in this process. */
export async function prepareEnd(
  host: Host,
  request: z.input<typeof prepareRequestSchema>,
  onEvent: (event: JobEvent) => void = () => undefined,
  signal: AbortSignal = never,
): Promise<JobEvent> {
  const checked = checkRequest(prepareRequestSchema, request);
  const about = { job: 'command', kind: 'prepare' } as const;
  return (await followWork((context) => prepareInputs(checked, host, context), about, signal, onEvent)).event;
}

const never = new AbortController().signal;
