/** The tests that every builder of models/ passes: its network computes something, by its seed, with all of its weights. */
import type {io} from '@tensorflow/tfjs-core';

import {bytesOf, idleWeights, logitsOf, scaleOf} from './networks.ts';

/** Adds the tests of a small network, for images of `imageSize`, with the weights of a seed. */
export function itIsANetwork(build: (seed: number) => io.ModelArtifacts, {imageSize}: {imageSize: number}): void {
  const artifacts = build(0);

  it('gives outputs of sensible scale', async () => {
    const scale = scaleOf(await logitsOf(artifacts, {imageSize}));
    expect(scale).toBeGreaterThan(0.2);
    expect(scale).toBeLessThan(3);
  });

  it('has the weights of its seed', () => {
    const bytes = Buffer.from(bytesOf(artifacts));
    expect([0, 1].map((seed) => bytes.equals(bytesOf(build(seed))))).toEqual([true, false]);
  });

  it('needs every one of its weights', async () => {
    expect(await idleWeights(artifacts, {imageSize})).toEqual([]);
  });
}
