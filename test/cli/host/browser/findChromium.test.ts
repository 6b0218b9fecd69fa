import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {findChromium} from '../../../../src/cli/host/browser/findChromium.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'block-fusion-path-'));
  for (const name of ['chromium', 'google-chrome', 'text']) writeFileSync(join(folder, name), '#!/bin/sh\n');
  for (const name of ['chromium', 'google-chrome']) chmodSync(join(folder, name), 0o755);
  mkdirSync(join(folder, 'first/chromium'), {recursive: true});
});

afterAll(() => {
  rmSync(folder, {recursive: true});
});

describe('Chromium', () => {
  it('is the first known program on the PATH; a folder of that name is none', () => {
    expect(findChromium({PATH: [join(folder, 'first'), folder].join(delimiter)})).toBe(join(folder, 'chromium'));
  });

  it('is CHROME_BIN where that is set', () => {
    const chosen = join(folder, 'google-chrome');
    expect(findChromium({PATH: folder, CHROME_BIN: chosen})).toBe(chosen);
  });

  it('is not what CHROME_BIN names in error, and not another one either', () => {
    expect(findChromium({PATH: folder, CHROME_BIN: join(folder, 'text')})).toBeUndefined();
  });

  it('is nowhere when the PATH has none', () => {
    expect(findChromium({PATH: join(folder, 'first')})).toBeUndefined();
  });
});
