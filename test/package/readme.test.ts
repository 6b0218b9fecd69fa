/**
 * The code in README.md and docs/ (but for docs/api, which is made of the sources) compiles against the sources, and what stands after `<!-- run -->` runs in Node, on a model of
 * test/fixtures. What a snippet takes for granted stands in a comment before it: `<!-- context: declare const x: Tensor4D; -->`.
 */
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import {buildSync} from 'esbuild';
import ts from 'typescript';
import {fuseModelArtifacts} from '../../src/index.ts';
import {readModelFiles, writeModelFiles} from '../../src/load/modelFiles.ts';
import {type CodeBlock, codeBlocks, markdownFiles, ROOT} from '../helpers/markdown.ts';
import {type Outcome, runNode} from '../helpers/runNode.ts';

const MODEL = join(ROOT, 'test/fixtures/keras-mobilenetv2/model.json');
const MODEL_SHAPE = '[1, 64, 64, 3]';
const SUBPATHS = ['runtime', 'layers', 'webgpu', 'analysis', 'charts'];

const blocks = ['README.md', ...markdownFiles('docs').filter((path) => !path.startsWith('docs/api/'))].flatMap(
  (document) => codeBlocks(document),
);

describe('the code in README.md and docs/', () => {
  it('is there', () => {
    expect(new Set(snippetsOf(blocks).map(({block}) => block.document)).size).toBeGreaterThan(3);
  });

  it('compiles, that in JavaScript as plain JavaScript', () => {
    expect(compile(snippetsOf(blocks))).toEqual([]);
  });
});

/** The check above can fail: it reports a wrong type, an unknown name, an unknown export and types in JavaScript at their lines. */
it.each([
  ['ts', 'const n: number = "text";', /^README\.md:4: .*not assignable/],
  ['js', 'nowhere();', /^README\.md:4: .*nowhere/],
  ['js', "import {nothing} from 'tfjs-block-fusion';", /^README\.md:4: .*nothing/],
  ['js', 'let n: number;', /^README\.md:4: .*only be used in TypeScript/],
  ['html', '<script type="module">\n  nowhere();\n</script>', /^README\.md:5: .*nowhere/],
])('a snippet in %s with `%s` is found out', (language, code, message) => {
  const [first, ...more] = compile(snippetsIn(`# Title\n\n\`\`\`${language}\n${code}\n\`\`\`\n`));
  expect(first).toMatch(message);
  expect(more).toEqual([]);
});

it('a snippet may rest on a context', () => {
  const markdown = '<!-- context: declare const x: number; -->\n\n```ts\nconst y = x + 1;\n```\n';
  expect(compile(snippetsIn(markdown))).toEqual([]);
});

describe('the programs in README.md and docs/', () => {
  const programs = blocks.filter(({marks}) => marks.has('run'));
  let served: Server;
  let folder: string;
  let outcomes: Map<CodeBlock, Outcome>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'block-fusion-readme-'));
    const {artifacts} = await fuseModelArtifacts(await readModelFiles(MODEL));
    await writeModelFiles(artifacts, join(folder, 'out'));
    served = createServer(({url = ''}, response) => response.end(readFileSync(join(folder, 'out', basename(url)))));
    await new Promise<void>((resolve) => served.listen(0, 'localhost', resolve));
    const {port} = served.address() as AddressInfo;
    outcomes = new Map();
    for (const program of programs) outcomes.set(program, await run(program, `http://localhost:${port}/model.json`));
  });

  afterAll(() => {
    served.close();
    rmSync(folder, {recursive: true});
  });

  it.each(programs.map((program) => [`${program.document}:${program.line}`, program]))('%s runs', (_, program) => {
    const {code, stderr} = outcomes.get(program)!;
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('the first one has six lines, and says what was fused', () => {
    const [first] = programs as [CodeBlock];
    expect(first.document).toBe('README.md');
    expect(first.text.trim().split('\n').length).toBe(6);
    expect(outcomes.get(first)!.stdout).toMatch(/^\d+ blocks fused/);
  });
});

