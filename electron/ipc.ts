import { type IpcMainInvokeEvent, ipcMain, type WebContents } from 'electron';
import type { Client } from '../src/contract/index.js';
import { problemOf } from '../src/errors.js';
import { answerCall, type WireResponse } from '../src/wire/calls.js';
import { CHANNELS } from './channels.js';
import { ORIGIN } from './protocol.js';

type Handler = (message: unknown, ...more: unknown[]) => unknown;

/**
 * Answers messages of the window's own page, and of no other frame, window or address.
 *
 * @throws Error in the sender's place when it is someone else.
 */
export function handle(channel: string, window: WebContents, handler: Handler): void {
  ipcMain.handle(channel, (event, message, ...more) => {
    checkSender(event, window);
    return handler(message, ...more);
  });
}

export function checkSender(
  { sender, senderFrame }: Pick<IpcMainInvokeEvent, 'sender' | 'senderFrame'>,
  window: WebContents,
): void {
  const isWindow = sender === window && senderFrame !== null && senderFrame === window.mainFrame;
  if (!isWindow || !senderFrame.url.startsWith(`${ORIGIN}/`)) throw new Error('refused: unknown sender');
}

/** The contract over IPC: calls, as structured clones with their bytes, and events. */
export function connectServices(window: WebContents, services: Promise<Client>): void {
  handle(CHANNELS.request, window, async (message): Promise<WireResponse> => {
    try {
      return await answerCall(await services, message);
    } catch (error) {
      return { ok: false, problem: problemOf(error) };
    }
  });
  services.then(
    (client) =>
      client.onEvent((event) => {
        if (!window.isDestroyed()) window.send(CHANNELS.event, event);
      }),
    () => undefined,
  );
}
