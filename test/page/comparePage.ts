/** The compare page as a person uses it: what its tests choose, press and read, by role and label. */
import {expect, type Locator, type Page} from '@playwright/test';
import {dropPaths} from './drop.ts';

/** Settings that make a comparison short. */
export const QUICK = {run: '2', analysis: 'false', threads: '1'} as const;

export class ComparePage {
  readonly chooseHeading: Locator;
  readonly compareButton: Locator;
  readonly cancelButton: Locator;
  readonly runAgain: Locator;
  readonly otherModel: Locator;
  readonly result: Locator;
  readonly sameAnswer: Locator;
  readonly environment: Locator;
  readonly settings: Locator;
  readonly notices: Locator;

  constructor(
    readonly page: Page,
    readonly url: string,
  ) {
    this.chooseHeading = page.getByRole('heading', {name: 'What would your model gain?'});
    this.compareButton = page.getByRole('button', {name: /^Compare (stock and fused|again)$/});
    this.cancelButton = page.getByRole('button', {name: 'Cancel'});
    this.runAgain = page.getByRole('button', {name: 'Run again'});
    this.otherModel = page.getByRole('button', {name: 'Other model'});
    this.result = page.getByRole('region', {name: 'Result', exact: true});
    this.sameAnswer = this.result.getByRole('heading', {name: 'Same answer', exact: true});
    this.environment = page.getByRole('region', {name: 'This machine'});
    this.settings = page.getByRole('form', {name: 'Comparison'}).locator('summary', {hasText: 'Settings'});
    this.notices = page.getByRole('status');
  }

  /** Opens the page with the parameters of a link. */
  async open(params: Readonly<Record<string, string>> = QUICK): Promise<this> {
    await this.page.goto(`${this.url}?${new URLSearchParams(params).toString()}`);
    return this;
  }

  /** Opens the page with a shipped model chosen. */
  openModel(id: string, params: Readonly<Record<string, string>> = QUICK): Promise<this> {
    return this.open({benchmark: id, ...params});
  }

  async pickFolder(folder: string): Promise<void> {
    await this.page.getByLabel('Folder of a model').setInputFiles(folder);
  }

  async pickFiles(files: readonly string[]): Promise<void> {
    await this.page.getByLabel('Files of a model').setInputFiles([...files]);
  }

  async drop(paths: readonly string[]): Promise<void> {
    await dropPaths(this.page, this.page.getByRole('main'), paths);
  }

  async useUrl(url: string): Promise<void> {
    await this.page.getByLabel('Or give its address').fill(url);
    await this.page.getByRole('button', {name: 'Use this model'}).click();
  }

  async openSettings(): Promise<void> {
    await this.settings.click();
    await expect(this.page.getByLabel('Timed runs of each side')).toBeVisible();
  }

  async compare(): Promise<void> {
    await this.compareButton.click();
  }

  /** Waits until the comparison is done with an answer that is the same on both sides. */
  async expectSameAnswer(): Promise<void> {
    await this.expectDone();
    await expect(this.sameAnswer).toBeVisible();
    await expect(this.result).toContainText(/Worst difference|agree/i);
  }

  async expectDone(): Promise<void> {
    await expect(this.runAgain.or(this.compareButton)).toBeVisible({timeout: 480_000});
    await expect(this.page.getByRole('alert')).toHaveCount(0);
    await expect(this.notices.filter({hasText: 'The comparison is done.'})).toHaveCount(1);
  }

  /** Returns the words of a failure, beside the control of that name: a section, a group of choices, or the disclosure of settings. */
  async failureIn(control: Locator): Promise<string> {
    const note = control.getByRole('alert');
    await expect(note).toBeVisible({timeout: 240_000});
    return (await note.innerText()).trim();
  }

  get modelSection(): Locator {
    return this.page.getByRole('region', {name: 'Model', exact: true});
  }

  get backendGroup(): Locator {
    return this.page.getByRole('group', {name: 'Backend'});
  }

  fact(name: string): Locator {
    return this.environment.locator('div', {has: this.page.locator('dt', {hasText: name})}).locator('dd');
  }

  /** Returns a row of the table of figures: what stock and fused have. */
  figure(name: string | RegExp): Locator {
    return this.page.getByRole('region', {name: 'In figures'}).getByRole('row').filter({hasText: name});
  }
}
