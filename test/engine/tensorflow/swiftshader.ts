/** The Vulkan driver without a GPU that comes with Chromium. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';

const driver = process.env.QUORUM_SWIFTSHADER ?? '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Environment of a process that is to use SwiftShader, or null where it is not installed. */
export const swiftshaderEnvironment = existsSync(driver)
  ? {
      VK_ICD_FILENAMES: driver,
      LD_LIBRARY_PATH: [dirname(driver), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':'),
    }
  : null;

if (!swiftshaderEnvironment) console.warn(`SKIPPED: tfjs WebGPU on SwiftShader, there is no ${driver}`);
