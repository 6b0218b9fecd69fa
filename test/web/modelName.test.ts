import {modelName} from '../../web/src/models/modelName.ts';

test.each([
  ['https://host.test/nets/mobile-net/model.json', 'mobile-net'],
  ['https://host.test/nets/mobile.json?raw=1', 'mobile.json'],
  ['https://host.test/model.json', 'host.test'],
])('the model at %s is called %s', (url, name) => {
  expect(modelName({kind: 'url', url})).toBe(name);
});

test('a shipped model is called by its title, dropped files by their folder', () => {
  expect(modelName({kind: 'shipped', id: 'convnext-tiny'})).toBe('ConvNeXt-T');
  expect(modelName({kind: 'files', name: 'net', files: []})).toBe('net');
});
