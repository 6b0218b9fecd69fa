/** The page's side of openPage.ts: it asks its server for tasks, and posts what comes of each when it asks for the next. */
import {decode, encode} from './message.ts';

/** What a page can do, by name. Requests and results are plain values. */
export type Tasks = Readonly<Record<string, (request: never) => Promise<unknown>>>;

export interface Task {
  readonly name: string;
  readonly request: unknown;
}

export type Answer = {readonly result: unknown} | {readonly error: string};

/** Where the page's requests go. */
export const PATHS = {
  /** Answers with the next task; the body is the answer to the last, or null. */
  task: '/next-task',
  /** Never answers: its connection ends with the page. */
  alive: '/alive',
} as const;

/** Does one task after the other until the page is closed. */
export async function doTasks(tasks: Tasks): Promise<never> {
  void fetch(PATHS.alive, {method: 'POST'});
  let answer: Answer | null = null;
  for (;;) {
    const response: Response = await fetch(PATHS.task, {method: 'POST', body: encode(answer)});
    answer = await doTask(tasks, decode(await response.text()) as Task);
  }
}

async function doTask(tasks: Tasks, {name, request}: Task): Promise<Answer> {
  try {
    return {result: await tasks[name]!(request as never)};
  } catch (error) {
    return {error: error instanceof Error ? error.message : String(error)};
  }
}
