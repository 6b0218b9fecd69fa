/** What the fused kernel does for a block, in parts, as counted by its loops in assembly/convFirst.ts, expandFirst.ts, separable.ts and global.ts. */
import {type Activation, type BlockSpec, isGlobal, spatialChannels} from '../block.ts';
import {PANEL, roundUp} from '../params.ts';
import {ACTIVATION_METHODS} from './activations.ts';
import {ActivationKind} from './assembly/fields.ts';
import {gemmPixels, spatialMicrokernel} from './microkernels.ts';
import {dramWeights, type FusedCosts, sumOfWork, timesWork, type Work} from './relativeCosts.ts';
import {type PlannedBlock, type TileSpan, tileSpans} from './tiles.ts';

type FusedWork = Work<FusedCosts>;

/** Returns the work of all images. */
export function fusedWork(block: PlannedBlock): FusedWork {
  const {rows, columns} = tileSpans(block);
  const tiles = rows.flatMap((row) => columns.map((column) => tileWork(block, row, column)));
  return {...sumOfWork([timesWork(block.size.batch, sumOfWork(tiles)), exciteWork(block)]), call: 1};
}

function tileWork({spec, plan}: PlannedBlock, row: TileSpan, column: TileSpan): FusedWork {
  const {inChannels, hiddenChannels, outChannels} = spec;
  const pixels = row.outputs * column.outputs;
  const panelPixels = gemmPixels(pixels);
  const isExpandFirst = spec.order === 'expand-first';
  const expandPixels = isExpandFirst ? row.inputs * column.inputs : pixels;
  const expandPanelPixels = gemmPixels(expandPixels);
  const activatedPixels = isExpandFirst ? expandPixels : expandPanelPixels;
  const expand = [
    gemmWork(spec, {pixels: expandPanelPixels, depth: inChannels, outputs: hiddenChannels, rounds: 1}),
    activationWork(spec.hiddenActivation, activatedPixels * roundUp(hiddenChannels, PANEL)),
  ];
  return sumOfWork<FusedCosts>([
    spatialWork(spec, row, column),
    activationWork(spec.spatialActivation, pixels * roundUp(spatialChannels(spec), PANEL)),
    isExpandFirst ? {} : {copiedValue: row.inputs * column.inputs * inChannels},
    ...(spec.order === 'separable' ? [] : expand),
    {step: isGlobal(spec) ? plan.parts + plan.outputParts : plan.parts},
    isGlobal(spec) ? {keptValue: panelPixels * roundUp(hiddenChannels, PANEL)} : {},
    activationWork(spec.outputActivation, pixels * roundUp(outChannels, PANEL)),
    gemmWork(spec, {
      pixels: panelPixels,
      depth: hiddenChannels,
      outputs: outChannels,
      rounds: plan.parts * Math.ceil(plan.partChannels / plan.hiddenChunk),
    }),
  ]);
}

/** The products of squeeze-and-excite, which take all images at once. */
function exciteWork({spec, size}: PlannedBlock): FusedWork {
  const {squeezeExcite, hiddenChannels} = spec;
  if (squeezeExcite === null) return {};
  const pixels = gemmPixels(size.batch);
  return sumOfWork([
    gemmWork(spec, {pixels, depth: hiddenChannels, outputs: squeezeExcite.channels, rounds: 1}),
    gemmWork(spec, {pixels, depth: squeezeExcite.channels, outputs: hiddenChannels, rounds: 1}),
  ]);
}

function spatialWork(spec: BlockSpec, row: TileSpan, column: TileSpan): FusedWork {
  const {name, pixels} = spatialMicrokernel(spec);
  const [kernelHeight, kernelWidth] = spec.kernelSize;
  const taps = kernelHeight * kernelWidth * spec.groupWidth;
  return {[name]: row.outputs * roundUp(column.outputs, pixels) * taps * roundUp(spatialChannels(spec), PANEL)};
}

const TRANSCENDENTAL: readonly ActivationKind[] = [ActivationKind.ELU, ActivationKind.GATE, ActivationKind.GATED];

function activationWork(activation: Activation, values: number): FusedWork {
  return TRANSCENDENTAL.includes(ACTIVATION_METHODS[activation].kind) ? {transcendental: values} : {};
}

/** Of a product's tile, pixels times outputs, at either SIMD level about. */
const TILE_OUTPUTS = 32;

interface Gemm {
  readonly pixels: number;
  readonly depth: number;
  readonly outputs: number;
  /** Pieces of the depth that are summed one after the other. */
  readonly rounds: number;
}

function gemmWork(spec: BlockSpec, {pixels, depth, outputs, rounds}: Gemm): FusedWork {
  const padded = roundUp(outputs, PANEL);
  return {
    gemmMac: pixels * depth * padded,
    gemmTile: (rounds * pixels * padded) / TILE_OUTPUTS,
    dramWeight: dramWeights(spec, depth * padded),
  };
}
