import { cp, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { InstalledModel } from '../contract/application.js';
import { problemOf, QuorumError } from '../errors.js';
import { makePrivateFolder } from '../files/privateFiles.js';
import { writeFolderWhole } from '../files/wholeFolder.js';
import { populationOf } from '../model/knowledgeSchema.js';
import { MODEL_FILE, type Model, readModel, SHIPPED_MODEL, WEIGHTS_FILE } from '../model/model.js';
import type { ModelDescription } from '../model/schema.js';
import { supports } from '../model/support.js';
import { perRegion } from '../terms.js';

/** Text files of a Model folder that are shown; longer ones are cut. */
const CARD_NAMES = ['CARD.md', 'README.md', 'card.md'];
const LICENCE_NAMES = ['LICENSE', 'LICENCE', 'LICENSE.txt', 'LICENSE.md'];
const MOST_TEXT = 200_000;

/** The shipped model and those that the user added, each in a folder named by its hash. */
export class InstalledModels {
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async list(chosen: string | null): Promise<InstalledModel[]> {
    const models = [await readModel(SHIPPED_MODEL)];
    await makePrivateFolder(this.folder);
    for (const name of (await readdir(this.folder)).sort()) {
      const model = name.startsWith('.') ? null : await readModel(join(this.folder, name)).catch(() => null);
      if (model && models.every(({ hash }) => hash !== model.hash)) models.push(model);
    }
    const id = models.some(({ hash }) => hash === chosen) ? chosen : models[0].hash;
    return Promise.all(models.map((model) => summarise(model, model.hash === id)));
  }

  /**
   * @param id a model's hash; null is the shipped one.
   * @throws QuorumError MODEL_NOT_FOUND, and what reading the model throws.
   */
  async find(id: string | null): Promise<Model> {
    const shipped = await readModel(SHIPPED_MODEL);
    if (id === null || id === shipped.hash) return shipped;
    if (!/^[0-9a-f]{64}$/.test(id)) throw new QuorumError({ code: 'MODEL_NOT_FOUND', found: id });
    return readModel(join(this.folder, id));
  }

  /**
   * Checks a Model folder and, once confirmed, copies its model.json, weights, card and licence, and nothing else.
   *
   * @throws QuorumError MODEL_NOT_FOUND, MODEL_INVALID, MODEL_HASH_MISMATCH, WEIGHTS_INVALID, DISK_FULL, OUTPUT_NOT_WRITABLE.
   */
  async add(
    folder: string,
    confirmed: boolean,
    chosen: string | null,
  ): Promise<{ state: 'confirm' | 'added' | 'present'; model: InstalledModel }> {
    const model = await readModel(folder);
    const present = (await this.list(chosen)).find(({ id }) => id === model.hash);
    if (present) return { state: 'present', model: present };
    if (!confirmed) return { state: 'confirm', model: await summarise(model, false) };
    const target = join(this.folder, model.hash);
    await this.copy(folder, target);
    return { state: 'added', model: await summarise(await readModel(target), false) };
  }

  /** False when there is no such model, or it is the shipped one. */
  async remove(id: string): Promise<boolean> {
    if (!/^[0-9a-f]{64}$/.test(id)) return false;
    const present = await readModel(join(this.folder, id)).then(
      () => true,
      (error) => problemOf(error).code !== 'MODEL_NOT_FOUND',
    );
    if (present) await rm(join(this.folder, id), { recursive: true, force: true });
    return present;
  }

  private async copy(from: string, target: string): Promise<void> {
    const write = async (making: string) => {
      for (const name of [MODEL_FILE, WEIGHTS_FILE]) await cp(join(from, name), join(making, name));
      for (const name of [...CARD_NAMES, ...LICENCE_NAMES])
        await cp(join(from, name), join(making, name)).catch(unlessMissing);
    };
    await writeFolderWhole(target, write, {
      mode: 0o700,
      making: join(this.folder, `.new-${process.pid}`),
    });
  }
}

async function summarise(
  { folder, hash, description, parameters }: Model,
  chosen: boolean,
): Promise<InstalledModel> {
  return {
    id: hash,
    name: description.name,
    version: description.version,
    description: description.description,
    folder,
    shipped: folder === SHIPPED_MODEL,
    chosen,
    modalities: description.modalities,
    parameters: [...parameters.values()].reduce((sum, values) => sum + values.length, 0),
    trainingData: description.knowledge.trainingData,
    population: populationOf(description.knowledge),
    card: await firstText(folder, CARD_NAMES),
    licence: await firstText(folder, LICENCE_NAMES),
    threshold: description.threshold,
    combinations: supportOf(description.knowledge),
    gains: description.knowledge.gains,
  };
}

/** A text that is missing is left out; any other failure to copy it is thrown. */
function unlessMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

async function firstText(folder: string, names: readonly string[]): Promise<string | null> {
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => null);
    if (text !== null) return text.slice(0, MOST_TEXT);
  }
  return null;
}

/** What may be given a number, and the Dice that stands behind it. */
function supportOf(knowledge: ModelDescription['knowledge']): InstalledModel['combinations'] {
  const entries = Object.entries(knowledge.combinations).map(([name, known]) => [
    name,
    perRegion((_, region) => ({
      supported: supports(knowledge, name, region),
      dice: known[region].dice,
      wholeCases: known[region].wholeCases ?? null,
    })),
  ]);
  return Object.fromEntries(entries);
}
