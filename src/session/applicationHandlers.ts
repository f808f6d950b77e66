import { access, readFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import type { applicationContract } from '../contract/application.js';
import { RESEARCH_NOTICE } from '../contract/report.js';
import { CACHE_MAXIMUM_AGE_DAYS } from '../kept/logitsCache.js';
import { listDevices, type SelfTestLauncher } from '../pipeline/devices.js';
import { SAMPLE_PATIENT, sampleMask } from '../pipeline/sample.js';
import { QUORUM_VERSION } from '../version.js';
import { foldersInUse } from './cases/preparing.js';
import type { JsonHandlers, WindowContext } from './windowContext.js';

/** Written by the build (packaging/licences.mjs), beside the services. */
const LICENCES = new URL('../licences/licences.txt', import.meta.url);

type OfTheApplication = keyof typeof applicationContract | 'devices.list' | 'jobs.cancel' | 'jobs.list';

/** Models, settings, recent folders, cache, devices, the line of jobs. */
export function applicationHandlers(
  context: WindowContext,
  launchSelfTest: SelfTestLauncher | undefined,
): JsonHandlers<OfTheApplication> {
  const { settings, recents, models, cache, edits, prepared, research } = context;
  // Open cases come first: a training takes hours.
  const queues = [context.jobs, research.scoring, research.training];
  const cacheStatus = async () => {
    const [logits, images, kept, { cacheLimitMb }] = [
      await cache.size(),
      await prepared.size(),
      await edits.size(),
      await settings.get(),
    ];
    return {
      bytes: logits.bytes + images.bytes,
      entries: logits.entries + images.entries,
      limitBytes: cacheLimitMb * 1e6,
      maximumAgeDays: CACHE_MAXIMUM_AGE_DAYS,
      editBytes: kept.bytes,
      editedCases: kept.cases,
    };
  };
  const chosenModel = async () => (await settings.get()).model;
  return {
    'app.info': async () => ({
      version: QUORUM_VERSION,
      notice: RESEARCH_NOTICE,
      platform: process.platform,
      cores: cpus().length,
      profile: context.profileFolder,
      sample: SAMPLE_PATIENT,
      sampleMask: await sampleMask(),
    }),
    'app.licences': async () => ({ text: await readFile(LICENCES, 'utf8').catch(() => null) }),
    'devices.list': ({ again }) => listDevices(context.profileFolder, again, launchSelfTest),
    'jobs.cancel': async ({ job }) => ({ cancelled: queues.some((queue) => queue.cancel(job)) }),
    'jobs.list': async () => queues.flatMap((queue) => queue.list()),
    'models.list': async () => models.list(await chosenModel()),
    'models.add': async ({ folder, confirmed }) => models.add(folder, confirmed, await chosenModel()),
    'models.remove': async ({ id }) => {
      const removed = await models.remove(id);
      if (removed && (await chosenModel()) === id) await settings.set({ model: null });
      return { removed };
    },
    'settings.get': () => settings.get(),
    'settings.set': async (changes) => {
      if (changes.model) await models.find(changes.model);
      const next = await settings.set(changes);
      if (!next.rememberFolders) {
        await recents.clear();
        await research.results.clearDisk();
      }
      await prepared.sweep(foldersInUse(context), { heads: !next.keepHeads });
      const limit = next.cacheLimitMb * 1e6;
      await prepared.shrink(limit / 2, foldersInUse(context));
      await cache.shrink(limit - (await prepared.size()).bytes);
      return next;
    },
    'recents.list': async () => {
      const list = await recents.list();
      return Promise.all(list.map(async (one) => ({ ...one, exists: await allExist(one.paths) })));
    },
    'recents.remove': async ({ paths }) => {
      await recents.forget(paths);
      return {};
    },
    'recents.clear': async () => {
      await recents.clear();
      await research.results.clearDisk();
      await settings.set({ exportFolder: null });
      return {};
    },
    'cache.status': cacheStatus,
    'cache.clear': async () => {
      await cache.clear();
      await context.answers.clear();
      await prepared.shrink(0, foldersInUse(context));
      return cacheStatus();
    },
  };
}

async function allExist(paths: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    paths.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.every(Boolean);
}
