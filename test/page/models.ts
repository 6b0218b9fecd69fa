/** Models that the page's tests drop on it: real ones, large ones, and broken ones, each a folder on disk. */
import {cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import type {io} from '@tensorflow/tfjs-core';
import {convNextArtifacts} from '../../models/convNext.ts';
import {writeModelFiles} from '../../src/load/modelFiles.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const FIXTURES = {
  /** A trained ConvNeXt. */
  digits: join(root, 'models/zoo/convnext-digits'),
  /** A LayersModel. */
  layers: join(root, 'test/fixtures/keras-layers'),
  /** A MobileNetV2, small. */
  mobileNetV2: join(root, 'test/fixtures/keras-mobilenetv2'),
} as const;

type ModelJson = Omit<io.ModelJSON, 'modelTopology'> & {modelTopology: {node: {name: string; op: string}[]}};

/** A temporary folder for models, removed by `close`. */
export class ModelFolder {
  private readonly folder = mkdtempSync(join(tmpdir(), 'block-fusion-models-'));

  /** Writes a network. Returns its folder. */
  async write(name: string, artifacts: io.ModelArtifacts): Promise<string> {
    const folder = join(this.folder, name);
    await writeModelFiles(artifacts, folder);
    return folder;
  }

  /** Copies a model, changed by `change`. Returns its folder. */
  changed(name: string, original: string, change: (folder: string) => void): string {
    const folder = join(this.folder, name);
    cpSync(original, folder, {recursive: true});
    change(folder);
    return folder;
  }

  close(): void {
    rmSync(this.folder, {recursive: true, force: true});
  }
}

/** Rewrites a folder's model.json. */
export function changeJson(folder: string, change: (model: ModelJson) => void): void {
  const file = join(folder, 'model.json');
  const model = JSON.parse(readFileSync(file, 'utf8')) as ModelJson;
  change(model);
  writeFileSync(file, JSON.stringify(model));
}

/** A ConvNeXt-B: 88 M parameters, 354 MB, at an image size that it runs fast at. */
export function largeArtifacts(): io.ModelArtifacts {
  return convNextArtifacts({
    imageSize: 64,
    widths: [128, 256, 512, 1024],
    depths: [3, 3, 27, 3],
    spelling: 'keras-depthwise',
  });
}
