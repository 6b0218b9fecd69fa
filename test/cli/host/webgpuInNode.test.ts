import {execFile} from 'node:child_process';
import {chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {findSwiftShader} from '../../../src/cli/host/webgpuInNode.ts';

const ROOT = join(__dirname, '../../..');

describe("SwiftShader's manifest", () => {
  let folder: string;
  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'block-fusion-driver-')));
    mkdirSync(join(folder, 'opt'));
    for (const name of ['chrome', 'vk_swiftshader_icd.json']) writeFileSync(join(folder, 'opt', name), '');
    chmodSync(join(folder, 'opt/chrome'), 0o755);
    symlinkSync('opt/chrome', join(folder, 'google-chrome'));
  });
  afterAll(() => {
    rmSync(folder, {recursive: true});
  });

  it('lies beside the program that a link leads to', () => {
    expect(findSwiftShader(join(folder, 'google-chrome'))).toBe(join(folder, 'opt/vk_swiftshader_icd.json'));
  });
});

describe('WebGPU in plain Node', () => {
  /** Runs an ES module with startWebGPUInNode; it must end by itself. */
  const run = async (body: string, env: NodeJS.ProcessEnv = {}): Promise<string> => {
    const text = `import {startWebGPUInNode} from './src/cli/host/webgpuInNode.ts'; ${body}`;
    const {stdout} = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '-e', text],
      {cwd: ROOT, env: {...process.env, ...env}, timeout: 30_000},
    );
    return stdout.trim();
  };

  it('says what to do where the driver that was asked for does not run', async () => {
    const body = 'await startWebGPUInNode().catch(({code, message}) => console.log(code, message));';
    expect(await run(body, {VK_DRIVER_FILES: '/nowhere.json'})).toMatch(
      /^missing-dependency .*got nothing that runs from \/nowhere.json; unset VK_DRIVER_FILES/,
    );
  });

  it('leaves alone what is there', async () => {
    const body =
      'const gpu = {}; const scope = {navigator: {gpu}}; await startWebGPUInNode(scope); console.log(Object.keys(scope).join(), scope.navigator.gpu === gpu);';
    expect(await run(body)).toBe('navigator true');
  });
});
