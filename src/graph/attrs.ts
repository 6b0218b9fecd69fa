/** Typed getters for the attrs of a node, read as tfjs reads them: base64 strings, ints that may be strings of digits. */
import {type AttrValue, type NodeDef, type ShapeDef} from './graphDef.ts';

/** Returns a string attr, in its own case; '' where it is absent. */
export function stringAttr(def: NodeDef, name: string): string {
  const text = def.attr?.[name]?.s;
  return text === undefined ? '' : decodeText(text);
}

/** Returns a list of strings; empty where it is absent. */
export function stringsAttr(def: NodeDef, name: string): string[] {
  return (def.attr?.[name]?.list?.s ?? []).map(decodeText);
}

/** Returns an int attr, or `otherwise` where it is absent. */
export function intAttr(def: NodeDef, name: string, otherwise: number): number {
  const value = def.attr?.[name]?.i;
  return value === undefined ? otherwise : Number(value);
}

/** Returns a list of ints; empty where it is absent. */
export function intsAttr(def: NodeDef, name: string): number[] {
  return (def.attr?.[name]?.list?.i ?? []).map(Number);
}

/** Returns a float attr, or `otherwise` where it is absent. */
export function floatAttr(def: NodeDef, name: string, otherwise: number): number {
  return def.attr?.[name]?.f ?? otherwise;
}

/** Returns a bool attr, or `otherwise` where it is absent. */
export function boolAttr(def: NodeDef, name: string, otherwise: boolean): boolean {
  return def.attr?.[name]?.b ?? otherwise;
}

/** Returns a shape attr, −1 for an open dimension; null where it is absent or of unknown rank. */
export function shapeAttr(def: NodeDef, name: string): number[] | null {
  const shape = def.attr?.[name]?.shape;
  return shape === undefined ? null : shapeOf(shape);
}

/** Returns the sizes of a shape, −1 for an open dimension; null where its rank is unknown. */
export function shapeOf(shape: ShapeDef): number[] | null {
  if (shape.unknownRank === true) return null;
  return (shape.dim ?? []).map(({size}) => Number(size ?? -1));
}

/** Returns the attr that holds this string. */
export function stringValue(text: string): AttrValue {
  return {s: btoa(text)};
}

function decodeText(text: string | readonly number[]): string {
  return typeof text === 'string' ? atob(text) : String.fromCharCode(...text);
}
