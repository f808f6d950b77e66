/**
 * Entry of every utilityProcess: an older Electron starts CommonJS there, the services are ES modules. Started with a module's path
 * and that module's own arguments; it finds them where a child of `fork` would, and may use `process.send` as such a child.
 */
import { pathToFileURL } from 'node:url';

const [, , module] = process.argv;
const { parentPort } = process;

process.argv.splice(1, 2, module);
process.send = (message, ...rest: unknown[]) => {
  parentPort.postMessage(message);
  const done = rest.at(-1);
  if (typeof done === 'function') done(null);
  return true;
};

void import(pathToFileURL(module).href).then(() => {
  // Held back until a listener starts the port: nothing that was sent meanwhile is lost.
  parentPort.on('message', ({ data }) => process.emit('message', data, undefined));
});
