/** Firefox as the harness starts it: the release that Debian keeps, or another one. */
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {findProgram} from '../src/cli/host/browser/findChromium.ts';
import type {BrowserEngine} from './engine.ts';

const findFirefox = (): string | undefined => findProgram(['firefox-esr', 'firefox']);

/** No pages of its own, no updates, no reports; and no end to a request that waits for the next task. */
const PREFERENCES = {
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.aboutwelcome.enabled': false,
  'browser.newtabpage.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.disable_beforeunload': true,
  'extensions.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.http.response.timeout': 0,
  'services.settings.server': '',
  'toolkit.telemetry.reportingpolicy.firstRun': false,
  'trailhead.firstrun.didSeeAboutWelcome': true,
};

export const firefox: BrowserEngine = {
  title: 'Firefox',
  programs: {firefox: {debian: 'firefox-esr', find: findFirefox}},
  open({url, folder}) {
    const profile = join(folder, 'profile');
    mkdirSync(profile);
    const lines = Object.entries(PREFERENCES).map(
      (entry) => `user_pref(${entry.map((each) => JSON.stringify(each)).join(', ')});\n`,
    );
    writeFileSync(join(profile, 'user.js'), lines.join(''));
    return {program: findFirefox()!, args: ['--headless', '--no-remote', '--profile', profile, url]};
  },
  version: () => ({program: findFirefox()!, args: ['--version']}),
};
