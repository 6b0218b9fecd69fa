/** Every way to give the compare page a model, and what it says of one that it cannot run: after which it goes on. */
import {readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {ComparePage} from './comparePage.ts';
import {dropPaths} from './drop.ts';
import {changeJson, FIXTURES, ModelFolder} from './models.ts';
import {expect, test} from './site.ts';

const filesOf = (folder: string): string[] => readdirSync(folder).map((name) => join(folder, name));

let models: ModelFolder;
test.beforeAll(() => {
  models = new ModelFolder();
});
test.afterAll(() => {
  models.close();
});

test.describe('a model', () => {
  test('that comes with the page', async ({page, sites}) => {
    const compare = new ComparePage(page);
    await compare.open(sites.isolated);
    await compare.button(/^ConvFirst, digits/).click();
    await compare.run();
    await compare.expectCompared();
    await expect(page.getByText('blocks fused').first()).toBeVisible();
  });

  test('in a folder that is picked', async ({page, sites}) => {
    const compare = new ComparePage(page);
    await compare.open(sites.isolated);
    await compare.pickFolder(FIXTURES.digits);
    await expect(page.getByRole('heading', {level: 1})).toHaveText('convnext-digits');
    await compare.run();
    await compare.expectCompared();
  });

  test('in files that are picked', async ({page, sites}) => {
    const compare = new ComparePage(page);
    await compare.open(sites.isolated);
    await compare.pickFiles(filesOf(FIXTURES.mobileNetV2).filter((file) => /model\.json|shard/.test(file)));
    await compare.run();
    await compare.expectCompared();
    await expect(page.getByText('17 blocks fused')).toBeVisible();
  });

  test('in a folder that is dropped', async ({page, sites}) => {
    const compare = new ComparePage(page);
    await compare.open(sites.isolated);
    await dropPaths(page, page.getByText('Drop your model here'), [FIXTURES.digits]);
    await expect(page.getByRole('heading', {level: 1})).toHaveText('convnext-digits');
    await compare.run();
    await compare.expectCompared();
  });

  test('of Keras layers, in files that are dropped', async ({page, sites}) => {
    const compare = new ComparePage(page);
    await compare.open(sites.isolated);
    await dropPaths(page, page.getByText('Drop your model here'), filesOf(FIXTURES.layers));
    await compare.run();
    await compare.expectCompared();
    await expect(page.getByText(/LayersModel/).first()).toBeVisible();
  });

  test('at an address', async ({page, sites}) => {
    const {isolated} = sites;
    isolated.add(
      Object.fromEntries(filesOf(FIXTURES.digits).map((file) => [`/served/${file.split('/').pop()!}`, {file}])),
    );
    const compare = new ComparePage(page);
    await compare.open(isolated);
    await compare.giveAddress(`${isolated.url}/served/model.json`);
    await compare.run();
    await compare.expectCompared();
  });
});

test.describe('what cannot be run is told beside its control, and the page goes on:', () => {
  const cases: readonly {
    readonly title: string;
    readonly give: (compare: ComparePage) => Promise<void>;
    readonly says: RegExp;
  }[] = [
    {
      title: 'a file of another format',
      give: (compare) => compare.pickFolder(withFile('keras', 'network.h5', 'HDF')),
      says: /Keras model.*tensorflowjs_converter/,
    },
    {
      title: 'a folder without a model',
      give: (compare) => compare.pickFolder(withFile('notes', 'notes.txt', 'hello')),
      says: /model\.json/,
    },
    {
      title: 'a shard that is missing',
      give: (compare) =>
        compare.pickFolder(
          models.changed('no-shard', FIXTURES.digits, (folder) => {
            rmSync(join(folder, 'group1-shard1of1.bin'));
          }),
        ),
      says: /group1-shard1of1\.bin/,
    },
    {
      title: 'a shard that is cut off',
      give: (compare) =>
        compare.pickFolder(
          models.changed('short-shard', FIXTURES.digits, (folder) => {
            const shard = join(folder, 'group1-shard1of1.bin');
            writeFileSync(shard, readFileSync(shard).subarray(0, 1000));
          }),
        ),
      says: /shard/,
    },
    {
      title: 'JSON that is broken',
      give: (compare) =>
        compare.pickFolder(
          models.changed('broken', FIXTURES.digits, (folder) => {
            writeFileSync(join(folder, 'model.json'), '{"modelTopology": ');
          }),
        ),
      says: /JSON/,
    },
    {
      title: 'an op that TensorFlow.js does not have',
      give: (compare) =>
        compare.pickFolder(
          models.changed('unknown-op', FIXTURES.digits, (folder) => {
            changeJson(folder, ({modelTopology: {node}}) => {
              node.find(({op}) => op === 'Mean' || op === 'AddV2')!.op = 'Telepathy';
            });
          }),
        ),
      says: /Telepathy/,
    },
  ];

  for (const {title, give, says} of cases)
    test(title, async ({page, sites}) => {
      const compare = new ComparePage(page);
      await compare.open(sites.isolated);
      await give(compare);
      await compare.run();
      await expect(compare.failure()).toContainText(says);
      await compare.button('Other model').click();
      await compare.button(/^ConvNeXt, digits/).click();
      await compare.run();
      await compare.expectCompared();
    });

  test('an address where nothing is', async ({page, sites}) => {
    const compare = new ComparePage(page);
    await compare.open(sites.isolated);
    await compare.giveAddress(`${sites.isolated.url}/nowhere/model.json`);
    await compare.run();
    await expect(compare.failure()).toContainText('There is no such file');
  });

  test('an address that answers with a page', async ({page, sites}) => {
    const compare = new ComparePage(page);
    await compare.open(sites.isolated);
    await compare.giveAddress(`${sites.isolated.url}/index.html`);
    await compare.run();
    await expect(compare.failure()).toContainText(/page|JSON/);
  });

  test('text that is no address', async ({page, sites}) => {
    const compare = new ComparePage(page);
    await compare.open(sites.isolated);
    await compare.giveAddress('file:///model.json');
    await expect(compare.failure()).toContainText('not an address');
  });
});

function withFile(name: string, file: string, content: string): string {
  return models.changed(name, FIXTURES.digits, (folder) => {
    for (const each of readdirSync(folder)) rmSync(join(folder, each));
    writeFileSync(join(folder, file), content);
  });
}
