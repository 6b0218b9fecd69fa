/**
 * The README's TypeScript compiles against the sources. What a snippet takes for granted stands in a comment before it, which
 * the reader does not see: `<!-- context: declare const x: Tensor4D; -->`.
 */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '../..');

interface Snippet {
  /** A file name that no file has, beside README.md. */
  readonly file: string;
  /** The line of README.md that opens the block, counted from 1. */
  readonly line: number;
  readonly text: string;
}

describe('README.md', () => {
  const snippets = (): Snippet[] => findSnippets(readFileSync(join(ROOT, 'README.md'), 'utf8'));

  it('has TypeScript snippets', () => {
    expect(snippets().length).toBeGreaterThan(0);
  });

  it('has no snippet that does not compile', () => {
    expect(compile(snippets())).toEqual([]);
  });
});

/** The check above can fail: it reports a wrong type, an unknown name and an unknown export at their lines. */
it.each([
  ['const n: number = "text";', /^README\.md:4: .*not assignable/],
  ['nowhere();', /^README\.md:4: .*nowhere/],
  ["import {nothing} from 'tfjs-block-fusion';", /^README\.md:4: .*nothing/],
])('a snippet with `%s` is found out', (code, message) => {
  const [first, ...more] = compile(findSnippets(`# Title\n\n\`\`\`ts\n${code}\n\`\`\`\n`));
  expect(first).toMatch(message);
  expect(more).toEqual([]);
});

it('a snippet may rest on a context', () => {
  expect(compile(findSnippets('<!-- context: declare const x: number; -->\n\n```ts\nconst y = x + 1;\n```\n'))).toEqual(
    [],
  );
});

function findSnippets(markdown: string): Snippet[] {
  const fences = markdown.matchAll(/(?:<!-- context: ([^]*?) -->\s*)?^```(?:ts|typescript)\n([^]*?)^```$/gm);
  return [...fences].map(({0: all, 1: context = '', 2: code = '', index}, number) => {
    const line = markdown.slice(0, index + all.indexOf('```')).split('\n').length;
    const text = `export {}; ${context.replaceAll('\n', ' ')}\n${code}`;
    return {file: join(ROOT, `README.snippet${number}.ts`), line, text};
  });
}

/** Returns the errors in the snippets, with their lines in README.md. */
function compile(snippets: readonly Snippet[]): string[] {
  const {config} = ts.readConfigFile(join(ROOT, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: {compilerOptions: object};
  };
  const {options} = ts.convertCompilerOptionsFromJson(
    {
      ...config.compilerOptions,
      noUnusedLocals: false,
      types: [],
      paths: {'tfjs-block-fusion': ['./src/index.ts'], 'tfjs-block-fusion/*': ['./src/*.ts']},
    },
    ROOT,
  );
  const program = ts.createProgram(
    snippets.map(({file}) => file),
    options,
    hostWith(snippets, options),
  );
  return snippets.flatMap((snippet) => {
    const source = program.getSourceFile(snippet.file)!;
    return ts.getPreEmitDiagnostics(program, source).map(({start = 0, messageText}) => {
      const {line} = source.getLineAndCharacterOfPosition(start);
      return `README.md:${snippet.line + line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}

function hostWith(snippets: readonly Snippet[], options: ts.CompilerOptions): ts.CompilerHost {
  const texts = new Map(snippets.map(({file, text}) => [file, text]));
  const host = ts.createCompilerHost(options);
  host.fileExists = (path) => texts.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => texts.get(path) ?? ts.sys.readFile(path);
  return host;
}
