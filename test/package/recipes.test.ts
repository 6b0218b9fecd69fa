/**
 * The recipes of README.md and docs/ are files of the projects in examples/, which `npm run test:examples` builds and runs: what stands
 * after `<!-- example: next/next.config.js … -->` is in each of these files, word for word.
 */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {type CodeBlock, codeBlocks, markdownFiles, readDocument, ROOT} from '../helpers/markdown.ts';

const recipes = ['README.md', ...markdownFiles('docs')]
  .flatMap((document) => codeBlocks(document))
  .filter(({marks}) => marks.has('example'));

const inFiles = recipes.flatMap((recipe) =>
  recipe.marks
    .get('example')!
    .split(' ')
    .map((file) => ({file, recipe, where: `${recipe.document}:${recipe.line}`})),
);

it.each(inFiles)('$where is in examples/$file', ({file, recipe}) => {
  const path = join(ROOT, 'examples', file);
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, 'utf8')).toContain(codeOf(recipe));
});

it('all code of the Recipes in README.md is of examples', () => {
  const readme = readDocument('README.md');
  const lineOf = (heading: string): number => readme.slice(0, readme.indexOf(heading)).split('\n').length;
  const [first, last] = [lineOf('\n## Recipes'), lineOf('\n## More')];
  const there = codeBlocks('README.md').filter(({line}) => line > first && line < last);
  expect(there.length).toBeGreaterThanOrEqual(2);
  expect(there.filter(({marks}) => !marks.has('example'))).toEqual([]);
});

/** The bundlers' recipe is in every project that has a bundler. */
it('every project with a bundler has the recipe of README.md', () => {
  const projects = inFiles.filter(({recipe}) => codeOf(recipe).includes('import.meta.url')).map(({file}) => file);
  expect(projects.map((file) => file.split('/')[0]).sort()).toEqual([
    'image-classification',
    'next',
    'vite-react-worker',
    'vite-typescript',
    'webpack',
  ]);
});

/** A page's script may go on where the recipe ends. */
function codeOf({text}: CodeBlock): string {
  return text.replace(/<\/script>\n$/, '');
}
