/** Seconds of each stage, from one mark to the next. */
export function stopwatch() {
  let last = performance.now();
  const laps: Record<string, number> = {};
  return {
    mark(name: string): void {
      const now = performance.now();
      laps[name] = (laps[name] ?? 0) + (now - last) / 1000;
      last = now;
    },
    seconds: (): Readonly<Record<string, number>> => laps,
  };
}
