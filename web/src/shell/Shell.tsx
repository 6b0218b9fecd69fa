/** The frame of every page: a header with the pages, the page's own content, and a footer. */
import type {ComponentChildren, VNode} from 'preact';
import './tokens.css';
import './base.css';
import './shell.css';

const REPOSITORY = 'https://github.com/tfjs-block-fusion/tfjs-block-fusion';

const PAGES = {
  compare: {title: 'Compare', href: './index.html'},
  digits: {title: 'Draw a digit', href: './digits.html'},
} as const;

export type PageName = keyof typeof PAGES;

export function Shell({page, children}: {page: PageName; children: ComponentChildren}): VNode {
  return (
    <div class="page">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <header class="header">
        <div>
          <a class="brand" href={PAGES.compare.href}>
            <Mark />
            tfjs-block-fusion
          </a>
          <nav aria-label="Pages">
            <ul>
              {Object.entries(PAGES).map(([name, {title, href}]) => (
                <li key={name}>
                  <a href={href} aria-current={name === page ? 'page' : undefined}>
                    {title}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer class="footer">
        <div>
          <p>Models stay on this device: nothing is sent anywhere.</p>
          <ul>
            <li>
              <a href={`${REPOSITORY}#readme`}>Install the plugin</a>
            </li>
            <li>
              <a href={REPOSITORY}>Source</a>
            </li>
          </ul>
        </div>
      </footer>
    </div>
  );
}

/** Layers of a block, and the one op that they become. */
function Mark(): VNode {
  return (
    <svg viewBox="0 0 22 22" aria-hidden="true">
      <path d="M2 3h5v4H2zM2 9h5v4H2zM2 15h5v4H2z" fill="var(--edge)" />
      <path d="M8 5l4 6M8 11h4M8 17l4-6" stroke="var(--edge)" stroke-width="1.2" fill="none" />
      <rect x="12" y="6" width="9" height="10" rx="2" fill="var(--accent)" />
    </svg>
  );
}
