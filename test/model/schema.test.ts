import { describe, expect, it } from 'vitest';
import { modelSchema } from '../../src/model/schema.js';
import { descriptionTemplate } from '../../src/model/template.js';

const about = { name: 'm', version: '1', description: '', trainingData: '' };
const sound = { ...descriptionTemplate(about, 0.25), weightsSha256: 'ab'.repeat(32) };

describe('model.json', () => {
  it('may say whom the model was trained on, each kind of patient by its name', () => {
    const withPopulation = (population: unknown) =>
      modelSchema.safeParse({ ...sound, knowledge: { ...sound.knowledge, population } }).success;
    expect(withPopulation({ age: ['adults'], treatment: null, tumours: ['glioma', 'metastasis'] })).toBe(
      true,
    );
    expect(withPopulation(undefined)).toBe(true);
    expect(withPopulation({ age: [], treatment: null, tumours: null })).toBe(false);
    expect(withPopulation({ age: ['grown-ups'], treatment: null, tumours: null })).toBe(false);
  });

  it('may ask for a mirrored pass only where the first axis is left-right', () => {
    const mirrored = (orientation: string) =>
      modelSchema.safeParse({
        ...sound,
        patch: { ...sound.patch, mirrored: true },
        grid: { ...sound.grid, orientation },
      });
    expect(mirrored('LPS').success).toBe(true);
    expect(mirrored('SPL').error?.issues[0].path).toEqual(['patch', 'mirrored']);
  });
});
