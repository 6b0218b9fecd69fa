/** The trained models of models/zoo are what results.json and their cards say, stock and fused. */
import '@tensorflow/tfjs-backend-wasm';

import {readdirSync, readFileSync, statSync} from 'node:fs';
import {join} from 'node:path';

import * as tf from '@tensorflow/tfjs-core';

import {blockCost} from '../../ops/cost.ts';
import type {EfficiencyGap} from '../../src/analysis/efficiencyGap.ts';
import {readAccuracies} from '../../src/cli/accuracies.ts';
import {countCorrect, type LabelledImages, readLabelledImages} from '../../src/compare/accuracy.ts';
import {ALL_TFJS} from '../../src/run/allTfjs.ts';
import {loadFusedGraphModel} from '../../src/load/load.ts';
import {modelFileHandler, readModelFiles} from '../../src/load/modelFiles.ts';
import {legalizeArtifacts} from '../../src/rewrite/legalize.ts';

const ZOO = join(__dirname, '../../models/zoo');
const MEGABYTE = 1e6;

interface Network {
  readonly family: 'convfirst' | 'convnext' | 'mobilenetv2';
  readonly size: 'small' | 'medium' | 'large';
  readonly parameters: number;
  readonly mmac: number;
  readonly correct: number;
  readonly images: number;
  readonly accuracy: number;
  readonly interval95: readonly [number, number];
  readonly folds: readonly {readonly correct: number; readonly images: number}[];
}

const {networks} = JSON.parse(readFileSync(join(ZOO, 'results.json'), 'utf8')) as {networks: Network[]};
const readme = readFileSync(join(ZOO, 'README.md'), 'utf8');

const FAMILIES = {convfirst: 'ConvFirst', convnext: 'ConvNeXt', mobilenetv2: 'MobileNetV2-like'};
const percent = (share: number): string => (100 * share).toFixed(2);

/** What is kept: trained on all folds but the first, whose images are the test set. `rest`: MACs outside the blocks. */
const KEPT = [
  {folder: 'convfirst-digits', family: 'convfirst', blockSides: [16, 16, 16, 8], rest: [9 * 16 * 16 ** 2, 32 * 10]},
  {
    folder: 'convnext-digits',
    family: 'convnext',
    blockSides: [16, 16, 8, 8],
    rest: [4 * 16 * 16 ** 2, 4 * 16 * 32 * 8 ** 2, 32 * 10],
  },
].map((kept) => ({
  ...kept,
  network: networks.find(({family, size}) => family === kept.family && size === 'small')!,
}));

describe.each(KEPT)('$folder', ({folder, network, blockSides, rest}) => {
  const path = join(ZOO, folder);
  const claimed = network.folds[0]!.correct;
  let test: LabelledImages;

  beforeAll(async () => {
    await tf.setBackend('wasm');
    test = await readLabelledImages(join(ZOO, 'digits-test'));
  });

  it('gets as many test images right as results.json says, stock', async () => {
    const {artifacts} = legalizeArtifacts(await readModelFiles(path));
    const model = await ALL_TFJS.loadGraphModel(tf.io.fromMemory(artifacts));
    expect(await countCorrect(model, test)).toBe(claimed);
    model.dispose();
  });

  it('gets as many right fused, by blocks that have the MACs of results.json', async () => {
    const model = await loadFusedGraphModel(modelFileHandler(path), {blocks: 'all'});
    expect(await countCorrect(model, test)).toBe(claimed);
    const {blocks} = model.fusionReport;
    const inBlocks = blocks.map(({spec}, i) => {
      const side = blockSides[i]!;
      return blockCost(spec, {batch: 1, height: side, width: side}).macs.total;
    });
    const macs = [...inBlocks, ...rest].reduce((sum, each) => sum + each, 0);
    expect(inBlocks).toHaveLength(blockSides.length);
    expect(macs / 1e6).toBeCloseTo(network.mmac, 4);
    model.dispose();
  });

  it('is under a megabyte, with its test set', () => {
    const bytes = [path, join(ZOO, 'digits-test')].flatMap((each) =>
      readdirSync(each).map((name) => statSync(join(each, name)).size),
    );
    expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(MEGABYTE);
  });

  it('has a card that says how good it is', () => {
    const card = readFileSync(join(path, 'README.md'), 'utf8');
    const {images} = network.folds[0]!;
    expect(test.labels).toHaveLength(images);
    expect(card).toContain(`${claimed} of ${images}`);
    expect(card).toContain(`${percent(network.accuracy)}%`);
    expect(card).toContain(network.interval95.map(percent).join(' to '));
  });
});

