/** Why a comparison ended early, in plain words: the worker's own errors, and what those of the library and of tfjs mean here. */
import {BlockFusionError} from '../../../ops/errors.ts';
import type {Settings} from '../settings/settings.ts';
import type {Failure, Stage} from './protocol.ts';

/** An error that already says in plain words what went wrong and what to do. */
export class PlainError extends Error {
  readonly about: Failure['about'];
  readonly detail: string | null;

  constructor(about: Failure['about'], message: string, detail: unknown = null) {
    super(message);
    this.name = 'PlainError';
    this.about = about;
    this.detail = detail === null ? null : textOf(detail);
  }
}

/** What was being done when an error came. */
export interface FailedWork {
  readonly stage: Stage;
  readonly settings: Settings;
}

const TOO_LARGE =
  'The model needs more memory than there is. Choose a smaller batch or input size, close other tabs, or take a smaller model.';

const SETTINGS_MISFIT = 'These settings do not fit the model. Change the batch or the input size.';
const BROKEN =
  'The model is damaged, or its parts do not belong together. Copy or convert it again, with all its files.';
export const BROKE_OFF =
  'The comparison broke off. Compare again; if it happens again, try a smaller batch or another backend.';

const MEMORY_ENDED =
  /out of memory|allocation failed|allocation size|invalid array buffer length|invalid typed array length|memory access out of bounds|memory size exceeded|could not allocate|aborted\(oom|offset is out of bounds/i;
const NO_KERNEL = /kernel '?(\w+)'? not registered for backend '?(\w+)'?/i;
const UNKNOWN_OP = /unknown op '?(\w+)'?|op (\w+) is not (?:supported|implemented)/i;

/** Whether an engine or tfjs says that memory has ended. */
export function isMemoryEnd(text: string): boolean {
  return MEMORY_ENDED.test(text);
}

/** Returns what to tell of an error. */
export function failureOf(error: unknown, {stage, settings}: FailedWork): Failure {
  const code = error instanceof BlockFusionError ? error.code : null;
  const detail = textOf(error);
  const failure = (about: Failure['about'], message: string): Failure => ({about, message, detail, code});
  if (error instanceof PlainError) return {about: error.about, message: error.message, detail: error.detail, code};
  if (code === 'out-of-memory' || isMemoryEnd(detail)) return failure('model', TOO_LARGE);
  if (code === 'device-lost') return failure('backend', DEVICE_LOST);
  if (stage === 'backend' || code === 'unsupported-device') return failure('backend', backendFailed(settings));
  if (code === 'invalid-option') return failure('settings', SETTINGS_MISFIT);
  if (code === 'invalid-model') return failure('model', BROKEN);
  const lacking = NO_KERNEL.exec(detail) ?? UNKNOWN_OP.exec(detail);
  if (lacking !== null) return failure('model', opMissing(lacking, settings));
  if (code === 'unsupported-model') return failure('model', cannotRun(settings));
  if (stage === 'model') return failure('model', cannotRun(settings));
  return failure('run', BROKE_OFF);
}

export const DEVICE_LOST =
  'The browser took the GPU away in the middle of the comparison: it was reset, or was busy for too long. Compare again with a smaller batch or model, or choose WebAssembly.';

function backendFailed({backend}: Settings): string {
  return backend === 'wasm'
    ? 'WebAssembly could not be started. Reload the page, or try another browser.'
    : `${backend} could not be started. Choose another backend.`;
}

function cannotRun({backend}: Settings): string {
  const other = backend === 'cpu' ? 'Take another model.' : 'Try another backend: cpu has the most ops.';
  return `TensorFlow.js itself cannot run this model on ${backend}, with or without fused blocks. ${other}`;
}

function opMissing([, ...found]: readonly (string | undefined)[], {backend}: Settings): string {
  const op = found.find((name) => name !== undefined) ?? 'an op';
  const other = backend === 'cpu' ? 'take another model' : "choose another backend ('cpu' has the most ops)";
  return `The model uses ${op}, which TensorFlow.js does not have on ${backend}: ${other}.`;
}

/** Returns the text of anything that was thrown. */
export function textOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  if (typeof error === 'string') return error;
  const {message} = (error ?? {}) as {message?: unknown};
  return typeof message === 'string' ? message : String(error);
}
