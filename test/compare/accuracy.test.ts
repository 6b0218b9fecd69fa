import '@tensorflow/tfjs-backend-cpu';

import * as fs from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import {countCorrect, readLabelledImages} from '../../src/compare/accuracy.ts';
import {ALL_TFJS} from '../../src/compare/tfjs.ts';

let folder = '';
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'accuracy-'));
});
afterEach(() => fs.rm(folder, {recursive: true}));

const TWO_IMAGES = {
  ...{schema: 1, images: 'images.bin', dtype: 'uint8', scale: 100},
  ...{shape: [2, 1, 2, 1], labels: [3, 0]},
};

async function write(test: unknown, bytes: readonly number[] = [0, 50, 100, 200]): Promise<string> {
  await fs.writeFile(join(folder, 'test.json'), JSON.stringify(test));
  await fs.writeFile(join(folder, 'images.bin'), Uint8Array.from(bytes));
  return folder;
}

describe('readLabelledImages', () => {
  it('returns bytes divided by the scale, and labels', async () => {
    const {shape, pixels, labels} = await readLabelledImages(await write(TWO_IMAGES));
    expect({shape, pixels: [...pixels], labels}).toEqual({shape: [2, 1, 2, 1], pixels: [0, 0.5, 1, 2], labels: [3, 0]});
  });

  it.each([
    ['schema 1', {schema: 2}],
    ['images must name a file', {images: 7}],
    ['images.bin.png: must be readable', {images: 'images.bin.png'}],
    ['scale must be a positive number', {scale: 0}],
    ['[n, h, w, c]', {shape: [2, 2, 1]}],
    ['a list of classes', {labels: ['three', 'zero']}],
    ['must have 2 labels, got 3', {labels: [3, 0, 1]}],
    ['must hold 6 bytes, got 4', {shape: [2, 1, 3, 1]}],
  ])('says that %s', async (text, change) => {
    await expect(readLabelledImages(await write({...TWO_IMAGES, ...change}))).rejects.toThrow(text);
  });

  it('says which file is not there', async () => {
    await expect(readLabelledImages(folder)).rejects.toThrow('test.json: must be readable');
  });
});

describe('countCorrect', () => {
  /** A model whose scores are the pixels of an image. */
  const scoresAreItsPixels = {
    inputs: [{name: 'image'}],
    outputs: [{name: 'scores'}],
    execute: ({image}: NamedTensorMap): Tensor2D => tf.reshape(image!, [image!.shape[0], -1]),
  } as unknown as GraphModel;

  const count = (images: readonly (readonly number[])[], labels: readonly number[]): Promise<number> =>
    countCorrect(ALL_TFJS, scoresAreItsPixels, {
      shape: [images.length, 1, images[0]!.length, 1],
      pixels: Float32Array.from(images.flat()),
      labels,
    });

  it('counts where the best score is that of the label', async () => {
    const images = [
      [1, 3, 2],
      [-1, -3, -2],
      [0, 0, 9],
    ];
    expect(await count(images, [1, 0, 2])).toBe(3);
    expect(await count(images, [1, 1, 1])).toBe(1);
  });

  it('counts every image of more than one batch once, and the right label with it', async () => {
    const labels = Array.from({length: 150}, (_, i) => (i * 7) % 11);
    const images = labels.map((label) => Array.from({length: 11}, (_, each) => (each === label ? 1 : 0)));
    const wrongFrom = 140;
    expect(await count(images, labels)).toBe(150);
    expect(
      await count(images, [...labels.slice(0, wrongFrom), ...labels.slice(wrongFrom).map((l) => (l + 1) % 11)]),
    ).toBe(wrongFrom);
  });

  it('never takes NaN for an answer', async () => {
    expect(
      await count(
        [
          [NaN, 1],
          [NaN, NaN],
          [0, NaN],
        ],
        [1, 0, 0],
      ),
    ).toBe(0);
  });

  it('leaves no tensor behind', async () => {
    await tf.ready();
    const {numTensors} = tf.memory();
    await count([[0, 1]], [1]);
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});
