/** `npm run attack -- --graphs 10000 --seed 1`: how many graphs were fused, and each that came out wrong. */
import '@tensorflow/tfjs-backend-cpu';

import {parseArgs} from 'node:util';

import * as tf from '@tensorflow/tfjs-core';

import {registerBlockFusion} from '../../src/load/register.ts';
import {attack} from './attack.ts';

const {values} = parseArgs({options: {graphs: {type: 'string'}, seed: {type: 'string'}}});
await tf.setBackend('cpu');
registerBlockFusion();
const result = await attack({seed: Number(values.seed ?? 1), graphs: Number(values.graphs ?? 1000)});
console.log(JSON.stringify(result, null, 2));
process.exitCode = result.falseFusions.length === 0 ? 0 : 1;
