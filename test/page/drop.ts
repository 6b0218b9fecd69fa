/** Files and folders dropped on the page from outside, as a file manager drops them: with entries that the page can walk. */
import type {Locator, Page} from '@playwright/test';

/** Drops what lies at the paths onto an element. */
export async function dropPaths(page: Page, target: Locator, paths: readonly string[]): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const box = (await target.boundingBox())!;
  const at = {x: box.x + box.width / 2, y: box.y + box.height / 2};
  const data = {items: [], files: [...paths], dragOperationsMask: 1};
  const session = await page.context().newCDPSession(page);
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', {type, ...at, data});
  await session.detach();
}
