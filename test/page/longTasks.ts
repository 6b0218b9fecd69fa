/** Watches the main thread: which tasks were so long that a person feels the page stop. */
import type {Page} from '@playwright/test';

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
