/**
 * A compute shader as a JavaScript function that runs one invocation: integers and booleans alone, since no float decides how often
 * a loop runs, and of those only what a branch depends on, and where memory is read and written.
 */
import {expressionOf, isFloatValue, nameOf, zeroOf} from './integers.ts';
import {bytesOfType, type Instruction, isFloat, type Module, rootOf, storageOf} from './module.ts';

/** An invocation, by SPIR-V's names of what it knows of itself. */
export type Builtins = Readonly<Record<string, number | readonly number[]>>;

/** What a run has. */
export interface Run {
  readonly uniforms: Int32Array;
  readonly builtins: Builtins;
  /** How often each block runs; is added to. */
  readonly counts: Float64Array;
  readonly maxBlocks: number;
  /** Called at each load and store of a buffer: which of them, and where. Units: bytes. */
  readonly touch: (access: number, offset: number) => void;
}

/** Returns whether the invocation came to its end. */
export type Program = (run: Run) => boolean;

/** A load or a store of a buffer. */
export interface Access {
  readonly instruction: Instruction;
  /** Its block's number. */
  readonly block: number;
}

/** Returns the accesses in the order of the text. */
export function accessesOf(module: Module): Access[] {
  return module.blocks.flatMap(({instructions}, block) =>
    instructions
      .filter(({op}) => op === 'OpLoad' || op === 'OpStore')
      .filter(({operands}) => storageOf(module, operands[0]!) === 'StorageBuffer')
      .map((instruction) => ({instruction, block})),
  );
}

/** Returns the function; with `traces` it computes where memory is touched, too. */
export function programOf(module: Module, {traces}: {traces: boolean}): Program {
  const text = new Translation(module, traces).text();
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text is made here
  return new Function('run', text) as Program;
}

const HELPERS = `
const copied = (v) => Array.isArray(v) ? v.map(copied) : v;
const inserted = (v, x, [i, ...rest]) => { v = copied(v); v[i] = rest.length ? inserted(v[i], x, rest) : x; return v; };`;

class Translation {
  private readonly needed = new Set<string>();
  private readonly indices: ReadonlyMap<string, number>;
  private readonly accesses: ReadonlyMap<Instruction, number>;

  constructor(
    private readonly module: Module,
    private readonly traces: boolean,
  ) {
    this.indices = new Map(module.blocks.map(({label}, i) => [label, i]));
    this.accesses = new Map(accessesOf(module).map(({instruction}, i) => [instruction, i]));
    this.findNeeded();
  }

  text(): string {
    const {module} = this;
    const globals = [...module.globals.values()].filter(({id}) => this.needed.has(id!));
    const locals = module.blocks
      .flatMap(({instructions}) => instructions)
      .filter(({id}) => id !== null && this.needed.has(id));
    return `const {uniforms, builtins, counts, maxBlocks, touch} = run;${HELPERS}
${globals.map((each) => this.global(each)).join('\n')}
${locals.map(({id}) => `let ${nameOf(id!)}, ${nameOf(id!)}_at;`).join(' ')}
let block = 0;
for (let steps = 0; steps < maxBlocks; steps++) {
  counts[block]++;
  switch (block) {
${module.blocks.map((_, i) => `case ${i}: {\n${this.block(i)}\n}`).join('\n')}
  }
}
return false;`;
  }

