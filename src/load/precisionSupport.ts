/** Whether the backend in use computes in the precision that is asked for: a wish that cannot be met is an error, never a silent change. */
import {backend, getBackend} from '@tensorflow/tfjs-core';
import {BlockFusionError} from '../../ops/errors.ts';
import type {Precision} from '../../ops/params.ts';

/** What WebGPU calls 16-bit floats in shaders. */
export const SHADER_F16 = 'shader-f16';

/** What is read of tfjs's WebGPUBackend. */
interface WithDevice {
  readonly device: {readonly features: {has(name: string): boolean}};
}

/**
 * Checks that the current backend has kernels for this precision.
 * Throws: `invalid-option`.
 */
export function requirePrecision(precision: Precision, where: string): void {
  checkPrecision(precision, where);
  if (precision === 'float32') return;
  const got = lackOf();
  if (got === null) return;
  throw new BlockFusionError('invalid-option', {
    where,
    must: `precision 'float16' needs backend 'webgpu' on a device with ${SHADER_F16}`,
    got,
    fix: "call createFusedWebGPUBackend({precision: 'float16'}) of 'tfjs-block-fusion/webgpu' first, or leave precision out",
  });
}

/**
 * Checks that a precision is one.
 * Throws: `invalid-option`.
 */
export function checkPrecision(precision: Precision, where: string): void {
  if (['float32', 'float16'].includes(precision)) return;
  throw new BlockFusionError('invalid-option', {
    where,
    must: "precision must be 'float32' or 'float16'",
    got: precision,
    fix: 'use one of these, or leave it out',
  });
}

/** What the current backend is where it has no float16 kernels; null where it has. */
function lackOf(): string | null {
  const name = getBackend();
  if (name !== 'webgpu') return `backend '${name}'`;
  const {device} = backend() as unknown as WithDevice;
  return device.features.has(SHADER_F16) ? null : 'a device without it';
}
