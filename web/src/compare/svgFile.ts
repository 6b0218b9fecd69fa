/** An SVG file as a part of the page: it was written by the worker, and still nothing of it may run or load anything. */

const FORBIDDEN = new Set([
  'script',
  'foreignobject',
  'iframe',
  'object',
  'embed',
  'a',
  'image',
  'use',
  'animate',
  'set',
]);

/** Returns the drawing, without anything that runs or loads; null where the text is no SVG. */
export function drawingOf(svg: string): SVGSVGElement | null {
  const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  if (parsed.localName !== 'svg') return null;
  const root = document.importNode(parsed, true) as unknown as SVGSVGElement;
  // The drawing as a whole has a name; those of the groups inside say nothing to a reader.
  for (const group of root.querySelectorAll('[aria-label]')) group.removeAttribute('aria-label');
  for (const element of [root, ...root.querySelectorAll('*')]) {
    if (FORBIDDEN.has(element.localName.toLowerCase())) {
      element.remove();
      continue;
    }
    // Plot names its groups for those who style it: a name without a role is none to those who hear it.
    if (element.localName === 'g' && !element.hasAttribute('role')) element.removeAttribute('aria-label');
    for (const {name, value} of [...element.attributes])
      if (/^on/i.test(name) || (/href$/i.test(name) && !value.startsWith('#'))) element.removeAttribute(name);
  }
  return root;
}