  /** Marks what branches depend on, through the variables of an invocation. */
  private findNeeded(): void {
    const {module, needed} = this;
    const instructions = module.blocks.flatMap((block) => block.instructions);
    const stores = new Map<string, Instruction[]>();
    for (const each of instructions.filter(({op}) => op === 'OpStore')) {
      const root = rootOf(module, each.operands[0]!);
      stores.set(root, [...(stores.get(root) ?? []), each]);
    }
    const pending = instructions
      .filter(({op}) => op === 'OpBranchConditional' || op === 'OpSwitch')
      .map(({operands}) => operands[0]!);
    if (this.traces) pending.push(...[...this.accesses.keys()].map(({operands}) => operands[0]!));
    for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
      if (!id.startsWith('%') || needed.has(id)) continue;
      const instruction = module.made.get(id);
      if (instruction === undefined || instruction.op.startsWith('OpType') || instruction.op === 'OpLabel') continue;
      needed.add(id);
      if (isFloatValue(module, id)) continue;
      pending.push(...instruction.operands);
      if (instruction.op === 'OpVariable') for (const {operands} of stores.get(id) ?? []) pending.push(...operands);
    }
  }

  private global({id, op, type, operands}: Instruction): string {
    const {module} = this;
    const name = nameOf(id!);
    if (op === 'OpVariable') return this.variable(id!);
    if (op === 'OpConstantTrue' || op === 'OpConstantFalse') return `const ${name} = ${op === 'OpConstantTrue'};`;
    if (isFloat(module, type!) || op === 'OpConstantNull' || op === 'OpUndef')
      return `const ${name} = ${zeroOf(module, type!)};`;
    if (op === 'OpConstantComposite') return `const ${name} = [${operands.map(nameOf).join(', ')}];`;
    return `const ${name} = ${operands[0]!};`;
  }

  private variable(id: string): string {
    const {module} = this;
    const {type, operands} = module.made.get(id)!;
    const [storage, initial] = operands as [string, string | undefined];
    const pointer = module.types.get(type!)!;
    if (pointer.kind !== 'pointer') throw new Error('SPIR-V: a variable that is no pointer');
    const [name, builtin] = [nameOf(id), module.builtins.get(id)];
    if (storage === 'Input') return `const ${name} = builtins.${builtin};`;
    if (storage !== 'Function' && storage !== 'Private') return `const ${name} = 0;`;
    const value =
      initial !== undefined && this.needed.has(initial) ? `copied(${nameOf(initial)})` : zeroOf(module, pointer.to);
    return `var ${name} = [${value}], ${name}_at = 0;`;
  }

  private block(index: number): string {
    const {label, instructions} = this.module.blocks[index]!;
    const lines = instructions.map((each) => {
      if (each.op === 'OpStore') return this.store(each);
      if (each.op === 'OpLoad') return this.touch(each) + (this.needed.has(each.id!) ? this.load(each) : '');
      if (each.id === null) return this.end(label, each);
      if (!this.needed.has(each.id) || each.op === 'OpPhi') return '';
      if (each.op === 'OpVariable') return this.variable(each.id).replace(/^var /, '');
      if (each.op === 'OpAccessChain') return this.chain(each);
      if (isFloatValue(this.module, each.id)) return '';
      return `${nameOf(each.id)} = ${expressionOf(this.module, each)};`;
    });
    return lines.filter((line) => line !== '').join('\n');
  }

  private touch(instruction: Instruction): string {
    const access = this.traces ? this.accesses.get(instruction) : undefined;
    return access === undefined ? '' : `touch(${access}, ${nameOf(instruction.operands[0]!)});`;
  }

  private load({id, type, operands}: Instruction): string {
    const {module} = this;
    const [pointer] = operands as [string];
    const name = nameOf(pointer);
    if (isFloat(module, type!)) return '';
    switch (storageOf(module, pointer)) {
      case 'Input':
        return `${nameOf(id!)} = ${name};`;
      case 'Function':
      case 'Private':
        return `${nameOf(id!)} = copied(${name}[${name}_at]);`;
      case 'Uniform':
        return `${nameOf(id!)} = ${this.uniform(type!, name)};`;
      default:
        return `${nameOf(id!)} = ${zeroOf(module, type!)};`;
    }
  }

  private uniform(type: string, offset: string): string {
    const kind = this.module.types.get(type)!;
    if (kind.kind === 'vector')
      return `[${Array.from({length: kind.length}, (_, i) => this.uniform(kind.of, `${offset} + ${4 * i}`)).join(', ')}]`;
    if (kind.kind !== 'int') throw new Error('SPIR-V: uniforms are read by number or vector');
    return `uniforms[(${offset}) >> 2] ${kind.signed ? '| 0' : '>>> 0'}`;
  }

  private store(instruction: Instruction): string {
    const [pointer, value] = instruction.operands as [string, string];
    const storage = storageOf(this.module, pointer);
    if (storage !== 'Function' && storage !== 'Private') return this.touch(instruction);
    if (!this.needed.has(rootOf(this.module, pointer)) || isFloatValue(this.module, value)) return '';
    return `${nameOf(pointer)}[${nameOf(pointer)}_at] = copied(${nameOf(value)});`;
  }

  /** A pointer into an invocation's own memory is a container and a key, another one an offset in bytes. */
  private chain({id, operands}: Instruction): string {
    const [base, ...indices] = operands as [string, ...string[]];
    const storage = storageOf(this.module, id!);
    if (storage !== 'Function' && storage !== 'Private') return `${nameOf(id!)} = ${this.offset(base, indices)};`;
    const path = indices.slice(0, -1).map((each) => `[${nameOf(each)}]`);
    const container = `${nameOf(base)}[${nameOf(base)}_at]${path.join('')}`;
    return `${nameOf(id!)} = ${container}; ${nameOf(id!)}_at = ${nameOf(indices.at(-1)!)};`;
  }

  private offset(base: string, indices: readonly string[]): string {
    const {module} = this;
    const terms = [nameOf(base)];
    const pointer = module.types.get(module.made.get(base)!.type!)!;
    let id = pointer.kind === 'pointer' ? pointer.to : '';
    for (const index of indices) {
      const type = module.types.get(id)!;
      if (type.kind === 'struct') {
        const member = Number(module.made.get(index)!.operands[0] ?? 0);
        terms.push(String(module.memberOffsets.get(`${id} ${member}`) ?? 0));
        id = type.members[member]!;
      } else if (type.kind === 'array' || type.kind === 'vector') {
        terms.push(`${nameOf(index)} * ${module.arrayStrides.get(id) ?? bytesOfType(module, type.of)}`);
        id = type.of;
      }
    }
    return terms.join(' + ');
  }

  /** Of a block: where it goes, with the values that it brings there. */
  private end(label: string, {op, operands}: Instruction): string {
    const to = (target: string): string =>
      `${this.phis(label, target)} block = ${this.indices.get(target)!}; continue;`;
    switch (op) {
      case 'OpBranch':
        return to(operands[0]!);
      case 'OpBranchConditional':
        return `if (${nameOf(operands[0]!)}) { ${to(operands[1]!)} } else { ${to(operands[2]!)} }`;
      case 'OpSwitch': {
        const [selector, fallback, ...cases] = operands as [string, string, ...string[]];
        const texts = cases.flatMap((value, i) =>
          i % 2 === 0 ? [`if (${nameOf(selector)} === ${value}) { ${to(cases[i + 1]!)} }`] : [],
        );
        return `${texts.join(' ')} ${to(fallback)}`;
      }
      case 'OpReturn':
      case 'OpUnreachable':
      case 'OpKill':
        return 'return true;';
      default:
        return '';
    }
  }

  private phis(from: string, target: string): string {
    const {module} = this;
    const phis = module.blocks[this.indices.get(target)!]!.instructions.filter(
      ({op, id}) => op === 'OpPhi' && this.needed.has(id!) && !isFloatValue(module, id!),
    );
    if (phis.length === 0) return '';
    const values = phis.map(({operands}) => nameOf(operands[operands.indexOf(from) - 1]!));
    // All at once: one phi may be another's value.
    const names = phis.map((_, i) => `p${i}`);
    return `{ const ${names.map((name, i) => `${name} = ${values[i]!}`).join(', ')}; ${phis.map(({id}, i) => `${nameOf(id!)} = p${i};`).join(' ')} }`;
  }
}
