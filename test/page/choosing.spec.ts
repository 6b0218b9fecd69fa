/** Every way to a model, and every model that cannot be compared: plain words beside the control, and the page goes on. */
import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {attr, FLOAT, GraphBuilder} from '../../models/graphBuilder.ts';
import {ComparePage, QUICK} from './comparePage.ts';
import {changeJson, FIXTURES, ModelFolder} from './models.ts';
import {expect, test} from './site.ts';

const models = new ModelFolder();
test.afterAll(() => {
  models.close();
});

const filesOf = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => /^model\.json$|^group.*\.bin$/.test(name))
    .map((name) => join(folder, name));

test.describe('a model', () => {
  test('of a folder, by its picker', async ({page, sites}) => {
    const compare = await new ComparePage(page, sites.isolated.url).open();
    await compare.pickFolder(FIXTURES.digits);
    await expect(page.getByRole('heading', {name: 'convnext-digits'})).toBeVisible();
    await compare.compare();
    await compare.expectSameAnswer();
    await expect(compare.result).toContainText('medians of 2 samples each');
    await expect(compare.figure(/median/i).first()).toContainText('ms');
  });

  test('of files, by their picker', async ({page, sites}) => {
    const compare = await new ComparePage(page, sites.isolated.url).open();
    await compare.pickFiles(filesOf(FIXTURES.digits));
    await compare.compare();
    await compare.expectSameAnswer();
  });

  test('of a dropped folder', async ({page, sites}) => {
    const compare = await new ComparePage(page, sites.isolated.url).open();
    await compare.drop([FIXTURES.mobileNetV2]);
    await expect(page.getByRole('heading', {name: 'keras-mobilenetv2'})).toBeVisible();
    await compare.compare();
    await compare.expectSameAnswer();
  });

  test('of dropped files', async ({page, sites}) => {
    const compare = await new ComparePage(page, sites.isolated.url).open();
    await compare.drop(filesOf(FIXTURES.digits));
    await compare.compare();
    await compare.expectSameAnswer();
  });

  test('that is a dropped LayersModel', async ({page, sites}) => {
    const compare = await new ComparePage(page, sites.isolated.url).open();
    await compare.drop([FIXTURES.layers]);
    await compare.compare();
    await compare.expectSameAnswer();
    await expect(page.getByRole('region', {name: 'In figures'})).toContainText('LayersModel');
  });

  test('at a URL', async ({page, sites}) => {
    sites.isolated.add(served('/models/digits/', FIXTURES.digits));
    const compare = await new ComparePage(page, sites.isolated.url).open();
    await compare.useUrl(`${sites.isolated.url}/models/digits/model.json`);
    await compare.compare();
    await compare.expectSameAnswer();
    expect(new URL(page.url()).searchParams.get('modelUrl')).toBe(`${sites.isolated.url}/models/digits/model.json`);
  });

  test('that ships with the page', async ({page, sites}) => {
    const compare = await new ComparePage(page, sites.isolated.url).open();
    await page.getByRole('button', {name: 'MobileNetV2 0.35'}).click();
    await compare.compare();
    await compare.expectSameAnswer();
  });
});

/** The files of a model under a path of the site. */
function served(base: string, folder: string): Record<string, {file: string}> {
  return Object.fromEntries(readdirSync(folder).map((name) => [base + name, {file: join(folder, name)}]));
}

interface Broken {
  readonly what: string;
  readonly folder: () => string | Promise<string>;
  readonly says: RegExp;
  readonly batch?: string;
}

