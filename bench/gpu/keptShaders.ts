/** A whole shader of each kernel, for people to read: docs/shaders. `npm run docs:shaders` writes them, and a test holds them true. */
import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import {DEFAULT_TRAITS} from '../../ops/webgpu/planner/device.ts';
import {planBlock} from '../../ops/webgpu/planner/plan.ts';
import type {Variant} from '../../ops/webgpu/planner/variant.ts';
import {shaderText} from '../../ops/webgpu/wgsl/shaders.ts';
import {type BlockCase, convNext, mobileNetV2} from '../speed/cases.ts';
import {efficientNet} from '../speed/partCases.ts';

const FOLDER = new URL('../../docs/shaders/', import.meta.url);

/** Blocks whose plans have all kernels, and in how many passes. */
const PLANS: readonly [BlockCase, passes: number][] = [
  [convNext(14, 384), 3],
  [convNext(56, 96), 1],
  [mobileNetV2(28, [32, 32]), 1],
  [efficientNet(28, 40), 4],
];

/** Returns the texts by the paths of their files: of each kernel one, as it is at WebGPU's default limits. */
export function keptShaders(): Map<string, string> {
  const variants = new Map<string, Variant>();
  for (const [{spec, size}, count] of PLANS) {
    const plans = planBlock({spec, size, precision: 'float32'}, DEFAULT_TRAITS);
    if (typeof plans === 'string') throw new Error(plans);
    const {passes} = plans.find((plan) => plan.passes.length === count)!;
    for (const {variant} of passes) if (!variants.has(variant.kernel)) variants.set(variant.kernel, variant);
  }
  return new Map(
    [...variants].map(([kernel, variant]) => [
      fileURLToPath(new URL(`${kernel}.wgsl`, FOLDER)),
      `${shaderText(variant)}\n`,
    ]),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const [path, text] of keptShaders()) writeFileSync(path, text);
