/** What the fused kernel does on wasm for a block, in parts, as counted by its loops in ops/wasm/assembly. */
import {type Activation, type BlockGeometry, type BlockSpec, spatialChannels} from '../../../ops/block.ts';
import type {ImageSize} from '../../../ops/cost.ts';
import {PANEL, roundUp} from '../../../ops/params.ts';
import {GEMM_PIXELS, spatialMicrokernel} from '../../../ops/wasm/microkernels.ts';
import type {WasmPlan} from '../../../ops/wasm/plan.ts';
import {weightPart} from './weights.ts';
import {sumOfWork, timesWork, type Work} from './work.ts';

/** The parts of a fused block, each with its unit. What pads tiles to whole micro-tiles is in all of them. */
export const FUSED_PARTS = [
  /** A MAC of the two matrix products. */
  'gemmMac',
  /** The start and end of a matrix product's tile of 4 pixels × 8 outputs: so products of few inputs take longer a MAC. */
  'gemmTile',
  /** A number of the matrices, which each tile of the image reads anew: from the outer caches, or of large ones from memory. */
  'weight',
  'farWeight',
  /** A MAC of the spatial conv, by its micro-kernel. */
  'f32_grouped_4x8',
  'f32_depthwise_k3_4x4',
  'f32_depthwise_k3s2_4x4',
  'f32_depthwise_k5_4x4',
  'f32_depthwise_k7_8x4',
  'f32_depthwise_4x8',
  /** A value of an activation that is a quotient of polynomials or a power: GELU, SiLU, sigmoid, ELU. */
  'curved',
  /** A value of one that only cuts: ReLU, ReLU6, hard-swish. */
  'cut',
  /** A value that LayerNorm puts to scale. */
  'normalized',
  /** A value that is put into another form or place: into the image buffer, into packed pixels, into y. */
  'moved',
  /** The op itself, once: tfjs, and the way into WebAssembly. */
  'call',
] as const;
export type FusedPart = (typeof FUSED_PARTS)[number];

type FusedWork = Work<FusedPart>;

interface PlannedBlock {
  readonly spec: BlockSpec;
  readonly size: ImageSize;
  readonly geometry: BlockGeometry;
  readonly plan: WasmPlan;
}

/** Returns the work of all images. */
export function fusedWork(block: PlannedBlock): FusedWork {
  const {spec, size} = block;
  const tiles = tilesOf(block).map((tile) =>
    spec.order === 'conv-first' ? convFirstTile(block, tile) : expandFirstTile(block, tile),
  );
  return {...timesWork(size.batch, sumOfWork(tiles)), call: 1};
}

interface Tile {
  /** Output pixels. */
  readonly rows: number;
  readonly columns: number;
  /** What is read of the input that no tile before has left in the buffer: padding left out. Units: pixels. */
  readonly inputRows: number;
  readonly inputColumns: number;
}

function tilesOf({spec, size, geometry, plan}: PlannedBlock): Tile[] {
  const {outHeight, outWidth, pad} = geometry;
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const tiles: Tile[] = [];
  for (let column = 0; column < outWidth; column += plan.tileWidth) {
    const columns = Math.min(plan.tileWidth, outWidth - column);
    const firstColumn = column * spec.stride - pad.left;
    const endColumn = Math.min(size.width, firstColumn + (columns - 1) * spec.stride + kernelWidth);
    let expanded = 0;
    for (let row = 0; row < outHeight; row += plan.tileHeight) {
      const rows = Math.min(plan.tileHeight, outHeight - row);
      const firstRow = row * spec.stride - pad.top;
      const start = Math.max(plan.keepRows ? expanded : 0, firstRow);
      expanded = Math.max(start, Math.min(size.height, firstRow + (rows - 1) * spec.stride + kernelHeight));
      tiles.push({rows, columns, inputRows: expanded - start, inputColumns: endColumn - Math.max(0, firstColumn)});
    }
  }
  return tiles;
}

function convFirstTile({spec, plan}: PlannedBlock, tile: Tile): FusedWork {
  const pixels = tile.rows * tile.columns;
  const padded = roundUp(pixels, GEMM_PIXELS);
  const channels = roundUp(spec.inChannels, PANEL);
  const hidden = roundUp(spec.hiddenChannels, PANEL);
  return sumOfWork<FusedPart>([
    {moved: tile.inputRows * plan.imageColumns * channels},
    spatialWork(spec, tile),
    activationWork(spec.spatialActivation, pixels * channels),
    {[spec.layerNormEpsilon === null ? 'moved' : 'normalized']: padded * channels},
    productWork(spec, {pixels: padded, depth: spec.inChannels, outputs: spec.hiddenChannels, rounds: 1}),
    activationWork(spec.hiddenActivation, padded * hidden),
    projectWork(spec, plan, pixels),
  ]);
}

function expandFirstTile({spec, plan}: PlannedBlock, tile: Tile): FusedWork {
  const pixels = tile.rows * tile.columns;
  const padded = roundUp(pixels, GEMM_PIXELS);
  const input = tile.inputRows * tile.inputColumns;
  const expanded = roundUp(input, GEMM_PIXELS);
  const hidden = roundUp(spec.hiddenChannels, PANEL);
  return sumOfWork<FusedPart>([
    {moved: expanded * spec.inChannels},
    productWork(spec, {pixels: expanded, depth: spec.inChannels, outputs: spec.hiddenChannels, rounds: 1}),
    spec.hiddenActivation === 'linear'
      ? {moved: input * hidden}
      : activationWork(spec.hiddenActivation, input * hidden),
    spatialWork(spec, tile),
    activationWork(spec.spatialActivation, pixels * hidden),
    {moved: padded * hidden},
    projectWork(spec, plan, pixels),
  ]);
}

function spatialWork(spec: BlockSpec, {rows, columns}: Tile): FusedWork {
  const {name, pixels} = spatialMicrokernel(spec);
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const taps = kernelHeight * kernelWidth * spec.groupWidth;
  return {[name]: rows * roundUp(columns, pixels) * taps * roundUp(spatialChannels(spec), PANEL)};
}

function activationWork(activation: Activation, values: number): FusedWork {
  switch (activation) {
    case 'linear':
      return {};
    case 'relu':
    case 'relu6':
    case 'hard-swish':
      return {cut: values};
    case 'gelu':
    case 'gelu-tanh':
    case 'silu':
    case 'sigmoid':
    case 'elu':
      return {curved: values};
    default:
      return activation satisfies never;
  }
}

/** The last product, and y. */
function projectWork(spec: BlockSpec, {hiddenChunk}: WasmPlan, pixels: number): FusedWork {
  const written = pixels * spec.outChannels;
  return sumOfWork<FusedPart>([
    productWork(spec, {
      pixels: roundUp(pixels, GEMM_PIXELS),
      depth: spec.hiddenChannels,
      outputs: spec.outChannels,
      rounds: Math.ceil(spec.hiddenChannels / hiddenChunk),
    }),
    {moved: spec.residual ? 2 * written : written},
  ]);
}

interface Product {
  /** A multiple of GEMM_PIXELS. */
  readonly pixels: number;
  readonly depth: number;
  readonly outputs: number;
  /** Pieces of the depth that are summed one after the other. */
  readonly rounds: number;
}

function productWork(spec: BlockSpec, {pixels, depth, outputs, rounds}: Product): FusedWork {
  const padded = roundUp(outputs, PANEL);
  return {
    gemmMac: pixels * depth * padded,
    gemmTile: (rounds * pixels * padded) / (GEMM_PIXELS * PANEL),
    [weightPart(spec)]: depth * padded,
  };
}
