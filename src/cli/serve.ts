import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';

interface ServeOptions {
  readonly port: number;
  readonly root: string[];
  readonly open?: true;
}

/** `quorum serve`: the app in a browser, on this machine alone. */
export function serveCommand(): Command {
  return new Command('serve')
    .description(
      'Show the app in a browser, on this machine alone (127.0.0.1). From elsewhere, through a tunnel:\nssh -L PORT:127.0.0.1:PORT this-machine',
    )
    .option('--port <n>', 'port (default: any free one)', parsePort, 0)
    .option(
      '--root <dir>',
      'a folder that may be browsed and exported into; may be given several times (default: your home folder)',
      (folder: string, all: string[] = []) => [...all, folder],
    )
    .option('--open', 'open the browser')
    .action(async ({ port, root = [homedir()], open: openBrowser }: ServeOptions) => {
      // Loaded for this command alone: no other needs a web server, and a window's memory.
      const { startServer } = await import('../server/server.js');
      const { createServices, SAMPLE_PATIENT, SAMPLE_SEGMENTED } = await import('../session/services.js');
      const services = createServices();
      let opened = false;
      let page: Promise<string> | null = null;
      const server = await startServer({
        services,
        roots: root,
        readable: [SAMPLE_PATIENT, SAMPLE_SEGMENTED],
        port,
        onScope: (folders) => services.keepLinksWithin(folders),
        onAddress: (address) => {
          process.stdout.write(`${opened ? 'Another window' : 'Open'}: ${address}\n`);
          if (openBrowser && !opened) page = openPrivately(address);
          opened = true;
        },
      });
      process.stdout.write(
        `The address works once. Folders: ${root.join(', ')}. Ctrl-C ends Quorum.\nResearch use only. Not a medical device.\n`,
      );
      await untilTold();
      await server.close();
      await services.close();
      if (page) await rm(await page, { recursive: true, force: true });
    });
}

/**
 * Opens a private page that leads to the address: on a command line every user of the machine could read the token.
 *
 * @returns the page's folder, to be removed.
 */
async function openPrivately(address: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'quorum-open-'));
  const page = join(folder, 'quorum.html');
  await writeFile(page, `<!doctype html><meta http-equiv="refresh" content="0; url=${address}">`, {
    mode: 0o600,
  });
  const { default: open } = await import('open');
  await open(page).catch(() => process.stdout.write('No browser could be opened.\n'));
  return folder;
}

function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve());
  });
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('Expected a port, 0 to 65535.');
  return port;
}
