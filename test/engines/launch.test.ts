import {readdirSync} from 'node:fs';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {type EngineName, ENGINE_NAMES, ENGINES, missingPackages} from '../../engines/engines.ts';
import {engineVersion, launchEngine} from '../../engines/launch.ts';

const homes = (name: EngineName): string[] =>
  readdirSync(tmpdir()).filter((folder) => folder.startsWith(`block-fusion-${name}-`));

describe.each(ENGINE_NAMES)('%s', (name) => {
  const present = missingPackages(name).length === 0 ? it : it.skip;

  present('opens a page, and leaves nothing when it is closed', async () => {
    const before = homes(name);
    const {server, visited} = await listen();
    const {port} = server.address() as AddressInfo;
    const running = launchEngine(name, {url: `http://127.0.0.1:${port}`, isolated: false, webgpu: false});
    await visited;
    expect(homes(name)).toHaveLength(before.length + 1);
    await running.close();
    await running.ended;
    expect(homes(name)).toEqual(before);
    server.close();
    server.closeAllConnections();
  });

  present('says its version', async () => {
    const before = homes(name);
    expect(await engineVersion(name)).toMatch(new RegExp(`^${ENGINES[name].title} \\d+\\.\\d`));
    expect(homes(name)).toEqual(before);
  });
});

describe('an engine that is not installed', () => {
  const {PATH, CHROME_BIN} = process.env;
  afterEach(() => {
    Object.assign(process.env, {PATH, ...(CHROME_BIN === undefined ? {} : {CHROME_BIN})});
  });

  it.each(['chromium', 'firefox', 'webkit'] as const)('is refused, with what to install: %s', (name) => {
    process.env['PATH'] = '/nowhere';
    delete process.env['CHROME_BIN'];
    const missing = missingPackages(name);
    expect(missing).not.toEqual([]);
    expect(() => launchEngine(name, {url: 'about:blank', isolated: false, webgpu: false})).toThrow(
      `${ENGINES[name].title} must be installed, got no ${missing.join(', no ')}; install it (Debian: apt-get install ${missing.join(' ')})`,
    );
  });
});

/** Returns a server, and a promise of its first visitor. */
async function listen(): Promise<{server: Server; visited: Promise<void>}> {
  const server = createServer((_, response) => response.end('<!doctype html>'));
  const visited = new Promise<void>((resolve) =>
    server.once('request', () => {
      resolve();
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {server, visited};
}
