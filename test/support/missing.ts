/**
 * Says loudly, by the suite's name, that it is skipped for want of a program. Where CI installs that program it fails instead: a
 * suite that is skipped there would never run anywhere.
 */
export function missingProgram(suite: string, what: string): void {
  const said = `${suite}: ${what}`;
  if (process.env.QUORUM_REQUIRE_TOOLS) throw new Error(`not installed, though CI installs it: ${said}`);
  console.warn(`SKIPPED: ${said}`);
}
