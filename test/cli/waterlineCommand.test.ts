/** `waterline` as a user runs it: its table, its JSON, its charts, and what it does with a model that fails half-way. */
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {convNextArtifacts} from '../../models/convNext.ts';
import {findSwiftShader} from '../../src/cli/host/webgpuInNode.ts';
import {readModelFiles, writeModelFiles} from '../../src/load/modelFiles.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {artifactsOf, attr} from '../helpers/smallGraphs.ts';
import {buildCli, missingForBrowser, type Outcome, runCli} from '../helpers/runCli.ts';

const CONVNEXT = 'test/fixtures/keras-convnext';
const CONVFIRST = 'test/fixtures/keras-convfirst';
const SMALL = {imageSize: 16, widths: [8], depths: [1], spelling: 'keras-depthwise'} as const;
/** Nothing is measured: rates of no machine in particular. */
const GIVEN = ['--peak', '60', '--bandwidth', '20', '--runs', '1'];

const run = (...args: string[]): Promise<Outcome> => runCli('waterline', ...args);

interface Side {
  kernels: {name: string; attainableMs: number; actualMs: number | null}[];
  blocks: {predictedMs: number | null}[];
  total: {macs: number; attainableMs: number};
  uncounted: object[];
  wallMs: number | null;
  failure: string | null;
}

interface Json {
  schema: number;
  machine: {opsPerS: number; bytesPerS: object[]; source: object};
  models: {
    name: string;
    ops: number;
    partial: boolean;
    stock: Side;
    fused: Side;
    gap: Record<string, {idealMs: number} | null>;
  }[];
  complete: boolean;
}

async function runJson(...args: string[]): Promise<Outcome & {json: Json}> {
  const outcome = await run(...args, '--json');
  return {...outcome, json: JSON.parse(outcome.stdout) as Json};
}

let folder: string;
beforeAll(async () => {
  buildCli();
  folder = mkdtempSync(join(tmpdir(), 'block-fusion-waterline-'));
  // The wasm backend has no Einsum, and a sum is no matrix product.
  const nodes = {
    before: ['Relu', ['x']],
    broken: ['Einsum', ['before'], {equation: attr.text('bhwc->c'), N: attr.int(1)}],
  } satisfies Parameters<typeof artifactsOf>[0]['nodes'];
  await writeModelFiles(artifactsOf({inputs: {x: [1, 4, 4, 3]}, nodes}), join(folder, 'halfway'));
});
afterAll(() => {
  rmSync(folder, {recursive: true});
});

describe('misuse', () => {
  const accuracies = (text: string): string => {
    const file = join(folder, 'accuracies.json');
    writeFileSync(file, text);
    return file;
  };

  it.each([
    {args: ['--peak', '0'], message: /^error: --peak: must be a machine's, 0.01 to 1e7 GFLOP\/s, got 0; give it in/m},
    {args: ['--peak', '6e13'], message: /^error: --peak: .* got 60000000000000;/m},
    {args: ['--peak', 'fast'], message: /--peak.*must be a number/},
    {args: ['--peak', '-1'], message: /--peak.*must be a number, at least 0/},
    {args: ['--bandwidth', '2e10'], message: /^error: --bandwidth: .*GB\/s, got 20000000000;/m},
    {args: ['--runs', '0'], message: /--runs.*at least 1/},
    {args: ['--backend', 'webgl'], message: /--backend.*wasm, webgpu, cpu/},
    {args: [...GIVEN, '--shape', 'image=1,32,32,3'], message: /^error: --shape: must name an input/m},
    {args: ['--accuracy', 'no-such-file.json'], message: /^error: --accuracy no-such-file.json: must be a JSON file/m},
    {args: [...GIVEN, '--out', 'package.json'], message: /^error: --out package.json: must be a folder that can be/m},
    {args: [...GIVEN, '--out', '/proc/charts'], message: /^error: --out \/proc\/charts: must be a folder that can be/m},
  ])('$args ends with 2 and says why', async ({args, message}) => {
    const {code, stderr} = await run(CONVNEXT, ...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(code).toBe(2);
  });

  it('has accuracies of every model, and shares of 1', async () => {
    const missing = await run(CONVNEXT, CONVFIRST, ...GIVEN, '--accuracy', accuracies('{"keras-convnext": 0.9}'));
    expect(missing).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/keras-convfirst, got/) as string,
    });
    const percent = await run(CONVNEXT, ...GIVEN, '--accuracy', accuracies('{"keras-convnext": 90}'));
    expect(percent).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/from 0 to 1.*got 90;/) as string,
    });
    for (const interval of ['[0.95, 0.85]', '[0.8, 0.85]', '[0.95]']) {
      const text = `{"keras-convnext": {"accuracy": 0.9, "interval": ${interval}}}`;
      expect(await run(CONVNEXT, ...GIVEN, '--accuracy', accuracies(text))).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/interval of keras-convnext must be \[low, high\] around its accuracy/) as string,
      });
    }
  });

  it.each([
    {model: 'nothing', message: /^error: nothing: must be a model.json that can be read.*\n$/, status: 2},
    {model: 'package.json', message: /^error: package.json: must be the model.json of a model.*\n$/, status: 1},
  ])('ends with $status where $model is no model, before it measures anything', async ({model, message, status}) => {
    const {code, stdout, stderr} = await run(CONVFIRST, model);
    expect(stderr).toMatch(message);
    expect(stdout).toBe('');
    expect(code).toBe(status);
  });
});

