#!/usr/bin/env node
import { nodeProblem } from './nodeVersion.js';

// Asked before anything else is loaded: on an older Node loading itself fails, in words that help nobody.
const problem = nodeProblem(process.versions.node);
if (problem === null) await import('./program.js');
else {
  process.stderr.write(`${problem}\n`);
  process.exitCode = 1;
}
