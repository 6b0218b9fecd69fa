import {blockSpec} from '../../ops/block.ts';
import {reasonNotToFuse} from '../../src/rewrite/whenFaster.ts';

const SPEC = blockSpec({
  order: 'conv-first',
  inChannels: 64,
  hiddenChannels: 256,
  outChannels: 64,
  kernelSize: [7, 7],
  stride: 1,
  padding: 'same',
  groupWidth: 1,
  layerNormEpsilon: 1e-6,
  spatialActivation: 'linear',
  hiddenActivation: 'gelu',
  residual: true,
});

describe('reasonNotToFuse', () => {
  it('is none for a block that pays', () => {
    expect(reasonNotToFuse(SPEC, {batch: 1, height: 28, width: 28}, 'wasm')).toBeNull();
  });

  it('names a block of too little work', () => {
    const small = blockSpec({...SPEC, inChannels: 8, hiddenChannels: 16, outChannels: 8, kernelSize: [3, 3]});
    expect(reasonNotToFuse(small, {batch: 1, height: 1, width: 1}, 'wasm')).toMatch(/fewer than \d+ MACs is no faster/);
  });

  it('names a backend that has no kernel', () => {
    expect(reasonNotToFuse(SPEC, {batch: 1, height: 28, width: 28}, 'cpu')).toMatch(/no fused kernel for backend cpu/);
  });
});
