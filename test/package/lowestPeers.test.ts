/**
 * The package beside the lowest versions of tfjs that it states as its peers: they are installed, from a lockfile of their own, into a
 * user's project with the packed package. Needs `npm run build` and npm's registry.
 */
import {execFileSync} from 'node:child_process';
import {copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import manifest from '../../package.json';
import lowest from './lowest/package.json';

const ROOT = join(__dirname, '../..');
const FIXTURE = join(ROOT, 'test/fixtures/keras-convnext-depthwise');

let project: string;

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'block-fusion-lowest-'));
  for (const file of ['package.json', 'package-lock.json'])
    copyFileSync(join(__dirname, 'lowest', file), join(project, file));
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {cwd: project, stdio: 'ignore'});
  const installed = join(project, 'node_modules/tfjs-block-fusion');
  mkdirSync(installed);
  for (const part of ['dist', 'package.json']) symlinkSync(join(ROOT, part), join(installed, part));
});

afterAll(() => {
  rmSync(project, {recursive: true, force: true});
});

it('are what is installed', () => {
  for (const [name, version] of Object.entries(lowest.dependencies))
    expect(manifest.peerDependencies).toMatchObject({[name]: `^${version}`});
});

it('run a fused model as TensorFlow does', () => {
  const program = join(project, 'run.mjs');
  writeFileSync(
    program,
    `
    import {readFileSync} from 'node:fs';
    import '@tensorflow/tfjs-backend-cpu';
    import '@tensorflow/tfjs-backend-wasm';
    import * as tf from '@tensorflow/tfjs-core';
    import {loadFusedGraphModel} from 'tfjs-block-fusion';
    await tf.setBackend('wasm');
    const model = await loadFusedGraphModel(${JSON.stringify(FIXTURE)}, {blocks: 'all', verify: true});
    const floats = (file) => new Float32Array(new Uint8Array(readFileSync(${JSON.stringify(FIXTURE)} + '/' + file)).buffer);
    const y = model.predict(tf.tensor(floats('input0.bin'), [1, 40, 40, 3])).dataSync();
    const error = floats('output0.bin').reduce((worst, value, i) => Math.max(worst, Math.abs(value - y[i])), 0);
    const kernels = tf.getKernelsForBackend('wasm').filter(({kernelName}) => kernelName === 'FusedResidualBlock');
    console.log(JSON.stringify({version: tf.version_core, summary: model.fusionReport.summary, kernels: kernels.length, error}));
    `,
  );
  const flags = ['--preserve-symlinks']; // the package is a link here, whose peers are the project's
  const output = execFileSync(process.execPath, [...flags, program], {cwd: project, encoding: 'utf8'});
  const {version, summary, kernels, error} = JSON.parse(output.trim().split('\n').at(-1)!) as Record<string, unknown>;
  expect([version, kernels]).toEqual([lowest.dependencies['@tensorflow/tfjs-core'], 1]);
  expect(summary).toMatch(/^4 blocks fused/);
  expect(error).toBeLessThan(1e-5);
});
