/**
 * Loaded into a process (`node --require`): on SIGUSR2 it collects its garbage and writes how many MB its objects and buffers
 * hold as a line into the file named by QUORUM_HELD_MEMORY. What the system gave a process says little: it gives little back.
 */
const { appendFileSync } = require('node:fs');
const v8 = require('node:v8');
const vm = require('node:vm');

function heldMb() {
  v8.setFlagsFromString('--expose-gc');
  const collect = vm.runInNewContext('gc');
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

const file = process.env.QUORUM_HELD_MEMORY;
if (file) process.on('SIGUSR2', () => appendFileSync(file, `${heldMb()}\n`));
module.exports = { heldMb };
