/** The functions of tfjs that registering, loading and verifying work with, beside those of the op (ops/tfjs.ts). */
import * as OWN_TFJS from './ownTfjs.ts';

/** Those of the copy that this package's imports resolve to. */
export {OWN_TFJS};

/** What a page's own copy of tfjs must bring; the union package's namespace has it all. */
export type Tfjs = typeof OWN_TFJS;
