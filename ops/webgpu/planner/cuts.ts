/**
 * The cuts of a block, in one, two and three passes: each a list of steps, each step with the variants that are tried for it. A block
 * with a part that needs all pixels of an image has one cut, in two sweeps: of the layers before project, the last of which leaves
 * sums, and of project; between them a pass makes gates of the sums.
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
  type GatesVariant,
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
  /** Of that one, the step that leaves them. */
  readonly summing?: () => Step;
}

/** Returns the cuts. A step that several of them have is one object. */
export function cutsOf(block: BlockOnDevice): readonly (readonly Step[])[] {
  const {order} = block.spec;
  if (isGlobal(block.spec)) return [twoSweeps(block)];
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

function twoSweeps(block: BlockOnDevice): Step[] {
  const {order} = block.spec;
  switch (order) {
    case 'conv-first':
      return [
        spatialStep(block, 'x'),
        ...summedStep(block, expandStep(block, 'spatial', true)),
        gatedStep(block, 'hidden'),
      ];
    case 'expand-first':
      return [
        expandStep(block, 'x'),
        ...summedStep(block, spatialStep(block, 'hidden', true)),
        gatedStep(block, 'spatial'),
      ];
    case 'separable':
      return [...summedStep(block, spatialStep(block, 'x', true)), gatedStep(block, 'spatial')];
    default:
      return order satisfies never;
  }
}

/** Returns a step that leaves sums, and the one that makes gates of them. */
function summedStep(block: BlockOnDevice, step: Step): [Step, Step] {
  const {layout, precision, spec} = block;
  const {squeezeExcite, responseNorm, hiddenChannels: channels} = spec;
  const {seReduce, seExpand} = layout;
  const part: GatesVariant['part'] =
    squeezeExcite === null
      ? {...responseNorm!, kind: 'response-norm', scale: layout.responseNorm! / LANE}
      : {
          kind: 'squeeze-excite',
          reduce: pointwiseLayer(seReduce!, squeezeExcite.activation),
          expand: pointwiseLayer(seExpand!, squeezeExcite.gate),
        };
  const base = {kernel: 'gates', precision, channels, part} as const;
  const gates: Step = {
    inputs: ['sums'],
    output: 'gates',
    layers: squeezeExcite === null ? [] : [seReduce!, seExpand!],
    candidates: () => gatesCandidates(base),
    summing: () => summing,
  };
  const summing: Step = {...step, gates};
  return [summing, gates];
}

function gatedStep(block: BlockOnDevice, input: 'spatial' | 'hidden'): Step {
  const {layout, spec} = block;
  const isLate = spec.squeezeExcite?.beforeActivation === true;
  const gated: Activated = isLate ? activationOf(layout.spatial, spec.spatialActivation) : {activation: 'linear'};
  const layer = layersOf(block).project;
  const inputs = [input, 'gates', ...(spec.residual ? ['x' as const] : [])] as const;
  return pointwiseStep(block, {layer, section: layout.project, inputs, output: 'y', gated});
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
  readonly inputs: readonly [SizedTensor, ...SizedTensor[]];
  readonly output: 'hidden' | 'y';
  readonly gated?: Activated;
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
