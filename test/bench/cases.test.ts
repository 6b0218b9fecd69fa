import {CASES, type NetworkCase} from '../../bench/speed/cases.ts';
import {ALL_CASES} from '../../bench/speed/edgeCases.ts';
import {networkBlocks} from '../../bench/speed/networkBlocks.ts';
import {convNextArtifacts} from '../../models/convNext.ts';
import {mobileNetV2Artifacts} from '../../models/mbConv.ts';
import {blockCost} from '../../ops/cost.ts';

describe('CASES', () => {
  it('have names of their own', () => {
    const names = ALL_CASES.map(({name}) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([
    // 56² pixels, 49 taps and two 96×384 matrices a channel row.
    ['convnext-56x56x96', 56 * 56 * (49 * 96 + 2 * 96 * 384)],
    ['convfirst-64x64x64', 64 * 64 * (9 * 8 * 64 + 2 * 64 * 384)],
    ['mbconv-16x16x256', 16 * 16 * (9 * 8 * 1024 + 2 * 256 * 1024)],
    ['mobilenetv2-14x14x64', 14 * 14 * (9 * 384 + 2 * 64 * 384)],
  ])('%s takes %i MACs', (name, macs) => {
    const found = CASES.find((each) => each.name === name)!;
    expect(found.kind === 'block' && blockCost(found.spec, found.size).macs.total).toBe(macs);
  });

  it.each([
    ['convnext-tiny', 4.46e9], // Liu et al. 2022, table 9
    ['mobilenet-v2', 0.3e9], // Sandler et al. 2018, table 4
    ['efficientnet-b0', 0.39e9], // Tan and Le 2019, table 2
    ['mobilenet-v3-large', 0.219e9], // Howard et al. 2019, table 3
    ['mobilenet-v1', 0.569e9], // Howard et al. 2017, table 4
    ['convnext-v2-atto', 0.55e9], // Woo et al. 2023, table 9
  ])('%s takes as many MACs as its paper says', (name, macs) => {
    const found = CASES.find((each) => each.name === name)!;
    expect(found.kind === 'network' && found.macs() / macs).toBeCloseTo(1, 1);
  });
});

describe('networkBlocks', () => {
  const network = (artifacts: NetworkCase['artifacts']): NetworkCase => ({
    ...{kind: 'network', name: 'net', macs: () => 0, artifacts},
  });

  it('has each kind of block once, at the size that it has in the network', async () => {
    const options = {imageSize: 64, widths: [8, 16], depths: [3, 2], spelling: 'keras-depthwise'} as const;
    const blocks = await networkBlocks(network(() => convNextArtifacts(options)));
    expect(blocks.map(({name}) => name)).toEqual(['net/16x16x8-32-8', 'net/8x8x16-64-16']);
    expect(blocks[0]).toMatchObject({
      spec: {order: 'conv-first', kernelSize: [7, 7], hiddenActivation: 'gelu', residual: true},
      size: {batch: 1, height: 16, width: 16},
    });
  });

  it('tells blocks apart by widths and stride', async () => {
    const names = (await networkBlocks(network(() => mobileNetV2Artifacts()))).map(({name}) => name);
    expect(names).toContain('net/56x56x24-144-32-stride2');
    expect(names).toContain('net/7x7x160-960-320');
    expect(names).toHaveLength(12);
    expect(new Set(names).size).toBe(12);
  });
});
