/** A page of ours in a browser engine, which does tasks: served and asked from here, without a driver, in every engine alike. */
import type {IncomingMessage} from 'node:http';
import {text} from 'node:stream/consumers';
import {type Content, serve, type Site} from '../src/cli/host/browser/server.ts';
import {type EngineName, ENGINES} from './engines.ts';
import {engineVersion, launchEngine} from './launch.ts';
import {decode, encode} from './message.ts';
import {type Answer, PATHS, type Task, type Tasks} from './tasks.ts';

export interface OpenPage<PageTasks extends Tasks> {
  /** The engine's name and version. */
  readonly engine: string;
  readonly site: Site;
  /** Has the page do a task; one at a time. Throws: what the page throws, and where it or its engine ends. */
  ask<Name extends keyof PageTasks & string>(
    name: Name,
    request: Parameters<PageTasks[Name]>[0],
  ): Promise<Awaited<ReturnType<PageTasks[Name]>>>;
  close(): Promise<void>;
}

export interface PageOptions {
  readonly engine: EngineName;
  /** The page, at /index.html, and what it loads. A script of it must call `doTasks`. */
  readonly contents: Readonly<Record<string, Content>>;
  readonly isolated: boolean;
  readonly webgpu: boolean;
}

/** So long a page may take to ask for its first task. */
const START_MS = 60_000;

/**
 * Opens a page, and waits until it asks for a task.
 * Throws: `missing-dependency`.
 */
export async function openPage<PageTasks extends Tasks>(options: PageOptions): Promise<OpenPage<PageTasks>> {
  const {engine: name, contents, isolated, webgpu} = options;
  const {title} = ENGINES[name];
  const engine = await engineVersion(name);
  const queue = new TaskQueue(title);
  const site = await serve({...contents, ...queue.contents}, {isolated});
  const running = launchEngine(name, {url: site.url, isolated, webgpu});
  void running.ended.then((output) => {
    queue.end(`${title} must stay until it is closed, got its end: ${output}`);
  });
  const close = async (): Promise<void> => {
    await running.close();
    await site.close();
  };
  const late = setTimeout(() => {
    queue.end(`${title} must open its page within ${START_MS / 1000} s, got nothing`);
  }, START_MS);
  try {
    await queue.pageIsThere;
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(late);
  }
  return {
    engine,
    site,
    ask: async (task, request) => (await queue.ask({name: task, request})) as never,
    close,
  };
}

/** A page that waits for a task. */
interface Visit {
  readonly answer: Answer | null;
  readonly send: (task: string) => void;
}

/** The server's side of tasks.ts. */
class TaskQueue {
  readonly contents: Readonly<Record<string, Content>> = {
    [PATHS.task]: {answer: async (request) => this.visited(decode(await text(request)) as Answer | null)},
    [PATHS.alive]: {answer: (request) => this.untilGone(request)},
  };
  private settle: {resolve: (visit: Visit) => void; reject: (error: Error) => void} | undefined;
  private gone: Error | undefined;
  private visit = this.nextVisit();
  readonly pageIsThere: Promise<unknown> = this.visit;

  constructor(private readonly title: string) {}

  async ask(task: Task): Promise<unknown> {
    const {send} = await this.visit;
    this.visit = this.nextVisit();
    send(encode(task));
    const {answer} = await this.visit;
    if (answer === null) throw new Error(`${this.title}: the page must answer ${task.name}, got a page loaded anew`);
    if ('error' in answer) throw new Error(answer.error);
    return answer.result;
  }

  /** Fails what is asked, and all that will be. */
  end(reason: string): void {
    this.gone ??= new Error(reason);
    this.settle?.reject(this.gone);
  }

  private nextVisit(): Promise<Visit> {
    const visit = new Promise<Visit>((resolve, reject) => {
      if (this.gone) reject(this.gone);
      this.settle = {resolve, reject};
    });
    visit.catch(() => undefined); // who asks next is told
    return visit;
  }

  private visited(answer: Answer | null): Promise<string> {
    return new Promise((send) => this.settle?.resolve({answer, send}));
  }

  private untilGone(request: IncomingMessage): Promise<string> {
    request.socket.once('close', () => {
      this.end(`${this.title}: the page must stay until it is closed, got its end: it crashed or ran out of memory`);
    });
    return new Promise(() => undefined);
  }
}
