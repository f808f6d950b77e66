import { platform, release } from 'node:os';

export interface AdapterDescription {
  /** The GPU's name, or null where none was found. */
  readonly name: string | null;
  /** GPU, driver and its version as the driver states them, or the operating system's version. */
  readonly driver: string;
}

/**
 * The GPU that WebGPU would choose, asked of Dawn (npm `webgpu`, optional). It loads the GPU's driver, so it is
 * called in the self-test's own process only.
 */
export async function describeAdapter(): Promise<AdapterDescription> {
  const system = `${platform()} ${release()}`;
  const dawn = await import('webgpu').catch(() => null);
  const adapter = await dawn?.create([]).requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return { name: null, driver: `no WebGPU adapter, ${system}` };
  const { vendor, architecture, device, description } = adapter.info;
  const words = [vendor, architecture, device, description].filter((word) => word !== '');
  return {
    name: description || device || architecture || vendor || null,
    driver: words.join(', ') || system,
  };
}
