/** The package by script tag: it finds tfjs in the global `tf`, and is the global `tfBlockFusion`. Needs `npm run build`. */
import type * as tfjs from '@tensorflow/tfjs-core';
import type * as wasm from '@tensorflow/tfjs-backend-wasm';
import type * as blockFusion from '../../src/index.ts';
import {FIXTURES, SCRIPT_TAGS, TFJS_WASM} from '../helpers/page.ts';

interface ScriptPage extends Window {
  readonly tf: typeof tfjs & {readonly wasm: typeof wasm};
  readonly tfBlockFusion: typeof blockFusion;
}

describe('the UMD file', () => {
  const frame = document.createElement('iframe');
  let page: ScriptPage;

  beforeAll(async () => {
    document.body.append(frame);
    page = frame.contentWindow as ScriptPage;
    for (const source of SCRIPT_TAGS) await addScript(page, source);
    page.tf.wasm.setWasmPaths(TFJS_WASM);
    await page.tf.setBackend('wasm');
  });

  afterAll(() => {
    frame.remove();
  });

  it('has no effect until it is used', () => {
    expect(page.tf.getKernel('FusedResidualBlock', 'wasm')).toBeFalsy();
  });

  it('fuses a model and runs it', async () => {
    const {tf, tfBlockFusion} = page;
    const model = await tfBlockFusion.loadFusedGraphModel(`${FIXTURES}keras-convnext-depthwise/model.json`, {
      blocks: 'all',
    });
    expect(model.fusionReport.blocks.length).toBe(4);
    const y = model.predict(tf.zeros([1, 40, 40, 3])) as tfjs.Tensor;
    expect((await y.data()).every(Number.isFinite)).toBe(true);
    expect(tf.getKernel('FusedResidualBlock', 'wasm')).toBeTruthy();
  });
});

function addScript(page: ScriptPage, source: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = page.document.createElement('script');
    script.onload = () => {
      resolve();
    };
    script.onerror = () => {
      reject(new Error(`${source} could not be loaded`));
    };
    script.src = source;
    page.document.body.append(script);
  });
}
