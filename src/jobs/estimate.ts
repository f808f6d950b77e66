/** Before these seconds, or this share, an estimate of the time left would be a guess. */
const LEAST = { share: 0.02, seconds: 2 };
/** How far a stage without a word of its own may take the bar, as a share of the job. */
const USUAL_STAGE = 0.1;
/** Up to this share of a stage the bar follows the clock; then it only creeps towards the stage's end. */
const BY_CLOCK = 0.8;

/**
 * How far a job is, and how long it still takes. Reports come at the ends of stages; between two of them the bar follows the
 * clock at the speed seen so far, never past the end of the stage. A stage that takes longer than that speed says makes the
 * time left longer, not the bar stand still.
 */
export class Estimate {
  private readonly now: () => number;
  private readonly started: number;
  private reported = 0;
  private reportedAt: number;
  private until = USUAL_STAGE;
  private expected: number | undefined;

  /** @param now seconds of a clock that never goes back. */
  constructor(now: () => number = () => performance.now() / 1000) {
    this.now = now;
    this.started = now();
    this.reportedAt = this.started;
  }

  /**
   * @param share what is done, 0..1; never less than before.
   * @param until where the stage that begins now will end, 0..1.
   * @param expected seconds that the whole job took where it was measured; counts until this job's own speed is known.
   */
  report(share: number, until: number | undefined, expected?: number): void {
    this.expected ??= expected;
    const done = Math.min(1, Math.max(this.reported, share));
    // The same stage saying the same again: its clock runs on.
    if (done === this.reported && until === undefined && this.reportedAt !== this.started) return;
    this.reported = done;
    this.reportedAt = this.now();
    this.until = Math.min(1, Math.max(done, until ?? done + USUAL_STAGE));
  }

  /** Share done, 0..1, and the seconds left where there is ground to tell. */
  at(): { progress: number; secondsLeft?: number } {
    const { reported, until } = this;
    const elapsed = this.reportedAt - this.started;
    const isMeasured = reported >= LEAST.share && elapsed >= LEAST.seconds;
    if (!isMeasured && this.expected === undefined) return { progress: reported };
    const speed = isMeasured ? reported / elapsed : 1 / this.expected!;
    const stage = until - reported;
    const expected = stage / speed;
    const x = expected > 0 ? (this.now() - this.reportedAt) / expected : 0;
    const along = x < BY_CLOCK ? x : 1 - (BY_CLOCK * (1 - BY_CLOCK)) / x;
    const progress = reported + stage * along;
    const secondsLeft = ((1 - progress) / progress) * (this.now() - this.started);
    // What was measured elsewhere moves the bar; it is no word on how long it takes here.
    return { progress, ...(isMeasured ? { secondsLeft } : {}) };
  }
}
