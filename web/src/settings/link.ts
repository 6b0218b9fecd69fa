/** A run as a link, and what such a link asks for. Parameters that tfjs's local-benchmark page has as well have its names. */
import {type BadParameter, namesInUse, readFields, writeFields} from './fields.ts';
import {DEFAULTS, type Settings} from './settings.ts';

/** A model that a link can name. */
export type LinkedModel =
  {readonly kind: 'shipped'; readonly id: string} | {readonly kind: 'url'; readonly url: string};

/** What a link asks for. */
export interface Link {
  readonly model: LinkedModel | null;
  readonly settings: Settings;
  /** What of it cannot be had, in words, and what is taken instead. */
  readonly problems: readonly string[];
}

interface LinkContext {
  /** What was chosen last: a link that names no model leaves this as it is. */
  readonly stored: Settings;
  readonly isShipped: (id: string) => boolean;
  /** Of the page: a model's URL may be relative to it. */
  readonly base: string;
}

/** Benchmark of a model that is not shipped, as tfjs's page calls it. */
const CUSTOM = 'custom';

/** Returns what the query of a link asks for. What one with a model leaves out is the default, so that it repeats the run. */
export function readLink(query: string, {stored, isShipped, base}: LinkContext): Link {
  const params = new URLSearchParams(query);
  const {settings, bad} = readFields(params);
  const {model, problem} = readModel(params, isShipped, base);
  return {
    model,
    settings: {...(params.has('benchmark') ? DEFAULTS : stored), ...settings},
    problems: [...(problem === null ? [] : [problem]), ...bad.map(badText)],
  };
}

function badText({param, text, must}: BadParameter): string {
  return `The link has ${param}=${shortened(text)}, which must be ${must}: the usual value is taken.`;
}

function readModel(
  params: URLSearchParams,
  isShipped: LinkContext['isShipped'],
  base: string,
): {model: LinkedModel | null; problem: string | null} {
  const id = params.get('benchmark');
  const none = (problem: string | null): {model: null; problem: string | null} => ({model: null, problem});
  if (id === null) return none(null);
  if (id !== CUSTOM) {
    if (isShipped(id)) return {model: {kind: 'shipped', id}, problem: null};
    return none(`The link asks for the model ‘${shortened(id)}’, which this page does not have: choose one below.`);
  }
  const url = readModelUrl(params.get('modelUrl') ?? '', base);
  if (url !== null) return {model: {kind: 'url', url}, problem: null};
  return none('The link says benchmark=custom, but its modelUrl is not the address of a model: choose one below.');
}

/** Returns the whole address of a model; null where the text is none. */
export function readModelUrl(text: string, base: string): string | null {
  if (text.trim() === '') return null;
  try {
    const url = new URL(text.trim(), base);
    return /^https?:$/.test(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Returns the query of a link that repeats a run; without a model, that of its settings alone. */
export function writeLink(model: LinkedModel | null, settings: Settings): string {
  const params = new URLSearchParams();
  if (model?.kind === 'shipped') params.set('benchmark', model.id);
  if (model?.kind === 'url') {
    params.set('benchmark', CUSTOM);
    params.set('modelUrl', model.url);
  }
  writeFields(params, settings, namesInUse(settings));
  return `?${params.toString()}`;
}

function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
