import { randomUUID } from 'node:crypto';
import type { FollowUpReport, FollowUpView, TimePoint } from '../../contract/followUp.js';
import { QuorumError } from '../../errors.js';
import type { ExportJob } from '../../pipeline/exportJob.js';
import type { FollowUpPoint } from '../../pipeline/tasks.js';
import { affineOf } from '../../volume/tuples.js';
import type { Grid } from '../../volume/volume.js';
import { type CaseSession, segmentedCaseOf } from '../cases/caseSession.js';

type Cases = { readonly cases: ReadonlyMap<string, CaseSession> };
type Member = FollowUpView['members'][number];

/** A time point as the worker compares it, and what its case says of it when it is exported. */
interface SegmentedPoint extends Pick<ExportJob, 'segmented' | 'warnings'> {
  readonly point: FollowUpPoint;
}

/** What was compared: the report, and the time points as they were then, in its order. */
interface Compared {
  readonly report: FollowUpReport;
  readonly points: readonly SegmentedPoint[];
  readonly state: string;
}

/** A time point as it was compared, and what was found of it. */
export interface ComparedPoint {
  readonly point: FollowUpPoint;
  readonly about: TimePoint;
}

/** A timeline that is open: which open cases it is of, and what was found last. */
export class FollowUpSession {
  readonly id = randomUUID();
  private readonly cases: Cases;
  private all: readonly Member[];
  private compared: Compared | null = null;

  constructor(cases: Cases, members: readonly Member[]) {
    this.cases = cases;
    this.all = members;
  }

  /** Those whose cases are open still. */
  get members(): readonly Member[] {
    return this.all.filter((member) => this.cases.cases.has(member.case));
  }

  change(members: readonly Member[]): void {
    this.all = members;
  }

  summarise(): FollowUpView {
    const { compared } = this;
    return {
      id: this.id,
      members: this.members.map((member) => ({ ...member, date: this.dateOf(member) })),
      report: compared?.report ?? null,
      isStale: compared !== null && compared.state !== this.state(),
    };
  }

  /** The time points as they are now. @throws QuorumError RESULT_MISSING where one is not segmented. */
  points(): SegmentedPoint[] {
    return this.members.map((member) => {
      const { session, segmented, source } = segmentedCaseOf(this.cases, member.case);
      const point = {
        id: session.id,
        title: session.title,
        date: this.dateOf(member),
        source,
        answers: session.answers,
        edited: session.editedMask(),
      };
      return { point, segmented, warnings: session.result!.warnings };
    });
  }

  /** @param points those that were compared, in any order. */
  keep(report: FollowUpReport, points: readonly SegmentedPoint[], state: string): void {
    const inOrder = report.points.map(({ id }) => points.find(({ point }) => point.id === id)!);
    this.compared = { report, points: inOrder, state };
  }

  /** @throws QuorumError RESULT_MISSING before anything was compared. */
  get result(): Compared {
    if (!this.compared) throw new QuorumError({ code: 'RESULT_MISSING' });
    return this.compared;
  }

  get grid(): Grid {
    const { size, affine } = this.result.report.grid;
    return { size, affine: affineOf(affine) };
  }

  /** A time point and its place. @throws QuorumError NOT_OPEN for a case that was not compared. */
  pointOf(id: string): ComparedPoint & { readonly n: number } {
    const { report, points } = this.result;
    const n = report.points.findIndex((point) => point.id === id);
    if (n < 0) throw new QuorumError({ code: 'NOT_OPEN', field: 'time point', found: id });
    return { n, point: points[n].point, about: report.points[n] };
  }

  /** Changes when a time point would be measured otherwise. */
  state(): string {
    const about = this.members.map((member) => {
      const session = this.cases.cases.get(member.case)!;
      return [
        member.case,
        this.dateOf(member),
        session.result?.id ?? null,
        session.edit?.state().revision ?? null,
        session.answers?.treated ?? null,
      ];
    });
    return JSON.stringify(about);
  }

  /** As the user gave it, else as the headers say; the day alone. */
  private dateOf({ case: id, date }: Member): string | null {
    return date ?? this.cases.cases.get(id)?.study.candidate.date?.slice(0, 10) ?? null;
  }
}
