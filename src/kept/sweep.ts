/** What is kept for a time goes when the time is over, also where nothing is done for weeks. */
const DAY_MS = 24 * 60 * 60 * 1000;

/** Runs the same clearing now and once a day. */
export class DailySweep {
  private readonly work: () => Promise<void>;
  private readonly timer: NodeJS.Timeout;
  private running: Promise<void>;

  /** @param work each store's own clearing; a failure is tried again the next day. */
  constructor(work: () => Promise<void>) {
    this.work = work;
    this.running = this.run();
    this.timer = setInterval(() => {
      this.running = this.running.then(() => this.run());
    }, DAY_MS);
    this.timer.unref();
  }

  /** The first run, and every one since, has ended. */
  get done(): Promise<void> {
    return this.running;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private async run(): Promise<void> {
    await this.work().catch(() => undefined);
  }
}
