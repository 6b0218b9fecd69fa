/** SPIR-V of a compute shader whose entry point calls nothing, as `spirv-dis --raw-id --no-header` prints it, taken apart. */

export interface Instruction {
  /** Null where it has no result. */
  readonly id: string | null;
  readonly op: string;
  /** The type of the result; null where there is none. */
  readonly type: string | null;
  /** Ids with their %, numbers and words. */
  readonly operands: readonly string[];
}

export type Type =
  | {readonly kind: 'float' | 'bool' | 'void' | 'other'}
  | {readonly kind: 'int'; readonly signed: boolean}
  | {readonly kind: 'vector'; readonly of: string; readonly length: number}
  | {readonly kind: 'array'; readonly of: string; readonly length: number}
  | {readonly kind: 'struct'; readonly members: readonly string[]}
  | {readonly kind: 'pointer'; readonly to: string; readonly storage: string};

/** Instructions from a label to a branch. */
export interface Block {
  readonly label: string;
  readonly instructions: readonly Instruction[];
}

export interface Module {
  readonly types: ReadonlyMap<string, Type>;
  /** Constants and variables of the module: what the text says of them. */
  readonly globals: ReadonlyMap<string, Instruction>;
  /** The entry point's, the first one first. */
  readonly blocks: readonly Block[];
  /** The instruction that makes an id. */
  readonly made: ReadonlyMap<string, Instruction>;
  readonly builtins: ReadonlyMap<string, string>;
  readonly bindings: ReadonlyMap<string, number>;
  /** Units: bytes. */
  readonly arrayStrides: ReadonlyMap<string, number>;
  /** Of a struct's members, by `struct member`. Units: bytes. */
  readonly memberOffsets: ReadonlyMap<string, number>;
  /** Of a workgroup. */
  readonly sides: readonly [x: number, y: number, z: number];
}

/** Instructions with a result, whose first operand is no type. */
const UNTYPED = /^Op(Type|Label|ExtInstImport|String|DecorationGroup)/;

/** Returns what the text says. Throws: where the text has no entry point. */
export function parseModule(text: string): Module {
  const instructions = text.split('\n').flatMap((line) => parseLine(line) ?? []);
  const first = instructions.findIndex(({op}) => op === 'OpFunction');
  if (first < 0) throw new Error('SPIR-V without a function');
  const head = instructions.slice(0, first);
  const body = instructions.slice(
    first + 1,
    instructions.findIndex(({op}) => op === 'OpFunctionEnd'),
  );
  return {
    types: typesOf(head),
    globals: byId(head.filter(({op}) => /^Op(Spec)?(Constant|Variable|Undef)/.test(op))),
    blocks: blocksOf(body),
    made: byId(instructions),
    ...decorationsOf(head),
    sides: sidesOf(head),
  };
}

function parseLine(line: string): Instruction | null {
  const [, result, op, rest = ''] = /^\s*(?:(%\w+) = )?(Op\w+)\s*(.*)$/.exec(line) ?? [];
  if (op === undefined) return null;
  const operands = rest === '' ? [] : rest.split(/\s+/);
  if (result === undefined) return {id: null, op, type: null, operands};
  if (UNTYPED.test(op)) return {id: result, op, type: null, operands};
  return {id: result, op, type: operands[0] ?? null, operands: operands.slice(1)};
}

function byId(instructions: readonly Instruction[]): Map<string, Instruction> {
  return new Map(instructions.flatMap((each) => (each.id === null ? [] : [[each.id, each]])));
}

function typesOf(head: readonly Instruction[]): Map<string, Type> {
  const numbers = new Map(
    head.filter(({op}) => op === 'OpConstant').map(({id, operands}) => [id!, Number(operands[0])]),
  );
  return new Map(head.filter(({op}) => op.startsWith('OpType')).map((each) => [each.id!, typeOf(each, numbers)]));
}

