/** The project's Markdown files, as the tests of test/package read them: code blocks, and the text without them. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import ts from 'typescript';

export const ROOT = join(__dirname, '../..');

/** A code block. */
export interface CodeBlock {
  /** The file that it stands in, from the root. */
  readonly document: string;
  /** The line of the document that opens the block, counted from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /**
   * What a comment before the block says to the tests, and no reader sees: `<!-- run -->`, or `<!-- context: declare const x: Tensor4D; -->`
   * by name and value.
   */
  readonly marks: ReadonlyMap<string, string>;
}

/** Returns the paths of all Markdown files of the project, from the root. */
export function markdownFiles(folder = '.'): string[] {
  const found = ts.sys.readDirectory(join(ROOT, folder), ['.md'], ['**/node_modules', '**/build', '**/dist', '**/.*']);
  return found.map((path) => path.slice(ROOT.length + 1)).sort();
}

export function readDocument(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

/** Returns the code blocks of a document, or of `markdown` in its place. */
export function codeBlocks(document: string, markdown = readDocument(document)): CodeBlock[] {
  const fences = markdown.matchAll(/((?:^<!-- [^]*? -->\s*)*)^```(\w+)\n([^]*?)^```$/gm);
  return [...fences].map(({0: all, 1: comments = '', 2: language = '', 3: text = '', index}) => ({
    document,
    line: markdown.slice(0, index + all.indexOf('```')).split('\n').length,
    language,
    text,
    marks: new Map(
      [...comments.matchAll(/<!-- (\w+)(?:: ([^]*?))? -->/g)].map(([, name = '', value = '']) => [name, value]),
    ),
  }));
}

/** Returns a document's text without its code blocks and comments. */
export function textOf(markdown: string): string {
  return markdown.replaceAll(/^```[^]*?^```$/gm, '').replaceAll(/<!-- [^]*? -->/g, '');
}

/**
 * Returns how many words a reader reads: all that is separated by spaces and has a letter or a digit, tables, code in lines and
 * the texts of links and pictures among it; code blocks, and where links lead, not.
 */
export function countWords(markdown: string): number {
  const read = textOf(markdown).replaceAll(/\]\([^)]*\)/g, ']');
  return read.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}
