/**
 * The page's state, and all that changes it: which model is chosen, how it is to be run, and what came of it. Each step is an entry of
 * the browser's history, and the address is the link that repeats it.
 */
import {modelName} from '../models/modelName.ts';
import {SHIPPED} from '../models/shipped.ts';
import {type ComparisonRun, startComparison} from '../run/comparisonRun.ts';
import type {ModelSource} from '../run/protocol.ts';
import {type LinkedModel, readLink, writeLink} from '../settings/link.ts';
import type {Settings} from '../settings/settings.ts';
import {storedSettings, storeSettings} from '../settings/stored.ts';
import {keepMachine, keptMachine} from './machines.ts';
import {browserFrame, paced} from './paced.ts';
import {after, cancelled, type RunState, STARTED} from './runState.ts';

/** A comparison, and what it was of. */
export interface RunRecord {
  readonly id: number;
  readonly model: ModelSource;
  readonly settings: Settings;
  readonly state: RunState;
}

export interface PageState {
  readonly view: 'choose' | 'ready' | 'result';
  readonly model: ModelSource | null;
  readonly settings: Settings;
  /** What the view 'result' shows. */
  readonly run: RunRecord | null;
  /** What a person must know about what was asked for, as by a link. */
  readonly notices: readonly string[];
}

/** What an entry of the history holds. Numbers stand for models and runs that are in the page's memory. */
interface Entry {
  /** Of one load of the page. */
  readonly session: number;
  readonly view: PageState['view'];
  readonly model: number | null;
  /** Of a dropped model, to name it where it is gone. */
  readonly name: string | null;
  readonly run: number | null;
}

/** Results that can be gone back to. Each holds its charts and reports. */
const MAX_RUNS = 4;
/** Dropped models that can be gone back to: files, whose contents are read when they run. */
const MAX_MODELS = 20;

const SESSION = Date.now();
/** No model or run has this number. */
const NONE = 0;
const ofSession = (): Storage => sessionStorage;
const ofBrowser = (): Storage => localStorage;

/** Returns whether there is a shipped model of that id. */
export function isShipped(id: string): boolean {
  return SHIPPED.some((model) => model.id === id);
}

/** Returns the model where a link can name it; null of dropped files. */
export function linkedModel(model: ModelSource | null): LinkedModel | null {
  return model === null || model.kind === 'files' ? null : model;
}

export class Page {
  private readonly models = new Map<number, ModelSource>();
  private readonly runs = new Map<number, RunRecord>();
  private readonly listeners = new Set<() => void>();
  private active: {readonly id: number; readonly run: ComparisonRun} | null = null;
  private ids = 0;
  private current: PageState;

  constructor() {
    this.current = this.fromAddress(history.state as Entry | null);
    history.replaceState(this.entry(), '');
    addEventListener('popstate', ({state}) => {
      this.cancel();
      this.current = this.fromAddress(state as Entry | null);
      this.tell();
    });
  }

  get state(): PageState {
    return this.current;
  }

  /** Calls the listener after every change. Returns what ends that. */
  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Takes a model, from any view. */
  choose(model: ModelSource): void {
    this.cancel();
    this.go({view: 'ready', model, run: null, notices: []});
  }

  /** Goes to where a model is chosen. */
  chooseOther(): void {
    this.cancel();
    this.go({view: 'choose', model: null, run: null, notices: []});
  }

  /** Goes back to the settings of the model that is shown. */
  changeSettings(): void {
    this.cancel();
    this.go({view: 'ready', run: null, notices: []});
  }

  set(changed: Partial<Settings>): void {
    const settings = {...this.current.settings, ...changed};
    storeSettings(ofBrowser, settings);
    this.current = {...this.current, settings};
    history.replaceState(this.entry(), '', this.link());
    this.tell();
  }

  /** Puts a notice where the model is chosen. */
  notice(text: string): void {
    this.current = {...this.current, notices: [text]};
    this.tell();
  }

  /** Runs the model that is chosen. `chartWidth`: in CSS pixels. */
  run(chartWidth: number): void {
    const {model, settings} = this.current;
    if (model === null) return;
    this.cancel();
    const id = ++this.ids;
    const record: RunRecord = {id, model, settings, state: STARTED};
    this.runs.set(id, record);
    for (const old of [...this.runs.keys()].slice(0, -MAX_RUNS)) this.runs.delete(old);
    this.go({view: 'result', run: record, notices: []});
    const listener = paced((events) => {
      const before = this.runs.get(id);
      if (before === undefined) return;
      this.update({...before, state: events.reduce(after, before.state)});
      for (const event of events) if (event.type === 'machine') keepMachine(ofSession, settings, event.machine);
    }, browserFrame);
    const machine = keptMachine(ofSession, settings);
    this.active = {id, run: startComparison({model, settings, machine, chartWidth}, listener)};
  }

  /** Ends the comparison that runs; what it found so far stays. */
  cancel(): void {
    if (this.active === null) return;
    const {id, run} = this.active;
    this.active = null;
    run.cancel();
    const record = this.runs.get(id);
    if (record !== undefined) this.update({...record, state: cancelled(record.state)});
  }

  /** Returns the whole address that repeats the run. */
  address(): string {
    return new URL(this.link(), location.href).href;
  }

  private update(record: RunRecord): void {
    this.runs.set(record.id, record);
    if (record.state.status !== 'running' && this.active?.id === record.id) this.active = null;
    if (this.current.run?.id !== record.id) return;
    this.current = {...this.current, run: record};
    this.tell();
  }

  private go(step: Partial<PageState>): void {
    this.current = {...this.current, ...step};
    history.pushState(this.entry(), '', this.link());
    this.tell();
  }

  private link(): string {
    return writeLink(linkedModel(this.current.model), this.current.settings);
  }

  private entry(): Entry {
    const {view, model, run} = this.current;
    return {
      session: SESSION,
      view,
      model: model === null ? null : this.modelId(model),
      name: model === null ? null : modelName(model),
      run: run?.id ?? null,
    };
  }

  private modelId(model: ModelSource): number {
    for (const [id, known] of this.models) if (known === model) return id;
    const id = ++this.ids;
    this.models.set(id, model);
    for (const old of [...this.models.keys()].slice(0, -MAX_MODELS)) this.models.delete(old);
    return id;
  }

  /** What the address and its entry of the history stand for: as much as the page still has. */
  private fromAddress(entry: Entry | null): PageState {
    const {
      model: linked,
      settings,
      problems,
    } = readLink(location.search, {
      stored: storedSettings(ofBrowser),
      isShipped,
      base: location.href,
    });
    const name = entry?.name ?? null;
    const known = entry?.session === SESSION ? entry : null;
    const model = linked ?? this.models.get(known?.model ?? NONE) ?? null;
    if (model === null) {
      const gone =
        name === null || linked !== null ? [] : [`The page no longer has the files of ${name}: drop them again.`];
      return {view: 'choose', model: null, settings, run: null, notices: [...problems, ...gone]};
    }
    const run = this.runs.get(known?.run ?? NONE) ?? null;
    return {view: run === null ? 'ready' : 'result', model: run?.model ?? model, settings, run, notices: problems};
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
