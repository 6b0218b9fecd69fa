/** The assembly of Intel's GPUs, as ANV prints it. */
import type {AssemblyReader} from './loops.ts';

/** Lanes that an EU computes in a cycle. */
const EU_LANES = 8;
/** Special functions have a quarter of the rate. */
const SLOW_EXTRA = 3;
const FLOPS: Readonly<Record<string, number>> = {mad: 2, mul: 1, add: 1};
const BRANCHES = ['if', 'else', 'endif', 'break', 'while', 'cont', 'goto', 'join'];

interface Operation {
  readonly name: string;
  readonly lanes: number;
}

function operationOf(line: string): Operation | null {
  const [, name, lanes] = /^(?:\([^)]*\)\s*)?([a-z]\w*)\S*?(?: nop)?\((\d+)\)/.exec(line) ?? [];
  return name === undefined ? null : {name, lanes: Number(lanes)};
}

/** What a send does. */
interface Message {
  readonly to: 'workgroup' | 'global' | 'scratch' | 'barrier' | 'other';
  readonly reads: boolean;
  /** Of an invocation. */
  readonly bytes: number;
}

const WORKGROUP_SURFACE = '254';

function messageOf(line: string): Message {
  if (/OWORD block|scratch/.test(line)) return {to: 'scratch', reads: line.includes('read'), bytes: 0};
  if (line.includes('barrier')) return {to: 'barrier', reads: false, bytes: 0};
  const [, verb, surface, mask] = /surface (read|write), Surface = (\d+), SIMD\d+, Mask = 0x(\w+)/.exec(line) ?? [];
  if (verb !== undefined) {
    // A set bit is a channel that is left out.
    const channels = [1, 2, 4, 8].filter((bit) => (parseInt(mask!, 16) & bit) === 0).length;
    return {to: surface === WORKGROUP_SURFACE ? 'workgroup' : 'global', reads: verb === 'read', bytes: 4 * channels};
  }
  if (line.includes(`bti ${WORKGROUP_SURFACE}`)) return {to: 'workgroup', reads: true, bytes: 4};
  return {to: line.includes('bti') ? 'global' : 'other', reads: true, bytes: 4};
}

function isSend({name}: Operation): boolean {
  return name === 'send' || name === 'sends';
}

export const intelReader: AssemblyReader = {
  // A send's second line, which says what it does, joins the first.
  linesOf: (text) => text.replace(/\n {20,}/g, ' ').split('\n'),
  labelOf: (line) => /^(LABEL\d+):/.exec(line)?.[1] ?? null,
  targetOf: (line) => /\bwhile\(\d+\)\s+JIP:\s+(LABEL\d+)/.exec(line)?.[1] ?? null,

  count(line, mix) {
    const operation = operationOf(line);
    if (operation === null) return;
    const {name, lanes} = operation;
    mix.issue++;
    if (lanes <= EU_LANES) mix.slow -= 0.5;
    if (isSend(operation)) {
      const {to, reads, bytes} = messageOf(line);
      if (to === 'workgroup') {
        mix.workgroupBytes += bytes;
        if (reads) mix.workgroupLoads++;
      } else if (to === 'global') {
        mix.globalBytes += bytes;
        if (reads) mix.globalLoads++;
        else mix.globalStores++;
      } else if (to === 'scratch') mix.scratch++;
      else if (to === 'barrier') mix.barriers++;
      return;
    }
    if (BRANCHES.includes(name)) {
      mix.branches++;
      return;
    }
    const flops = lanes >= EU_LANES && />F\s/.test(line) ? (FLOPS[name] ?? 0) : 0;
    mix.flops += flops;
    if (flops === 2) mix.fmas++;
    if (name === 'math') mix.slow += SLOW_EXTRA;
    else if (flops === 0) mix.integer++;
  },

  /** By the tokens ($n) that sends set and others wait for; @1, which waits for the last instruction of the ALU, waits for all. */
  alone(lines, _, latency) {
    const latencies: Readonly<Record<Message['to'], number>> = {
      ...{workgroup: latency.workgroup, scratch: latency.workgroup, global: latency.global},
      ...{barrier: 0, other: 0},
    };
    let now = 0;
    let alu = 0;
    const tokens = new Map<string, number>();
    for (const line of lines) {
      const operation = operationOf(line);
      if (operation === null) continue;
      const control = line.includes('{') ? line.slice(line.lastIndexOf('{')) : '';
      for (const [, token] of control.matchAll(/\$(\d+)\.dst/g)) now = Math.max(now, tokens.get(token!) ?? 0);
      if (/@1\b/.test(control)) now = Math.max(now, alu);
      now += Math.max(1, operation.lanes / EU_LANES);
      if (isSend(operation)) {
        const {to, reads} = messageOf(line);
        for (const [, token] of control.matchAll(/\$(\d+)(?!\.|\d)/g))
          tokens.set(token!, now + (reads ? latencies[to] : 0));
      } else alu = now + (operation.name === 'math' ? latency.slow : latency.alu);
    }
    return now;
  },
};