const BROKEN: readonly Broken[] = [
  {
    what: 'a text file',
    folder: () =>
      models.changed('text', FIXTURES.digits, (folder) => {
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
        writeFileSync(join(folder, 'notes.txt'), 'no model');
      }),
    says: /There is no model\.json in what you gave \(notes\.txt\)/,
  },
  {
    what: 'a Keras file',
    folder: () =>
      models.changed('keras', FIXTURES.digits, (folder) => {
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
        writeFileSync(join(folder, 'weights.h5'), 'HDF');
      }),
    says: /This is a Keras model\. Convert it/,
  },
  {
    what: 'a missing shard',
    folder: () =>
      models.changed('no-shard', FIXTURES.digits, (folder) => {
        rmSync(join(folder, 'group1-shard1of1.bin'));
      }),
    says: /A weight file is missing: group1-shard1of1\.bin/,
  },
  {
    what: 'a shard that was cut off',
    folder: () =>
      models.changed('short-shard', FIXTURES.digits, (folder) => {
        const shard = join(folder, 'group1-shard1of1.bin');
        writeFileSync(shard, readFileSync(shard).subarray(0, 1000));
      }),
    says: /The weight files do not hold what .* lists: one is cut off/,
  },
  {
    what: 'broken JSON',
    folder: () =>
      models.changed('broken-json', FIXTURES.digits, (folder) => {
        const json = join(folder, 'model.json');
        writeFileSync(json, readFileSync(json, 'utf8').slice(0, 500));
      }),
    says: /model\.json is broken: it is not JSON, or was cut off/,
  },
  {
    what: 'JSON that is no model',
    folder: () =>
      models.changed('other-json', FIXTURES.digits, (folder) => {
        writeFileSync(join(folder, 'model.json'), '{"answer": 42}');
      }),
    says: /is not a TensorFlow\.js model/,
  },
  {
    what: 'an op that TensorFlow.js does not have',
    folder: () =>
      models.changed('no-op', FIXTURES.digits, (folder) => {
        changeJson(folder, ({modelTopology: {node}}) => {
          node.find(({op}) => op === 'Softmax' || op === 'AddV2')!.op = 'NoSuchOp';
        });
      }),
    says: /NoSuchOp/,
  },
  {
    what: 'more than the heap holds',
    // Its one layer turns 256 images into 17 GB.
    folder: () => {
      const graph = new GraphBuilder();
      const image = graph.input('image', [-1, 64, 64, 1]);
      const filter = graph.floats('filter', [1, 1, 1, 4096], () => new Float32Array(4096).fill(1));
      const ones = attr.ints([1, 1, 1, 1]);
      const text = {padding: attr.text('SAME'), data_format: attr.text('NHWC')};
      const attrs = {T: FLOAT, strides: ones, dilations: ones, ...text};
      const wide = graph.node({op: 'Conv2D', name: 'wide', inputs: [image, filter], shape: [-1, 64, 64, 4096], attrs});
      return models.write('too-large', graph.artifacts(wide));
    },
    says: /needs more memory than there is/,
    batch: '256',
  },
];

test.describe('plain words, and the page goes on, for', () => {
  for (const {what, folder, says, batch = '1'} of BROKEN)
    test(what, async ({page, sites}) => {
      const compare = await new ComparePage(page, sites.isolated.url).open({...QUICK, batch});
      await compare.drop([await folder()]);
      await compare.compare();
      expect(await compare.failureIn(compare.modelSection)).toMatch(says);
      await comparesAnother(compare);
    });

  test('an address without a file', async ({page, sites}) => {
    const compare = await new ComparePage(page, sites.isolated.url).open();
    await compare.useUrl(`${sites.isolated.url}/nowhere/model.json`);
    await compare.compare();
    expect(await compare.failureIn(compare.modelSection)).toContain('There is no such file');
    await comparesAnother(compare);
  });

  test('an address of a web page', async ({page, sites}) => {
    const compare = await new ComparePage(page, sites.isolated.url).open();
    await compare.useUrl(`${sites.isolated.url}/index.html`);
    await compare.compare();
    expect(await compare.failureIn(compare.modelSection)).toContain('is a web page, not a model');
    await comparesAnother(compare);
  });

  test('text that is no address', async ({page, sites}) => {
    const compare = await new ComparePage(page, sites.isolated.url).open();
    await compare.useUrl('ftp://models');
    await expect(page.getByRole('alert')).toHaveText(/This is not an address/);
    await expect(compare.chooseHeading).toBeVisible();
  });

  test('outputs that are NaN', async ({page, sites}) => {
    const compare = await new ComparePage(page, sites.isolated.url).open();
    const folder = models.changed('nan', FIXTURES.digits, (copy) => {
      changeJson(copy, ({weightsManifest: [group]}) => {
        const shard = join(copy, 'group1-shard1of1.bin');
        const bytes = readFileSync(shard);
        let offset = 0;
        for (const {dtype, shape} of group!.weights) {
          const size = shape.reduce((product, each) => product * each, 1);
          if (dtype === 'float32' && size > 1) bytes.writeFloatLE(NaN, offset);
          offset += 4 * size;
        }
        writeFileSync(shard, bytes);
      });
    });
    await compare.drop([folder]);
    await compare.compare();
    await compare.expectDone();
    await expect(compare.result).toContainText('NaN or infinite are 10 values on both sides');
    await comparesAnother(compare);
  });
});

/** Takes a good model on the same page, by its own way back. */
async function comparesAnother(compare: ComparePage): Promise<void> {
  await compare.otherModel.click();
  await expect(compare.chooseHeading).toBeVisible();
  await compare.page.getByRole('button', {name: 'ConvNeXt, digits'}).click();
  if (!compare.page.url().includes('batch=1&')) {
    await compare.openSettings();
    await compare.page.getByLabel('Images at a time (batch)').fill('1');
  }
  await compare.compare();
  await compare.expectSameAnswer();
}
