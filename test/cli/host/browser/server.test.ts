import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {chromiumPath} from '../../../../src/cli/host/browser/chromium.ts';
import {type Site, serve} from '../../../../src/cli/host/browser/server.ts';

describe('serve', () => {
  let folder: string;
  const sites: Site[] = [];
  const open = async (...args: Parameters<typeof serve>): Promise<string> => {
    const site = await serve(...args);
    sites.push(site);
    return site.url;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'block-fusion-site-'));
    writeFileSync(join(folder, 'a.wasm'), Uint8Array.of(0, 97, 115, 109));
  });
  afterAll(async () => {
    await Promise.all(sites.map((site) => site.close()));
    rmSync(folder, {recursive: true});
  });

  it('answers the paths of its table, with their types', async () => {
    const url = await open({
      '/index.html': '<p>',
      '/bytes.bin': Uint8Array.of(1, 2),
      '/k.wasm': {file: join(folder, 'a.wasm')},
    });
    const [page, bytes, wasm] = await Promise.all(['/', '/bytes.bin', '/k.wasm?v=1'].map((path) => fetch(url + path)));
    expect([page!.headers.get('content-type'), await page!.text()]).toEqual(['text/html; charset=utf-8', '<p>']);
    expect(new Uint8Array(await bytes!.arrayBuffer())).toEqual(Uint8Array.of(1, 2));
    expect(wasm!.headers.get('content-type')).toBe('application/wasm');
  });

  it.each(['/a.wasm', '/../package.json', '/constructor'])('has nothing else: %s', async (path) => {
    const url = await open({'/index.html': ''});
    expect((await fetch(url + path)).status).toBe(404);
  });

  it('isolates its pages only when asked', async () => {
    const headers = async (isolated: boolean): Promise<string | null> =>
      (await fetch(await open({'/index.html': ''}, {isolated}))).headers.get('cross-origin-opener-policy');
    expect(await headers(true)).toBe('same-origin');
    expect(await headers(false)).toBeNull();
  });

  it('answers with 500 where a file has gone', async () => {
    const url = await open({'/gone': {file: join(folder, 'gone')}});
    expect((await fetch(`${url}/gone`)).status).toBe(500);
  });
});

describe('chromiumPath', () => {
  it('takes CHROME_BIN, and says so where that is no program', () => {
    expect(chromiumPath({CHROME_BIN: process.execPath, PATH: ''})).toBe(process.execPath);
    expect(() => chromiumPath({CHROME_BIN: '/nowhere/chromium', PATH: process.env['PATH']})).toThrow(
      /got \/nowhere\/chromium/,
    );
  });

  it('says what to do where there is none', () => {
    expect(() => chromiumPath({PATH: ''})).toThrow(/install it .* or set CHROME_BIN/);
  });
});
