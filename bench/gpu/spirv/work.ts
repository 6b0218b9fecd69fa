/** What a stretch of SPIR-V does for one invocation, in the units of assembly/mix.ts. */
import {type Block, bytesOfType, type Instruction, isFloat, type Module, storageOf} from './module.ts';

export interface Work {
  /** A lone multiplication or addition is half a one. */
  macs: number;
  /** Units: bytes. */
  globalRead: number;
  globalWritten: number;
  workgroupRead: number;
  workgroupWritten: number;
  barriers: number;
  /** All but those that say where to go on. */
  instructions: number;
}

/** Returns work of nothing. */
export function noWork(): Work {
  return {
    macs: 0,
    globalRead: 0,
    globalWritten: 0,
    workgroupRead: 0,
    workgroupWritten: 0,
    barriers: 0,
    instructions: 0,
  };
}

/** Adds work that is done so many times. */
export function addWork(sum: Work, work: Work, times: number): void {
  for (const key of Object.keys(sum) as (keyof Work)[]) sum[key] += work[key] * times;
}

const CONTROL = /^Op(Branch|SelectionMerge|LoopMerge|Phi|Switch|Return|Unreachable)/;

/** Returns what a block does each time. */
export function workOf(module: Module, {instructions}: Block): Work {
  const work = noWork();
  for (const each of instructions) {
    if (!CONTROL.test(each.op)) work.instructions++;
    if (each.op === 'OpLoad' || each.op === 'OpStore') countAccess(module, each, work);
    else if (each.op === 'OpControlBarrier') work.barriers++;
    else if (each.type !== null && isArithmetic(module, each.type)) work.macs += macsOf(module, each);
  }
  return work;
}

/** Returns what a load or a store moves. Units: bytes. */
export function bytesOfAccess(module: Module, {op, type, operands}: Instruction): number {
  return bytesOfType(module, op === 'OpLoad' ? type! : module.made.get(operands[1]!)!.type!);
}

function countAccess(module: Module, instruction: Instruction, work: Work): void {
  const storage = storageOf(module, instruction.operands[0]!);
  if (storage !== 'StorageBuffer' && storage !== 'Workgroup') return;
  const isLoad = instruction.op === 'OpLoad';
  const bytes = bytesOfAccess(module, instruction);
  if (storage === 'StorageBuffer') work[isLoad ? 'globalRead' : 'globalWritten'] += bytes;
  else work[isLoad ? 'workgroupRead' : 'workgroupWritten'] += bytes;
}

function isArithmetic(module: Module, type: string): boolean {
  return isFloat(module, type);
}

/** An element's, of a result. Divisions and powers are a multiplication beside what the special functions do. */
const MACS: Readonly<Record<string, number>> = {
  ...{OpFAdd: 0.5, OpFSub: 0.5, OpFMul: 0.5, OpFDiv: 0.5, OpVectorTimesScalar: 0.5, OpMatrixTimesScalar: 0.5},
  ...{Fma: 1, Exp: 0.5, Log: 0.5, Pow: 0.5, FMix: 1, Tanh: 2, Sinh: 1, Cosh: 1},
};

function macsOf(module: Module, {op, type, operands}: Instruction): number {
  const elements = elementsOf(module, type!);
  if (op === 'OpDot') return elementsOf(module, module.made.get(operands[0]!)!.type!) - 0.5;
  if (op.startsWith('OpMatrixTimes') && op !== 'OpMatrixTimesScalar')
    return elements * (Math.sqrt(elementsOf(module, module.made.get(operands[0]!)!.type!)) - 0.5);
  return elements * (MACS[op === 'OpExtInst' ? operands[1]! : op] ?? 0);
}

function elementsOf(module: Module, id: string): number {
  const type = module.types.get(id)!;
  return type.kind === 'vector' ? type.length * elementsOf(module, type.of) : 1;
}