it('has the accuracies of results.json in the form that waterline takes', async () => {
  const named = [
    ...networks.map((network) => ({name: `${network.family}-${network.size}`, network})),
    ...KEPT.map(({folder, network}) => ({name: folder, network})),
  ];
  const names = named.map(({name}) => name);
  const accuracies = await readAccuracies(join(ZOO, 'accuracies.json'), names);
  expect([...accuracies.keys()]).toEqual(names);
  for (const {name, network} of named) {
    const {family, accuracy, interval95} = network;
    expect(accuracies.get(name)).toEqual({accuracy, interval: interval95, family: FAMILIES[family]});
  }
});

it('says how families compare as the record of the bench does', () => {
  const record = readFileSync(join(ZOO, '../../bench/results/2026-11-21-epyc-zoo.jsonl'), 'utf8');
  const {models} = JSON.parse(record) as {models: Record<'stock' | 'fused', EfficiencyGap>[]};
  const gaps = new Map(models.flatMap(({stock, fused}) => [stock, fused]).map((gap) => [gap.name, gap]));
  const [fused, medium, large] = ['convfirst-small, fused', 'convnext-medium, stock', 'convnext-large, stock'].map(
    (name) => gaps.get(name)!,
  ) as [EfficiencyGap, EfficiencyGap, EfficiencyGap];
  const times = (slow: EfficiencyGap): string => `${(slow.actualMs / fused.actualMs).toFixed(1)} times as fast`;
  const prose = readme.replace(/\s+/g, ' ');
  expect(prose).toContain(
    `ConvFirst small, fused, is ${times(medium)} as ConvNeXt medium in stock tfjs, and ${times(large)} as ConvNeXt large`,
  );
  const [ms, mediumMs, largeMs] = [fused, medium, large].map(({actualMs}) => actualMs.toFixed(2));
  expect(prose).toContain(`${ms} ms against ${mediumMs} and ${largeMs} ms`);
  const [gap, mediumGap, largeGap] = [fused, medium, large].map(({gapMs}) => gapMs.toFixed(2));
  expect(prose).toContain(`gaps of ${gap} against ${mediumGap} and ${largeGap} ms`);
});

describe('results.json', () => {
  it('has three sizes of three families', () => {
    expect(networks.map(({family, size}) => `${family} ${size}`)).toEqual(
      Object.keys(FAMILIES).flatMap((family) => ['small', 'medium', 'large'].map((size) => `${family} ${size}`)),
    );
  });

  describe.each(networks)('$family $size', ({family, size, parameters, mmac, folds, ...network}) => {
    it('counts every image once', () => {
      const sum = (key: 'correct' | 'images'): number => folds.reduce((total, fold) => total + fold[key], 0);
      expect([sum('correct'), sum('images')]).toEqual([network.correct, network.images]);
      expect(network.images).toBe(1797);
      expect(network.accuracy).toBeCloseTo(network.correct / network.images, 5);
    });

    it('has the interval whose ends are 1.96 deviations from the share found', () => {
      const {interval95: ends, accuracy, images} = network;
      for (const end of ends)
        expect(Math.abs(accuracy - end) / Math.sqrt((end * (1 - end)) / images)).toBeCloseTo(1.96, 1);
    });

    it('has its row in the README', () => {
      const accuracy = [`${percent(network.accuracy)}%`, network.interval95.map(percent).join(' to ')];
      expect(readme).toContain(`| ${[FAMILIES[family], size, parameters, mmac.toFixed(2), ...accuracy].join(' | ')} |`);
    });
  });
});
