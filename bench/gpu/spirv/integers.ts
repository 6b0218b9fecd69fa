/** SPIR-V's operations on integers and booleans, an element at a time, as JavaScript. Floats are not computed: they decide no loop. */
import {type Instruction, type Module, type Type} from './module.ts';

const BINARY: Readonly<Record<string, (a: string, b: string) => string>> = {
  OpIAdd: (a, b) => `${a} + ${b}`,
  OpISub: (a, b) => `${a} - ${b}`,
  OpIMul: (a, b) => `Math.imul(${a}, ${b})`,
  OpSDiv: (a, b) => `(${a} | 0) / (${b} | 0)`,
  OpUDiv: (a, b) => `(${a} >>> 0) / (${b} >>> 0)`,
  OpSRem: (a, b) => `(${a} | 0) % (${b} | 0)`,
  OpSMod: (a, b) => `((${a} | 0) % (${b} | 0) + (${b} | 0)) % (${b} | 0)`,
  OpUMod: (a, b) => `(${a} >>> 0) % (${b} >>> 0)`,
  OpShiftLeftLogical: (a, b) => `${a} << ${b}`,
  OpShiftRightLogical: (a, b) => `${a} >>> ${b}`,
  OpShiftRightArithmetic: (a, b) => `(${a} | 0) >> ${b}`,
  OpBitwiseAnd: (a, b) => `${a} & ${b}`,
  OpBitwiseOr: (a, b) => `${a} | ${b}`,
  OpBitwiseXor: (a, b) => `${a} ^ ${b}`,
  OpIEqual: (a, b) => `(${a} | 0) === (${b} | 0)`,
  OpINotEqual: (a, b) => `(${a} | 0) !== (${b} | 0)`,
  ...comparisons('OpULessThan', '<', '>>> 0'),
  ...comparisons('OpUGreaterThan', '>', '>>> 0'),
  ...comparisons('OpSLessThan', '<', '| 0'),
  ...comparisons('OpSGreaterThan', '>', '| 0'),
  OpLogicalAnd: (a, b) => `${a} && ${b}`,
  OpLogicalOr: (a, b) => `${a} || ${b}`,
  OpLogicalEqual: (a, b) => `${a} === ${b}`,
  OpLogicalNotEqual: (a, b) => `${a} !== ${b}`,
  UMin: (a, b) => `Math.min(${a} >>> 0, ${b} >>> 0)`,
  UMax: (a, b) => `Math.max(${a} >>> 0, ${b} >>> 0)`,
  SMin: (a, b) => `Math.min(${a} | 0, ${b} | 0)`,
  SMax: (a, b) => `Math.max(${a} | 0, ${b} | 0)`,
};

function comparisons(name: string, sign: '<' | '>', kind: string): typeof BINARY {
  const compare = (with_: string) => (a: string, b: string) => `(${a} ${kind}) ${with_} (${b} ${kind})`;
  return {[name]: compare(sign), [`${name}Equal`]: compare(`${sign}=`)};
}

const UNARY: Readonly<Record<string, (a: string) => string>> = {
  OpSNegate: (a) => `-${a}`,
  OpNot: (a) => `~${a}`,
  OpLogicalNot: (a) => `!${a}`,
  OpUConvert: (a) => a,
  OpSConvert: (a) => a,
  OpCopyObject: (a) => a,
  SAbs: (a) => `Math.abs(${a} | 0)`,
  SSign: (a) => `Math.sign(${a} | 0)`,
  FindUMsb: (a) => `31 - Math.clz32(${a})`,
};

/** Returns a value of a type in which all is zero. */
export function zeroOf(module: Module, id: string): string {
  const type = module.types.get(id)!;
  switch (type.kind) {
    case 'bool':
      return 'false';
    case 'vector':
    case 'array':
      return `[${Array.from({length: type.length}, () => zeroOf(module, type.of)).join(', ')}]`;
    case 'struct':
      return `[${type.members.map((member) => zeroOf(module, member)).join(', ')}]`;
    case 'int':
    case 'float':
    case 'void':
    case 'other':
    case 'pointer':
      return '0';
    default:
      return type satisfies never;
  }
}

/** Returns the name of an id's value. */
export function nameOf(id: string): string {
  return `v${id.slice(1)}`;
}

