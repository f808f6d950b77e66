import { basename } from 'node:path';
import { app, Menu, type MenuItemConstructorOptions } from 'electron';
import type { MenuAction } from './host.js';
import { say } from './words.js';

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
    item(say('Open Folder…'), 'open-folder', 'CmdOrCtrl+O'),
    item(say('Open Files…'), 'open-files', 'CmdOrCtrl+Shift+O'),
    { label: say('Open Recent'), submenu: recentItems(host, recents) },
    item(say('Open the Simulated Sample Patient'), 'open-sample'),
    separator,
    item(say('Export…'), 'export', 'CmdOrCtrl+E'),
    item(say('Close Case'), 'close-case', 'CmdOrCtrl+W'),
    ...(platform === 'darwin' ? [] : [separator, { role: 'quit' } as MenuItemConstructorOptions]),
  ];
  return [
    ...(platform === 'darwin' ? [macMenu(host)] : []),
    { label: say('&File'), submenu: file },
    {
      label: say('&Edit'),
      submenu: [{ role: 'cut' }, { role: 'copy' }, { role: 'paste' }, { role: 'selectAll' }],
    },
    {
      label: say('&View'),
      submenu: [
        item(say('Case'), 'view-case'),
        item(say('Compare'), 'view-compare'),
        item(say('Correct'), 'view-correct'),
        item(say('Research'), 'view-research'),
        item(say('Models'), 'view-models'),
        item(say('Settings'), 'view-settings', 'CmdOrCtrl+,'),
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
    { label: say('&Segment'), submenu: [item(say('Segment'), 'segment', 'CmdOrCtrl+Return')] },
    {
      label: say('&Help'),
      role: 'help',
      submenu: [
        item(say('Keyboard'), 'shortcuts'),
        { label: say('The Method (opens the browser)'), click: () => host.openLink('method') },
        item(say('About Quorum'), 'about'),
      ],
    },
  ];
}

function recentItems(host: MenuHost, recents: Recents): MenuItemConstructorOptions[] {
  if (recents.length === 0) return [{ label: say('None'), enabled: false }];
  const items = recents.map(
    ({ name, paths }): MenuItemConstructorOptions => ({
      // A single & would become a mnemonic.
      label: (name || basename(paths[0])).replaceAll('&', '&&'),
      click: () => host.open(paths),
    }),
  );
  return [...items, { type: 'separator' }, { label: say('Forget These'), click: () => host.clearRecents() }];
}

function macMenu(host: MenuHost): MenuItemConstructorOptions {
  return {
    label: 'Quorum',
    submenu: [
      { label: say('About Quorum'), click: () => host.act('about') },
      { type: 'separator' },
      { role: 'hide' },
      { role: 'hideOthers' },
      { role: 'unhide' },
      { type: 'separator' },
      { role: 'quit' },
    ],
  };
}
