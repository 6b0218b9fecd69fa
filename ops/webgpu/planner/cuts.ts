/**
 * The cuts of a block, in one, two and three passes: each a list of steps, each step with the variants that are tried for it. A block
 * with a part that needs all pixels of an image has two, in two sweeps: of the layers before project, the last of which leaves sums, and
 * of project, with or without a pass between that makes gates of the sums.
 */
import {isGlobal} from '../../block.ts';
import type {LayerSection} from '../../params.ts';
import {FAMILIES} from './families.ts';
import {type BlockOnDevice, pixelsOfTensor, type SizedTensor, type TensorName} from './tensors.ts';
import {
  convFirstCandidates,
  expandFirstCandidates,
  expandProjectCandidates,
  gatesCandidates,
  pointwiseCandidates,
  spatialCandidates,
} from './tiles.ts';
import {
  type Activated,
  activationOf,
  type ChannelForm,
  type Gated,
  type GatesPart,
  isOfImages,
  LANE,
  type PointwiseLayer,
  pointwiseLayer,
  type SpatialLayer,
  spatialLayer,
  type Variant,
} from './variant.ts';

/** What one pass of a cut does, and the shaders that could do it. */
export interface Step {
  readonly inputs: readonly TensorName[];
  readonly output: SizedTensor;
  readonly layers: readonly LayerSection[];
  readonly candidates: () => Iterable<Variant>;
  /** Of the last step of a first sweep, the one that takes the sums that it leaves. */
  readonly gates?: Step;
  /** Of a step that takes sums, the one that leaves them. */
  readonly summing?: () => Step;
}

/** Returns the cuts. A step that several of them have is one object. */
export function cutsOf(block: BlockOnDevice): readonly (readonly Step[])[] {
  const {order} = block.spec;
  if (isGlobal(block.spec)) return twoSweeps(block);
  switch (order) {
    case 'conv-first':
      return convFirstCuts(block);
    case 'expand-first':
      return expandFirstCuts(block);
    case 'separable':
      return [[convAndProjectStep(block, 'x')], [spatialStep(block, 'x'), projectStep(block, 'spatial')]];
    default:
      return order satisfies never;
  }
}

/** The gates made by a pass of their own, and by each workgroup of the second sweep for itself. */
function twoSweeps(block: BlockOnDevice): Step[][] {
  const {before, last, input} = firstSweep(block);
  const part = gatesPart(block);
  const gates = gatesStep(block, part, () => summing);
  const summing: Step = {...last, gates};
  const swept = [...before, summing, gates, gatedStep(block, [input, 'gates'], {})];
  if (!FAMILIES[block.traits.family].makesGates) return [swept];
  const making: Step = {...gatedStep(block, [input, 'sums'], {made: part}), summing: () => summing};
  return [swept, [...before, summing, making]];
}

/** The steps of the layers before project, the last of which leaves sums, and what it stores. */
interface FirstSweep {
  readonly before: readonly Step[];
  readonly last: Step;
  readonly input: 'spatial' | 'hidden';
}

function firstSweep(block: BlockOnDevice): FirstSweep {
  const {order} = block.spec;
  switch (order) {
    case 'conv-first':
      return {before: [spatialStep(block, 'x')], last: expandStep(block, 'spatial', true), input: 'hidden'};
    case 'expand-first':
      return {before: [expandStep(block, 'x')], last: spatialStep(block, 'hidden', true), input: 'spatial'};
    case 'separable':
      return {before: [], last: spatialStep(block, 'x', true), input: 'spatial'};
    default:
      return order satisfies never;
  }
}

function gatesPart({layout, spec}: BlockOnDevice): GatesPart {
  const {squeezeExcite, responseNorm} = spec;
  if (squeezeExcite === null) return {...responseNorm!, kind: 'response-norm', scale: layout.responseNorm! / LANE};
  return {
    kind: 'squeeze-excite',
    reduce: pointwiseLayer(layout.seReduce!, squeezeExcite.activation),
    expand: pointwiseLayer(layout.seExpand!, squeezeExcite.gate),
  };
}

function gatesStep(block: BlockOnDevice, part: GatesPart, summing: () => Step): Step {
  const {precision, spec} = block;
  const base = {kernel: 'gates', precision, channels: spec.hiddenChannels, part} as const;
  return {
    inputs: ['sums'],
    output: 'gates',
    layers: gatesLayers(block),
    candidates: () => gatesCandidates(base),
    summing,
  };
}

/** A response norm has no layer of its own. */
function gatesLayers({layout: {seReduce, seExpand}}: BlockOnDevice): LayerSection[] {
  return [seReduce, seExpand].filter((section) => section !== null);
}

function gatedStep(
  block: BlockOnDevice,
  [input, factors]: readonly ['spatial' | 'hidden', 'gates' | 'sums'],
  made: Pick<Gated, 'made'>,
): Step {
  const {layout, spec} = block;
  const isLate = spec.squeezeExcite?.beforeActivation === true;
  const after: Activated = isLate ? activationOf(layout.spatial, spec.spatialActivation) : {activation: 'linear'};
  const inputs = [input, factors, ...(spec.residual ? ['x' as const] : [])] as const;
  const step = pointwiseStep(block, {
    ...{layer: layersOf(block).project, section: layout.project, inputs, output: 'y'},
    gated: {...after, ...made},
  });
  return made.made === undefined ? step : {...step, layers: [...gatesLayers(block), ...step.layers]};
}

