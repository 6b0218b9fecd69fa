/** The files of a drop or a file picker, folders and all, with their paths. */
import type {ModelSource, PickedFile} from '../run/protocol.ts';

type Files = Extract<ModelSource, {kind: 'files'}>;

/** A folder with more files is no model's. */
const MAX_FILES = 2000;

/** Returns the model of these files, called by its folder or its first file. */
export function filesModel(files: readonly PickedFile[]): Files {
  const json = files.find(({path}) => /\.json$/i.test(path)) ?? files[0];
  const path = json?.path ?? 'no file';
  const folder = path.split('/').at(-2);
  return {kind: 'files', name: folder ?? path, files};
}

/** Returns what a file picker gave; of a folder, with paths below it. */
export function pickedFiles(list: Iterable<File>): PickedFile[] {
  return Array.from(list, (file) => ({path: file.webkitRelativePath || file.name, file}));
}

/** Returns all files of a drop. It must be called while the drop is handled: later its items are gone. */
export async function droppedFiles({items, files}: DataTransfer): Promise<PickedFile[]> {
  const entries = Array.from(items, (item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (entries.length === 0) return pickedFiles(files);
  const found: PickedFile[] = [];
  for (const entry of entries) await collect(entry, '', found);
  return found;
}

async function collect(entry: FileSystemEntry, folder: string, found: PickedFile[]): Promise<void> {
  if (found.length >= MAX_FILES) return;
  const path = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => {
      (entry as FileSystemFileEntry).file(resolve, reject);
    });
    found.push({path, file});
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    // A reader gives a hundred or so at a time, and none at the end.
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (part.length === 0) return;
    for (const each of part) await collect(each, `${path}/`, found);
  }
}
