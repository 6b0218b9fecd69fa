/** The blocks of a network as cases of their own, each kind once: which of them pay? */
import type {BlockSpec} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {blockKinds, blockRuns} from '../../src/graph/blockSizes.ts';
import {createGraph} from '../../src/graph/graph.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import type {BlockCase, NetworkCase} from './cases.ts';

/** Returns the network's blocks that differ in spec or size, in the order in which they run. */
export async function networkBlocks({name, artifacts}: NetworkCase): Promise<BlockCase[]> {
  const fused = await fuseModelArtifacts(artifacts());
  const runs = blockRuns(createGraph(fused.artifacts), fused.report.blocks);
  return blockKinds(runs.values()).map(({spec, size}) => ({
    kind: 'block',
    name: `${name}/${shortName(spec, size)}`,
    spec,
    size,
  }));
}

/** As in `56x56x24-144-32-stride2`. */
function shortName({inChannels, hiddenChannels, outChannels, stride}: BlockSpec, {height, width}: ImageSize): string {
  const widths = [inChannels, hiddenChannels, outChannels].join('-');
  return `${height}x${width}x${widths}${stride === 2 ? '-stride2' : ''}`;
}
