import {build} from 'esbuild';
import {missingPackages} from '../../engines/engines.ts';
import {type OpenPage, openPage} from '../../engines/openPage.ts';

/** What the page below can do. */
type PageTasks = Readonly<{
  double: (request: {value: number}) => Promise<number>;
  fail: (request: null) => Promise<never>;
  leave: (request: null) => Promise<never>;
}>;

const PAGE = `
  import {doTasks} from './engines/tasks.ts';
  void doTasks({
    double: async ({value}) => 2 * value,
    fail: async () => { throw new Error('no luck'); },
    leave: () => { location.href = 'about:blank'; return new Promise(() => {}); },
  });
`;

const described = missingPackages('chromium').length === 0 ? describe : describe.skip;
described('a page that does tasks', () => {
  let page: OpenPage<PageTasks>;
  beforeAll(async () => {
    const {outputFiles} = await build({stdin: {contents: PAGE, resolveDir: '.'}, bundle: true, write: false});
    const contents = {
      '/index.html': '<!doctype html><script src="/page.js"></script>',
      '/page.js': outputFiles[0]!.text,
    };
    page = await openPage<PageTasks>({engine: 'chromium', contents, isolated: false, webgpu: false});
  });
  afterAll(() => page.close());

  it('gives results, one after the other', async () => {
    expect(page.engine).toMatch(/^Chromium \d/);
    expect(await page.ask('double', {value: 21})).toBe(42);
    expect(await page.ask('double', {value: -Infinity})).toBe(-Infinity);
  });

  it('throws what the page throws, and goes on', async () => {
    await expect(page.ask('fail', null)).rejects.toThrow('no luck');
    expect(await page.ask('double', {value: 1})).toBe(2);
  });

  it('says when the page is gone, at once and ever after', async () => {
    const gone = 'Chromium: the page must stay until it is closed, got its end';
    await expect(page.ask('leave', null)).rejects.toThrow(gone);
    await expect(page.ask('double', {value: 1})).rejects.toThrow(gone);
  });
});
