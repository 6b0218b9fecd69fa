/**
 * Node's own modules for modelFiles.ts, loaded when they are used. The names are not literals, and the comments keep
 * bundlers off, so that a page's bundle holds no trace of `node:fs`. Hosts that run scripts as CommonJS in a context of their own, as
 * jest does, refuse `import()`: where Node gives its modules by a function, that is asked.
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
  const [fs, path, url] = await Promise.all(['fs/promises', 'path', 'url'].map((name) => loadModule(`node:${name}`)));
  return {fs, path, url} as NodeModules;
}

function loadModule(name: string): unknown {
  // Since Node 20.16.
  const {getBuiltinModule} = process as {getBuiltinModule?: (name: string) => unknown};
  return getBuiltinModule?.(name) ?? import(/* webpackIgnore: true */ /* @vite-ignore */ name);
}
