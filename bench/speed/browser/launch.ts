/** The bench in a browser engine: its page bundled from the sources, served with the wasm backend's binaries. */
import {readdir} from 'node:fs/promises';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';
import type {EngineName} from '../../../engines/engines.ts';
import {type OpenPage, openPage} from '../../../engines/openPage.ts';
import type {Site} from '../../../src/cli/host/browser/server.ts';
import {wasmBinaries} from '../../../src/cli/host/browser/tfjsFiles.ts';
import type {WrittenNetwork} from '../cases.ts';
import type {BenchAnswer, BenchBackend, BenchRequest} from '../runCase.ts';
import type {BenchTasks} from './page.ts';

export interface Bencher {
  /** The engine and its version. */
  readonly engine: string;
  run(request: BenchRequest): Promise<BenchAnswer>;
  close(): Promise<void>;
}

/** A page of the bench in an engine of its own. */
export interface BenchPage extends OpenPage<BenchTasks> {
  /** Returns the network with its URL in place of its folder. */
  serveNetwork(network: WrittenNetwork): Promise<WrittenNetwork>;
}

export interface BenchPageOptions {
  readonly engine: EngineName;
  /** Whether it needs WebGPU. */
  readonly webgpu?: boolean;
  /** How many threads the wasm backend is to take; where it is absent, its one-thread build, as in Node. */
  readonly threads?: number | undefined;
}

/** Opens the page. It is isolated: engines tell such a page finer times, and tfjs has threads on no other. */
export async function openBenchPage({engine, webgpu = false, threads}: BenchPageOptions): Promise<BenchPage> {
  const contents = {'/index.html': html(threads), '/page.js': await bundledPage(), ...wasmBinaries()};
  const opened = await openPage<BenchTasks>({engine, contents, isolated: true, webgpu});
  return {...opened, serveNetwork: (network) => serveNetwork(opened.site, network)};
}

/** Runs cases on the page. */
export async function benchInBrowser(options: BenchPageOptions & {backend: BenchBackend}): Promise<Bencher> {
  const opened = await openBenchPage({...options, webgpu: options.backend === 'webgpu'});
  return {
    engine: opened.engine,
    run: async ({bench, ...request}) => {
      const served = bench.kind === 'block' ? bench : await opened.serveNetwork(bench);
      return opened.ask('bench', {...request, bench: served, threads: options.threads});
    },
    close: () => opened.close(),
  };
}

/** tfjs takes at most half of the processors that it sees when it is loaded. */
function html(threads: number | undefined): string {
  const processors =
    threads === undefined
      ? ''
      : `<script>Object.defineProperty(navigator, 'hardwareConcurrency', {value: ${2 * threads}})</script>`;
  return `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">${processors}<script src="/page.js"></script>`;
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
