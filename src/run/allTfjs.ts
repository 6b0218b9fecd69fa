/** All of tfjs: comparisons and benches run whatever a model holds. Nothing of this is in the library's own bundles. */
import * as converter from '@tensorflow/tfjs-converter';
import * as core from '@tensorflow/tfjs-core';

/** As their namespaces have it, whatever else a way of importing them adds. */
export type AllTfjs = Omit<typeof core, 'default'> & Omit<typeof converter, 'default'>;
export const ALL_TFJS: AllTfjs = {...core, ...converter};