/** Runs a program against the sources, on the model of MODEL, or, where it loads one that was fused before, on the one at `fusedUrl`. */
function run({document, line, text}: CodeBlock, fusedUrl: string): Promise<Outcome> {
  const outfile = `build/test/${basename(document, '.md')}-${line}.mjs`;
  buildSync({
    stdin: {
      contents: text
        .replaceAll("'out/model.json'", JSON.stringify(fusedUrl))
        .replaceAll("'model.json'", JSON.stringify(MODEL))
        .replaceAll('[1, 224, 224, 3]', MODEL_SHAPE),
      resolveDir: ROOT,
    },
    alias: sourcePaths(),
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2022',
  });
  return runNode(outfile);
}

/** The sources of what users import. */
function sourcePaths(): Record<string, string> {
  const paths = SUBPATHS.map((name) => [`tfjs-block-fusion/${name}`, join(ROOT, `src/${name}.ts`)]);
  return Object.fromEntries([...paths, ['tfjs-block-fusion', join(ROOT, 'src/index.ts')]]) as Record<string, string>;
}

interface Snippet {
  readonly block: CodeBlock;
  /** The path of a file that is not there, beside package.json. */
  readonly file: string;
  /** The line of the document before the one that `text` begins with, counted from 1. */
  readonly line: number;
  readonly text: string;
}

function snippetsIn(markdown: string): Snippet[] {
  return snippetsOf(codeBlocks('README.md', markdown));
}

/** Returns what is to be compiled: JavaScript as such, unless it stands in HTML or has a context, which is TypeScript. */
function snippetsOf(all: readonly CodeBlock[]): Snippet[] {
  return all.flatMap((block, number): Snippet[] => {
    const {language, line, text, marks} = block;
    const file = join(ROOT, `snippet${number}`);
    const context = `export {}; ${(marks.get('context') ?? '').replaceAll('\n', ' ')}\n`;
    if (language === 'js' && !marks.has('context')) return [{block, file: `${file}.js`, line, text: `\n${text}`}];
    if (language === 'ts' || language === 'js') return [{block, file: `${file}.ts`, line, text: context + text}];
    if (language !== 'html') return [];
    return [...text.matchAll(/^<script type="module">\n([^]*?)^<\/script>/gm)].map(({1: script = '', index}) => ({
      ...{block, file: `${file}.ts`, text: context + script},
      line: line + text.slice(0, index).split('\n').length,
    }));
  });
}

/** Bundlers have types for it: vite/client. */
const AMBIENT = {
  file: join(ROOT, 'snippets.d.ts'),
  text: "declare module '*?url' {const url: string; export default url;}",
};

/** Returns the errors in the snippets, with their lines in the documents. */
function compile(snippets: readonly Snippet[]): string[] {
  const {config} = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: {compilerOptions: object};
  };
  const {options} = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      allowJs: true,
      checkJs: true,
      maxNodeModuleJsDepth: 0,
      noUnusedLocals: false,
      types: [],
      paths: Object.fromEntries(Object.entries(sourcePaths()).map(([name, path]) => [name, [path]])),
    },
    ROOT,
  );
  const texts = new Map([AMBIENT, ...snippets].map(({file, text}) => [file, text]));
  const program = ts.createProgram([...texts.keys()], options, hostWith(texts, options));
  return snippets.flatMap(({block, file, line}) => {
    const source = program.getSourceFile(file)!;
    return ts.getPreEmitDiagnostics(program, source).map(({start = 0, messageText}) => {
      const at = line + source.getLineAndCharacterOfPosition(start).line;
      return `${block.document}:${at}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}

function hostWith(texts: ReadonlyMap<string, string>, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  host.fileExists = (path) => texts.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => texts.get(path) ?? ts.sys.readFile(path);
  return host;
}
