/** Hands events of the worker on in frames, and what makes much of the page anew one a frame: no task of the page is long then. */
import type {RunEvent} from '../run/protocol.ts';

/** Events after which a large part of the page is made. */
const LARGE: ReadonlySet<RunEvent['type']> = new Set([
  'model',
  'agreement',
  'comparison',
  'network',
  'waterline',
  'chart',
]);

export type NextFrame = (callback: () => void) => void;

/** The browser's frames; a page that is not seen has none, and takes time slices in their place. */
export const browserFrame: NextFrame = (callback) => {
  if (document.hidden) setTimeout(callback, 50);
  else requestAnimationFrame(callback);
};

/** Returns a listener that hands on what it gets, in order, as `listener` is to have it in a frame. */
export function paced(
  listener: (events: readonly RunEvent[]) => void,
  nextFrame: NextFrame,
): (event: RunEvent) => void {
  let waiting: RunEvent[] = [];
  let isAsked = false;
  const ask = (): void => {
    isAsked = true;
    nextFrame(flush);
  };
  const flush = (): void => {
    isAsked = false;
    const large = waiting.findIndex(({type}) => LARGE.has(type));
    const count = large < 0 ? waiting.length : large + 1;
    const now = waiting.slice(0, count);
    waiting = waiting.slice(count);
    if (waiting.length > 0) ask();
    listener(now);
  };
  return (event) => {
    waiting.push(event);
    if (!isAsked) ask();
  };
}