function typeOf({op, operands}: Instruction, numbers: ReadonlyMap<string, number>): Type {
  const [first = '', second = ''] = operands;
  switch (op) {
    case 'OpTypeFloat':
      return {kind: 'float'};
    case 'OpTypeBool':
      return {kind: 'bool'};
    case 'OpTypeVoid':
      return {kind: 'void'};
    case 'OpTypeInt':
      return {kind: 'int', signed: second === '1'};
    case 'OpTypeVector':
    case 'OpTypeMatrix':
      return {kind: 'vector', of: first, length: Number(second)};
    case 'OpTypeArray':
      return {kind: 'array', of: first, length: numbers.get(second) ?? 0};
    case 'OpTypeRuntimeArray':
      return {kind: 'array', of: first, length: 0};
    case 'OpTypeStruct':
      return {kind: 'struct', members: operands};
    case 'OpTypePointer':
      return {kind: 'pointer', storage: first, to: second};
    default:
      return {kind: 'other'};
  }
}

function blocksOf(body: readonly Instruction[]): Block[] {
  const blocks: {label: string; instructions: Instruction[]}[] = [];
  for (const each of body)
    if (each.op === 'OpLabel') blocks.push({label: each.id!, instructions: []});
    else blocks.at(-1)?.instructions.push(each);
  return blocks;
}

function decorationsOf(
  head: readonly Instruction[],
): Pick<Module, 'builtins' | 'bindings' | 'arrayStrides' | 'memberOffsets'> {
  const of = (name: string): [string, string][] =>
    head
      .filter(({op, operands}) => op === 'OpDecorate' && operands[1] === name)
      .map(({operands}) => [operands[0]!, operands[2]!]);
  const numbers = (name: string): Map<string, number> => new Map(of(name).map(([id, value]) => [id, Number(value)]));
  const members = head.filter(({op, operands}) => op === 'OpMemberDecorate' && operands[2] === 'Offset');
  return {
    builtins: new Map(of('BuiltIn')),
    bindings: numbers('Binding'),
    arrayStrides: numbers('ArrayStride'),
    memberOffsets: new Map(members.map(({operands: [id, member, , offset]}) => [`${id} ${member}`, Number(offset)])),
  };
}

function sidesOf(head: readonly Instruction[]): [x: number, y: number, z: number] {
  const mode = head.find(({op, operands}) => op === 'OpExecutionMode' && operands[1] === 'LocalSize');
  return mode!.operands.slice(2).map(Number) as [number, number, number];
}

/** Returns the size of a type in memory, without what its strides add. Units: bytes. */
export function bytesOfType(module: Module, id: string): number {
  const type = module.types.get(id)!;
  switch (type.kind) {
    case 'vector':
      return type.length * bytesOfType(module, type.of);
    case 'array':
      return type.length * bytesOfType(module, type.of);
    case 'struct':
      return type.members.reduce((sum, member) => sum + bytesOfType(module, member), 0);
    case 'float':
    case 'int':
      return Number(module.made.get(id)!.operands[0]) / 8;
    case 'bool':
    case 'void':
    case 'other':
    case 'pointer':
      return 0;
    default:
      return type satisfies never;
  }
}

/** Returns whether a value of this type has a float in it, and nothing else. */
export function isFloat(module: Module, id: string): boolean {
  const type = module.types.get(id)!;
  if (type.kind === 'vector' || type.kind === 'array') return isFloat(module, type.of);
  return type.kind === 'float' || (type.kind === 'struct' && type.members.every((each) => isFloat(module, each)));
}

/** Returns the storage class that a pointer points into. */
export function storageOf(module: Module, pointer: string): string {
  const type = module.types.get(module.made.get(pointer)!.type!)!;
  return type.kind === 'pointer' ? type.storage : '';
}

/** Returns the variable that a pointer points into. */
export function rootOf(module: Module, pointer: string): string {
  const made = module.made.get(pointer)!;
  return made.op === 'OpAccessChain' ? rootOf(module, made.operands[0]!) : pointer;
}

/** Returns the blocks that may follow. */
export function successorsOf({instructions}: Block): string[] {
  const last = instructions.at(-1)!;
  switch (last.op) {
    case 'OpBranch':
      return [last.operands[0]!];
    case 'OpBranchConditional':
      return last.operands.slice(1, 3);
    case 'OpSwitch':
      return last.operands.slice(1).filter((each) => each.startsWith('%'));
    default:
      return [];
  }
}