describe('waterline', () => {
  it('prints kernels by their share of the time, blocks, and how far all is from the peak', async () => {
    const {code, stdout, stderr} = await run(CONVNEXT, ...GIVEN);
    expect(stdout).toMatch(
      /^wasm, simd, 1 thread \(.*\), Node .*\n {2}peak: 60 Gop\/s \(given\)\n {2}bandwidth: 20 GB\/s from memory/,
    );
    expect(stdout).toMatch(/^keras-convnext\n {2}stock \(legalized\): .* ms a run, .* summed over its kernels$/m);
    expect(stdout).toMatch(/^ +kernel +calls +ms +of the time +attainable ms +of peak +bound by$/m);
    expect(stdout).toMatch(/^ +FusedResidualBlock +6 +[\d.]+ +[█▏▎▍▌▋▊▉]+ +[\d.]+% +[\d.]+ +[\d.]+% +memory, 3 of 6$/m);
    expect(stdout).toMatch(/^ +2 .* [\d.]+ kB +[\d.]+ kB +[\d.]+% {2}conv-first 16→64→16/m);
    expect(stdout).toMatch(/^ +blocks +stock ms +fused ms +predicted +attainable ms /m);
    expect(stdout).toMatch(
      /^ {2}1\.09 MMAC, at the peak .*\n {2}stock .*% efficient, gap .*s\n {2}fused .*% efficient, gap .*s$/m,
    );
    expect(stderr).toBe('tracing keras-convnext on wasm in Node\n');
    expect(code).toBe(0);
  });

  it('prints one JSON object with --json, in which the sums add up', async () => {
    const {code, json, stderr} = await runJson(CONVNEXT, ...GIVEN, '--batch', '2');
    expect(json).toMatchObject({
      ...{schema: 1, backend: 'wasm', simd: 'simd', complete: true},
      machine: {opsPerS: 60e9, bytesPerS: [{level: 'memory', bytesPerS: 20e9}], source: {opsPerS: 'given'}},
    });
    const [{ops, partial, stock, fused, gap}] = json.models as [Json['models'][number]];
    expect(partial).toBe(false);
    expect(fused.kernels.filter(({name}) => name === 'FusedResidualBlock')).toHaveLength(6);
    expect(fused.blocks).toHaveLength(6);
    expect(stock.blocks).toHaveLength(6);
    for (const {predictedMs} of fused.blocks) expect(predictedMs).toBeGreaterThan(0);
    expect(stock.blocks).toMatchObject(stock.blocks.map(() => ({predictedMs: null})));
    expect(stock.kernels.length).toBeGreaterThan(fused.kernels.length);
    for (const {kernels, total, uncounted} of [stock, fused]) {
      expect(uncounted).toEqual([]);
      expect(total.attainableMs).toBeCloseTo(kernels.reduce((sum, kernel) => sum + kernel.attainableMs, 0));
    }
    // Fusing leaves the products as they are.
    expect(fused.total.macs).toBe(stock.total.macs);
    expect(ops).toBe(2 * stock.total.macs);
    expect(gap['fused']).toMatchObject({idealMs: ops / 60e6, actualMs: fused.wallMs});
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('compares a family, with accuracies and charts', async () => {
    const file = join(folder, 'family.json');
    const interval = [0.9, 0.95];
    writeFileSync(
      file,
      JSON.stringify({'keras-convnext': 0.91, 'keras-convfirst': {accuracy: 0.93, interval, family: 'F'}}),
    );
    const out = join(folder, 'new', 'charts');
    const {code, stdout} = await run(CONVNEXT, CONVFIRST, ...GIVEN, '--accuracy', file, '--out', out);
    expect(stdout).toContain(`\n${out}: 5 charts written\n`);
    expect(stdout).toMatch(
      /^model +family +accuracy +interval +MMAC +ideal ms +stock ms +efficient +fused ms +efficient$/m,
    );
    expect(stdout).toMatch(/^keras-convnext +91\.0% +1\.09 /m);
    expect(stdout).toMatch(/^keras-convfirst +F +93\.0% +90\.0% to 95\.0% /m);
    expect(readdirSync(out).sort()).toEqual([
      'efficiency-gap.svg',
      ...['keras-convfirst-roofline.svg', 'keras-convfirst-waterline.svg'],
      ...['keras-convnext-roofline.svg', 'keras-convnext-waterline.svg'],
    ]);
    for (const name of readdirSync(out)) expect(readFileSync(join(out, name), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
    expect(readFileSync(join(out, 'efficiency-gap.svg'), 'utf8')).toMatch(/>keras-convfirst [\d.]+% → [\d.]+%</);
    expect(code).toBe(0);
  });

  it('has in its JSON what is known of accuracies, which its help explains', async () => {
    const help = await run('--help');
    const known = {accuracy: 0.98, interval: [0.97, 0.99], family: 'ConvNeXt'};
    expect(help.stdout).toContain(JSON.stringify(known).replace(/[:,]/g, '$& '));
    const file = join(folder, 'known.json');
    writeFileSync(file, JSON.stringify({'keras-convnext': known}));
    const {json} = await runJson(CONVNEXT, ...GIVEN, '--accuracy', file);
    expect(json.models).toMatchObject([{...known, gap: {stock: {accuracy: 0.98}}}]);
  });

  it('tells models of one name apart', async () => {
    const out = join(folder, 'twins');
    const {code, json} = await runJson(CONVFIRST, CONVFIRST, ...GIVEN, '--out', out);
    expect(json.models.map(({name}) => name)).toEqual(['keras-convfirst', 'keras-convfirst-2']);
    expect(readdirSync(out)).toContain('keras-convfirst-2-waterline.svg');
    expect(readFileSync(join(out, 'efficiency-gap.svg'), 'utf8')).toContain('>keras-convfirst-2<');
    expect(code).toBe(0);
  });

  it('measures the machine, where its rates are not given', async () => {
    const {code, stdout, stderr} = await run(CONVFIRST, '--backend', 'cpu', '--runs', '1');
    expect(stderr).toBe('measuring the machine on cpu\ntracing keras-convfirst on cpu in Node\n');
    expect(stdout).toMatch(
      /^cpu, .*\n {2}peak: .*op\/s \(registers, spread .*%\)\n {2}bandwidth: [^]*? from memory \(spread/,
    );
    expect(code).toBe(0);
  });

  it('runs a model that is fused already, alike on both sides', async () => {
    const {artifacts} = await fuseModelArtifacts(await readModelFiles(CONVFIRST));
    const out = join(folder, 'fused');
    await writeModelFiles(artifacts, out);
    const {code, stdout} = await run(out, ...GIVEN);
    expect(stdout).toMatch(/^ {2}fused, its 7 blocks as before: both sides are the same model: /m);
    expect(stdout.match(/^ +FusedResidualBlock +7 /gm)).toHaveLength(2);
    expect(code).toBe(0);
  });

  const noWebGPU = (findSwiftShader() ?? process.env['REQUIRE_WEBGPU']) === undefined;
  (noWebGPU ? it.skip : it)('runs on webgpu', async () => {
    await writeModelFiles(convNextArtifacts(SMALL), join(folder, 'small'));
    const {code, json, stderr} = await runJson(join(folder, 'small'), '--backend', 'webgpu', ...GIVEN);
    expect(stderr).toBe('');
    expect(json).toMatchObject({backend: 'webgpu', adapter: {name: expect.stringMatching(/\w/) as string}});
    const {stock, fused} = json.models[0]!;
    expect(fused.kernels.map(({name}) => name)).toContain('FusedResidualBlock');
    expect(fused.total.macs).toBe(stock.total.macs);
    expect(code).toBe(0);
  });
});

describe('waterline --browser', () => {
  const missing = missingForBrowser();
  const skipped = missing === null ? '' : ` (skipped: no ${missing})`;
  (missing === null ? it : it.skip)(`measures and traces in Chromium as in Node${skipped}`, async () => {
    const {code, json, stderr} = await runJson(CONVNEXT, CONVFIRST, '--browser', '--runs', '1');
    expect(stderr).toBe('');
    expect(json).toMatchObject({
      ...{backend: 'wasm', simd: 'relaxed-simd', threads: 1, browser: expect.stringMatching(/^\d+\./) as string},
      ...{complete: true, machine: {source: {opsPerS: 'measured', bytesPerS: 'measured'}}},
    });
    const node = await runJson(CONVNEXT, CONVFIRST, ...GIVEN);
    const counted = ({json: {models}}: {json: Json}) =>
      models.map(({name, ops, stock, fused}) => [name, ops, ...[stock, fused].map(({kernels}) => kernels.length)]);
    expect(counted({json})).toEqual(counted(node));
    // Chromium's clock of an isolated page ticks in 5 µs; of others in 100, for which these kernels are too fast.
    const times = json.models.flatMap(({stock}) => stock.kernels.map(({actualMs}) => actualMs!)).filter((ms) => ms > 0);
    expect(Math.min(...times)).toBeLessThan(0.1);
    expect(code).toBe(0);
  });

  (missing === null ? it : it.skip)(`tells what the page could not do${skipped}`, async () => {
    const {code, stderr} = await run(CONVNEXT, '--browser', ...GIVEN, '--shape', 'image=1,32,32,3');
    expect(stderr).toMatch(/^error: --shape: must name an input/m);
    expect(code).toBe(2);
  });
});

describe('a model that fails half-way', () => {
  it('ends with 2 and what ran before, marked as partial', async () => {
    const {code, stdout, stderr} = await run(join(folder, 'halfway'), ...GIVEN);
    expect(stdout).toMatch(/^halfway \(PARTIAL: it failed half-way\)\n {2}stock \(original\): no whole run/m);
    expect(stdout).toMatch(/^ +Relu +1 /m);
    expect(stdout).toMatch(/PARTIAL: it failed here: .*Einsum/);
    expect(stderr).toMatch(/^error: halfway, stock: failed half-way: .*Einsum.*$/m);
    expect(code).toBe(2);
  });

  it('says so in the JSON, beside models that do not', async () => {
    const out = join(folder, 'partial');
    const {code, json} = await runJson(CONVFIRST, join(folder, 'halfway'), ...GIVEN, '--out', out);
    expect(json.models.map(({partial}) => partial)).toEqual([false, true]);
    const [, halfway] = json.models;
    expect(halfway).toMatchObject({gap: {stock: null, fused: null}, stock: {wallMs: null}});
    expect(halfway!.stock.failure).toMatch(/Einsum/);
    expect(halfway!.stock.kernels.map(({name}) => name)).toEqual(['Relu']);
    expect(existsSync(join(out, 'halfway-waterline.svg'))).toBe(true);
    expect(code).toBe(2);
  });

  it('prints the models before one that cannot be read, as not complete', async () => {
    const shardless = join(folder, 'shardless');
    await writeModelFiles(convNextArtifacts(SMALL), shardless);
    rmSync(join(shardless, 'group1-shard1of1.bin'));
    const args = [CONVFIRST, shardless, ...GIVEN];
    const {code, json, stderr} = await runJson(...args);
    expect(json).toMatchObject({complete: false, models: [{name: 'keras-convfirst'}]});
    expect(stderr).toMatch(/^error: .*group1-shard1of1.bin: must be a file that can be read/);
    expect(code).toBe(1);
    const out = join(folder, 'incomplete');
    const text = await run(...args, '--out', out);
    expect(text.stdout).toMatch(/^keras-convfirst$.*^PARTIAL: 1 of 2 models, before one that failed$/ms);
    expect(existsSync(join(out, 'keras-convfirst-waterline.svg'))).toBe(true);
    expect(text.code).toBe(1);
  });
});
