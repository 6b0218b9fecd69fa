/** Drawings become images like those that the networks learnt from: by their form, and by what the networks read in them. */
import '@tensorflow/tfjs-backend-wasm';

import {join} from 'node:path';

import * as tf from '@tensorflow/tfjs-core';

import {countCorrect, readLabelledImages} from '../../../src/compare/accuracy.ts';
import {type FusedGraphModel, loadFusedGraphModel} from '../../../src/load/load.ts';
import {modelFileHandler} from '../../../src/load/modelFiles.ts';
import {enlarge, IMAGE_SIZE, imageOf, inkBounds} from '../../../web/src/digits/image.ts';
import {type Point, rasterOf, type Stroke, upright} from '../../../web/src/digits/ink.ts';
import {randomFloats, seededRandom} from '../../helpers/random.ts';
import {enlarged} from './enlarged.ts';
import {FORMS, write} from './handwriting.ts';

const ZOO = join(__dirname, '../../../models/zoo');
const HEIGHT = IMAGE_SIZE;

const meanInk = (image: Float32Array): number => image.reduce((sum, ink) => sum + ink, 0) / image.length;
const moved = (strokes: readonly Stroke[], to: (point: Point) => Point): Stroke[] =>
  strokes.map((stroke) => stroke.map(to));
const worst = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describe('a drawing', () => {
  const three = write(3, 0, {random: seededRandom(1), padSize: 1});

  it('is black where nothing is drawn', () => {
    expect(meanInk(imageOf(rasterOf([], 1)))).toBe(0);
    expect(meanInk(imageOf(rasterOf([[]], 1)))).toBe(0);
  });

  it('is the same wherever it is drawn, and however large', () => {
    const image = imageOf(rasterOf(three, 1));
    const elsewhere = moved(three, ({x, y}) => ({x: x * 0.4 + 0.3, y: y * 0.4 + 0.05}));
    expect(worst(imageOf(rasterOf(elsewhere, 1)), image)).toBeLessThan(0.02);
    expect(
      worst(
        imageOf(
          rasterOf(
            moved(three, ({x, y}) => ({x: 300 * x, y: 300 * y})),
            300,
          ),
        ),
        image,
      ),
    ).toBeLessThan(0.02);
  });

  it('does not depend on how many points the pointer told', () => {
    const dense = three.map((stroke) =>
      stroke.flatMap((to, i) => {
        const from = stroke[i - 1] ?? to;
        return [{x: (from.x + to.x) / 2, y: (from.y + to.y) / 2}, to];
      }),
    );
    expect(worst(imageOf(rasterOf(dense, 1)), imageOf(rasterOf(three, 1)))).toBeLessThan(0.03);
  });

  it('fills the height, within the training data’s width', () => {
    const wide = moved(three, ({x, y}) => ({x: 2 * x, y}));
    for (const strokes of [three, wide]) {
      const bounds = inkBounds({size: HEIGHT, ink: imageOf(rasterOf(strokes, 1))})!;
      expect([bounds.top, bounds.bottom]).toEqual([0, HEIGHT]);
      expect(bounds.right - bounds.left).toBeLessThanOrEqual(30);
      expect(bounds.right - bounds.left).toBeGreaterThanOrEqual(16);
    }
  });

  it('has as much ink as the training data, on the average', () => {
    const random = seededRandom(2);
    const images = FORMS.flatMap((forms, digit) =>
      forms.map((_, form) => imageOf(rasterOf(write(digit, form, {random, padSize: 1}), 1))),
    );
    const mean = images.reduce((sum, image) => sum + meanInk(image), 0) / images.length;
    expect(mean).toBeGreaterThan(0.26);
    expect(mean).toBeLessThan(0.34);
  });

  it('stays small where it is a dot or a dash', () => {
    expect(meanInk(imageOf(rasterOf([[{x: 0.5, y: 0.5}]], 1)))).toBeLessThan(0.15);
    const dash = [
      {x: 0.1, y: 0.5},
      {x: 0.9, y: 0.5},
    ];
    const bounds = inkBounds({size: HEIGHT, ink: imageOf(rasterOf([dash], 1))})!;
    expect(bounds.bottom - bounds.top).toBeLessThan(HEIGHT * 0.7);
  });

  it('is set upright, and otherwise left as it was drawn', () => {
    const line = [
      {x: 0.8, y: 0.1},
      {x: 0.2, y: 0.9},
    ];
    const [set] = upright([line]);
    expect((set![0]!.x - set![1]!.x) / 0.8).toBeCloseTo(0.15, 6);
    expect(set!.map(({y}) => y)).toEqual([0.1, 0.9]);
    const straight = [[{...line[0]!, x: 0.2}, line[1]!]];
    expect(upright(straight)).toBe(straight);
    expect(upright([[line[0]!]])).toEqual([[line[0]!]]);
  });
});

it('enlarges as tf.image.resize did when the training data were made', async () => {
  await tf.setBackend('wasm');
  const cells = randomFloats(64, {seed: 5});
  const expected = tf.tidy(() =>
    tf.image.resizeBilinear(tf.tensor3d(cells, [8, 8, 1]), [32, 32], false, true).dataSync(),
  );
  expect(worst(enlarge(cells), expected as Float32Array)).toBeLessThan(1e-6);
});

describe.each([
  {folder: 'convfirst-digits', samples: 0.96, strokes: 0.9},
  {folder: 'convnext-digits', samples: 0.95, strokes: 0.83},
])('$folder reads', ({folder, samples, strokes}) => {
  let model: FusedGraphModel;

  beforeAll(async () => {
    await tf.setBackend('wasm');
    model = await loadFusedGraphModel(modelFileHandler(join(ZOO, folder)), {blocks: 'all'});
  });
  afterAll(() => {
    model.dispose();
  });

  const accuracy = async (images: readonly Float32Array[], labels: readonly number[]): Promise<number> => {
    const pixels = new Float32Array(images.length * IMAGE_SIZE ** 2);
    for (const [i, image] of images.entries()) pixels.set(image, i * IMAGE_SIZE ** 2);
    const correct = await countCorrect(model, {shape: [images.length, IMAGE_SIZE, IMAGE_SIZE, 1], pixels, labels});
    return correct / images.length;
  };

  it('the test set, enlarged and drawn on a pad', async () => {
    const {pixels, labels} = await readLabelledImages(join(ZOO, 'digits-test'));
    const images = labels.map((_, i) => {
      const picture = pixels.subarray(i * IMAGE_SIZE ** 2, (i + 1) * IMAGE_SIZE ** 2);
      return imageOf(enlarged(picture, {from: IMAGE_SIZE, to: 88, size: 128}));
    });
    const share = await accuracy(images, labels);
    console.log(`${folder}: ${(100 * share).toFixed(1)}% of the test set through the pad`);
    expect(share).toBeGreaterThan(samples);
  });

  it('digits written in strokes', async () => {
    const random = seededRandom(7);
    const labels = Array.from({length: 200}, (_, i) => i % 10);
    const images = labels.map((digit, i) => {
      const form = Math.floor(i / 10) % FORMS[digit]!.length;
      return imageOf(rasterOf(write(digit, form, {random, padSize: 1}), 1));
    });
    const share = await accuracy(images, labels);
    console.log(`${folder}: ${(100 * share).toFixed(1)}% of written strokes`);
    expect(share).toBeGreaterThan(strokes);
  });
});
