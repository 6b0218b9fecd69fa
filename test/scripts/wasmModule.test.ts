import {evaluate} from '../helpers/evaluateModule.ts';

interface Case {
  readonly name: string;
  readonly source: string;
  readonly flags: readonly string[];
  readonly faults: readonly string[];
}

const GUEST = ['--importMemory'];
const LOADS = 'export function f(p: usize): f32 { return load<f32>(p); }';

const CASES: readonly Case[] = [
  {name: 'works on the memory that it is given', source: LOADS, flags: GUEST, faults: []},
  {
    name: 'works on shared memory',
    source: LOADS,
    flags: [...GUEST, '--sharedMemory', '--enable', 'threads', '--maximumMemory', '65536'],
    faults: [],
  },
  {name: 'has a memory of its own', source: LOADS, flags: [], faults: ['does not import env.memory']},
  {
    name: 'has constants in memory',
    source: 'const t: StaticArray<f32> = [1, 2, 3]; export function f(i: i32): f32 { return unchecked(t[i]); }',
    flags: GUEST,
    faults: ['has a data segment'],
  },
  {
    name: 'has code that runs at load',
    source: 'let n: i32 = load<i32>(8); export function f(): i32 { return n++; }',
    flags: GUEST,
    faults: ['has a start function'],
  },
  {
    name: 'calls out',
    source: 'declare function tell(n: i32): void; export function f(): void { tell(1); }',
    flags: GUEST,
    faults: ['imports a.tell'],
  },
];

describe('a kernel module, checked for a place in the memory of tfjs, that', () => {
  let faults: string[][];

  beforeAll(() => {
    faults = evaluate(
      `import asc from 'assemblyscript/asc';
       import {guestFaults} from './scripts/wasmModule.mjs';
       const results = [];
       for (const {source, flags} of ${JSON.stringify(CASES)})
         await asc.main(['a.ts', '--outFile', 'a.wasm', '-O3', '--runtime', 'stub', ...flags], {
           readFile: (name) => (name === 'a.ts' ? source : null),
           writeFile: (_, bytes) => void results.push(guestFaults(bytes)),
         });`,
      'results',
    ) as string[][];
  });

  it.each(CASES.map((example, index) => ({...example, index})))('$name: $faults', ({index, faults: expected}) => {
    expect(faults[index]).toEqual(expected);
  });
});
