/** The converted models of test/fixtures, each with an input and the golden output that TensorFlow, PyTorch or JAX gave. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

import type {io} from '@tensorflow/tfjs-core';

import {readModelFiles} from '../src/modelFiles.ts';

const FOLDER = join(__dirname, 'fixtures');

/** The most by which an output may differ from golden: float32; float16 weights; uint8 weights, where stock is 0.048 off. */
const FLOAT32 = 1e-5;
const FLOAT16 = 5e-3;
const UINT8 = 0.05;

export interface FixtureCase {
  readonly name: string;
  /** Blocks to fuse. */
  readonly blocks: number;
  readonly tolerance: number;
}

export const FIXTURE_CASES: readonly FixtureCase[] = [
  {name: 'keras-convnext', blocks: 6, tolerance: FLOAT32},
  {name: 'keras-convnext-static', blocks: 6, tolerance: FLOAT32},
  {name: 'keras-convnext-f16', blocks: 6, tolerance: FLOAT16},
  {name: 'keras-convnext-u8', blocks: 6, tolerance: UINT8},
  {name: 'keras-convnext-depthwise', blocks: 4, tolerance: FLOAT32},
  {name: 'keras-convfirst', blocks: 7, tolerance: FLOAT32},
  {name: 'keras-mbconv-grouped', blocks: 4, tolerance: FLOAT32},
  {name: 'keras-mobilenetv2', blocks: 16, tolerance: FLOAT32},
  {name: 'torch-convfirst', blocks: 4, tolerance: FLOAT32},
  {name: 'torch-convnext-convmlp', blocks: 4, tolerance: FLOAT32},
  {name: 'keras3-convnext', blocks: 5, tolerance: FLOAT32},
  {name: 'keras3-convfirst', blocks: 4, tolerance: FLOAT32},
  {name: 'flax-convnext', blocks: 4, tolerance: FLOAT32},
  {name: 'flax-convfirst', blocks: 4, tolerance: FLOAT32},
];

export interface Numbers {
  readonly shape: number[];
  readonly data: Float32Array;
}

/** Returns the folder of a fixture. */
export function fixtureFolder(name: string): string {
  return join(FOLDER, name);
}

interface Entry {
  readonly file: string;
  readonly shape: number[];
}

/** Returns a fixture's model, its input and the golden output. */
export async function readFixture(
  name: string,
): Promise<{artifacts: io.ModelArtifacts; input: Numbers; golden: Numbers}> {
  const folder = fixtureFolder(name);
  const {inputs, outputs} = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8')) as Record<
    'inputs' | 'outputs',
    [Entry]
  >;
  const numbers = ({file, shape}: Entry): Numbers => {
    const bytes = new Uint8Array(readFileSync(join(folder, file)));
    return {shape, data: new Float32Array(bytes.buffer)};
  };
  return {artifacts: await readModelFiles(folder), input: numbers(inputs[0]), golden: numbers(outputs[0])};
}
