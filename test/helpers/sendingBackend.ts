/** A backend that only sends its work, as one on a GPU does: the cpu's, but that nothing can be read for a while. */
import {MathBackendCPU} from '@tensorflow/tfjs-backend-cpu';
import type {BackendTimingInfo, DataId, backend_util} from '@tensorflow/tfjs-core';
import {ALL_TFJS as tf} from '../../src/run/allTfjs.ts';

export const SENDING = 'sending';

/** What reading a tensor takes at least. Units: milliseconds. */
export const READ_MS = 30;

/** What a backend says of the time of its kernels. */
export interface Timer {
  readonly timerAvailable?: () => boolean;
  readonly time?: (run: () => void) => Promise<BackendTimingInfo>;
}

class SendingBackend extends MathBackendCPU {
  override async read(dataId: DataId): Promise<backend_util.BackendValues> {
    // Timers may be early by a part of a millisecond.
    await new Promise((resolve) => setTimeout(resolve, READ_MS + 1));
    return super.read(dataId);
  }
}

/** Runs with it as tfjs's backend, of which `timer` takes the place of its own, and leaves tfjs on cpu without it. */
export async function onSendingBackend<T>(run: () => Promise<T>, timer: Timer = {}): Promise<T> {
  tf.registerBackend(SENDING, () => Object.assign(new SendingBackend(), timer));
  tf.copyRegisteredKernels('cpu', SENDING);
  await tf.setBackend(SENDING);
  try {
    return await run();
  } finally {
    await tf.setBackend('cpu');
    for (const {kernelName} of tf.getKernelsForBackend(SENDING)) tf.unregisterKernel(kernelName, SENDING);
    tf.removeBackend(SENDING);
  }
}
