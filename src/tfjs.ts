/**
 * What a page's own copy of tfjs must bring where it is another than the one that this package imports: its converter, whose custom
 * ops no other copy sees, and its io, whose handlers none does. Kernels, gradients and the engine are in one registry for all copies.
 */
import {GraphModel, loadGraphModel, loadGraphModelSync, registerOp} from '@tensorflow/tfjs-converter';
import {io} from '@tensorflow/tfjs-core';

export const OWN_TFJS = {GraphModel, loadGraphModel, loadGraphModelSync, registerOp, io};

/** The namespace of the union package has it all. */
export type Tfjs = typeof OWN_TFJS;
