/** A folder as what a server answers with: every file of it, by its path. */
import {readdirSync} from 'node:fs';
import {join, relative, sep} from 'node:path';

/** Returns the files of a folder by their paths under `base`, which has `/` at its start and end. */
export function servedFolder(folder: string, base = '/'): Record<string, {file: string}> {
  const entries = readdirSync(folder, {recursive: true, withFileTypes: true}).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(files.map((file) => [base + relative(folder, file).split(sep).join('/'), {file}]));
}