/** Returns the expression of an instruction's result. Throws: for an operation that is not known. */
export function expressionOf(module: Module, instruction: Instruction): string {
  const {op, operands} = instruction;
  const type = instruction.type!;
  const composite = compositeOf(module, instruction);
  if (composite !== null) return composite;
  // What a float decides is unknown; neither are the bits of one.
  if (operands.some((each) => isFloatValue(module, each))) return zeroOf(module, type);
  const [name, given] = op === 'OpExtInst' ? [operands[1]!, operands.slice(2)] : [op, operands];
  return elementwise(module, type, (i) => elementOf(module, name, {given, i}));
}

function elementwise(module: Module, id: string, element: (i: number | null) => string): string {
  const type = module.types.get(id)!;
  if (type.kind !== 'vector') return wrapped(type, element(null));
  const of = module.types.get(type.of)!;
  return `[${Array.from({length: type.length}, (_, i) => wrapped(of, element(i))).join(', ')}]`;
}

function wrapped(type: Type, expression: string): string {
  return type.kind === 'int' ? `(${expression}) ${type.signed ? '| 0' : '>>> 0'}` : `(${expression})`;
}

interface Element {
  readonly given: readonly string[];
  /** Null of a scalar. */
  readonly i: number | null;
}

function elementOf(module: Module, name: string, {given, i}: Element): string {
  const value = (id: string): string =>
    i === null || typeOf(module, id).kind !== 'vector' ? nameOf(id) : `${nameOf(id)}[${i}]`;
  const [a, b, c] = given.map(value) as [string, string, string];
  if (name === 'OpSelect') return `${a} ? ${b} : ${c}`;
  if (name === 'OpBitcast') return a;
  if (name === 'UClamp' || name === 'SClamp') {
    const kind = name === 'UClamp' ? '>>> 0' : '| 0';
    return `Math.min(Math.max(${a} ${kind}, ${b} ${kind}), ${c} ${kind})`;
  }
  const expression = given.length === 1 ? UNARY[name]?.(a) : BINARY[name]?.(a, b);
  if (expression === undefined) throw new Error(`SPIR-V: no rule for ${name}`);
  return expression;
}

/** What takes values apart and puts them together; null for other instructions. */
function compositeOf(module: Module, {op, type, operands}: Instruction): string | null {
  const [first, second] = operands as [string, string];
  const value = (id: string): string => (isFloatValue(module, id) ? '0' : nameOf(id));
  switch (op) {
    case 'OpCompositeExtract':
      return isFloatValue(module, first)
        ? zeroOf(module, type!)
        : nameOf(first) +
            operands
              .slice(1)
              .map((i) => `[${i}]`)
              .join('');
    case 'OpCompositeConstruct': {
      const isVector = module.types.get(type!)!.kind === 'vector';
      return `[${operands.map((id) => (isVector && typeOf(module, id).kind === 'vector' ? `...${value(id)}` : value(id))).join(', ')}]`;
    }
    case 'OpCompositeInsert':
      return `inserted(${value(first)}, ${nameOf(second)}, [${operands.slice(2).join(', ')}])`;
    case 'OpVectorShuffle':
      return `[${operands
        .slice(2)
        .map((i) => `[...${nameOf(first)}, ...${nameOf(second)}][${i}]`)
        .join(', ')}]`;
    case 'OpVectorExtractDynamic':
      return `${nameOf(first)}[${nameOf(second)}]`;
    case 'OpAll':
    case 'OpAny':
      return isFloatValue(module, first) ? 'false' : `${nameOf(first)}.${op === 'OpAll' ? 'every' : 'some'}(Boolean)`;
    default:
      return null;
  }
}

function typeOf(module: Module, id: string): Type {
  return module.types.get(module.made.get(id)?.type ?? '') ?? {kind: 'other'};
}

/** Returns whether an id is a float, or a vector or an array of them. */
export function isFloatValue(module: Module, id: string): boolean {
  const type = typeOf(module, id);
  if (type.kind === 'vector' || type.kind === 'array') return isFloatType(module, type.of);
  return type.kind === 'float';
}

function isFloatType(module: Module, id: string): boolean {
  const type = module.types.get(id)!;
  if (type.kind === 'vector' || type.kind === 'array') return isFloatType(module, type.of);
  return type.kind === 'float';
}
