/**
 * What a page's own copy of tfjs must bring where it is another than the one that this package imports: its converter, whose custom
 * ops no other copy sees, and its io, whose handlers none does. Kernels, gradients and the engine are in one registry for all copies.
 */
import {GraphModel, loadGraphModel, loadGraphModelSync, registerOp} from '@tensorflow/tfjs-converter';
import {io} from '@tensorflow/tfjs-core';

/**
 * What is used of a page's own copy of tfjs. The namespace of the union package, `import * as tf from '@tensorflow/tfjs'`, has it all; of
 * single packages it is `{...converter, io: core.io}`.
 */
export interface Tfjs {
  /** tfjs-converter's class. */
  readonly GraphModel: typeof GraphModel;
  /** tfjs-converter's loader. */
  readonly loadGraphModel: typeof loadGraphModel;
  /** tfjs-converter's loader of what is in memory. */
  readonly loadGraphModelSync: typeof loadGraphModelSync;
  /** By which its converter gets the op. */
  readonly registerOp: typeof registerOp;
  /** tfjs-core's handlers of models. */
  readonly io: typeof io;
}

export const OWN_TFJS: Tfjs = {GraphModel, loadGraphModel, loadGraphModelSync, registerOp, io};
