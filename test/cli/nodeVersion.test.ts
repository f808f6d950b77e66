import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { NODE_LINES, nodeProblem } from '../../src/cli/nodeVersion.js';

const { engines } = JSON.parse(readFileSync('package.json', 'utf8'));
const workflow = readFileSync('.github/workflows/build.yml', 'utf8');

describe('the Node that Quorum runs on', () => {
  it.each(['18.20.0', '20.15.0', '21.7.3', '22.0.0', '22.11.9'])('refuses %s in one sentence', (version) => {
    expect(nodeProblem(version)).toMatch(
      /^Quorum needs Node 20\.19 .* 22\.12 .* this is Node \d+\.\d+\.\d+\./,
    );
  });

  it.each(['20.19.0', '20.20.2', '22.12.0', '22.20.0', '23.0.0', '24.1.0'])('takes %s', (version) => {
    expect(nodeProblem(version)).toBeNull();
  });

  it('is the same in package.json and is what CI runs', () => {
    const [[old, oldMinor], [newer, newerMinor]] = NODE_LINES;
    expect(engines.node).toBe(`^${old}.${oldMinor}.0 || >=${newer}.${newerMinor}.0`);
    for (const line of NODE_LINES) expect(workflow).toContain(`node-version: '${line.join('.')}'`);
  });

  it('is asked before anything else is loaded, and the web server when it is asked for', () => {
    const imports = (file: string) =>
      [...readFileSync(file, 'utf8').matchAll(/^import .* from '(.*)';$/gm)].map(([, path]) => path);
    expect(imports('src/cli/main.ts')).toEqual(['./nodeVersion.js']);
    expect(imports('src/cli/serve.ts')).not.toContain('../server/server.js');
  });
});
