/** The assembly of AMD's GPUs, as RADV prints what its compiler ACO made. */
import {type AssemblyReader, operandsOf, registersIn} from './loops.ts';

const BYTES: Readonly<Record<string, number>> = {
  ...{b8: 1, b16: 2, b32: 4, b64: 8, b96: 12, b128: 16},
  ...{u8: 1, i8: 1, u16: 2, i16: 2},
  ...{dword: 4, dwordx2: 8, dwordx3: 12, dwordx4: 16, ubyte: 1, ushort: 2},
};
const DEFAULT_BYTES = 4;
/** A quarter of the rate. */
const SLOW = /^v_(exp|log|rcp|rsq|sqrt|sin|cos)_|^v_mul_(lo|hi)_|^v_mad_[ui]64/;
const SLOW_EXTRA = 3;
const IS_PAIR = /read2|load_2|write2|store_2/;

export const amdReader: AssemblyReader = {
  linesOf: (text) => text.split('\n'),
  labelOf: (line) => /^(BB\d+):/.exec(line)?.[1] ?? null,
  targetOf: (line) => /^\s+s_c?branch\w*\s+(BB\d+)/.exec(line)?.[1] ?? null,

  count(line, mix) {
    const op = /^\s+([a-z]\w+)/.exec(line)?.[1];
    if (op === undefined) return;
    const bytes = BYTES[op.split('_').at(-1)!] ?? DEFAULT_BYTES;
    if (op.startsWith('v_')) {
      const flops = flopsOf(line);
      mix.issue++;
      mix.flops += flops;
      if (/^v_(dual_|pk_)?(fma|mad_f|mac_f)/.test(op)) mix.fmas++;
      if (flops === 0) mix.integer++;
      if (SLOW.test(op)) mix.slow += SLOW_EXTRA;
    } else if (op.startsWith('ds_')) {
      mix.workgroupBytes += bytes * (IS_PAIR.test(op) ? 2 : 1);
      if (/read|load/.test(op)) mix.workgroupLoads++;
    } else if (op.startsWith('scratch_')) mix.scratch++;
    else if (/^(buffer|global|flat|tbuffer)_/.test(op)) {
      if (op.includes('load')) mix.globalLoads++;
      if (op.includes('store')) mix.globalStores++;
      if (/load|store/.test(op)) mix.globalBytes += bytes;
    } else if (op === 's_barrier') mix.barriers++;
    else if (op.startsWith('s_cbranch')) mix.branches++;
  },

  alone(lines, passes, latency) {
    let now = 0;
    const ready = new Map<number, number>();
    const pending: Record<string, number[]> = {vmcnt: [], lgkmcnt: []};
    for (const line of lines) {
      const [, op = '', operands = ''] = /^\s+([a-z]\w+)\s*([^;]*)/.exec(line) ?? [];
      if (op === '') continue;
      if (op === 's_waitcnt') {
        for (const [, counter, most] of operands.matchAll(/(vmcnt|lgkmcnt)\((\d+)\)/g))
          for (const queue = pending[counter!]!; queue.length > Number(most);) now = Math.max(now, queue.shift()!);
        continue;
      }
      if (op.startsWith('v_')) {
        const [destination, sources] = operandsOf(operands);
        // An fmac reads what it adds to.
        const read = registersIn(op.includes('fmac') ? operands : sources, 'v');
        now = Math.max(now, ...read.map((register) => ready.get(register) ?? 0)) + passes;
        const done = now + (SLOW.test(op) ? latency.slow : latency.alu) - passes;
        for (const register of registersIn(destination, 'v')) ready.set(register, done);
        continue;
      }
      now++;
      if (op.startsWith('ds_') || /^s_(buffer_)?load/.test(op)) pending['lgkmcnt']!.push(now + latency.workgroup);
      else if (/^(buffer|global|flat|tbuffer|scratch)_\w*load/.test(op)) pending['vmcnt']!.push(now + latency.global);
    }
    return now;
  },
};

/** A line may hold two instructions that are issued together. */
function flopsOf(line: string): number {
  const [code] = line.split(';');
  return (code!.match(/\bv_\w+/g) ?? []).reduce((sum, op) => sum + flopsOfOp(op), 0);
}

function flopsOfOp(op: string): number {
  if (/^v_(dual_)?(fma|fmac|fmamk|fmaak|mad|mac)\w*_f(32|16)/.test(op)) return 2;
  if (op.startsWith('v_pk_fma')) return 4;
  if (/^v_pk_(mul|add)_f16/.test(op)) return 2;
  return /^v_(dual_)?(mul|add|sub|subrev)_f(32|16)/.test(op) ? 1 : 0;
}
