/** From a file of SPIR-V to its module, by programs of spirv-tools: all calls inlined, and variables made values. */
import {run} from '../tools.ts';
import {type Module, parseModule} from './module.ts';

const PASSES = [
  '--merge-return',
  '--inline-entry-points-exhaustive',
  '--eliminate-dead-functions',
  '--ssa-rewrite',
  '--eliminate-dead-code-aggressive',
];

/** Returns the module of a file. */
export async function readModule(spirv: string): Promise<Module> {
  const inlined = spirv.replace(/\.spv$/, '.inlined');
  await run('spirv-opt', ...PASSES, spirv, '-o', inlined);
  return parseModule(await run('spirv-dis', '--raw-id', '--no-indent', '--no-header', inlined));
}
