/** The compare page: choosing a model, saying how to run it, and what came of it. */
import type {VNode} from 'preact';
import {useEffect, useRef, useState} from 'preact/hooks';
import {modelName} from '../models/modelName.ts';
import {Choose} from './Choose.tsx';
import {droppedFiles, filesModel} from './dropped.ts';
import {usePage} from './hooks.ts';
import type {Page} from './pageState.ts';
import {Result} from './Result.tsx';
import {Setup} from './Setup.tsx';

export function App({page}: {page: Page}): VNode {
  const state = usePage(page);
  const isDragging = useDrop(page);
  useTitle(state.model === null ? null : modelName(state.model));
  useFocusOnStep(`${state.view} ${state.run?.id ?? ''}`);
  return (
    <>
      {state.view === 'choose' || state.model === null ? (
        <Choose page={page} notices={state.notices} isDragging={isDragging} />
      ) : state.view === 'ready' || state.run === null ? (
        <Setup page={page} model={state.model} settings={state.settings} notices={state.notices} />
      ) : (
        <Result page={page} run={state.run} settings={state.settings} />
      )}
      {isDragging && state.view !== 'choose' && (
        <div class="drop-veil" aria-hidden="true">
          Drop to take this model
        </div>
      )}
    </>
  );
}

/** Takes what is dropped anywhere: else the browser would leave the page and show the file. */
function useDrop(page: Page): boolean {
  const [isDragging, setDragging] = useState(false);
  useEffect(() => {
    const hasFiles = ({dataTransfer}: DragEvent): boolean => dataTransfer?.types.includes('Files') ?? false;
    const over = (event: DragEvent): void => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setDragging(true);
    };
    const leave = ({relatedTarget}: DragEvent): void => {
      if (relatedTarget === null) setDragging(false);
    };
    const drop = (event: DragEvent): void => {
      setDragging(false);
      const {dataTransfer} = event;
      if (dataTransfer === null || !hasFiles(event)) return;
      event.preventDefault();
      void takeDropped(page, dataTransfer);
    };
    addEventListener('dragover', over);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    return () => {
      removeEventListener('dragover', over);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
    };
  }, [page]);
  return isDragging;
}

async function takeDropped(page: Page, dropped: DataTransfer): Promise<void> {
  try {
    page.choose(filesModel(await droppedFiles(dropped)));
  } catch (error) {
    page.notice(`What was dropped could not be read (${String(error)}): choose the folder by the button in its place.`);
  }
}

function useTitle(model: string | null): void {
  useEffect(() => {
    document.title = `${model === null ? 'Compare your model' : `${model}, compared`} · tfjs-block-fusion`;
  }, [model]);
}

/** A step replaces most of the page: whoever reads by ear or key goes on at its heading. */
function useFocusOnStep(step: string): void {
  const last = useRef(step);
  useEffect(() => {
    if (last.current === step) return;
    last.current = step;
    scrollTo({top: 0});
    document.querySelector<HTMLElement>('h1')?.focus({preventScroll: true});
  }, [step]);
}
