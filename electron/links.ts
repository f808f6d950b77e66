import { shell } from 'electron';

/** The only pages outside that Quorum ever opens, in the system's browser. */
const LINKS: Readonly<Record<string, string>> = {
  /** The paper of the network and its training. */
  method: 'https://arxiv.org/abs/2402.16318',
};

/** @throws Error for a name that is not in the list. */
export async function openLink(name: unknown): Promise<void> {
  if (typeof name !== 'string' || !Object.hasOwn(LINKS, name)) throw new Error('not a link of Quorum');
  await shell.openExternal(LINKS[name]);
}
