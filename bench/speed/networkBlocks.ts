/** The blocks of a network as cases of their own, each kind once: which of them pay? */
import type {BlockSpec} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {blockKinds} from '../../src/compare/plans.ts';
import {fuseModelArtifacts} from '../../src/rewrite/fuse.ts';
import type {BlockCase, NetworkCase} from './cases.ts';

/** Returns the network's blocks that differ in spec or size, in the order in which they run. */
export async function networkBlocks({name, artifacts}: NetworkCase): Promise<BlockCase[]> {
  const {report} = await fuseModelArtifacts(artifacts());
  return blockKinds(report.blocks).map(({spec, size}) => ({
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