function convFirstCuts(block: BlockOnDevice): Step[][] {
  const {geometry, layout, spec, precision} = block;
  const family = FAMILIES[block.traits.family];
  const {spatial, project} = layersOf(block);
  const expand = expandLayer(block);
  const base = {kernel: 'conv-first', precision, expand, project, residual: spec.residual} as const;
  const whole: Step = {
    inputs: ['x'],
    output: 'y',
    layers: layout.sections,
    candidates: () => convFirstCandidates(base, spatial, {geometry, family}),
  };
  const conv = spatialStep(block, 'x');
  const expandAndProject: Step = {
    inputs: withResidual(block, 'spatial'),
    output: 'y',
    layers: [layout.expand!, layout.project],
    candidates: () => expandProjectCandidates(base, pixelsOfTensor(block, 'y'), family),
  };
  return [[whole], [conv, expandAndProject], [conv, expandStep(block, 'spatial'), projectStep(block, 'hidden')]];
}

function expandFirstCuts(block: BlockOnDevice): Step[][] {
  const {geometry, layout, spec, precision} = block;
  const family = FAMILIES[block.traits.family];
  const {spatial, project} = layersOf(block);
  const expand = expandLayer(block);
  const base = {kernel: 'expand-first', precision, project, residual: spec.residual} as const;
  const whole: Step = {
    inputs: ['x'],
    output: 'y',
    layers: layout.sections,
    candidates: () => expandFirstCandidates(base, {expand, spatial}, {geometry, family}),
  };
  const expansion = expandStep(block, 'x');
  return [
    [whole],
    [expansion, convAndProjectStep(block, 'hidden')],
    [expansion, spatialStep(block, 'hidden'), projectStep(block, 'spatial')],
  ];
}

function convAndProjectStep(block: BlockOnDevice, input: 'x' | 'hidden'): Step {
  const {geometry, layout, spec, precision} = block;
  const {spatial, project} = layersOf(block);
  const reading = input === 'x' ? {convolvesX: true} : {};
  const base = {kernel: 'expand-first', precision, project, residual: spec.residual, ...reading} as const;
  return {
    inputs: input === 'x' ? ['x'] : withResidual(block, input),
    output: 'y',
    layers: [layout.spatial, layout.project],
    candidates: () =>
      expandFirstCandidates(base, {expand: null, spatial}, {geometry, family: FAMILIES[block.traits.family]}),
  };
}

function spatialStep(block: BlockOnDevice, input: 'x' | 'hidden', sums = false): Step {
  const {geometry, layout, precision} = block;
  const {spatial: layer} = layersOf(block);
  const source = channelForm(input, layer.channels);
  const base = {kernel: 'spatial', precision, layer, source, ...(sums ? {sumsValues: true} : {})} as const;
  return {
    inputs: [input],
    output: 'spatial',
    layers: [layout.spatial],
    candidates: () => spatialCandidates(base, geometry, FAMILIES[block.traits.family]),
  };
}

function expandStep(block: BlockOnDevice, input: 'x' | 'spatial', sumsSquares = false): Step {
  const layer = expandLayer(block);
  const sums = sumsSquares ? {sumsSquares} : {};
  return pointwiseStep(block, {layer, section: block.layout.expand!, inputs: [input], output: 'hidden', ...sums});
}

function projectStep(block: BlockOnDevice, input: 'spatial' | 'hidden'): Step {
  const layer = layersOf(block).project;
  return pointwiseStep(block, {layer, section: block.layout.project, inputs: withResidual(block, input), output: 'y'});
}

interface PointwiseParts {
  readonly layer: PointwiseLayer;
  readonly section: LayerSection;
  readonly inputs: readonly [SizedTensor, ...TensorName[]];
  readonly output: 'hidden' | 'y';
  readonly gated?: Gated;
  readonly sumsSquares?: boolean;
}

function pointwiseStep(block: BlockOnDevice, {layer, section, inputs, output, ...sweep}: PointwiseParts): Step {
  const base = {
    kernel: 'pointwise',
    precision: block.precision,
    layer,
    source: channelForm(inputs[0], layer.inputs),
    output: channelForm(output, layer.outputs),
    residual: output === 'y' && inputs.includes('x'),
    ...sweep,
  } as const;
  const pixels = pixelsOfTensor(block, output) / (isOfImages(base) ? block.size.batch : 1);
  return {
    inputs,
    output,
    layers: [section],
    candidates: () => pointwiseCandidates(base, pixels, FAMILIES[block.traits.family]),
  };
}

function withResidual({spec}: BlockOnDevice, input: SizedTensor): [SizedTensor] | [SizedTensor, 'x'] {
  return spec.residual ? [input, 'x'] : [input];
}

/** x and y are as tfjs holds them, what lies between in whole lanes. */
function channelForm(name: TensorName, channels: number): ChannelForm {
  return {channels, form: name === 'x' || name === 'y' ? 'plain' : 'padded'};
}

interface Layers {
  readonly spatial: SpatialLayer;
  readonly project: PointwiseLayer;
}

function layersOf({spec, layout}: BlockOnDevice): Layers {
  return {
    spatial: spatialLayer(spec, layout.spatial),
    project: pointwiseLayer(layout.project, spec.outputActivation),
  };
}

function expandLayer({spec, layout}: BlockOnDevice): PointwiseLayer {
  return pointwiseLayer(layout.expand!, spec.hiddenActivation);
}
