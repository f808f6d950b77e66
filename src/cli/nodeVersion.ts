/** The Nodes that CI runs, from the first release of each line that loads an ES module with `require`; package.json says the same. */
export const NODE_LINES: readonly (readonly [major: number, minor: number])[] = [
  [20, 19],
  [22, 12],
];

/**
 * Why Quorum cannot run on a Node, as a sentence; null where it can.
 *
 * @param version e.g. `20.15.0`.
 */
export function nodeProblem(version: string): string | null {
  const [major, minor] = version.split('.').map(Number);
  const newest = NODE_LINES[NODE_LINES.length - 1];
  const line = NODE_LINES.find(([own]) => own === major);
  if (major > newest[0] || (line && minor >= line[1])) return null;
  const needed = NODE_LINES.map((one) => one.join('.')).join(' or newer of its line, or Node ');
  return `Quorum needs Node ${needed} or newer; this is Node ${version}. Get one at https://nodejs.org.`;
}
