/** The cuts of a block, in one, two and three passes: each a list of steps, each step with the variants that are tried for it. */
import type {LayerSection} from '../../params.ts';
import {FAMILIES} from './families.ts';
import {type BlockOnDevice, pixelsOfTensor, type TensorName} from './tensors.ts';
import {
  convFirstCandidates,
  expandFirstCandidates,
  expandProjectCandidates,
  pointwiseCandidates,
  spatialCandidates,
} from './tiles.ts';
import {
  type ChannelForm,
  type PointwiseLayer,
  pointwiseLayer,
  type SpatialLayer,
  spatialLayer,
  type Variant,
} from './variant.ts';

/** What one pass of a cut does, and the shaders that could do it. */
export interface Step {
  readonly inputs: readonly TensorName[];
  readonly output: TensorName;
  readonly layers: readonly LayerSection[];
  readonly candidates: () => Iterable<Variant>;
}

/** Returns the cuts. A step that several of them have is one object. */
export function cutsOf(block: BlockOnDevice): readonly (readonly Step[])[] {
  const {order} = block.spec;
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

function spatialStep(block: BlockOnDevice, input: 'x' | 'hidden'): Step {
  const {geometry, layout, precision} = block;
  const {spatial: layer} = layersOf(block);
  const base = {kernel: 'spatial', precision, layer, source: channelForm(input, layer.channels)} as const;
  return {
    inputs: [input],
    output: 'spatial',
    layers: [layout.spatial],
    candidates: () => spatialCandidates(base, geometry, FAMILIES[block.traits.family]),
  };
}

function expandStep(block: BlockOnDevice, input: 'x' | 'spatial'): Step {
  const layer = expandLayer(block);
  return pointwiseStep(block, {layer, section: block.layout.expand!, inputs: [input], output: 'hidden'});
}

function projectStep(block: BlockOnDevice, input: 'spatial' | 'hidden'): Step {
  const layer = layersOf(block).project;
  return pointwiseStep(block, {layer, section: block.layout.project, inputs: withResidual(block, input), output: 'y'});
}

interface PointwiseParts {
  readonly layer: PointwiseLayer;
  readonly section: LayerSection;
  readonly inputs: readonly [TensorName] | readonly [TensorName, 'x'];
  readonly output: 'hidden' | 'y';
}

function pointwiseStep(block: BlockOnDevice, {layer, section, inputs, output}: PointwiseParts): Step {
  const base = {
    kernel: 'pointwise',
    precision: block.precision,
    layer,
    source: channelForm(inputs[0], layer.inputs),
    output: channelForm(output, layer.outputs),
    residual: inputs.length === 2,
  } as const;
  return {
    inputs,
    output,
    layers: [section],
    candidates: () => pointwiseCandidates(base, pixelsOfTensor(block, output), FAMILIES[block.traits.family]),
  };
}

function withResidual({spec}: BlockOnDevice, input: TensorName): [TensorName] | [TensorName, 'x'] {
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
