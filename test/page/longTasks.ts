/** Watches the main thread: which tasks were so long that a person feels the page stop. */
import type {Browser, Page} from '@playwright/test';

declare global {
  var longTasks: number[] | undefined;
}

/** Begins to record tasks over 50 ms on every page that is loaded from now on. */
export async function recordLongTasks(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const tasks: number[] = [];
    globalThis.longTasks = tasks;
    new PerformanceObserver((list) => {
      tasks.push(...list.getEntries().map(({duration}) => duration));
    }).observe({type: 'longtask', buffered: true});
  });
}

/** Returns the lengths of those so far, and forgets them. Units: milliseconds. */
export function takeLongTasks(page: Page): Promise<number[]> {
  return page.evaluate(() => globalThis.longTasks!.splice(0));
}

/** A task of the main thread. Units: milliseconds. */
export interface MainThreadTask {
  readonly wallMs: number;
  /** Without what the machine gave to others meanwhile: that is the page's own. */
  readonly cpuMs: number;
}

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: {readonly name?: string};
}

/** Returns the tasks of the page's main thread, over a millisecond, while an action runs. */
export async function tasksWhile(
  browser: Browser,
  page: Page,
  action: () => Promise<void>,
): Promise<readonly MainThreadTask[]> {
  await browser.startTracing(page, {categories: ['toplevel', '__metadata']});
  await action();
  const trace = JSON.parse((await browser.stopTracing()).toString()) as {traceEvents: readonly TraceEvent[]};
  const thread = ({pid, tid}: TraceEvent): string => `${pid} ${tid}`;
  const isName = ({name, args}: TraceEvent): boolean => name === 'thread_name' && args.name === 'CrRendererMain';
  const mainThreads = new Set(trace.traceEvents.filter(isName).map(thread));
  return trace.traceEvents
    .filter((event) => event.ph === 'X' && event.name.endsWith('RunTask') && mainThreads.has(thread(event)))
    .map(({dur = 0, tdur = 0}) => ({wallMs: dur / 1e3, cpuMs: tdur / 1e3}))
    .filter(({wallMs}) => wallMs > 1);
}
