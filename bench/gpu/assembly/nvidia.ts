/** NVIDIA's assembly (SASS), as nvdisasm prints it. */
import {type AssemblyReader, operandsOf, registersIn} from './loops.ts';

const FLOPS: Readonly<Record<string, number>> = {FFMA: 2, FMUL: 1, FADD: 1, HFMA2: 4, HMUL2: 2, HADD2: 2};
/** MUFU, the special functions, has an eighth of the rate, beyond its own issue. */
const SLOW_EXTRA = 7;

/** Returns an instruction's name with its modifiers, as `LDS.128`; null where a line is none, or does nothing. */
function opOf(line: string): string | null {
  const op = /^\s+\/\*[0-9a-f]+\*\/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9_.]*)/.exec(line)?.[1] ?? null;
  return op === 'NOP' ? null : op;
}

function bytesOf(modifiers: readonly string[]): number {
  const bits = modifiers.find((each) => each === '64' || each === '128');
  return bits === undefined ? 4 : Number(bits) / 8;
}

export const nvidiaReader: AssemblyReader = {
  linesOf: (text) => text.split('\n'),
  labelOf: (line) => /^(\.L_x_\d+):/.exec(line)?.[1] ?? null,
  targetOf: (line) => /\bBRA\S*\s+.*`\((\.L_x_\d+)\)/.exec(line)?.[1] ?? null,

  count(line, mix) {
    const [name, ...modifiers] = opOf(line)?.split('.') ?? [];
    if (name === undefined) return;
    const flops = FLOPS[name] ?? 0;
    const bytes = bytesOf(modifiers);
    mix.issue++;
    mix.flops += flops;
    if (name === 'FFMA' || name === 'HFMA2') mix.fmas++;
    switch (name) {
      case 'LDS':
      case 'STS':
        mix.workgroupBytes += bytes;
        if (name === 'LDS') mix.workgroupLoads++;
        return;
      case 'LDL':
      case 'STL':
        mix.scratch++;
        return;
      case 'LDG':
      case 'LD':
        mix.globalLoads++;
        mix.globalBytes += bytes;
        return;
      case 'STG':
      case 'ST':
        mix.globalStores++;
        mix.globalBytes += bytes;
        return;
      case 'BAR':
        mix.barriers++;
        return;
      case 'BRA':
        mix.branches++;
        return;
      case 'MUFU':
        mix.slow += SLOW_EXTRA;
        return;
      default:
        if (flops === 0) mix.integer++;
    }
  },

  alone(lines, _, latency) {
    const latencies: Readonly<Record<string, number>> = {
      ...{LDS: latency.workgroup, LDL: latency.workgroup, LDC: latency.workgroup, MUFU: latency.slow},
      ...{LDG: latency.global, LD: latency.global},
    };
    let now = 0;
    const ready = new Map<number, number>();
    for (const line of lines) {
      const op = opOf(line);
      if (op === null) continue;
      const [name] = op.split('.') as [string];
      const operands = line.slice(line.indexOf(op) + op.length).split(';')[0]!;
      const isStore = ['STS', 'STG', 'STL', 'ST'].includes(name);
      const wide = op.includes('128') ? 4 : op.includes('.64') ? 2 : 1;
      const [destination, sources] = operandsOf(operands);
      const read = registersIn(isStore ? operands : sources, 'R');
      const stored = isStore ? registersIn(sources, 'R').at(-1) : undefined;
      if (stored !== undefined) for (let k = 0; k < wide; k++) read.push(stored + k);
      now = Math.max(now, ...read.map((register) => ready.get(register) ?? 0)) + 1;
      if (isStore || ['BRA', 'BAR', 'EXIT'].includes(name)) continue;
      const [first] = registersIn(destination, 'R');
      const done = now + (latencies[name] ?? latency.alu);
      if (first !== undefined) for (let k = 0; k < (name.startsWith('LD') ? wide : 1); k++) ready.set(first + k, done);
    }
    return now;
  },
};
