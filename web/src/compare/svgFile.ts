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
  // In a template nothing runs or loads. HTML's parser takes a third of the time of XML's, which holds the page up.
  const template = document.createElement('template');
  template.innerHTML = svg;
  const root = template.content.firstElementChild;
  if (!(root instanceof SVGSVGElement)) return null;
  // The drawing as a whole has a name; those that Plot gives to groups inside say nothing to a reader.
  for (const group of root.querySelectorAll('[aria-label]')) group.removeAttribute('aria-label');
  for (const element of [root, ...root.querySelectorAll('*')])
    if (FORBIDDEN.has(element.localName.toLowerCase())) element.remove();
    else for (const name of element.getAttributeNames()) if (isActive(element, name)) element.removeAttribute(name);
  return root;
}

/** Whether an attribute runs a script, or loads what lies outside of the drawing. */
function isActive(element: Element, name: string): boolean {
  return /^on/i.test(name) || (/href$/i.test(name) && !element.getAttribute(name)!.startsWith('#'));
}
