/** One invocation of a shader, run: its loops, and the buffers that its wave reads. */
import {type Given, runInvocation, trafficOf} from '../../../../bench/gpu/spirv/invocation.ts';
import {type SpirvLoop, wholeWork} from '../../../../bench/gpu/spirv/loops.ts';
import {type Module, parseModule} from '../../../../bench/gpu/spirv/module.ts';
import {DEPTH, GIVEN, keptModule, SLABS, TILES} from '../kept.ts';

const VECTOR = 16;
const THREADS = 64;

const loopsOf = (module: Module, given: Given): SpirvLoop => runInvocation(module, given).loops;

describe('a product of slabs', () => {
  const module = keptModule('product');
  const whole = loopsOf(module, GIVEN.product);
  const [zeroing, slabs] = whole.inner;
  const [product] = slabs!.inner;

  it('goes round as its uniforms say', () => {
    expect(whole.inner).toHaveLength(2);
    expect([slabs!.trips, slabs!.entries]).toEqual([SLABS, 1]);
    expect([product!.trips, product!.entries]).toEqual([SLABS * DEPTH, SLABS]);
  });

  it('has its work in the loop that does it', () => {
    expect(slabs!.text).toMatchObject({globalRead: VECTOR, workgroupWritten: VECTOR, barriers: 2, macs: 0});
    expect(product!.text).toMatchObject({macs: 4, workgroupRead: VECTOR, globalRead: 0});
    // Four exponentials, a multiplication each.
    expect(whole.own).toMatchObject({macs: 4 / 2, globalWritten: VECTOR});
    expect(wholeWork(whole).macs).toBe(SLABS * DEPTH * 4 + 2);
  });

  it('has workgroup memory set to zero first, as drivers do', () => {
    expect([zeroing!.trips, zeroing!.text.workgroupWritten]).toEqual([1, VECTOR]);
  });

  it('reads every byte of a slab once', () => {
    const ran = runInvocation(module, GIVEN.product);
    const traffic = trafficOf(module, GIVEN.product, {ran, lanes: 32, sectorBytes: 64});
    const slabBytes = THREADS * VECTOR;
    expect(traffic.find(({binding}) => binding === 0)).toEqual({
      ...{binding: 0, requested: slabBytes / 2, fetched: slabBytes / 2, distinct: slabBytes},
    });
    expect(traffic.find(({binding}) => binding === 1)).toEqual({
      ...{binding: 1, requested: (SLABS * slabBytes) / 2, fetched: (SLABS * slabBytes) / 2},
      distinct: SLABS * slabBytes,
    });
  });
});

describe("stock tfjs's product", () => {
  const module = keptModule('stockProduct');
  const whole = loopsOf(module, GIVEN.stockProduct);
  const tiles = whole.inner.at(-1)!;

  it('goes round once a tile, and sixteen times in it', () => {
    expect([tiles.trips, tiles.inner[0]!.trips]).toEqual([TILES, TILES * 16]);
    // A bias is added at the end.
    expect(wholeWork(whole).macs).toBe(TILES * 16 + 0.5);
  });

  it('reads the last tile only where there is one: of 80 columns 72', () => {
    // Three loads before the loop and three in each round, of which the last round has none.
    expect(tiles.text.globalRead).toBe(3 * 4);
    expect(tiles.own.globalRead).toBeLessThan(TILES * 3 * 4);
    expect(tiles.own.instructions).toBeLessThan(TILES * tiles.text.instructions);
  });
});

/** A loop that counts down a number of an array, by a signed division, and leaves from its midst. */
const COUNTDOWN = `
%1 = OpExtInstImport "GLSL.std.450"
OpEntryPoint GLCompute %2 "main" %3
OpExecutionMode %2 LocalSize 4 1 1
OpDecorate %3 BuiltIn LocalInvocationIndex
OpDecorate %4 Binding 0
OpMemberDecorate %5 0 Offset 4
%6 = OpTypeInt 32 0
%7 = OpTypeInt 32 1
%8 = OpTypeBool
%9 = OpTypeVoid
%10 = OpTypeFunction %9
%11 = OpTypePointer Input %6
%3 = OpVariable %11 Input
%5 = OpTypeStruct %7
%12 = OpTypePointer Uniform %5
%4 = OpVariable %12 Uniform
%13 = OpTypePointer Uniform %7
%14 = OpConstant %6 0
%15 = OpConstant %6 1
%16 = OpConstant %7 2
%17 = OpConstant %7 -3
%18 = OpConstant %6 2
%19 = OpTypeArray %7 %18
%20 = OpTypePointer Function %19
%21 = OpTypePointer Function %7
%2 = OpFunction %9 None %10
%22 = OpLabel
%23 = OpVariable %20 Function
%24 = OpAccessChain %13 %4 %14
%25 = OpLoad %7 %24
%26 = OpSDiv %7 %25 %17
%27 = OpAccessChain %21 %23 %15
OpStore %27 %26
OpBranch %28
%28 = OpLabel
OpLoopMerge %29 %30 None
OpBranch %31
%31 = OpLabel
%32 = OpAccessChain %21 %23 %15
%33 = OpLoad %7 %32
%34 = OpSGreaterThan %8 %33 %16
OpSelectionMerge %35 None
OpBranchConditional %34 %35 %36
%36 = OpLabel
OpBranch %29
%35 = OpLabel
%37 = OpISub %7 %33 %16
OpStore %32 %37
OpBranch %30
%30 = OpLabel
OpBranch %28
%29 = OpLabel
OpReturn
OpFunctionEnd`;

describe('integers', () => {
  const module = parseModule(COUNTDOWN);

  it.each([
    // -25 ÷ -3 is 8, to zero; 8, 6 and 4 are more than 2.
    ['a quotient of negatives', -25, 3],
    ['none', 25, 0],
  ])('decide on trips: %s', (_, start, trips) => {
    const given: Given = {dispatch: [1, 1, 1], uniforms: Int32Array.of(0, start)};
    expect(loopsOf(module, given).inner[0]!.entries).toBe(1);
    expect(runInvocation(module, given).counts[4]).toBe(trips);
  });

  it('are asked of an operation that has no rule', () => {
    const unknown = parseModule(COUNTDOWN.replace('OpSDiv', 'OpSDivide'));
    expect(() => runInvocation(unknown, {dispatch: [1, 1, 1], uniforms: Int32Array.of(0, 1)})).toThrow(
      'SPIR-V: no rule for OpSDivide',
    );
  });
});
