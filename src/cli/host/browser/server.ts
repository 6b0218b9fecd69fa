/** A local web server for one page: every path it answers is in a table, so nothing else of the machine can be read. */
import {readFile} from 'node:fs/promises';
import {createServer, type IncomingMessage, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {extname} from 'node:path';

/** What a path answers with: bytes or text as they are, a file of this machine, or what is made of the request. */
export type Content =
  string | Uint8Array | {readonly file: string} | {readonly answer: (request: IncomingMessage) => Promise<string>};

export interface Site {
  /** With no slash at its end. */
  readonly url: string;
  /** Answers more paths from now on. */
  add(contents: Readonly<Record<string, Content>>): void;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** On an isolated page tfjs takes its threaded wasm build. */
const ISOLATION = {'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp'};

/** Serves the table on a free port of localhost. */
export async function serve(
  contents: Readonly<Record<string, Content>>,
  {isolated = false}: {isolated?: boolean} = {},
): Promise<Site> {
  const table = new Map(Object.entries(contents));
  const server = createServer((request, response) => {
    const [pathname = ''] = (request.url ?? '/').split('?');
    const path = pathname === '/' ? '/index.html' : pathname;
    // By another name of this machine the page of another site could read the model (DNS rebinding).
    const content = request.headers.host === hostOf(server) ? table.get(path) : undefined;
    if (content === undefined) {
      response.writeHead(404).end();
      return;
    }
    const headers = {
      'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
      ...(isolated ? ISOLATION : {}),
    };
    bytesOf(content, request).then(
      (bytes) => response.writeHead(200, headers).end(bytes),
      () => response.writeHead(500).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://${hostOf(server)}`,
    add: (more) => {
      for (const [path, content] of Object.entries(more)) table.set(path, content);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function hostOf(server: Server): string {
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bytesOf(content: Content, request: IncomingMessage): Promise<string | Uint8Array> {
  if (typeof content === 'string' || content instanceof Uint8Array) return content;
  return 'file' in content ? readFile(content.file) : content.answer(request);
}
