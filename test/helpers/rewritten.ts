/** What tests of blocks share: a drawn model fused, and run on cpu beside the original. */
import '@tensorflow/tfjs-backend-cpu';

import {loadGraphModelSync} from '@tensorflow/tfjs-converter';
import type {io, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import type {BlockSpec} from '../../ops/block.ts';
import {registerBlockFusion} from '../../src/load/register.ts';
import type {FusionReport} from '../../src/rewrite/report.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';
import {expectClose} from './closeness.ts';
import {randomFloats} from './random.ts';
import {IMAGE} from './sketch.ts';

/** Makes cpu the backend, with the fused op on it. */
export async function useCpu(): Promise<void> {
  await tf.setBackend('cpu');
  registerBlockFusion();
}

/** Of outputs as large as 1. */
export const OUTPUT_TOLERANCE = 2e-5;

/** Returns the output of a model for a seeded image. */
export function run(artifacts: io.ModelArtifacts, image = IMAGE): Float32Array {
  const output = tf.tidy(() => {
    const model = loadGraphModelSync(artifacts);
    const size = image.reduce((a, b) => a * b);
    const y = model.predict(tf.tensor(randomFloats(size, {seed: 7, scale: 2}), image)) as Tensor;
    model.dispose();
    return y;
  });
  const data = output.dataSync() as Float32Array;
  output.dispose();
  return data;
}

/** Returns the fused model and its report in one. */
export async function fuse(artifacts: io.ModelArtifacts): Promise<FusionReport & {artifacts: io.ModelArtifacts}> {
  const {artifacts: fused, report} = await fuseModelArtifacts(artifacts);
  return {...report, artifacts: fused};
}

/** Fuses a model of one block, checks its spec, and runs it beside the original. */
export async function expectBlock(
  artifacts: io.ModelArtifacts,
  spec: Partial<BlockSpec>,
  image = IMAGE,
): Promise<void> {
  const {blocks, artifacts: fused, misses} = await fuse(artifacts);
  expect(misses).toEqual([]);
  expect(blocks.map((block) => block.spec)).toEqual([expect.objectContaining(spec)]);
  expectSameOutput(fused, artifacts, image);
}

/** Runs a fused model beside the original, which stock tfjs may need legalized. */
export function expectSameOutput(fused: io.ModelArtifacts, original: io.ModelArtifacts, image = IMAGE): void {
  const expected = run(legalizeArtifacts(original).artifacts, image);
  expectClose(run(fused, image), expected, OUTPUT_TOLERANCE * Math.max(1, ...expected.map(Math.abs)));
}
