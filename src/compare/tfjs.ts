/** All of tfjs: comparisons and benches run whatever a model holds. Nothing of this is in the library's own bundles. */
import * as converter from '@tensorflow/tfjs-converter';
import * as core from '@tensorflow/tfjs-core';

export type AllTfjs = typeof core & typeof converter;
export const ALL_TFJS: AllTfjs = {...core, ...converter};
