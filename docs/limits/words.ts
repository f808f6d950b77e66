/** What every log says of itself (test/bench/limits/log.ts). */
export interface About {
  readonly at: string;
  readonly machine: string;
  readonly load: number;
  readonly commit: string;
}

/** Where and when; a load well above the number of cores makes every time longer than it is on a quiet machine. */
export function measuredOn({ at, machine, load, commit }: About): string {
  return `Measured on ${machine}, ${at} UTC, commit ${commit}, mean load ${load}.`;
}

export const MISSING = 'Not measured yet: `npm run bench:limits`.';

export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
