/** The compare page as a person uses it: by the names of its controls. */
import {expect, type Locator, type Page} from '@playwright/test';

/** What makes a comparison quick: few runs, and the machine not measured. */
export const QUICK = 'run=3&analysis=false';

export class ComparePage {
  constructor(readonly page: Page) {}

  async open({url}: {url: string}, parameters = QUICK): Promise<void> {
    await this.page.goto(`${url}/index.html?${parameters}`);
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', {name});
  }

  /** Chooses what is in a folder, as its picker does. */
  async pickFolder(folder: string): Promise<void> {
    await this.page.getByLabel('Folder of a model').setInputFiles(folder);
  }

  async pickFiles(files: readonly string[]): Promise<void> {
    await this.page.getByLabel('Files of a model').setInputFiles([...files]);
  }

  async giveAddress(url: string): Promise<void> {
    await this.page.getByLabel('Or give its address').fill(url);
    await this.button('Use this model').click();
  }

  async run(): Promise<void> {
    await this.button(/^Compare (stock and fused|again)$/).click();
  }

  result(): Locator {
    return this.page.getByRole('region', {name: 'Result'});
  }

  /** Waits for a comparison that passes to its end. */
  async expectCompared(): Promise<void> {
    await expect(this.button('Run again')).toBeVisible({timeout: 100_000});
    await expect(this.result()).toContainText('Same answer');
    await expect(this.result()).toContainText('×');
  }

  /** What is said beside the control that a failure is about. */
  failure(): Locator {
    return this.page.getByRole('alert');
  }
}
