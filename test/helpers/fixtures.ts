/** The converted models of test/fixtures in Node, each with an input and the golden output that TensorFlow, PyTorch or JAX gave. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

import type {io} from '@tensorflow/tfjs-core';

import {readModelFiles} from '../../src/load/modelFiles.ts';

import type {Numbers} from '../suites/convertedModels.ts';

export {FIXTURE_CASES, type FixtureCase, type Numbers} from '../suites/convertedModels.ts';

const FOLDER = join(__dirname, '../fixtures');

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
