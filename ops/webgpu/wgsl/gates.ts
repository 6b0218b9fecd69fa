/**
 * What lies between two sweeps: of each image and channel the factor of project's input, from the sums that the tiles of the first
 * sweep left. Squeeze-and-excite: `gate(Wₑ · act(Wᵣ · mean + bᵣ) + bₑ)`; response norm: `1 + γ · n / (mean(n) + ε)`. A pass of its
 * own, or the beginning of each workgroup of the second sweep (pointwise.ts).
 *
 * Thread map: a workgroup an image. All invocations share out lanes × parts of the tiles, then outputs × parts of the first product's
 * inputs, then the lanes of the second product; parts are added up by one invocation each, in their order.
 * Workgroup bytes: `partial`, a vector a part; `means`, `reduced`, a number a channel; of a response norm `totals`, one an invocation.
 * Barriers: one after each of these.
 */
import {
  type ChannelForm,
  type GatesPart,
  type GatesVariant,
  LANE,
  lanesOf,
  partsOf,
  type PointwiseLayer,
} from '../planner/variant.ts';
import {activated} from './activations.ts';
import type {Shader} from './module.ts';
import {existing} from './vectors.ts';
import type {WorkgroupArray} from './workgroupArrays.ts';

type Excite = Extract<GatesPart, {kind: 'squeeze-excite'}>;
type Norm = Extract<GatesPart, {kind: 'response-norm'}>;

/** What gates are made of, by how many invocations, and where they go. */
export interface GatesParts {
  readonly channels: number;
  readonly part: GatesPart;
  readonly threads: number;
  /** The place of a `lane`'s gates, an expression. */
  readonly place: string;
}

/** The shader of gates. */
export const gatesShader: Shader<GatesVariant> = {
  arrays: (variant) => gatesArrays(variant),
  parts: (variant) => {
    const {channels, part} = variant;
    const form: ChannelForm = {channels, form: 'padded'};
    const parts = {...variant, place: `output[image * ${lanesOf(channels)}u + lane]`};
    return {
      output: form,
      inputs: {tileSums: form},
      activations: gatesActivations(part),
      functions: gatesFunctions(parts),
      body: `  let image = workgroup;\n${gatesText(parts)}`,
    };
  },
};

/** Loads that are on their way at a time. */
const AT_A_TIME = 4;

/** Returns the workgroup memory in which gates are made. */
export function gatesArrays({channels, part, threads}: Omit<GatesParts, 'place'>): WorkgroupArray[] {
  const lanes = lanesOf(channels);
  const parts = partsOf(lanes, threads);
  const sumParts = parts === 1 ? 0 : lanes * parts;
  if (part.kind === 'response-norm')
    return [
      ...(sumParts === 0 ? [] : [vectors('partial', sumParts)]),
      {name: 'totals', type: 'f32', length: Math.min(threads, lanes)},
    ];
  const reduced = lanesOf(part.reduce.outputs);
  return [
    vectors('partial', Math.max(sumParts, reduced * partsOf(reduced, threads))),
    {name: 'means', type: 'f32', length: LANE * lanes},
    {name: 'reduced', type: 'f32', length: LANE * reduced},
  ];
}

function vectors(name: string, length: number): WorkgroupArray {
  return {name, type: 'vec4<f32>', length};
}

/** Returns the activations that gates take. */
export function gatesActivations(part: GatesPart): PointwiseLayer['activation'][] {
  return part.kind === 'squeeze-excite' ? [part.reduce.activation, part.expand.activation] : [];
}

/** Returns the functions that gatesText calls: `image_sum(image, lane)`, and `part_sum`, what a part of the tiles adds up to. */
export function gatesFunctions({channels, threads}: GatesParts): string[] {
  const lanes = lanesOf(channels);
  const parts = partsOf(lanes, threads);
  const sum =
    parts === 1
      ? '  return part_sum(image, lane, 0u);'
      : `  var sum = vec4<f32>();
  for (var part = 0u; part < ${parts}u; part++) {
    sum += partial[part * ${lanes}u + lane];
  }
  return sum;`;
  return [
    `fn part_sum(image: u32, lane: u32, part: u32) -> vec4<f32> {
  var sum = vec4<f32>();
  for (var first = part; first < uniforms.sums; first += ${AT_A_TIME * parts}u) {
    for (var i = 0u; i < ${AT_A_TIME}u; i++) {
      let tile = first + i * ${parts}u;
      let exists = tile < uniforms.sums;
      let value = load_tileSums(image * uniforms.sums + select(0u, tile, exists), lane);
      sum += select(vec4<f32>(), value, exists);
    }
  }
  return sum;
}`,
    `fn image_sum(image: u32, lane: u32) -> vec4<f32> {
${sum}
}`,
  ];
}

