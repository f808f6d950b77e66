import { basename } from 'node:path';
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuAction } from './host.js';

export interface MenuHost {
  act(action: MenuAction): void;
  open(paths: readonly string[]): void;
  clearRecents(): void;
  openLink(name: string): void;
}

export type Recents = readonly { readonly name: string; readonly paths: readonly string[] }[];

/** The menu bar. Undo and redo stand without keys: in the window they belong to the mask, in text fields to the text. */
export function showMenu(host: MenuHost, recents: Recents): void {
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(host, recents, process.platform)));
}

export function menuTemplate(
  host: MenuHost,
  recents: Recents,
  platform: NodeJS.Platform,
): MenuItemConstructorOptions[] {
  const item = (label: string, action: MenuAction, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    click: () => host.act(action),
    ...(accelerator === undefined ? {} : { accelerator }),
  });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const file: MenuItemConstructorOptions[] = [
    item('Open Folder…', 'open-folder', 'CmdOrCtrl+O'),
    item('Open Files…', 'open-files', 'CmdOrCtrl+Shift+O'),
    { label: 'Open Recent', submenu: recentItems(host, recents) },
    item('Open the Simulated Sample Patient', 'open-sample'),
    separator,
    item('Export…', 'export', 'CmdOrCtrl+E'),
    item('Close Case', 'close-case', 'CmdOrCtrl+W'),
    ...(platform === 'darwin' ? [] : [separator, { role: 'quit' } as MenuItemConstructorOptions]),
  ];
  return [
    ...(platform === 'darwin' ? [macMenu(host)] : []),
    { label: '&File', submenu: file },
    {
      label: '&Edit',
      submenu: [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }],
    },
    {
      label: '&View',
      submenu: [
        item('Case', 'view-case'),
        item('Compare', 'view-compare'),
        item('Correct', 'view-correct'),
        item('Models', 'view-models'),
        item('Settings', 'view-settings', 'CmdOrCtrl+,'),
        separator,
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { role: 'togglefullscreen' },
        ...(app?.isPackaged === false
          ? [separator, { role: 'toggleDevTools' } as MenuItemConstructorOptions]
          : []),
      ],
    },
    { label: '&Segment', submenu: [item('Segment', 'segment', 'CmdOrCtrl+Return')] },
    {
      label: '&Help',
      role: 'help',
      submenu: [
        item('Keyboard', 'shortcuts'),
        { label: 'The Method (opens the browser)', click: () => host.openLink('method') },
        item('About Quorum', 'about'),
      ],
    },
  ];
}

function recentItems(host: MenuHost, recents: Recents): MenuItemConstructorOptions[] {
  if (recents.length === 0) return [{ label: 'None', enabled: false }];
  const items = recents.map(
    ({ name, paths }): MenuItemConstructorOptions => ({
      // A single & would become a mnemonic.
      label: (name || basename(paths[0])).replaceAll('&', '&&'),
      click: () => host.open(paths),
    }),
  );
  return [...items, { type: 'separator' }, { label: 'Forget These', click: () => host.clearRecents() }];
}

function macMenu(host: MenuHost): MenuItemConstructorOptions {
  return {
    label: 'Quorum',
    submenu: [
      { label: 'About Quorum', click: () => host.act('about') },
      { type: 'separator' },
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      { type: 'separator' },
      { role: 'quit' },
    ],
  };
}
