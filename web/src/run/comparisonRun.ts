/** The page's side of a comparison: starts its worker, hands on what it tells, and ends it. */
import {BROKE_OFF, isMemoryEnd} from './failure.ts';
import type {Failure, RunEvent, RunRequest} from './protocol.ts';

/** A comparison that runs. */
export interface ComparisonRun {
  /** Ends the worker, and all of its memory goes with it. Nothing is told afterwards. */
  cancel(): void;
}

/** Starts a comparison. `listener` gets its events; the last is 'done' or 'failed', after which the worker has ended. */
export function startComparison(request: RunRequest, listener: (event: RunEvent) => void): ComparisonRun {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {type: 'module', name: 'comparison'});
  let ended = false;
  const end = (): void => {
    ended = true;
    worker.terminate();
  };
  const tell = (event: RunEvent): void => {
    if (ended) return;
    if (event.type === 'done' || event.type === 'failed') end();
    listener(event);
  };
  worker.onmessage = ({data}: MessageEvent<RunEvent>) => {
    tell(data);
  };
  worker.onerror = (event) => {
    event.preventDefault();
    tell({type: 'failed', failure: crash(event.message)});
  };
  worker.onmessageerror = () => {
    tell({type: 'failed', failure: crash('a message could not be read')});
  };
  worker.postMessage(request);
  return {cancel: end};
}

/** An error that nobody in the worker could catch: above all, its script did not load, or its memory ended. */
function crash(detail: string | undefined): Failure {
  const told = detail === undefined || detail === '' ? null : detail;
  if (isMemoryEnd(detail ?? ''))
    return {
      about: 'model',
      message:
        'The browser ran out of memory. Choose a smaller batch or input size, close other tabs, or take a smaller model.',
      detail: told,
      code: 'out-of-memory',
    };
  return {
    about: 'run',
    message:
      told === null
        ? 'The comparison could not be started: part of the page did not load, or the network is gone. Reload the page.'
        : BROKE_OFF,
    detail: told,
    code: null,
  };
}
