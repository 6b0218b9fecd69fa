/** The first step: a model of one's own by drop, picker or URL, or one that comes with the page. */
import type {VNode} from 'preact';
import {useRef, useState} from 'preact/hooks';
import {SHIPPED, type ShippedModel} from '../models/shipped.ts';
import {readModelUrl} from '../settings/link.ts';
import {filesModel, pickedFiles} from './dropped.ts';
import {Icon} from './Icon.tsx';
import {Notices} from './Notices.tsx';
import type {Page} from './pageState.ts';

interface ChooseProps {
  readonly page: Page;
  readonly notices: readonly string[];
  readonly isDragging: boolean;
}

export function Choose({page, notices, isDragging}: ChooseProps): VNode {
  return (
    <div class="stack choose">
      <div class="intro">
        <h1 tabIndex={-1}>What would your model gain?</h1>
        <p class="lede">
          Your TensorFlow.js model runs here twice, stock and with its residual blocks fused. You see whether the answer
          stays the same, and how much faster it comes on this machine.
        </p>
      </div>
      <Notices notices={notices} />
      <div class="choose-columns">
        <section class="stack own" aria-label="Your own model">
          <DropZone page={page} isDragging={isDragging} />
          <UrlField page={page} />
        </section>
        <section class="card stack gallery" aria-labelledby="gallery-title">
          <h2 id="gallery-title">Or try one of these</h2>
          <Gallery page={page} title="Small, compared in seconds" group="small" />
          <Gallery page={page} title="Full size" group="full" />
          <p class="hint">
            ‘Digits’ are trained. The others have random weights: as fast as trained ones, but what they answer means
            nothing.
          </p>
        </section>
      </div>
    </div>
  );
}

function DropZone({page, isDragging}: Omit<ChooseProps, 'notices'>): VNode {
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = ({currentTarget}: {currentTarget: HTMLInputElement}): void => {
    const picked = pickedFiles(currentTarget.files ?? []);
    currentTarget.value = '';
    if (picked.length > 0) page.choose(filesModel(picked));
  };
  return (
    <div class={isDragging ? 'drop-zone dragging' : 'drop-zone'}>
      <Icon name="drop" />
      <h2>Drop your model here</h2>
      <p class="muted">A folder, or model.json with its .bin files. GraphModels and LayersModels.</p>
      <div class="row">
        <button type="button" class="button primary large" onClick={() => folder.current?.click()}>
          Choose a folder
        </button>
        <button type="button" class="button large" onClick={() => files.current?.click()}>
          Choose files
        </button>
      </div>
      <input
        ref={files}
        type="file"
        multiple
        accept=".json,.bin,application/json,application/octet-stream"
        class="visually-hidden"
        tabIndex={-1}
        aria-label="Files of a model"
        onChange={take}
      />
      <input
        ref={folder}
        type="file"
        multiple
        {...{webkitdirectory: true}}
        class="visually-hidden"
        tabIndex={-1}
        aria-label="Folder of a model"
        onChange={take}
      />
    </div>
  );
}

function UrlField({page}: {page: Page}): VNode {
  const [text, setText] = useState('');
  const [isWrong, setWrong] = useState(false);
  const take = (event: SubmitEvent): void => {
    event.preventDefault();
    const url = readModelUrl(text, location.href);
    if (url === null) setWrong(true);
    else page.choose({kind: 'url', url});
  };
  return (
    <form class="card field" onSubmit={take} noValidate>
      <label for="model-url">Or give its address</label>
      <div class="url-row">
        <input
          id="model-url"
          class="input"
          type="url"
          inputMode="url"
          placeholder="https://…/model.json"
          autocomplete="off"
          spellcheck={false}
          value={text}
          aria-invalid={isWrong}
          aria-describedby="model-url-hint"
          onInput={({currentTarget}) => {
            setText(currentTarget.value);
            setWrong(false);
          }}
        />
        <button type="submit" class="button">
          Use this model
        </button>
      </div>
      {isWrong ? (
        <p class="note bad" id="model-url-hint" role="alert">
          This is not an address. It must start with https:// and end in the model’s JSON file.
        </p>
      ) : (
        <p class="hint" id="model-url-hint">
          Its server must let other sites read it (CORS).
        </p>
      )}
    </form>
  );
}

function Gallery({page, title, group}: {page: Page; title: string; group: ShippedModel['group']}): VNode {
  return (
    <div class="stack tight">
      <h3 class="label">{title}</h3>
      <ul class="gallery-list">
        {SHIPPED.filter((model) => model.group === group).map(({id, title: name, size}) => (
          <li key={id}>
            <button
              type="button"
              class="gallery-item"
              onClick={() => {
                page.choose({kind: 'shipped', id});
              }}
            >
              <span class="gallery-name">{name}</span>
              <span class="hint">{size}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
