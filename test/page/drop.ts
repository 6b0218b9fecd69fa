/** Files and folders dropped on the page from outside, as a file manager drops them: with entries that the page can walk. */
import type {Locator, Page} from '@playwright/test';

/** Drops what lies at the paths onto an element, in the middle of what is seen of it. */
export async function dropPaths(page: Page, target: Locator, paths: readonly string[]): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const {x, y, width, height} = (await target.boundingBox())!;
  const seen = page.viewportSize()!;
  const middle = (start: number, length: number, end: number): number =>
    (Math.max(0, start) + Math.min(end, start + length)) / 2;
  const at = {x: middle(x, width, seen.width), y: middle(y, height, seen.height)};
  const data = {items: [], files: [...paths], dragOperationsMask: 1};
  const session = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', {type, ...at, data});
  await session.detach();
}
