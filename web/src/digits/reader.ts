/** The page's side of the worker: starts it, sends it the latest drawing, and ends it. */
import {crashFailure, NO_ANSWER} from './failure.ts';
import {LatestOnly} from './latestOnly.ts';
import type {Drawing, Failure, ReadRequest, WorkerEvent} from './protocol.ts';

export interface Reader {
  /** Has a drawing read as soon as the one before is. */
  read(drawing: Drawing): void;
  /** Nothing is told any more of drawings up to now. */
  forget(): void;
  /** Ends the worker, and all of its memory goes with it. */
  end(): void;
}

/** A worker that has been silent for so long is taken to be gone. Units: milliseconds. */
const MAX_SILENCE_MS = 30_000;

/** Starts a worker. The last event is 'failed', after which it has ended. */
export function startReader(listener: (event: WorkerEvent) => void): Reader {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {type: 'module', name: 'digits'});
  let hasEnded = false;
  let lastId = 0;
  let forgotten = 0;
  let silence: ReturnType<typeof setTimeout> | undefined;
  const fail = (failure: Failure): void => {
    if (hasEnded) return;
    end();
    listener({type: 'failed', failure});
  };
  const awaitAnswer = (): void => {
    clearTimeout(silence);
    silence = setTimeout(() => {
      fail(NO_ANSWER);
    }, MAX_SILENCE_MS);
  };
  const end = (): void => {
    hasEnded = true;
    clearTimeout(silence);
    worker.terminate();
  };
  const requests = new LatestOnly<ReadRequest>((request) => {
    worker.postMessage(request);
    awaitAnswer();
  });
  worker.onmessage = ({data}: MessageEvent<WorkerEvent>) => {
    if (hasEnded) return;
    if (data.type === 'failed') {
      fail(data.failure);
      return;
    }
    clearTimeout(silence);
    if (data.type === 'reading') requests.done();
    if (data.type !== 'reading' || data.reading.id > forgotten) listener(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    fail(crashFailure(event.message));
  };
  worker.onmessageerror = () => {
    fail(crashFailure('a message could not be read'));
  };
  awaitAnswer();
  return {
    read: (drawing) => {
      requests.offer({id: ++lastId, drawing});
    },
    forget: () => {
      forgotten = lastId;
      requests.drop();
    },
    end,
  };
}
