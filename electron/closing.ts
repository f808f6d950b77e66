import { type BrowserWindow, dialog } from 'electron';
import type { Client } from '../src/contract/index.js';
import { say } from './words.js';

/**
 * Asks before the window closes while a mask is being edited, a model is trained or a cohort is run. Edits are on disk already, a training
 * goes on from its last checkpoint, a cohort with the cases that are not done.
 */
export function askOnClosing(window: BrowserWindow, services: Promise<Client>): void {
  let agreed = false;
  let asking = false;
  window.on('close', (event) => {
    if (agreed) return;
    event.preventDefault();
    if (asking) return;
    asking = true;
    void mayClose(window, services).then((yes) => {
      asking = false;
      agreed = yes;
      if (yes && !window.isDestroyed()) window.close();
    });
  });
}

async function mayClose(window: BrowserWindow, services: Promise<Client>): Promise<boolean> {
  if ((await isTraining(services)) && !(await mayStopTraining(window))) return false;
  if ((await isRunningCohort(services)) && !(await mayStopCohort(window))) return false;
  const names = await editedCases(services);
  if (names.length === 0) return true;
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message:
      names.length === 1
        ? say('The mask of {0} was edited by hand.', names[0])
        : say('{0} masks were edited by hand.', names.length),
    detail: say(
      'The edits are kept on this computer and come back when the case is opened again. They are in no exported file until you export them.',
    ),
    buttons: [say('Go Back'), say('Close and Keep the Edits')],
    defaultId: 1,
    cancelId: 0,
  });
  return response === 1;
}

async function isTraining(services: Promise<Client>): Promise<boolean> {
  const jobs = await services.then((client) => client.call('jobs.list', {})).catch(() => []);
  return jobs.some(({ kind }) => kind === 'train');
}

async function isRunningCohort(services: Promise<Client>): Promise<boolean> {
  const cohorts = await services.then((client) => client.call('cohorts.list', {})).catch(() => []);
  return cohorts.some(({ run }) => run !== null);
}

async function mayStopCohort(window: BrowserWindow): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: say('A cohort is being run.'),
    detail: say('It stops when Quorum closes. What is done is kept; opened again, it goes on with the rest.'),
    buttons: [say('Go Back'), say('Close and Stop It')],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 1;
}

async function mayStopTraining(window: BrowserWindow): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: say('A training is running.'),
    detail: say('It stops when Quorum closes. Under Research it goes on from its last checkpoint.'),
    buttons: [say('Go Back'), say('Close and Stop It')],
    defaultId: 0,
    cancelId: 0,
  });
  return response === 1;
}

async function editedCases(services: Promise<Client>): Promise<string[]> {
  try {
    const cases = await (await services).call('cases.list', {});
    return cases.filter(({ edits }) => edits !== null && edits.revision > 0).map(({ name }) => name);
  } catch {
    return [];
  }
}
