/** A model at an address: its model.json, and the shards beside it. Each file is fetched once. */
import type {io} from '@tensorflow/tfjs-core';
import {PlainError} from '../run/failure.ts';
import {foreignModel} from './foreignModels.ts';
import {readModel} from './readModel.ts';

/** What TF Hub and its like are asked for the files of a model's folder. */
const HUB_FILE = 'model.json?tfjs-format=file';

/** Returns the artifacts of the model at an address: of a model.json, or of a folder, which ends in a slash. Throws: PlainError. */
export async function modelOfUrl(address: string, onProgress: (done: number) => void): Promise<io.ModelArtifacts> {
  const url = modelUrl(address);
  const text = await (await fetched(url)).text();
  if (/^\s*</.test(text))
    throw new PlainError(
      'model',
      `${url.href} is a web page, not a model. Give the address of the model.json itself; on GitHub that of “Raw”.`,
    );
  return readModel(text, {
    where: url.href,
    read: async (shard) => {
      const shardUrl = new URL(shard, url);
      // Of signed addresses, and of TF Hub's, the query belongs to every file.
      if (shardUrl.search === '') shardUrl.search = url.search;
      return bytesOf(await fetched(shardUrl), shardUrl);
    },
    onProgress,
  });
}

/** Returns the address of the model.json. */
function modelUrl(address: string): URL {
  const url = parsed(address.trim());
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new PlainError(
      'model',
      `A model is fetched by https or http, not by ${url.protocol} Drop its files instead.`,
    );
  if (location.protocol === 'https:' && url.protocol === 'http:' && !isLocal(url))
    throw new PlainError(
      'model',
      'This page was served by https, and browsers do not let it fetch by http. Use an https address, or drop the files.',
    );
  const foreign = foreignModel(url.pathname);
  if (foreign !== null) throw new PlainError('model', foreign);
  if (!url.pathname.endsWith('/')) return url;
  const model = new URL(HUB_FILE, url);
  for (const [name, value] of url.searchParams) model.searchParams.set(name, value);
  return model;
}

function parsed(address: string): URL {
  try {
    return new URL(address);
  } catch {
    throw new PlainError(
      'model',
      `“${address}” is not an address. Give one that begins with https:// and ends in model.json.`,
    );
  }
}

function isLocal({hostname}: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

async function fetched(url: URL): Promise<Response> {
  const response = await fetch(url).catch((error: unknown) => {
    throw new PlainError(
      'model',
      `${url.href} could not be fetched: there is no such server, the network is gone, or the server does not let other pages read its files (CORS). Download the files and drop them here.`,
      error,
    );
  });
  if (response.ok) return response;
  const {status} = response;
  const why =
    status === 404 || status === 410
      ? 'There is no such file'
      : status === 401 || status === 403
        ? 'The server does not give the file out to everybody'
        : `The server answered with an error (${status})`;
  throw new PlainError(
    'model',
    `${why}: ${url.href}. Look at the address, or drop the files here.`,
    response.statusText || null,
  );
}

async function bytesOf(response: Response, {href}: URL): Promise<ArrayBuffer> {
  const type = response.headers.get('content-type') ?? '';
  if (type.includes('text/html'))
    throw new PlainError(
      'model',
      `${href} is a web page, not a weight file. A weight file beside model.json is missing there.`,
    );
  return response.arrayBuffer().catch((error: unknown) => {
    throw new PlainError(
      'model',
      `${href} broke off on its way. Compare again, or download the files and drop them here.`,
      error,
    );
  });
}
