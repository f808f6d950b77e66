import { describe, expect, it } from 'vitest';
import {
  addToCalibration,
  calibrationBins,
  expectedCalibrationError,
} from '../../src/evaluate/calibration.js';

describe('calibration error', () => {
  it('is the weighted gap between predicted and true frequency', () => {
    const bins = calibrationBins(2);
    addToCalibration(bins, Float32Array.of(0.25, 0.25, 0.75, 1), Uint8Array.of(0, 1, 1, 1), null);
    // Lower bin: |0.5 − 1| = 0.5; upper: |1.75 − 2| = 0.25; over 4 voxels.
    expect(expectedCalibrationError(bins)).toBeCloseTo(0.1875, 12);
  });

  it('adds up over calls and leaves out what does not count', () => {
    const bins = calibrationBins();
    addToCalibration(bins, Float32Array.of(0.5, 0.5), Uint8Array.of(1, 1), Uint8Array.of(1, 0));
    addToCalibration(bins, Float32Array.of(0.5), Uint8Array.of(0), null);
    expect(expectedCalibrationError(bins)).toBe(0);
    expect(expectedCalibrationError(calibrationBins())).toBeNull();
  });
});
