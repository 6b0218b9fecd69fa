/** The worker of one comparison: it is asked once, and tells what it finds as it finds it. The page ends it. */
import {compare} from './compare.ts';
import type {RunEvent, RunRequest} from './protocol.ts';

/**
 * A message goes out while the worker computes on. Nothing comes faster than a timed sample, which lasts milliseconds: so the page gets
 * a few hundred messages a second at most, each small.
 */
const post = (event: RunEvent): void => {
  postMessage(event);
};

onmessage = ({data}: MessageEvent<RunRequest>): void => {
  void compare(data, post);
};
