/**
 * The tfjs modules that this package works with. A page may hold a copy of its own (a script tag's `tf`, a second copy in a
 * bundle), and a kernel or op registered in one copy is unknown to the other: so whatever calls or registers takes them as a
 * parameter.
 */
import type * as core from '@tensorflow/tfjs-core';

export type TfCore = typeof core;
