/** What the Markdown files say of the project is so: links, paths, commands, figures and outputs. */
import {existsSync, mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {CASES} from '../../bench/speed/cases.ts';
import {writeModelFiles} from '../../src/load/modelFiles.ts';
import {codeBlocks, countWords, markdownFiles, readDocument, ROOT, textOf} from '../helpers/markdown.ts';
import {buildCli, runCli} from '../helpers/runCli.ts';

const MAX_README_WORDS = 700;

const documents = markdownFiles();

describe('README.md', () => {
  it(`has at most ${MAX_README_WORDS} words`, () => {
    expect(countWords(readDocument('README.md'))).toBeLessThanOrEqual(MAX_README_WORDS);
  });
});

/** Tables and code in a line count, code blocks and targets of links do not. */
it.each([
  ['', 0],
  ['# One two\n\n- three', 3],
  ['One — two, 3.', 3],
  ['`one two` **three**', 3],
  ['| one | two three |\n| --- | --- |\n', 3],
  ['[one two](three/four.md) ![three](four.svg)', 3],
  ['one\n\n```js\ntwo();\n```\n\n<!-- run -->\n\ntwo', 2],
])('counts the words of %j', (markdown, words) => {
  expect(countWords(markdown)).toBe(words);
});

describe.each(documents)('%s', (document) => {
  const markdown = readDocument(document);
  const home = homeOf(document);

  it('links to files and headings that are there', () => {
    const targets = [...textOf(markdown).matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target);
    expect(targets.filter((target) => !isThere(target, document))).toEqual([]);
  });

  it('names paths that are there', () => {
    expect(pathsIn(markdown).filter((path) => !existsSync(join(home, path)))).toEqual([]);
  });

  it('names npm scripts of package.json', () => {
    const {scripts} = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {scripts: object};
    const named = [...markdown.matchAll(/npm run ([\w:]+)/g)].map(([, script = '']) => script);
    expect(named.filter((script) => !(script in scripts))).toEqual([]);
  });
});

/** Returns the folder whose paths and scripts a document names: of a project in examples, the project's. */
function homeOf(document: string): string {
  return join(ROOT, /^examples\/[^/]+(?=\/)/.exec(document)?.[0] ?? '');
}

/** Returns whether a link leads somewhere; of the web that is taken for granted. */
function isThere(target: string, document: string): boolean {
  if (/^https?:/.test(target)) return true;
  const [path = '', heading] = target.split('#');
  const file = path === '' ? document : join(dirname(document), path);
  if (!existsSync(join(ROOT, file))) return false;
  return heading === undefined || headingsOf(readDocument(file)).includes(heading);
}

/** As GitHub writes them in links: with a number where another before has the same; and what has a name of its own. */
function headingsOf(markdown: string): string[] {
  const headings = [...textOf(markdown).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase());
  const names = headings.map((heading) => heading.replaceAll(/[^\p{L}\p{N}\s-]/gu, '').replaceAll(' ', '-'));
  const numbered = names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name}-${before}`;
  });
  return [...numbered, ...[...markdown.matchAll(/<a id="([\w-]+)"><\/a>/g)].map(([, id = '']) => id)];
}

/** Code in a line that is a path from the root. */
function pathsIn(markdown: string): string[] {
  const spans = [...textOf(markdown).matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
  return spans.filter((span) => /^(?:src|ops|models|test|bench|docs|scripts)(?:\/[\w.-]+)*\/?$/.test(span));
}

/** What a row of a table of results is a case of. */
const RESULTS: Readonly<Record<string, string>> = {
  'ConvNeXt-T': 'convnext-tiny',
  'ConvNeXt V2 atto': 'convnext-v2-atto',
  'EfficientNet-B0': 'efficientnet-b0',
  'MobileNetV3 large': 'mobilenet-v3-large',
  MobileNetV2: 'mobilenet-v2',
  MobileNetV1: 'mobilenet-v1',
  BlazeFace: 'blazeface',
  'ConvFirst network, ours': 'convfirst',
  'ConvNeXt block 56×56×96': 'convnext-56x56x96',
  'ConvNeXt block 28×28×192': 'convnext-28x28x192',
  'ConvNeXt block 14×14×384': 'convnext-14x14x384',
  'ConvNeXt block 7×7×768': 'convnext-7x7x768',
  'ConvFirst block 64×64×64, expansion 6': 'convfirst-64x64x64',
  'MBConv block 16×16×256, expansion 4': 'mbconv-16x16x256',
  'EfficientNet block 28×28×40, 5×5': 'efficientnet-28x28x40',
  'EfficientNet block 14×14×112, 5×5': 'efficientnet-14x14x112',
  'BlazeFace block 64×64×24, 5×5': 'blazeface-64x64x24',
  'MobileNetV1 block 56×56×128': 'mobilenetv1-56x56x128',
};
/** A table is marked with the records of its columns. */
const RESULTS_MARK = /<!-- results: ([^>]*) -->([^#]*)/;

interface Result {
  readonly case: string;
  readonly stock: {readonly medianMs: number};
  readonly fused: {readonly medianMs: number};
  readonly speedup: number;
}

describe.each(documents.filter((document) => RESULTS_MARK.test(readDocument(document))))(
  '%s: the table of results',
  (document) => {
    const [, names = '', section = ''] = RESULTS_MARK.exec(readDocument(document))!;
    const records = names.split(' ');
    const rows = [...section.matchAll(/^\| (\p{L}.*) \|$/gmu)].map(([, row = '']) =>
      row.split('|').map((cell) => cell.trim()),
    );

    it('has rows', () => {
      expect(rows.length).toBeGreaterThanOrEqual(4);
    });

    it.each(rows.map(([name = '', ...cells]) => ({name, cells})))('$name is as recorded', ({name, cells}) => {
      expect(cells.length).toBe(records.length);
      for (const [i, record] of records.entries())
        expect(numbersIn(cells[i]!)).toEqual(recorded(record, RESULTS[name]!, cells[i]!));
    });
  },
);

function numbersIn(cell: string): string[] {
  return cell.match(/[\d.]+/g) ?? [];
}

/** Returns a case's figures with as many digits as the cell's have. */
function recorded(record: string, name: string, cell: string): string[] {
  const lines = readFileSync(join(ROOT, `bench/results/2026-11-27-epyc-${record}.jsonl`), 'utf8')
    .trim()
    .split('\n');
  const {stock, fused, speedup} = lines.map((line) => JSON.parse(line) as Result).find((each) => each.case === name)!;
  const digits = numbersIn(cell).map((number) => number.replace('.', '').replace(/^0+/, '').length);
  return [stock.medianMs, fused.medianMs, speedup].map((figure, i) => figure.toPrecision(digits[i]));
}

describe('inspect', () => {
  const shown = documents.flatMap((document) => codeBlocks(document)).filter(({marks}) => marks.has('inspect'));
  let folder: string;

  beforeAll(() => {
    buildCli();
    folder = mkdtempSync(join(tmpdir(), 'block-fusion-inspect-'));
  });

  afterAll(() => {
    rmSync(folder, {recursive: true});
  });

  it.each(shown)('prints what $document shows', async ({marks, text}) => {
    const [network, ...flags] = marks.get('inspect')!.split(' ') as [string, ...string[]];
    const found = CASES.filter((each) => each.kind === 'network').find(({name}) => name === network)!;
    await writeModelFiles(found.artifacts(), join(folder, network));
    const [command, ...lines] = text.split('\n');
    expect(command).toBe(['$ npx tfjs-block-fusion inspect', `${network}/model.json`, ...flags].join(' '));
    const {stdout} = await runCli('inspect', join(folder, network, 'model.json'), ...flags);
    const [beginning = ''] = lines.join('\n').split('…');
    expect(stdout.slice(0, beginning.length)).toBe(beginning);
  });
});
