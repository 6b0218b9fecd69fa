/**
 * Just enough of a document for Observable Plot to draw into, and the text of what it drew: so that charts need neither a browser
 * nor a package that imitates one, and come out the same everywhere.
 */

const SVG = 'http://www.w3.org/2000/svg';

/** Attributes that are coordinates: a hundredth of a pixel is enough, and a third of the bytes. */
const GEOMETRY = /^([xyrd]|[cdr][xy]|[xy][12]|width|height|transform|points)$/;

/** An element, with those members of the DOM's that d3-selection and Plot's marks call. */
export class SvgElement {
  readonly namespaceURI = SVG;
  parentNode: SvgElement | null = null;
  readonly #attributes = new Map<string, string>();
  #children: SvgElement[] = [];
  #text = '';

  constructor(
    readonly tagName: string,
    readonly ownerDocument: SvgDocument,
  ) {}

  get children(): readonly SvgElement[] {
    return this.#children;
  }

  get textContent(): string {
    return this.#text + this.#children.map(({textContent}) => textContent).join('');
  }

  /** Replaces what is inside. Text always comes before the children that follow. */
  set textContent(text: string) {
    this.#children = [];
    this.#text = text;
  }

  appendChild(child: SvgElement): SvgElement {
    return this.insertBefore(child, null);
  }

  insertBefore(child: SvgElement, next: SvgElement | null): SvgElement {
    child.parentNode?.removeChild(child);
    const at = next === null ? -1 : this.#children.indexOf(next);
    this.#children.splice(at < 0 ? this.#children.length : at, 0, child);
    child.parentNode = this;
    return child;
  }

  removeChild(child: SvgElement): SvgElement {
    this.#children = this.#children.filter((other) => other !== child);
    child.parentNode = null;
    return child;
  }

  /** Finds nothing: d3 asks only of elements that it has just made. */
  querySelectorAll(): SvgElement[] {
    return [];
  }

  getAttribute(name: string): string | null {
    return this.#attributes.get(name) ?? null;
  }

  hasAttribute(name: string): boolean {
    return this.#attributes.has(name);
  }

  removeAttribute(name: string): void {
    this.#attributes.delete(name);
  }

  setAttribute(name: string, value: unknown): void {
    this.#attributes.set(name, String(value));
  }

  /** Returns the element's text as a document of its own. */
  toString(): string {
    const attributes = [...this.#attributes].map(([name, value]) => ` ${name}="${escaped(rounded(name, value))}"`);
    const inside = escaped(this.#text) + this.#children.map(String).join('');
    const start = `<${this.tagName}${attributes.join('')}`;
    return inside === '' ? `${start}/>` : `${start}>${inside}</${this.tagName}>`;
  }
}

/** What makes elements. */
export class SvgDocument {
  readonly documentElement = new SvgElement('svg', this);

  createElementNS(_namespace: string, name: string): SvgElement {
    return new SvgElement(name, this);
  }
}

/** Returns an element with attributes and children. */
export function element(
  document: SvgDocument,
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  children: readonly SvgElement[] = [],
): SvgElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  for (const child of children) made.appendChild(child);
  return made;
}

/** Returns the text of an SVG file. */
export function svgFile(svg: SvgElement): string {
  svg.setAttribute('xmlns', SVG);
  return `${String(svg)}\n`;
}

function rounded(name: string, value: string): string {
  if (!GEOMETRY.test(name)) return value;
  return value.replace(/-?\d*\.\d{3,}(e-?\d+)?/g, (number) => String(Math.round(Number(number) * 100) / 100));
}

const ENTITIES: Readonly<Record<string, string>> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'};

/** What no XML file may have, not even escaped: a model's names may. */
// eslint-disable-next-line no-control-regex
const NO_XML = /[\u{0}-\u{8}\u{b}\u{c}\u{e}-\u{1f}\u{d800}-\u{dfff}\u{fffe}\u{ffff}]/gu;

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!).replace(NO_XML, '\u{fffd}');
}