/** Returns the statements that make the gates of `image`; after a barrier all invocations may read them. */
export function gatesText(parts: GatesParts): string {
  const {part} = parts;
  return `${partsText(parts)}\n${part.kind === 'squeeze-excite' ? exciteText(parts, part) : normText(parts, part)}`;
}

/** Of one part the tiles are added up where their sum is used. */
function partsText({channels, threads}: GatesParts): string {
  const lanes = lanesOf(channels);
  const parts = partsOf(lanes, threads);
  if (parts === 1) return '';
  return `${eachText('item', parts * lanes, threads)} {
    partial[item] = part_sum(image, item % ${lanes}u, item / ${lanes}u);
  }
  workgroupBarrier();`;
}

function exciteText({channels, threads, place}: GatesParts, {reduce, expand}: Excite): string {
  const lanes = lanesOf(channels);
  const reduced = lanesOf(reduce.outputs);
  const parts = partsOf(reduced, threads);
  return `${eachText('lane', lanes, threads)} {
    let mean = image_sum(image, lane) / f32(uniforms.outHeight * uniforms.outWidth);
    ${putNumbers('means', 'mean')}
  }
  workgroupBarrier();
${eachText('item', parts * reduced, threads)} {
    let lane = item / ${parts}u;
    let part = item % ${parts}u;
    var sum = vec4<f32>();
${addedInputs(reduce, {from: 'means', parts})}
    partial[item] = sum;
  }
  workgroupBarrier();
${eachText('lane', reduced, threads)} {
    var sum = vec4<f32>(params[${reduce.bias}u + lane]);
    for (var part = 0u; part < ${parts}u; part++) {
      sum += partial[lane * ${parts}u + part];
    }
    let value = ${activated(reduce, 'sum', 'lane')};
    ${putNumbers('reduced', 'value')}
  }
  workgroupBarrier();
${eachText('lane', lanes, threads)} {
    var sum = vec4<f32>(params[${expand.bias}u + lane]);
${addedInputs(expand, {from: 'reduced', parts: 1})}
    ${place} = ${existing(channels, 'lane', activated(expand, 'sum', 'lane'))};
  }`;
}

/** Adds the products of a layer's inputs, those of part number `part` of so many, to `sum` of `lane`. */
function addedInputs(
  {inputs, weights}: PointwiseLayer,
  {from, parts}: {readonly from: string; readonly parts: number},
): string {
  const step = AT_A_TIME * parts;
  const input = parts === 1 ? 'first + i' : `first + i * ${parts}u + part`;
  const product = (at: string): string =>
    `fma(vec4<f32>(params[weightsAt + 2u * ${at}]), vec4<f32>(${from}[${at}]), sum)`;
  const added =
    inputs % step === 0
      ? `sum = ${product('input')};`
      : `let exists = input < ${inputs}u;
        let at = select(0u, input, exists);
        sum = select(sum, ${product('at')}, exists);`;
  return `    let weightsAt = ${weights}u + (lane / 2u) * ${2 * inputs}u + lane % 2u;
    for (var first = 0u; first < ${inputs}u; first += ${step}u) {
      for (var i = 0u; i < ${AT_A_TIME}u; i++) {
        let input = ${input};
        ${added}
      }
    }`;
}

/**
 * Norms wait in the place of the gates, each read by the invocation that wrote it. The padding of a last lane has a norm of nothing but
 * the epsilon: it is left out of the mean.
 */
function normText({channels, threads, place}: GatesParts, {scale, epsilon, normEpsilon}: Norm): string {
  const lanes = lanesOf(channels);
  const totals = Math.min(threads, lanes);
  return `  var own = 0.0;
${eachText('lane', lanes, threads)} {
    let norm = ${existing(channels, 'lane', `sqrt(image_sum(image, lane) + ${normEpsilon})`)};
    ${place} = norm;
    own += dot(norm, vec4<f32>(1.0));
  }
  if (thread < ${totals}u) {
    totals[thread] = own;
  }
  workgroupBarrier();
  var total = 0.0;
  for (var i = 0u; i < ${totals}u; i++) {
    total += totals[i];
  }
  let divisor = total / ${channels}.0 + ${epsilon};
${eachText('lane', lanes, threads)} {
    let factor = 1.0 + vec4<f32>(params[${scale}u + lane]) * ${place} / divisor;
    ${place} = ${existing(channels, 'lane', 'factor')};
  }`;
}

function eachText(name: string, items: number, threads: number): string {
  return `  for (var ${name} = thread; ${name} < ${items}u; ${name} += ${threads}u)`;
}

function putNumbers(array: string, value: string): string {
  return [0, 1, 2, 3].map((i) => `${array}[${LANE}u * lane + ${i}u] = ${value}[${i}];`).join('\n    ');
}
