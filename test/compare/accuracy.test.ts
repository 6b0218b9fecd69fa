import '@tensorflow/tfjs-backend-cpu';

import * as fs from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';

import type {GraphModel} from '@tensorflow/tfjs-converter';
import type {NamedTensorMap, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

import {countCorrect, type LabelledImages, readLabelledImages} from '../../src/compare/accuracy.ts';

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
  /** A model whose scores are the pixels of an image; `asked` hears of each batch. */
  const modelOf = (
    inputs: readonly {name: string; shape?: readonly number[]}[],
    asked: (images: number) => void = () => undefined,
  ): GraphModel =>
    ({
      inputs,
      outputs: [{name: 'scores'}],
      execute: (given: NamedTensorMap): Tensor2D => {
        const image = given[inputs[0]!.name]!;
        asked(image.shape[0]);
        return tf.reshape(image, [image.shape[0], -1]);
      },
    }) as unknown as GraphModel;
  const scoresAreItsPixels = modelOf([{name: 'image'}]);

  const count = (images: readonly (readonly number[])[], labels: readonly number[]): Promise<number> =>
    countCorrect(scoresAreItsPixels, {
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

  it.each([
    ['another size', [[-1, 1, 3, 1]]],
    ['no images', [[-1, 3]]],
    ['batches that do not add up', [[2, 1, 2, 1]]],
    ['one more input', [[-1, 1, 2, 1], [1]]],
  ])('refuses a model of %s', async (_, shapes) => {
    const model = modelOf(shapes.map((shape, i) => ({name: `input${i}`, shape})));
    const images: LabelledImages = {shape: [3, 1, 2, 1], pixels: new Float32Array(6), labels: [0, 0, 0]};
    await expect(countCorrect(model, images)).rejects.toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('--images: the model must take images alone, here of [3, 1, 2, 1]') as string,
    });
  });

  it('gives a model of a fixed batch as many images as it takes', async () => {
    const batches: number[] = [];
    const model = modelOf([{name: 'image', shape: [2, 1, 2, 1]}], (images) => batches.push(images));
    const pixels = Float32Array.from([1, 0, 0, 1, 0, 1, 1, 0]);
    expect(await countCorrect(model, {shape: [4, 1, 2, 1], pixels, labels: [0, 1, 1, 1]})).toBe(3);
    expect(batches).toEqual([2, 2]);
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
