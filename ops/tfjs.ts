/**
 * The functions of tfjs-core that the op works with. A page may hold a copy of its own (a script tag's `tf`, a second copy in a
 * bundle), and a kernel or op registered in one copy is unknown to the other: so whatever calls or registers takes them as a
 * parameter.
 */
import * as OWN_CORE from './ownCore.ts';

/** Those of the copy that this package's imports resolve to. */
export {OWN_CORE};

export type TfCore = typeof OWN_CORE;
