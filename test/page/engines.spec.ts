/** A smoke run of the built page in the engines that Playwright cannot drive here: Firefox and WebKit as Debian has them. */
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {ENGINES, missingPackages} from '../../engines/engines.ts';
import {openPage} from '../../engines/openPage.ts';
import type {Content} from '../../src/cli/host/browser/server.ts';
import type {PageTasks} from './engines/page.ts';
import {builtPage, expect, test} from './site.ts';

/** The built page, with the script that drives it. */
async function drivenPage(): Promise<Record<string, Content>> {
  const {outputFiles} = await build({
    entryPoints: [fileURLToPath(new URL('engines/page.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    write: false,
  });
  const contents = builtPage();
  const html = readFileSync((contents['/index.html'] as {file: string}).file, 'utf8');
  return {
    ...contents,
    '/index.html': html.replace('</body>', '<script type="module" src="/drive.js"></script></body>'),
    '/drive.js': outputFiles[0]!.text,
  };
}

for (const engine of ['firefox', 'webkit'] as const)
  test(`compares a model in ${ENGINES[engine].title}`, async () => {
    const missing = missingPackages(engine);
    if (process.env.REQUIRE_ENGINES === '1') expect(missing).toEqual([]);
    test.skip(missing.length > 0, `not installed: ${missing.join(', ')}`);
    test.setTimeout(480_000);
    const page = await openPage<PageTasks>({engine, contents: await drivenPage(), isolated: true, webgpu: false});
    try {
      const {answer, environment} = await page.ask('compare', {model: 'ConvNeXt, digits', runs: 3});
      expect(answer).toContain('Same answer');
      expect(answer).toMatch(/\d+\.\d\d×\s*as fast/);
      expect(answer).toContain('medians of 3 samples each');
      expect(environment).toMatch(/Isolated\s*yes/);
      expect(environment).toContain(engine === 'firefox' ? 'Firefox' : 'Safari');
    } finally {
      await page.close();
    }
  });
