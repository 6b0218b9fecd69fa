/**
 * What engines.spec.ts has the compare page do in an engine that Playwright does not drive: a script beside the page's own, which
 * presses its buttons as a person does.
 */
import {doTasks} from '../../../engines/tasks.ts';

export interface Answered {
  readonly answer: string;
  readonly environment: string;
}

const tasks = {
  /** Compares a shipped model, with so many runs. Returns the texts of the result once it is done. */
  compare: async ({model, runs}: {model: string; runs: number}): Promise<Answered> => {
    (await found(() => buttonOf(model))).click();
    const field = await found(() => document.querySelector<HTMLInputElement>('input#runs'));
    field.value = String(runs);
    field.dispatchEvent(new InputEvent('input', {bubbles: true}));
    const analysis = document.querySelector<HTMLInputElement>('input[type=checkbox]')!;
    if (analysis.checked) analysis.click();
    (await found(() => buttonOf('Compare stock and fused'))).click();
    await found(() => buttonOf('Run again') ?? document.querySelector<HTMLElement>('[role=alert]'));
    const failure = document.querySelector<HTMLElement>('[role=alert]');
    if (failure !== null) throw new Error(`The page says: ${failure.innerText}`);
    return {
      answer: document.querySelector<HTMLElement>('[aria-label=Result]')!.innerText,
      environment: document.querySelector<HTMLElement>('[aria-labelledby=environment-title]')!.innerText,
    };
  },
};

export type PageTasks = typeof tasks;

void doTasks(tasks);

function buttonOf(text: string): HTMLButtonElement | null {
  return [...document.querySelectorAll('button')].find(({innerText}) => innerText.includes(text)) ?? null;
}

/** Longer than any step takes here. */
const PATIENCE_MS = 400_000;

/** Waits until the page has it. Throws: where it does not come, with what the page says in its place. */
function found<T>(find: () => T | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const observer = new MutationObserver(look);
    const late = setTimeout(() => {
      observer.disconnect();
      reject(new Error(`${find.toString()} must come, got the page: ${document.body.innerText}`));
    }, PATIENCE_MS);
    observer.observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
    look();
    function look(): void {
      const thing = find();
      if (thing === null) return;
      clearTimeout(late);
      observer.disconnect();
      resolve(thing);
    }
  });
}
