/**
 * The frame of every shader: bindings, uniforms, workgroup memory, entry point. A pass's output is `output`; its inputs are
 * tensors by name, and `params`. Tensors are read by `load_<name>(pixel, lane)` and written by `store(pixel, lane, value)`, in
 * vectors of four channels, whatever their form in memory.
 */
import type {Activation} from '../../block.ts';
import type {Precision} from '../../params.ts';
import {UNIFORMS} from '../planner/uniforms.ts';
import {type ChannelForm, isVectored, LANE, lanesOf} from '../planner/variant.ts';
import {activationTexts} from './activations.ts';
import {elementType} from './vectors.ts';
import {type WorkgroupArray, workgroupText} from './workgroupArrays.ts';

/** The shader of a kernel, for each of its variants. */
export interface Shader<V> {
  /** What the invocations of a workgroup share; the text declares it, and the planner counts it. */
  readonly arrays: (variant: V) => readonly WorkgroupArray[];
  readonly parts: (variant: V) => ShaderParts;
}

/** What a kernel puts into the frame. */
export interface ShaderParts {
  readonly output: ChannelForm;
  /** The tensors that are read, in the order of their bindings; params follows them. */
  readonly inputs: Readonly<Record<string, ChannelForm>>;
  /** Whether `tileSums` is written as well: it is bound after params. */
  readonly writesSums?: boolean;
  readonly activations: readonly Activation[];
  /** Functions of the module. */
  readonly functions: readonly string[];
  /** The entry point's statements. They see `thread`, `workgroup` (the tile, from x and y) and `columnTile` (z). */
  readonly body: string;
}

interface ModuleParts extends ShaderParts {
  readonly precision: Precision;
  /** Invocations of a workgroup. */
  readonly threads: number;
  readonly arrays: readonly WorkgroupArray[];
}

/** Returns the whole text of a shader. */
export function moduleText(parts: ModuleParts): string {
  const {precision, threads, output, inputs, writesSums = false, activations, arrays, functions, body} = parts;
  const element = elementType(precision);
  const names = Object.keys(inputs);
  const tensors = names.length + (writesSums ? 3 : 2);
  const text = [
    element === 'f16' ? 'enable f16;' : '',
    uniformStruct(tensors),
    binding(0, 'storage, read_write', `output: array<${storedType(output)}>`),
    ...names.map((name, i) => binding(i + 1, 'storage, read', `${name}: array<${storedType(inputs[name]!)}>`)),
    binding(names.length + 1, 'storage, read', `params: array<vec4<${element}>>`),
    writesSums ? binding(names.length + 2, 'storage, read_write', 'tileSums: array<vec4<f32>>') : '',
    binding(tensors, 'uniform', 'uniforms: Uniforms'),
    ...names.map((name) => loadText(name, inputs[name]!)),
    storeText(output),
    activationTexts(activations),
    workgroupText(arrays),
    ...functions,
    `@compute @workgroup_size(${threads})
fn main(
  @builtin(local_invocation_index) thread: u32,
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
) {
  let workgroup = group.y * groups.x + group.x;
  let columnTile = group.z;
  if (workgroup >= uniforms.tiles) {
    return;
  }
${body}
}`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
  return indented(text);
}

/** Returns a text with each line as far in as the braces around it. */
function indented(text: string): string {
  let depth = 0;
  return text
    .split('\n')
    .map((line) => {
      const bare = line.trim();
      const isClosing = /^[})]/.test(bare);
      const own = depth - (isClosing ? 1 : 0);
      depth += (bare.match(/[{(]$/) === null ? 0 : 1) - (isClosing ? 1 : 0);
      return bare === '' ? '' : '  '.repeat(own) + bare;
    })
    .join('\n');
}

function binding(index: number, space: string, variable: string): string {
  return `@group(0) @binding(${index}) var<${space}> ${variable};`;
}

/** Returns how many members tfjs puts before ours: NAN and INFINITY, then shape and strides of each tensor, passed as rank 1. */
export function prefixLength(tensors: number): number {
  return 2 + 2 * tensors;
}

function uniformStruct(tensors: number): string {
  const prefix = Array.from({length: prefixLength(tensors)}, (_, i) => `  tfjs${i}: u32,`);
  return ['struct Uniforms {', ...prefix, ...UNIFORMS.map((name) => `  ${name}: u32,`), '}'].join('\n');
}

function storedType(form: ChannelForm): string {
  return isVectored(form) ? 'vec4<f32>' : 'f32';
}

/** A lane that only partly holds channels has zeros in the rest. */
function loadText(name: string, form: ChannelForm): string {
  const {channels} = form;
  const head = `fn load_${name}(pixel: u32, lane: u32) -> vec4<f32> {`;
  if (isVectored(form)) return `${head}\n  return ${name}[pixel * ${lanesOf(channels)}u + lane];\n}`;
  const others = [1, 2, 3].map(
    (i) => `  if (${LANE}u * lane + ${i}u < ${channels}u) {\n    value[${i}] = ${name}[at + ${i}u];\n  }`,
  );
  return `${head}
  let at = pixel * ${channels}u + ${LANE}u * lane;
  var value = vec4<f32>(${name}[at], 0.0, 0.0, 0.0);
${others.join('\n')}
  return value;
}`;
}

function storeText(form: ChannelForm): string {
  const {channels} = form;
  const head = 'fn store(pixel: u32, lane: u32, value: vec4<f32>) {';
  if (isVectored(form)) return `${head}\n  output[pixel * ${lanesOf(channels)}u + lane] = value;\n}`;
  const stores = [0, 1, 2, 3].map(
    (i) => `  if (${LANE}u * lane + ${i}u < ${channels}u) {\n    output[at + ${i}u] = value[${i}];\n  }`,
  );
  return `${head}\n  let at = pixel * ${channels}u + ${LANE}u * lane;\n${stores.join('\n')}\n}`;
}
