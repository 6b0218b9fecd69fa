/** What is checked of examples/image-classification: chosen pictures, the webcam, and what is no digit. */
import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import type {Browser, Page} from 'playwright-core';
import {assertSameLogits, type Digits, FUSED, largest, readDigits, stockLogits} from './golden.ts';
import {assertThreaded, launch, open, type OpenPage, type Shown, shownBy} from './page.ts';
import type {Project} from './project.ts';
import type {Context} from './projects.ts';

/** So many digits of the test set are chosen, and so many of them must be read right: drawn anew, they lose some of their shades. */
const CHOSEN = 20;
const MIN_RIGHT = 18;

/** A photo: how many pixels it and the digit on it have, and how light paper and ink are, of 255. */
const PHOTO = {width: 320, height: 240, digit: 160, paper: 225, ink: 30};

export async function imageClassification({project, checks, browser}: Context): Promise<void> {
  const built = await checks.check('builds', async () => {
    await project.runScript('build');
  });
  if (!built) return;
  const digits = await readDigits();

  await checks.check('a chosen picture: fused, and the outputs are those of stock tfjs', () =>
    onPage(project, browser, async (opened) => {
      let right = 0;
      for (let i = 0; i < CHOSEN; i++) {
        const shown = await afterChoosing(opened, await pngOf(opened.page, photoOf(digits, i)));
        assert.match(shown.fused, FUSED);
        await assertLikeStock(opened.page, shown);
        if (largest(shown.logits) === digits.labels[i]) right++;
      }
      assert.ok(right >= MIN_RIGHT, `of ${CHOSEN} digits ${MIN_RIGHT} must be read right, got ${right}`);
      await assertThreaded(opened);
      assert.deepEqual(opened.errors, []);
    }),
  );

  await checks.check('an empty sheet, and a file that is no picture, are called so', () =>
    onPage(project, browser, async ({page, errors}) => {
      const message = (text: string): Promise<void> => page.getByRole('status').filter({hasText: text}).waitFor();
      await page.getByText(FUSED).waitFor();
      const sheet = new Uint8Array(PHOTO.width * PHOTO.height).fill(PHOTO.paper);
      await choose(page, 'sheet.png', await pngOf(page, sheet));
      await message('Nothing is written there');
      await choose(page, 'notes.png', Buffer.from('no picture'));
      await message('notes.png: not a picture');
      assert.deepEqual(errors, []);
    }),
  );

  await checks.check('the webcam: fused, and the outputs are those of stock tfjs', async () => {
    const film = join(project.folder, 'film.y4m');
    await writeFile(film, filmOf(photoOf(digits, 0)));
    const flags = ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'];
    const watching = await launch([...flags, `--use-file-for-fake-video-capture=${film}`]);
    try {
      await onPage(project, watching, async (opened) => {
        await opened.page.getByText(FUSED).waitFor();
        await opened.page.getByRole('button', {name: 'the webcam'}).click();
        const shown = await shownBy(opened);
        await assertLikeStock(opened.page, shown);
        assert.equal(shown.digit, String(digits.labels[0]));
        assert.deepEqual(opened.errors, []);
      });
    } finally {
      await watching.close();
    }
  });
}

/** Serves what was built, and opens it. */
async function onPage(project: Project, browser: Browser, body: (opened: OpenPage) => Promise<void>): Promise<void> {
  const server = await project.serve('preview', '--port');
  try {
    const opened = await open(browser, server.url);
    await body(opened);
    await opened.close();
  } finally {
    await server.stop();
  }
}

/** Throws where the logits are not stock tfjs's for what the page says that the network sees. */
async function assertLikeStock(page: Page, {logits}: Shown): Promise<void> {
  const seen = await page.locator('#seen').evaluate((canvas) => {
    const {data} = (canvas as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, 32, 32);
    return [...data].filter((_, i) => i % 4 === 0);
  });
  const [stock = []] = await stockLogits(Uint8Array.from(seen));
  assertSameLogits(logits, stock);
}

async function afterChoosing(opened: OpenPage, png: Buffer): Promise<Shown> {
  const {page} = opened;
  await page.getByText(FUSED).waitFor();
  await page.locator('#logits').evaluate((list) => {
    list.replaceChildren();
  });
  await choose(page, 'digit.png', png);
  return shownBy(opened);
}

function choose(page: Page, name: string, buffer: Buffer): Promise<void> {
  return page.getByLabel('A picture').setInputFiles({name, mimeType: 'image/png', buffer});
}

/** Returns a photo's pixels, one byte each: a digit of the test set, dark on light paper. */
function photoOf({bytes}: Digits, number: number): Uint8Array {
  const {width, height, digit, paper, ink} = PHOTO;
  const photo = new Uint8Array(width * height).fill(paper);
  for (let y = 0; y < digit; y++)
    for (let x = 0; x < digit; x++) {
      const pixel = 1024 * number + 32 * Math.floor((32 * y) / digit) + Math.floor((32 * x) / digit);
      const at = (y + (height - digit) / 2) * width + x + (width - digit) / 2;
      photo[at] = paper - ((paper - ink) * bytes[pixel]!) / 255;
    }
  return photo;
}

/** Returns a photo as a PNG file, which the browser writes. */
async function pngOf(page: Page, photo: Uint8Array): Promise<Buffer> {
  const {width, height} = PHOTO;
  const encoded = await page.evaluate(
    async ({gray, width, height}) => {
      const canvas = new OffscreenCanvas(width, height);
      const shades = Array.from(atob(gray), (character) => character.charCodeAt(0));
      const rgba = Uint8ClampedArray.from(shades.flatMap((shade) => [shade, shade, shade, 255]));
      canvas.getContext('2d')!.putImageData(new ImageData(rgba, width), 0, 0);
      const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
      return btoa(String.fromCharCode(...bytes));
    },
    {gray: Buffer.from(photo).toString('base64'), width, height},
  );
  return Buffer.from(encoded, 'base64');
}

/** Returns a film, which Chromium takes as its webcam's: the photo in some frames of YUV4MPEG2, without colour. */
function filmOf(photo: Uint8Array): Buffer {
  const {width, height} = PHOTO;
  const colour = Buffer.alloc((width * height) / 2, 128);
  const frame = Buffer.concat([Buffer.from('FRAME\n'), photo, colour]);
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip C420jpeg\n`), frame, frame, frame]);
}
