/**
 * Node's own modules for modelFiles.ts, loaded when they are used. The names are not literals, and the comments keep
 * bundlers off, so that a page's bundle holds no trace of `node:fs`.
 */
import type * as fs from 'node:fs/promises';
import type * as path from 'node:path';
import type * as url from 'node:url';

export type NodeFs = typeof fs;

export interface NodeModules {
  readonly fs: NodeFs;
  readonly path: typeof path;
  readonly url: typeof url;
}

/** Returns the modules of Node that read and write files. */
export async function nodeModules(): Promise<NodeModules> {
  const load = (name: string): Promise<unknown> => import(/* webpackIgnore: true */ /* @vite-ignore */ `node:${name}`);
  const [fs, path, url] = await Promise.all(['fs/promises', 'path', 'url'].map(load));
  return {fs, path, url} as NodeModules;
}
