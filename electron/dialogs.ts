import { type BrowserWindow, dialog, type OpenDialogOptions } from 'electron';
import { writeFileAtomically } from '../src/files/wholeFile.js';
import { PICK_KINDS, type PickKind } from './host.js';
import { say } from './words.js';

const images = () => ({
  name: say('Images'),
  extensions: ['nii', 'gz', 'mha', 'mhd', 'nrrd', 'nhdr', 'mgz', 'mgh', 'hdr'],
});

/** `dontAddToRecent`: names of patients' files have no place in the system's lists. */
const optionsOf = (kind: PickKind): OpenDialogOptions =>
  (
    ({
      'case-folder': { title: say('Open a folder of MRI'), properties: ['openDirectory', 'dontAddToRecent'] },
      'case-files': {
        title: say('Open MRI files'),
        properties: ['openFile', 'multiSelections', 'dontAddToRecent'],
        filters: [images(), { name: say('All files'), extensions: ['*'] }],
      },
      'mask-file': {
        title: say('Open a mask'),
        properties: ['openFile', 'dontAddToRecent'],
        filters: [images(), { name: say('All files'), extensions: ['*'] }],
      },
      'network-file': {
        title: say('Add the network for the skull strip'),
        properties: ['openFile', 'dontAddToRecent'],
        filters: [{ name: 'ONNX', extensions: ['onnx'] }],
      },
      'model-folder': {
        title: say('Add a model from its folder'),
        properties: ['openDirectory', 'dontAddToRecent'],
      },
      'research-folder': {
        title: say('Choose a folder'),
        properties: ['openDirectory', 'dontAddToRecent'],
      },
      'split-file': {
        title: say('Choose a split file'),
        properties: ['openFile', 'dontAddToRecent'],
        filters: [{ name: 'JSON', extensions: ['json'] }],
      },
      'export-folder': {
        title: say('Export into a folder'),
        buttonLabel: say('Export here'),
        properties: ['openDirectory', 'createDirectory', 'dontAddToRecent'],
      },
    }) satisfies Record<PickKind, OpenDialogOptions>
  )[kind];

/** Paths that the user chose; none when the dialog was dismissed. */
export async function pick(window: BrowserWindow, what: unknown): Promise<string[]> {
  const kind = PICK_KINDS.find((each) => each === what);
  if (kind === undefined) throw new Error('unknown kind of dialog');
  const { canceled, filePaths } = await dialog.showOpenDialog(window, optionsOf(kind));
  return canceled ? [] : filePaths;
}

/** Asks where, then writes what `bytes` gives; null when dismissed. */
export async function saveAs(
  window: BrowserWindow,
  name: unknown,
  extension: 'pdf' | 'png',
  bytes: () => Promise<Uint8Array>,
): Promise<string | null> {
  const { canceled, filePath } = await dialog.showSaveDialog(window, {
    defaultPath: `${fileName(name)}.${extension}`,
    filters: [{ name: extension.toUpperCase(), extensions: [extension] }],
    properties: ['createDirectory', 'showOverwriteConfirmation', 'dontAddToRecent'],
  });
  if (canceled || !filePath) return null;
  await writeFileAtomically(filePath, [await bytes()]);
  return filePath;
}

/** A plain file name without extension, whatever the page suggests. */
export function fileName(name: unknown): string {
  const plain = String(name)
    .replace(/\.(pdf|png)$/i, '')
    .replace(/[\p{Cc}\\/<>:"|?*]/gu, '_')
    .replace(/^\.+/, '')
    .slice(0, 120)
    .trim();
  return plain || 'quorum';
}
