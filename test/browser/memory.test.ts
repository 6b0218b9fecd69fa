/** Memory in Chromium, in the kind of memory that tfjs has on this page. */
import {ALL_TFJS as tf} from '../../src/compare/tfjs.ts';
import {memorySuite} from '../suites/memory.ts';
import {FIXTURES} from './page.ts';

memorySuite((name) => tf.io.http(`${FIXTURES}${name}/model.json`));
