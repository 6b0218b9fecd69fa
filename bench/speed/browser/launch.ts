/** The bench in headless Chromium: its page bundled from the sources, served with the wasm backend's binaries. */
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import {type OpenPage, openPage} from '../../../src/cli/host/browser/chromium.ts';
import {serve, type Site} from '../../../src/cli/host/browser/server.ts';
import {wasmBinaries} from '../../../src/cli/host/browser/tfjsFiles.ts';
import type {WrittenNetwork} from '../cases.ts';
import type {BenchAnswer, BenchBackend, BenchRequest} from '../runCase.ts';

export interface Bencher {
  /** The engine and its version. */
  readonly engine: string;
  run(request: BenchRequest): Promise<BenchAnswer>;
  close(): Promise<void>;
}

/** A page of the bench in a Chromium of its own. */
export interface BenchPage extends OpenPage {
  /** Returns the network with its URL in place of its folder. */
  serveNetwork(network: WrittenNetwork): Promise<WrittenNetwork>;
}

/** Opens the page. It is not isolated, so that tfjs-wasm runs its one-thread build, as in Node. `webgpu`: whether it needs that. */
export async function openBenchPage(options: {webgpu?: boolean} = {}): Promise<BenchPage> {
  const site = await serve({
    '/index.html':
      '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script src="/page.js"></script>',
    '/page.js': await bundledPage(),
    ...wasmBinaries(),
  });
  try {
    const opened = await openPage(site.url, options);
    return {
      ...opened,
      serveNetwork: (network) => serveNetwork(site, network),
      close: async () => {
        await opened.close();
        await site.close();
      },
    };
  } catch (error) {
    await site.close();
    throw error;
  }
}

/** Runs cases on the page. */
export async function benchInChromium(backend: BenchBackend): Promise<Bencher> {
  const opened = await openBenchPage({webgpu: backend === 'webgpu'});
  return {
    engine: `Chromium ${opened.browserVersion}`,
    run: async ({bench, ...request}) => {
      const asked = {...request, bench: bench.kind === 'block' ? bench : await opened.serveNetwork(bench)};
      return opened.page.evaluate((each) => globalThis.benchInPage(each), asked);
    },
    close: () => opened.close(),
  };
}

async function serveNetwork(site: Site, network: WrittenNetwork): Promise<WrittenNetwork> {
  const path = `/models/${network.name}`;
  const files = await readdir(network.model);
  site.add(Object.fromEntries(files.map((name) => [`${path}/${name}`, {file: join(network.model, name)}])));
  return {...network, model: `${site.url}${path}/model.json`};
}

async function bundledPage(): Promise<string> {
  const {outputFiles} = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    mainFields: ['browser', 'module', 'main'],
    define: {global: 'globalThis'},
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}
