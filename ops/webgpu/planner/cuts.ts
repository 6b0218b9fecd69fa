/** The ways to cut a block into passes: each a list of steps, each step with the tiles that are tried for it. */
import type {LayerSection} from '../../params.ts';
import {
  convFirstCandidates,
  expandFirstCandidates,
  expandProjectCandidates,
  pointwiseCandidates,
  spatialCandidates,
} from './tiles.ts';
import {pixelsOfTensor, type Problem, type Step} from './dispatch.ts';
import type {TensorName} from './pass.ts';
import {type ChannelForm, type PointwiseLayer, pointwiseLayer, type SpatialLayer, spatialLayer} from './variant.ts';

/** Returns the block's cuts, in one, two and three passes. A step that is in several of them is one object. */
export function cutsOf(problem: Problem): readonly (readonly Step[])[] {
  return problem.spec.order === 'conv-first' ? convFirstCuts(problem) : expandFirstCuts(problem);
}

function convFirstCuts(problem: Problem): Step[][] {
  const {geometry, layout, spec, precision} = problem;
  const {spatial, expand, project} = layersOf(problem);
  const base = {kernel: 'conv-first', precision, expand, project, residual: spec.residual} as const;
  const whole: Step = {
    inputs: ['x'],
    output: 'y',
    layers: layout.sections,
    candidates: convFirstCandidates(base, spatial, geometry),
  };
  const conv = spatialStep(problem, 'x');
  const rest: Step = {
    inputs: withResidual(problem, 'spatial'),
    output: 'y',
    layers: [layout.expand, layout.project],
    candidates: expandProjectCandidates(base, pixelsOfTensor(problem, 'y')),
  };
  return [[whole], [conv, rest], [conv, expandStep(problem, 'spatial'), projectStep(problem, 'hidden')]];
}

function expandFirstCuts(problem: Problem): Step[][] {
  const {geometry, layout, spec, precision} = problem;
  const {spatial, expand, project} = layersOf(problem);
  const base = {kernel: 'expand-first', precision, project, residual: spec.residual} as const;
  const whole: Step = {
    inputs: ['x'],
    output: 'y',
    layers: layout.sections,
    candidates: expandFirstCandidates(base, {expand, spatial}, geometry),
  };
  const expanded = expandStep(problem, 'x');
  const rest: Step = {
    inputs: withResidual(problem, 'hidden'),
    output: 'y',
    layers: [layout.spatial, layout.project],
    candidates: expandFirstCandidates(base, {expand: null, spatial}, geometry),
  };
  return [[whole], [expanded, rest], [expanded, spatialStep(problem, 'hidden'), projectStep(problem, 'spatial')]];
}

function spatialStep(problem: Problem, input: 'x' | 'hidden'): Step {
  const {geometry, layout, precision} = problem;
  const {spatial: layer} = layersOf(problem);
  const base = {kernel: 'spatial', precision, layer, source: channelForm(input, layer.channels)} as const;
  return {
    inputs: [input],
    output: 'spatial',
    layers: [layout.spatial],
    candidates: spatialCandidates(base, geometry),
  };
}

function expandStep(problem: Problem, input: 'x' | 'spatial'): Step {
  const layer = layersOf(problem).expand;
  return pointwiseStep(problem, {layer, section: problem.layout.expand, inputs: [input], output: 'hidden'});
}

function projectStep(problem: Problem, input: 'spatial' | 'hidden'): Step {
  const layer = layersOf(problem).project;
  return pointwiseStep(problem, {
    layer,
    section: problem.layout.project,
    inputs: withResidual(problem, input),
    output: 'y',
  });
}

interface PointwiseParts {
  readonly layer: PointwiseLayer;
  readonly section: LayerSection;
  readonly inputs: readonly [TensorName] | readonly [TensorName, 'x'];
  readonly output: 'hidden' | 'y';
}

function pointwiseStep(problem: Problem, {layer, section, inputs, output}: PointwiseParts): Step {
  const base = {
    kernel: 'pointwise',
    precision: problem.precision,
    layer,
    source: channelForm(inputs[0], layer.inputs),
    output: channelForm(output, layer.outputs),
    residual: inputs.length === 2,
  } as const;
  return {inputs, output, layers: [section], candidates: pointwiseCandidates(base, pixelsOfTensor(problem, output))};
}

function withResidual({spec}: Problem, input: TensorName): [TensorName] | [TensorName, 'x'] {
  return spec.residual ? [input, 'x'] : [input];
}

/** x and y are as tfjs holds them, what lies between in whole lanes. */
function channelForm(name: TensorName, channels: number): ChannelForm {
  return {channels, form: name === 'x' || name === 'y' ? 'plain' : 'padded'};
}

function layersOf({spec, layout}: Problem): {spatial: SpatialLayer; expand: PointwiseLayer; project: PointwiseLayer} {
  return {
    spatial: spatialLayer(spec, layout.spatial),
    expand: pointwiseLayer(layout.expand, spec.hiddenActivation),
    project: pointwiseLayer(layout.project, 'linear'),
  };
}
