import { type About, MISSING, markdownTable, measuredOn } from './words.js';

interface Ends {
  readonly early: number;
  readonly late: number;
}

interface Fault {
  readonly broken: string;
  readonly happened: string;
  readonly lost: string;
  readonly test: string;
  readonly state: 'passed' | 'failed' | 'not run';
}

export interface ReliabilityLogs {
  readonly soak:
    | (About & {
        readonly worker: {
          readonly cases: number;
          readonly workerMb: Ends;
          readonly mainMb: Ends;
          /** What its objects and buffers hold after a collection. */
          readonly heldMb: Ends;
          readonly handles: readonly [number, number];
          readonly temporary: number;
          readonly working: number;
          readonly cacheMb: { readonly limit: number; readonly most: number };
          /** Memory of the worker after every tenth case. */
          readonly rssMb: readonly number[];
        };
        readonly aged: { readonly entriesBefore: number; readonly bytesAfter: number };
        readonly server: {
          readonly windows: number;
          readonly mb: Ends;
          readonly heldMb: Ends;
          readonly handles: Ends;
        } | null;
      })
    | null;
  readonly faults: (About & { readonly faults: readonly Fault[] }) | null;
}

export function reliabilityPage({ soak, faults }: ReliabilityLogs): string {
  return `# What it withstands

Made by \`npm run bench:limits\` from the logs in docs/limits.

## Many cases in a row

${soak ? soakText(soak) : MISSING}

## What was broken on purpose

${faults ? `${measuredOn(faults)} Each row is a test; what it says is what the test asks for, and the last column how it ended in that run.\n\n${faultsTable(faults.faults)}` : MISSING}
`;
}

function soakText(log: NonNullable<ReliabilityLogs['soak']>): string {
  const { worker, aged, server } = log;
  const change = ({ early, late }: Ends) => `${(100 * (late / early - 1)).toFixed(1)} %`;
  const mb = ({ early, late }: Ends) => `${early.toFixed(0)} → ${late.toFixed(0)} MB`;
  // It swings with the collector's times, so that a middle value depends on when one looks; the most of it does not.
  const middle = worker.rssMb.length / 2;
  const most = {
    early: Math.max(...worker.rssMb.slice(0, middle)),
    late: Math.max(...worker.rssMb.slice(middle)),
  };
  const rows = [
    ['memory of the worker, median early and late', mb(worker.workerMb), change(worker.workerMb)],
    ['the most of it, in the first and in the second half (every tenth case)', mb(most), change(most)],
    [
      'memory of the process that opens and shows, in it the bench itself',
      mb(worker.mainMb),
      change(worker.mainMb),
    ],
    ['of it held by objects and buffers, after a collection', mb(worker.heldMb), change(worker.heldMb)],
    ['open handles of the worker', `${worker.handles[0]} → ${worker.handles[1]}`, ''],
    ['temporary files and folders left', `${worker.temporary}`, ''],
    ['working folders left in the profile', `${worker.working}`, ''],
    ['cache, most of its limit', `${worker.cacheMb.most.toFixed(1)} of ${worker.cacheMb.limit} MB`, ''],
    [
      'cache after its entries had turned 31 days old',
      `${aged.bytesAfter} bytes of ${aged.entriesBefore} files`,
      '',
    ],
    ...(server
      ? [
          [
            `${server.windows} windows opened and closed: memory of the server`,
            mb(server.mb),
            change(server.mb),
          ],
          ['of it held by objects and buffers, after a collection', mb(server.heldMb), change(server.heldMb)],
          ['the same: its open handles', `${server.handles.early} → ${server.handles.late}`, ''],
        ]
      : []),
  ];
  return `${measuredOn(log)} ${worker.cases} small cases (four sequences of 48×48×48) were opened, segmented, looked at and closed one after the other in one worker.\n\n${markdownTable(['', 'found', 'change'], rows)}`;
}

function faultsTable(faults: readonly Fault[]): string {
  return markdownTable(
    ['broken', 'what happens', 'lost', 'test', 'run'],
    faults.map(({ broken, happened, lost, test, state }) => [broken, happened, lost, `\`${test}\``, state]),
  );
}
