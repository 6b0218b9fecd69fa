/** The program as a user runs it: exit codes, what is on stdout and what on stderr, and the JSON's form. */
import {cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {convNextArtifacts} from '../../models/convNext.ts';
import {readModelFiles, writeModelFiles} from '../../src/load/modelFiles.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {artifactsOf} from '../helpers/smallGraphs.ts';
import {buildCli, type Outcome, runCli as run, missingForBrowser} from '../helpers/runCli.ts';
import {findSwiftShader} from '../../src/cli/host/webgpuInNode.ts';

const CONVNEXT = 'test/fixtures/keras-convnext';
const BLAZE = 'test/fixtures/real-blaze-relu';
const CONVFIRST = 'test/fixtures/keras-convfirst';
const DIGITS = 'models/zoo/digits-test';
const QUICK = ['--runs', '2'];

async function runJson(...args: string[]): Promise<Outcome & {json: Record<string, unknown>}> {
  const outcome = await run(...args, '--json');
  return {...outcome, json: JSON.parse(outcome.stdout) as Record<string, unknown>};
}

let folder: string;
beforeAll(() => {
  buildCli();
  folder = mkdtempSync(join(tmpdir(), 'block-fusion-cli-'));
});
afterAll(() => {
  rmSync(folder, {recursive: true});
});

describe('misuse', () => {
  it.each([
    {args: [], message: /Usage: tfjs-block-fusion/},
    {args: ['melt'], message: /unknown command 'melt'/},
    {args: ['inspekt', CONVNEXT], message: /unknown command 'inspekt'\n\(Did you mean inspect\?\)/},
    {args: ['inspect'], message: /missing required argument 'model'/},
    {args: ['inspect', CONVNEXT, '--speed'], message: /unknown option '--speed'/},
    {args: ['inspect', CONVNEXT, '--verbos'], message: /unknown option '--verbos'\n\(Did you mean --verbose\?\)/},
    {args: ['inspect', CONVNEXT, '--batch', '0'], message: /--batch.*at least 1/},
    {args: ['compare', CONVNEXT, '--shape', '1,32,32,3'], message: /--shape.*name=sizes/},
    {args: ['compare', CONVNEXT, '--shape', 'input=1,31,32,3'], message: /^error: --shape: .*\[1, 31, 32, 3\]/m},
    {args: ['compare', CONVNEXT, '--backend', 'webgl'], message: /--backend.*wasm, webgpu, cpu/},
    {args: ['compare', CONVNEXT, '--backend', 'wsam'], message: /--backend.*\(Did you mean wasm\?\)/},
    {args: ['fuse', CONVNEXT, 'out', '--storage', 'flaot16'], message: /--storage.*\(Did you mean float16\?\)/},
    {args: ['compare', CONVNEXT, '--storage', 'float16'], message: /unknown option '--storage'/},
    {args: ['compare', CONVNEXT, '--tolerance', 'much'], message: /--tolerance.*must be a number/},
    {args: ['compare', CONVNEXT, '--images', 'nowhere'], message: /^error: nowhere.test\.json: must be readable/m},
    {
      args: ['compare', CONVNEXT, '--images', DIGITS],
      message: /^error: --images: .*\[360, 32, 32, 1\].*\[.*32, 32, 3\]/m,
    },
    {
      args: ['inspect', CONVNEXT, '--shape', 'image=1,32,32,3'],
      message: /^error: --shape: must name an input .*\(input\)/m,
    },
    {args: ['inspect', CONVNEXT, '--shape', 'input=1,16,16,3'], message: /^error: --shape: .*fits \[\?, 32, 32, 3\]/m},
    {args: ['inspect', CONVNEXT, '--peak', '40'], message: /unknown option '--peak'/},
    {args: ['waterline', CONVNEXT, '--peak', '1e30'], message: /^error: --peak: must be a machine's/m},
    {args: ['inspect', CONVNEXT, '--exclude', 'nowhere'], message: /^error: .*got nowhere;/m},
  ])('$args ends with 2 and says why', async ({args, message}) => {
    const {code, stdout, stderr} = await run(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

/** Returns a model of which a shard is cut off. */
function brokenModel(): {model: string; shard: string} {
  const model = join(folder, 'broken');
  cpSync(CONVNEXT, model, {recursive: true});
  const shard = readdirSync(model).find((name) => name.startsWith('group1'))!;
  writeFileSync(join(model, shard), readFileSync(join(model, shard)).subarray(0, 1000));
  return {model, shard};
}

describe('a broken model', () => {
  it('ends with 1, in one line that names the file', async () => {
    const {model, shard} = brokenModel();
    const {code, stdout, stderr} = await run('compare', model, '--json');
    expect(stderr).toMatch(new RegExp(`^error: .*${shard}.*\\n$`));
    expect(stdout).toBe('');
    expect(code).toBe(1);
  });
});

describe('a path that is not there', () => {
  const nothing = '/nowhere/model';
  const noModel = 'test/fixtures';
  it.each(
    [
      ...[nothing, noModel, `${nothing}/model.json`, 'http://127.0.0.1:9/model.json'].map((path) => ['inspect', path]),
      ...['compare', 'waterline'].flatMap((command) => [nothing, noModel].map((path) => [command, CONVFIRST, path])),
      ['fuse', nothing, 'out'],
      ['compare', nothing, '--browser'],
      ['compare', CONVFIRST, '--images', nothing],
      ['waterline', CONVFIRST, '--accuracy', nothing],
      ['waterline', CONVFIRST, '--out', 'package.json/charts'],
      ['fuse', CONVFIRST, 'package.json/out'],
      ['fuse', CONVFIRST, 'package.json', '--force'],
      ['fuse', CONVFIRST, 'test', '--force'],
    ].map((args) => ({args})),
  )('is misuse: $args', async ({args}) => {
    const {code, stdout, stderr} = await run(...args);
    expect(stderr).toMatch(/^error: .*; /m);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  it('is so at a URL, too, and a model.json that is none is not', async () => {
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/model.json' ? 200 : 404).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const {port} = server.address() as AddressInfo;
      const site = `http://127.0.0.1:${port}`;
      const gone = await run('inspect', `${site}/gone/model.json`);
      expect(gone).toMatchObject({code: 2, stderr: expect.stringMatching(/^error: .*got 404 Not Found; /m) as string});
      expect(await run('inspect', site + '/')).toMatchObject({code: 1});
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe('help', () => {
  it.each(['inspect', 'fuse', 'compare', 'waterline'])('of %s has examples', async (command) => {
    const {code, stdout} = await run(command, '--help');
    expect(stdout).toContain(`$ tfjs-block-fusion ${command} `);
    expect(code).toBe(0);
  });
});

describe('inspect', () => {
  it('says how many blocks of which kind it fuses, what each kind becomes, and why others stay, in 80 columns', async () => {
    const {code, stdout, stderr} = await run('inspect', 'test/fixtures/keras-mobilenetv2');
    expect(stdout).toMatch(/^keras-mobilenetv2: 17 blocks to fuse \(16 × MBConv, 1 × depthwise separable\)\n/);
    expect(stdout).toContain('expand-first 56→336→112, 3×3 depthwise relu6, relu6');
    const {stdout: misses} = await run('inspect', BLAZE);
    expect(misses).toMatch(
      /1 near miss, .*\n {2}1 × depthwise separable: a sum with another value than the input of the/,
    );
    expect(stdout).not.toContain('expanded_conv_project_BN');
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect(stderr).toBe('inspecting keras-mobilenetv2\n');
    expect(code).toBe(0);
  });

  it('names every block, miss and op that stock tfjs cannot run with --verbose', async () => {
    const {stdout: blaze} = await run('inspect', BLAZE, '--verbose');
    expect(blaze).toMatch(/^ +last node +stopped at\n +\S+\/re_lu_3\/Relu +\S+\/lambda\/Pad$/m);
    const {stdout} = await run('inspect', 'test/fixtures/keras-mobilenetv2', '--verbose');
    expect(stdout).toMatch(/^ {2}1 × expand-first 56→336→112.*\n +\S+\/block_16_project_BN\/FusedBatchNormV3$/m);
    const convnext = await run('inspect', CONVNEXT, '--verbose');
    expect(convnext.stdout).toMatch(
      /6 ops that stock tfjs cannot run.*\n {2}6 × .* 16–128 groups → .*\n +\S+_depthwise_conv\/BiasAdd\n/,
    );
    for (const line of convnext.stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('says what each kind of block runs as on the backend, webgpu included, without a GPU', async () => {
    const {json} = await runJson('inspect', CONVNEXT, '--backend', 'webgpu', '--batch', '2');
    const [first, ...others] = json['plans'] as {count: number; words: string; size: object; bytes: {stock: number}}[];
    expect(first).toMatchObject({count: 2, size: {batch: 2, height: 8, width: 8}});
    // x, y and residual, what lies between the layers written and read, and the params.
    const [pixels, params] = [2 * 8 * 8, 50 * 16 + 65 * 16 + 17 * 64];
    expect(first!.bytes.stock).toBe(4 * (pixels * (3 * 16 + 2 * (16 + 64)) + params));
    expect(others).toHaveLength(3);
    const {stdout} = await run('inspect', CONVNEXT, '--backend', 'webgpu');
    expect(stdout).toMatch(
      /^Plans on webgpu, by WebGPU's default limits[^]*?\n {2}2 × conv-first 16.*\n {6}at 8×8: .*one pass/m,
    );
  });

  it('prints one JSON object with --json, and nothing on stderr', async () => {
    const {json, stderr} = await runJson('inspect', join(CONVNEXT, 'model.json'), '--batch', '2');
    expect(json).toMatchObject({schema: 1, left: [], misses: []});
    const blocks = json['blocks'] as {macs: number; description: string}[];
    expect(blocks.map(({macs}) => macs)).toHaveLength(6);
    // The first: 8×8 pixels of 2 images, 49 taps and 2·16·64 weights each of 16 channels' pixel.
    expect(blocks[0]!.macs).toBe(2 * 8 * 8 * (49 * 16 + 2 * 16 * 64));
    expect(json['unsupported']).toHaveLength(6);
    expect(stderr).toBe('');
  });

  it('counts operations and bytes, stock and fused, and predicts no times', async () => {
    const {json} = await runJson('inspect', CONVNEXT);
    for (const {macs, ops, plan} of json['blocks'] as {macs: number; ops: number; plan: object}[]) {
      expect(ops).toBe(2 * macs);
      expect(plan).not.toHaveProperty('predicted');
    }
    const {stdout} = await run('inspect', CONVNEXT);
    expect(stdout).toMatch(/ at 8×8: 0\.181 MMAC, [\d.]+ → [\d.]+ MiB; /);
    expect(stdout).not.toMatch(/\d ms/);
    expect((await run('inspect', CONVNEXT, '--backend', 'cpu')).stdout).toContain('no fused kernels for cpu');
  });

  it('reads a model from a URL', async () => {
    const server = createServer((request, response) => {
      response.end(readFileSync(join(CONVFIRST, request.url!)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const {port} = server.address() as AddressInfo;
      const {json} = await runJson('inspect', `http://127.0.0.1:${port}/model.json`);
      expect(json['blocks']).toHaveLength(7);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('says so where there is nothing to fuse, and has no empty sections', async () => {
    const {artifacts} = await fuseModelArtifacts(await readModelFiles(CONVFIRST));
    await writeModelFiles(artifacts, join(folder, 'done'));
    expect((await run('inspect', join(folder, 'done'))).stdout).toBe('done: 0 blocks to fuse, 7 fused already\n');

    await writeModelFiles(artifactsOf({inputs: {x: [1, 8, 8, 3]}, nodes: {y: ['Relu', ['x']]}}), join(folder, 'plain'));
    const {code, stdout} = await run('inspect', join(folder, 'plain'));
    expect(stdout).toBe(
      'plain: 0 blocks to fuse\n\nNothing in this model looks like a residual block that can be fused.\n',
    );
    expect(code).toBe(0);
  });

  it('leaves excluded blocks alone', async () => {
    const all = await runJson('inspect', CONVFIRST);
    const [first, second] = (all.json['blocks'] as {name: string}[]).map(({name}) => name);
    const {json} = await runJson('inspect', CONVFIRST, '--exclude', `${first!},${second!}`);
    expect(json['blocks']).toHaveLength(5);
    expect(json['left']).toMatchObject([first, second].map((name) => ({name, reason: 'excluded'})));
  });
});

describe('fuse', () => {
  it('writes a model that compares as equal to the original, and once only', async () => {
    const out = join(folder, 'fused');
    const first = await run('fuse', CONVFIRST, out);
    expect(first.stdout).toContain('7 of 7 blocks fused and verified');
    expect(first.code).toBe(0);
    expect(readdirSync(out)).toContain('model.json');

    const again = await run('fuse', CONVFIRST, out);
    expect(again.stderr).toMatch(/^error: fuse: OUTDIR must not exist.*--force/);
    expect(again.code).toBe(2);

    const {code, json} = await runJson('fuse', CONVFIRST, out, '--force');
    expect(code).toBe(0);
    expect(json).toMatchObject({schema: 1, outdir: out, left: []});
    for (const {maxError} of json['blocks'] as {maxError: number}[]) expect(maxError).toBeLessThan(1e-5);

    const fused = await runJson('compare', out, ...QUICK);
    expect(fused.json).toMatchObject({blocksFused: 0, blocksBefore: 7, maxAbsError: 0});
  });

  it('writes nothing where the model is broken', async () => {
    const out = join(folder, 'unwritten');
    const {code} = await run('fuse', join(folder, 'nothing'), out);
    expect(code).toBe(2);
    expect((await run('fuse', brokenModel().model, out)).code).toBe(1);
    expect(existsSync(out)).toBe(false);
  });
});

/** A CPU that plays the GPU may take so long. */
const SOFTWARE_GPU_MS = 180_000;

/** Why webgpu cannot be tested here, else null; under `npm test` it must be. */
const NO_WEBGPU = (findSwiftShader() ?? process.env['REQUIRE_WEBGPU']) ? null : ' (skipped: there is no WebGPU driver)';

const TIMING = {
  medianMs: expect.any(Number) as number,
  p10Ms: expect.any(Number) as number,
  p90Ms: expect.any(Number) as number,
  runs: 2,
};
const PAIR = {stock: expect.any(Number) as number, fused: expect.any(Number) as number};

describe('compare --browser', () => {
  const missing = missingForBrowser();
  const title = `runs in Chromium as in Node${missing === null ? '' : ` (skipped: no ${missing})`}`;
  (missing === null ? it : it.skip)(title, async () => {
    const {code, json, stderr} = await runJson('compare', CONVNEXT, '--browser', ...QUICK);
    expect(stderr).toBe('');
    expect(json).toMatchObject({
      ...{backend: 'wasm', simd: 'relaxed-simd', threads: 1, browser: expect.stringMatching(/^\d+\./) as string},
      ...{blocksFused: 6, stockForm: 'legalized', passed: true, stock: TIMING, fused: TIMING},
    });
    expect(code).toBe(0);
  });

  (missing === null ? it : it.skip)('takes the test set along', async () => {
    const {code, json} = await runJson(
      'compare',
      'models/zoo/convfirst-digits',
      ...['--images', DIGITS, '--browser', ...QUICK],
    );
    expect(json['accuracy']).toEqual({images: 360, correct: {stock: 358, fused: 358}});
    expect(code).toBe(0);
  });
});

describe('compare', () => {
  it('says for `npm run compare` what its models get right, stock and fused', async () => {
    const {scripts} = JSON.parse(readFileSync('package.json', 'utf8')) as {scripts: {compare: string}};
    const [node, program, ...args] = scripts.compare.split(' ');
    expect([node, program]).toEqual(['node', 'dist/cli.mjs']);
    const {code, stdout} = await run(...args, ...QUICK);
    expect(stdout.match(/^ +accuracy +\d.*$/gm)?.map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['accuracy', '97.78%', '97.78%', '352 and 352 of 360 images'],
      ['accuracy', '99.44%', '99.44%', '358 and 358 of 360 images'],
    ]);
    expect(code).toBe(0);
  });

  it('prints the documented fields with --json', async () => {
    const {code, json, stderr} = await runJson('compare', CONVNEXT, ...QUICK);
    expect(json).toMatchObject({
      schema: 1,
      model: CONVNEXT,
      backend: 'wasm',
      adapter: null,
      simd: 'simd',
      threads: 1,
      fusedThreads: {count: 1, reason: 'tfjs has no more in Node'},
      blocksFused: 6,
      passed: true,
      kernels: PAIR,
      dispatches: null,
      stock: TIMING,
      fused: TIMING,
      loadMs: PAIR,
      peakBytes: PAIR,
      stockForm: 'legalized',
      fusedBlocks: {count: 6, ms: expect.any(Number) as number, stockMs: expect.any(Number) as number},
    });
    expect(json).not.toHaveProperty('prediction');
    expect(json['maxAbsError']).toBeLessThan(1e-5);
    expect(json['maxAbsOutput']).toBeGreaterThan(0.1);
    expect(json['speedup']).toBeGreaterThan(0);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('takes several models, prints a table of each, and tells on stderr what it does', async () => {
    const {code, stdout, stderr} = await run('compare', CONVNEXT, CONVFIRST, ...QUICK);
    expect(stdout).toMatch(
      /^ {2}6 blocks fused; .*:\n {4}2 × conv-first 16→64→16, 7×7 depthwise.*\n {8}at 8×8: .* MiB; [^]*?\n {4}1 × conv-first 32→/m,
    );
    expect(stdout).not.toContain('predicted');
    expect(stdout).toMatch(/^ {2}blocks +[\d.]+ ms +[\d.]+ ms +kernels alone/m);
    expect(stdout.match(/^ {2}worst difference .* passed$/gm)).toHaveLength(2);
    expect(stdout.match(/^ {2}median of a run .* ms .* ms .*× as fast$/gm)).toHaveLength(2);
    expect(stderr).toBe('comparing keras-convnext on wasm in Node\ncomparing keras-convfirst on wasm in Node\n');
    expect(code).toBe(0);
  });

  it('runs on cpu, with a batch and a seed', async () => {
    const {code, json, stderr} = await runJson(
      'compare',
      CONVFIRST,
      '--backend',
      'cpu',
      '--batch',
      '2',
      '--seed',
      '7',
      ...QUICK,
    );
    expect(json).toMatchObject({backend: 'cpu', simd: null, blocksFused: 7, passed: true});
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  const onWebGPU = NO_WEBGPU === null ? it : it.skip;
  onWebGPU(
    `runs on webgpu, and says on what and by which plans${NO_WEBGPU ?? ''}`,
    async () => {
      const small = {imageSize: 16, widths: [8], depths: [1], spelling: 'keras-depthwise'} as const;
      await writeModelFiles(convNextArtifacts(small), join(folder, 'small'));
      const {code, json, stderr} = await runJson('compare', join(folder, 'small'), '--backend', 'webgpu', ...QUICK);
      expect(stderr).toBe('');
      expect(json).toMatchObject({
        ...{backend: 'webgpu', simd: null, browser: null, blocksFused: 1, passed: true},
        adapter: {name: expect.stringMatching(/\w/) as string, software: expect.any(Boolean) as boolean},
        ...{stock: TIMING, fused: TIMING, dispatches: PAIR},
        plans: [{count: 1, size: {batch: 1, height: 4, width: 4}}],
      });
      const {stock, fused} = json['dispatches'] as {stock: number; fused: number};
      const [{dispatches, words}] = json['plans'] as [{dispatches: number; words: string}];
      expect(words).toMatch(/^(one pass|two passes|three passes)/);
      expect([1, 2, 3]).toContain(dispatches);
      expect(stock).toBeGreaterThan(fused);
      expect(code).toBe(0);
    },
    SOFTWARE_GPU_MS,
  );

  it('ends with 1 where no difference at all is tolerated', async () => {
    const {code, stdout} = await run('compare', CONVNEXT, '--tolerance', '0', ...QUICK);
    expect(stdout).toContain('FAILED, so nothing was timed');
    expect(code).toBe(1);
  });

  it('times nothing and ends with 1 where the difference is over the tolerance', async () => {
    const {code, json} = await runJson('compare', CONVNEXT, CONVFIRST, '--tolerance', '1e-12', ...QUICK);
    expect(json['comparisons']).toHaveLength(2);
    for (const comparison of json['comparisons'] as object[])
      expect(comparison).toMatchObject({passed: false, stock: null, fused: null, speedup: null, loadMs: null});
    expect(code).toBe(1);
  });
});
