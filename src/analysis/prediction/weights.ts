/** Where a block's matrices are when it runs again. */
import type {BlockSpec} from '../../../ops/block.ts';
import {FLOAT_BYTES} from '../../../ops/params.ts';

/** Matrices that take more are no longer in a processor's last cache, of which other things want their share. Units: bytes. */
const NEAR_BYTES = 6 * 2 ** 20;

/** Returns the part that a number of the block's matrices counts for. */
export function weightPart({inChannels, hiddenChannels, outChannels}: BlockSpec): 'weight' | 'farWeight' {
  return FLOAT_BYTES * hiddenChannels * (inChannels + outChannels) > NEAR_BYTES ? 'farWeight' : 'weight';
}
