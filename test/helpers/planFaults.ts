/** What a plan of the webgpu kernel must keep to. */
import {blockGeometry, type BlockSpec} from '../../ops/block.ts';
import type {ImageSize} from '../../ops/cost.ts';
import {FLOAT_BYTES, PANEL, roundUp} from '../../ops/params.ts';
import type {DeviceTraits} from '../../ops/webgpu/planner/device.ts';
import type {Pass} from '../../ops/webgpu/planner/pass.ts';
import type {WebGPUPlan} from '../../ops/webgpu/planner/plan.ts';
import {
  type GemmTile,
  haloPixels,
  invocationsOf,
  LANE,
  type PixelTile,
  QUAD,
  rowsOf,
  threadsOf,
  type Variant,
} from '../../ops/webgpu/planner/variant.ts';
import {workgroupBytes} from '../../ops/webgpu/wgsl/shaders.ts';

/** Returns what a plan breaks of the device's limits and of its own shaders' terms. */
export function faultsOf({passes}: WebGPUPlan, spec: BlockSpec, size: ImageSize, traits: DeviceTraits): string[] {
  const {outHeight, outWidth} = blockGeometry(spec, size.height, size.width);
  const last = passes.at(-1)!;
  const writes = ({output, sumsShape}: Pass): string[] => (sumsShape === null ? [output] : [output, 'sums']);
  const earlier = (i: number): string[] => ['x', ...passes.slice(0, i).flatMap(writes)];
  return broken({
    'every pass reads what is there': passes.every(({inputs}, i) => inputs.every((name) => earlier(i).includes(name))),
    'the last pass writes y': last.output === 'y',
    'gates take the sums of the pass before': passes.every((pass, i) => takesSums(pass, passes[i - 1], size)),
    'y has its shape': String(last.outputShape) === String([size.batch, outHeight, outWidth, spec.outChannels]),
  }).concat(passes.flatMap((pass) => [...passFaults(pass, traits), ...tileFaults(pass.variant)]));
}

/** Whether a pass that reads sums knows how many there are of each image and pixel; and whether one that leaves them is followed. */
function takesSums(pass: Pass, before: Pass | undefined, {batch}: ImageSize): boolean {
  const sums = before?.sumsShape ?? null;
  if (!pass.inputs.includes('sums')) return sums === null;
  const {sums: ofImage, outHeight, outWidth} = pass.uniforms;
  const {pixels} = before!.uniforms;
  return sums![0] === batch * ofImage && pixels === batch * outHeight * outWidth;
}

function passFaults({variant, uniforms, outputShape, sumsShape, dispatch, cost}: Pass, traits: DeviceTraits): string[] {
  const {height, width} = tileOf(variant);
  const columns = variant.kernel === 'pointwise' ? variant.tile.columns * dispatch[2] : Infinity;
  const rows = sumsShape?.[0] ?? uniforms.tiles;
  return broken({
    'workgroup memory fits': workgroupBytes(variant) <= traits.workgroupBytes,
    'workgroup memory is counted': cost.workgroupBytes === workgroupBytes(variant),
    'invocations fit': invocationsOf(variant) <= traits.invocations,
    'each dimension fits': Math.max(...dispatch) <= traits.workgroupsPerDimension,
    'the dispatch has all tiles': dispatch[0] * dispatch[1] >= uniforms.tiles,
    'each tile has a row of sums': rows === uniforms.tiles,
    'workgroups are counted': cost.workgroups === uniforms.tiles * dispatch[2],
    'tiles cover the height': uniforms.tilesDown * height >= uniforms.outHeight,
    'tiles cover the width': uniforms.tilesAcross * width >= uniforms.outWidth,
    'tiles cover the channels': columns >= outputShape.at(-1)!,
    "pixels are the output's": uniforms.pixels === elements(outputShape.slice(0, -1)),
    'the output can be bound': FLOAT_BYTES * elements(outputShape) <= traits.bindingBytes,
  });
}

/** The output pixels of a workgroup; those in a row count as an image of height 1. */
function tileOf(variant: Variant): {height: number; width: number} {
  switch (variant.kernel) {
    case 'pointwise':
      return {height: 1, width: variant.tile.rows};
    case 'spatial':
      return variant.tile;
    case 'gates':
      return {height: Infinity, width: Infinity};
    case 'conv-first':
      return variant.spatial?.tile ?? {height: 1, width: variant.expandTile.rows};
    case 'expand-first':
      return variant.spatial.tile;
    default:
      return variant satisfies never;
  }
}

function tileFaults(variant: Variant): string[] {
  switch (variant.kernel) {
    case 'pointwise':
      return productFaults(variant.tile);
    case 'spatial':
      return segmentFaults(variant.tile);
    case 'gates':
      return [];
    case 'conv-first': {
      const {spatial, expandTile, projectTile, project} = variant;
      return [
        ...productFaults(expandTile),
        ...productFaults(projectTile),
        ...(spatial === null ? [] : segmentFaults(spatial.tile)),
        ...broken({
          'the products share invocations': threadsOf(projectTile) === threadsOf(expandTile),
          'the products share rows': projectTile.rows === expandTile.rows,
          "rows are the tile's segments": spatial === null || rowsOf(spatial.tile) === expandTile.rows,
          'project takes all outputs': projectTile.columns === roundUp(project.outputs, PANEL),
        }),
      ];
    }
    case 'expand-first': {
      const {expand, spatial, hiddenChunk, projectTile, project} = variant;
      return [
        ...productFaults(projectTile),
        ...segmentFaults(spatial.tile),
        ...(expand === null ? [] : productFaults(expand.tile)),
        ...broken({
          'the products share invocations': expand === null || threadsOf(expand.tile) === threadsOf(projectTile),
          "rows are the tile's segments": projectTile.rows === rowsOf(spatial.tile),
          "expand's rows hold the halo": expand === null || expand.tile.rows >= haloPixels(spatial),
          'expand makes a chunk': expand === null || expand.tile.columns === hiddenChunk,
          'a chunk has whole groups': hiddenChunk % spatial.layer.groupWidth === 0,
          'slabs divide a chunk': hiddenChunk % projectTile.slab === 0,
          'project takes all outputs': projectTile.columns === roundUp(project.outputs, PANEL),
        }),
      ];
    }
    default:
      return variant satisfies never;
  }
}

function productFaults({rows, columns, rowThreads, columnThreads, parts, slab}: GemmTile): string[] {
  return broken({
    'threads divide quads': rows % (QUAD * rowThreads) === 0,
    'columns are whole panels': columns % PANEL === 0,
    'slabs are whole lanes for each part': slab % (LANE * parts) === 0,
    'parts own no lanes beyond the columns': parts === 1 || columns % (LANE * columnThreads) === 0,
  });
}

function segmentFaults({width, segment}: PixelTile): string[] {
  return broken({'segments divide the width': width % segment === 0});
}

function broken(rules: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(rules).filter((rule) => !rules[rule]);
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
