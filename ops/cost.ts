/** What a block costs at a given size, whoever computes it: multiply-accumulates and the bytes that must move. */
import {type BlockSpec, blockGeometry, isGlobal} from './block.ts';
import {FLOAT_BYTES, type LayerName, type LayerSection, paramsLayout} from './params.ts';

/** Images, rows and columns of a block's input. */
export interface ImageSize {
  /** Images. */
  readonly batch: number;
  /** Units: pixels. */
  readonly height: number;
  /** Units: pixels. */
  readonly width: number;
}

/** Units: MACs (1 MAC = 2 FLOP), bytes. */
export interface BlockCost {
  readonly macs: Readonly<Record<LayerName, number>> & {readonly total: number};
  /** x, params and y, each once: what a fused block cannot do without. */
  readonly fusedBytes: number;
  /** The same for one kernel a layer (spatial, expand, project with residual), activations and LayerNorm fused for free. */
  readonly layeredBytes: number;
}

/** Returns the block's MACs (taps on padding included, as TensorFlow counts them) and compulsory bytes. */
export function blockCost(spec: BlockSpec, size: ImageSize): BlockCost {
  const {outHeight, outWidth} = blockGeometry(spec, size.height, size.width);
  const layout = paramsLayout(spec);
  const inPixels = size.batch * size.height * size.width;
  const outPixels = size.batch * outHeight * outWidth;
  const expandPixels = spec.order === 'conv-first' ? outPixels : inPixels;
  const spatial = macsOf(layout.spatial, outPixels);
  const expand = macsOf(layout.expand, expandPixels);
  const seReduce = macsOf(layout.seReduce, size.batch);
  const seExpand = macsOf(layout.seExpand, size.batch);
  const project = macsOf(layout.project, outPixels);

  const input = inPixels * spec.inChannels;
  const output = outPixels * spec.outChannels;
  const hidden = spec.order === 'separable' ? 0 : expandPixels * spec.hiddenChannels;
  const afterSpatial = outPixels * layout.spatial.outputs;
  // A global part reads what project reads once to sum it, and once to scale it.
  const beforeProject = spec.order === 'conv-first' ? hidden : afterSpatial;
  const between = 2 * (afterSpatial + hidden) + (isGlobal(spec) ? 3 * beforeProject : 0);
  const residual = spec.residual ? input : 0;
  return {
    macs: {spatial, expand, seReduce, seExpand, project, total: spatial + expand + seReduce + seExpand + project},
    fusedBytes: FLOAT_BYTES * (input + output + layout.length),
    layeredBytes: FLOAT_BYTES * (input + output + residual + between + layout.length),
  };
}

function macsOf(section: LayerSection | null, pixels: number): number {
  return section === null ? 0 : pixels * section.depth * section.outputs;
}
