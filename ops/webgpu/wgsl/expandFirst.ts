/**
 * y = project(act(conv(act(expand(x))))) [+ x]: a rectangle of output pixels a workgroup, all that lies between in workgroup
 * memory. Hidden channels are taken in chunks of whole groups; without `expand` the conv reads stored hidden values instead,
 * straight from their buffer: what neighbouring windows share comes from the cache, and the memory is left for larger tiles.
 *
 * Thread map: the same invocations are shared out in three ways, one after the other in each chunk.
 * - expand, the halo (halo.ts) times the chunk: a matrix product (gemm.ts), its sums in registers for a chunk. Workgroup memory
 *   holds its result, and so bounds the rows of an invocation: no further rounds.
 * - conv: all share the rectangle's segments × the chunk's lanes, neighbours taking neighbouring lanes of a segment.
 * - project, the rectangle times all outputs: a matrix product, its sums in registers over all chunks.
 * Workgroup bytes (expandFirstArrays): `hidden`, halo × chunk; `spatial`, rectangle × chunk; `weights`, a slab of expand's and
 * one of project's; `pixels`, halo × inputs, where expand's slab takes all inputs at once: then x is staged once. Else it is
 * staged slab by slab in each chunk, in `hidden`, which is empty until the product is done.
 * Barriers a chunk: 2 where x is staged once, or 2 + 2 for each slab of expand's, or 2 without expand; and 2 for each slab of
 * project's but the first. Slabs are not staged twofold: the memory gives more as a larger tile.
 */
import {PANEL} from '../../params.ts';
import {
  type ChannelForm,
  type ExpandFirstVariant,
  LANE,
  lanesOf,
  threadsOf,
} from '../variant.ts';
import {activationName, activationTexts} from './activations.ts';
import {convolveText} from './convolve.ts';
import {type Expand, expandArrays, expandChunkText, hiddenTapText, keepsInput, oddStride, stageInputText} from './expandHalo.ts';
import {ownedOf, productText, slabVectors, stagingText, sumsText, threadText} from './gemm.ts';
import {elementType, moduleText} from './module.ts';
import {imageTapText, pixelsOf} from './spatialTile.ts';
import {tilePlaceText} from './tilePlace.ts';
import {vectorArray, type WorkgroupArray, workgroupText} from './workgroupArrays.ts';
