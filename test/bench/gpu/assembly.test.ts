/**
 * The readers of assembly, on what three compilers made of one shader: kept/product. Its loop over slabs has two barriers, one
 * load of a vector and one store of it into workgroup memory; the loop within reads a vector of workgroup memory and has four FMAs;
 * after them come four exponentials and a store. What is expected of each is counted by hand in the kept text.
 */
import {ownLines, outsideLines} from '../../../bench/gpu/assembly/loops.ts';
import {macsOf} from '../../../bench/gpu/assembly/mix.ts';
import {READERS} from '../../../bench/gpu/assembly/readers.ts';
import {figuresOf} from '../../../bench/gpu/figures.ts';
import {gpuNamed, type Vendor} from '../../../bench/gpu/gpus.ts';
import {keptAssembly, keptText, VENDORS} from './kept.ts';

const VECTOR_BYTES = 16;

describe.each(VENDORS)('assembly for %s', (vendor) => {
  const assembly = keptAssembly('product', vendor);
  const {loops, outside, whole, lines} = assembly;
  const product = loops.find(({mix}) => mix.fmas > 0)!;
  const slabs = loops.find((loop) => loop !== product && loop.first < product.first && product.last < loop.last)!;

  it('has the loop of products within that of slabs', () => {
    expect(loops.filter(({mix}) => mix.fmas > 0)).toHaveLength(1);
    expect(product.isInnermost).toBe(true);
    expect(slabs.isInnermost).toBe(false);
  });

  it('multiplies in the inner loop, from workgroup memory', () => {
    const {fmas, flops, workgroupLoads, workgroupBytes, globalLoads, scratch} = product.mix;
    expect([fmas, flops, workgroupLoads, workgroupBytes, globalLoads, scratch]).toEqual([4, 8, 1, VECTOR_BYTES, 0, 0]);
    expect(macsOf(product.mix)).toBe(4);
  });

  it('stages a vector in the outer loop', () => {
    const {globalLoads, globalBytes, fmas} = slabs.mix;
    expect([globalLoads, globalBytes, fmas]).toEqual([1, VECTOR_BYTES, 0]);
    // A workgroup of one wave needs none: AMD's compiler leaves them out.
    expect(slabs.mix.barriers).toBe(vendor === 'amd' ? 0 : 2);
  });

  it('stores after the loops, and computes the exponentials there', () => {
    expect(outside.globalStores).toBe(1);
    expect(outside.slow).not.toBe(0);
  });

  it('counts every instruction once', () => {
    for (const key of ['issue', 'flops', 'globalLoads', 'barriers', 'branches'] as const)
      expect(loops.reduce((sum, {mix}) => sum + mix[key], outside[key])).toBe(whole[key]);
    const own = loops.flatMap((loop) => ownLines(assembly, loop));
    expect(own.length + outsideLines(assembly).length).toBe(lines.length);
  });
});

describe('one wave alone', () => {
  const latency = {alu: 5, slow: 20, workgroup: 30, global: 250};
  const alone = (vendor: Vendor, lines: string): number =>
    READERS[vendor].alone(READERS[vendor].linesOf(lines), 1, latency);

  it('waits for a load where its result is used (AMD)', () => {
    const load = '\tbuffer_load_dwordx4 v[8:11], v5, s[8:11], 0 offen\n';
    const use = '\ts_waitcnt vmcnt(0)\n\tv_fmac_f32_e32 v4, v8, v5\n';
    expect(alone('amd', load)).toBe(1);
    expect(alone('amd', load + use)).toBe(1 + latency.global + 1);
  });

  it('goes on with what does not wait, and issues one a cycle (AMD)', () => {
    const independent = '\tv_add_f32_e32 v1, v2, v3\n\tv_add_f32_e32 v4, v5, v6\n';
    const dependent = '\tv_add_f32_e32 v1, v2, v3\n\tv_add_f32_e32 v4, v1, v6\n';
    expect(alone('amd', independent)).toBe(2);
    expect(alone('amd', dependent)).toBe(1 + latency.alu);
  });

  it('waits for the registers that a wide load fills (NVIDIA)', () => {
    const load = '        /*0000*/                   LDS.128 R8, [R4] ;\n';
    const use = '        /*0010*/                   FFMA R0, R11, R2, R0 ;\n';
    expect(alone('nvidia', load + use)).toBe(1 + latency.workgroup + 1);
  });

  it('waits for the token of a send (Intel)', () => {
    const send = [
      'send(16)        g20UD           g18UD           nullUD          0x04805000                0x00000000',
      '                            dp data 1 MsgDesc: (DC untyped surface read, Surface = 254, SIMD16, Mask = 0x0) mlen 2 rlen 8 { align1 1H $1 };',
    ].join('\n');
    const use =
      '\nmad(16)         g2<1>F          g2<8,8,1>F      g20<8,8,1>F     g4<1,1,1>F      { align1 1H $1.dst };';
    expect(alone('intel', send)).toBe(2);
    expect(alone('intel', send + use)).toBe(2 + latency.workgroup + 2);
  });
});

describe('figures', () => {
  const compiled = {registers: 24, spills: 0, stackBytes: 0, workgroupBytes: 1024, resident: 8};

  it('are of the hottest loop, and of the waves of the dispatch', () => {
    const amd = figuresOf(
      gpuNamed('rdna2'),
      {...compiled, assembly: keptText('product', 'amd'), threads: 64, wave: 64},
      56,
    );
    expect(amd.hot.fmas).toBe(4);
    expect(amd.macsPerIssue).toBeCloseTo(4 / 7);
    expect(amd.workgroupBytesPerMac).toBe(VECTOR_BYTES / 4);
    // 56 waves on 28 units of 2 SIMDs.
    expect(amd.wavesInFlight).toBe(1);
    // 64 lanes read 16 bytes each of the SIMD's half of 128 a cycle: 16 cycles, for 4 · 64 ÷ 32 of FMAs.
    expect([amd.peakShare, amd.bound]).toEqual([(4 * 2) / 16, 'workgroup memory']);
  });

  it('say where what is issued is the bound', () => {
    const nvidia = figuresOf(
      gpuNamed('ampere'),
      {...compiled, assembly: keptText('product', 'nvidia'), threads: 64, wave: 32},
      28,
    );
    // 32 lanes read 16 bytes each, of the SIMD's quarter of 128 a cycle: 16 cycles, as many as it issues.
    expect(nvidia.hot.issue).toBe(16);
    expect([nvidia.peakShare, nvidia.bound]).toEqual([4 / 16, 'issue']);
  });
});
